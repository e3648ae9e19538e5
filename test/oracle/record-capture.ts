// Records test/host/replay/golden: node test/oracle/record-capture.ts (root, Linux).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { capture, whyNoTalk } from './talk.ts';

const why = whyNoTalk();
if (why) throw new Error(why);
const golden = resolve(import.meta.dirname, '../host/replay/golden');
const dir = mkdtempSync(join(tmpdir(), 'drywall-record-'));
capture(readFileSync(join(golden, 'rules.nft'), 'utf8'), dir);
writeFileSync(join(golden, 'capture.pcap.gz'), gzipSync(readFileSync(join(dir, 'capture.pcap')), { level: 9 }));
for (const f of ['after.nft', 'devices']) writeFileSync(join(golden, f), readFileSync(join(dir, f)));
rmSync(dir, { recursive: true });
