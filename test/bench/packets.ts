import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryHost } from '../../src/host/create.ts';
import { MAC, udp, type Frame } from './frames.ts';
import { realRouter, SETUP } from './real-router.ts';

async function router(rules: string): Promise<MemoryHost> {
  const host = new MemoryHost({
    devices: [
      { name: 'eth0', type: 'ethernet', mac: MAC.eth0 },
      { name: 'eth1', type: 'ethernet', mac: MAC.eth1 },
    ],
  });
  for (const line of SETUP) {
    const r = await host.exec(line.split(' '));
    if (r.status !== 0) throw new Error(`${line}: ${r.stderr}`);
  }
  const r = await host.exec(['nft', '-f', '-'], { stdin: rules });
  if (r.status !== 0) throw new Error(r.stderr);
  return host;
}

/** Packets timed at once: few enough that some of the runs are not disturbed on a busy machine. */
const RUN = 100;

/** Nanoseconds a packet in each of `runs` runs, warm. Frames come again from the first. */
function perPacket(host: MemoryHost, frames: readonly Frame[], runs: number): number[] {
  const out: number[] = [];
  let at = 0;
  for (let n = -Math.ceil(runs / 4); n < runs; n++) {
    const from = performance.now();
    for (let i = 0; i < RUN; i++) {
      const f = frames[at];
      host.injectNow(f.device, f.bytes);
      if (++at === frames.length) at = 0;
    }
    if (n >= 0) out.push(((performance.now() - from) * 1e6) / RUN);
  }
  return out.sort((a, b) => a - b);
}

const list = (n: number, f: (i: number) => string): string => Array.from({ length: n }, (_, i) => f(i)).join('\n');
const address = (i: number): string => `172.${16 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
const forward = (rules: string, before = ''): string => `table ip f {\n${before}chain forward {\n type filter hook forward priority 0;\n${rules}\n}\n}\n`;
/** The stateful firewall of the documents (../shared/documents/scripts/05-firewall.nft): its chain `forward` sees these packets. */
const DOCUMENT = readFileSync(join(import.meta.dirname, 'firewall.nft'), 'utf8');
const chain = (n: number): string => forward(list(n, (i) => `ip saddr ${address(i)} udp dport ${1 + (i % 60000)} drop`));
const set = (n: number): string => forward('ip saddr @s drop', `set s {\n type ipv4_addr\n elements = { ${list(n, (i) => `${address(i)},`)} }\n}\n`);
/** Rules that nothing tells apart by: wide ranges, bits, inversions, marks. */
const KINDS: Readonly<Record<string, (i: number) => string>> = {
  'wide ranges': (i) => `ip saddr 172.16.${(i >> 8) & 255}.${i & 255}-172.31.0.1 drop`,
  bitmasks: (i) => `ip id & ${0x4000 | (i & 0xfff)} == ${0x4000 | (i & 0xfff)} drop`,
  inversions: (i) => `udp dport != 53 meta mark != ${i} drop`,
  'four kinds mixed': (i) =>
    [
      `ip saddr 172.16.0.${i & 255}-172.31.0.1 drop`,
      `udp dport != 53 meta mark != ${i} drop`,
      `ip ttl < ${1 + (i % 50)} drop`,
      `ip dscp & 0x${(1 + (i % 31)).toString(16)} != 0 drop`,
    ][i & 3],
};

const OUT = Array.from({ length: 1000 }, (_, i) => udp('eth1', '192.168.1.10', '10.0.0.2', 1024 + i, 53));
const BACK = Array.from({ length: 1000 }, (_, i) => udp('eth0', '10.0.0.2', '192.168.1.10', 53, 1024 + i));
const NEW = 120_000;
const fresh = (): Frame[] => Array.from({ length: NEW }, (_, i) => udp('eth1', `192.168.1.${2 + Math.floor(i / 60_000)}`, '10.0.0.2', 1 + (i % 60_000), 53));

interface Measured {
  readonly best: number;
  readonly median: number;
}

async function measure(rules: string, frames: readonly Frame[], runs = 1500, first: readonly Frame[] = []): Promise<Measured> {
  const host = await router(rules);
  for (const f of first) host.injectNow(f.device, f.bytes);
  const ns = perPacket(host, frames, runs);
  return { best: ns[0], median: ns[ns.length >> 1] };
}

/** Lines of a report, as they are ready. Figures are of the best run, medians beside them. */
export async function packetBenches(chosen: (name: string) => boolean, say: (line: string) => void): Promise<void> {
  const show = (name: string, m: Measured, real: number | null = null): void => {
    const beside = real === null ? '' : `; this kernel ${real.toFixed(0)} ns with its sender: ${(m.best / real).toFixed(2)} ×`;
    say(`${name.padEnd(48)} ${m.best.toFixed(0)} ns a packet, ${(1e3 / m.best).toFixed(2)} M/s (median ${m.median.toFixed(0)} ns)${beside}`);
  };
  const wanted = (name: string): boolean => chosen(`packets: ${name}`);

  if (wanted('forward, no rules')) show('packets: forward, no rules', await measure('table ip f {}', OUT), realRouter('table ip f {}', [], OUT));
  if (wanted('stateful, established')) {
    const both = [...OUT, ...BACK];
    show("packets: documents' firewall, established, 1k flows", await measure(DOCUMENT, both, 1500, both), realRouter(DOCUMENT, both, both));
  }
  if (wanted('stateful, new')) {
    const frames = fresh();
    show("packets: documents' firewall, each a new flow", await measure(DOCUMENT, frames, Math.floor(NEW / RUN / 1.25)), realRouter(DOCUMENT, [], frames.slice(0, 60_000), 1));
  }
  if (wanted('10k rules against 10')) {
    const few = await measure(chain(10), OUT),
      many = await measure(chain(10_000), OUT);
    show('packets: 10 rules that do not match', few, realRouter(chain(10), [], OUT));
    show('packets: 10k rules that do not match', many, realRouter(chain(10_000), [], OUT, 2));
    say(`${'packets: 10k rules against 10'.padEnd(48)} ${(many.best / few.best).toFixed(2)} ×`);
  }
  if (wanted('set of 100k against 10')) {
    const small = await measure(set(10), OUT),
      large = await measure(set(100_000), OUT);
    show('packets: set of 10 elements', small);
    show('packets: set of 100k elements', large);
    say(`${'packets: set of 100k against 10'.padEnd(48)} ${(large.best / small.best).toFixed(2)} ×`);
  }
  for (const [kind, rule] of Object.entries(KINDS)) {
    const name = `undispatchable: ${kind}`;
    if (!wanted(name)) continue;
    const few = await measure(forward(list(10, rule)), OUT),
      many = await measure(forward(list(1010, rule)), OUT, 400);
    say(`${`packets: ${name}`.padEnd(48)} ${((many.best - few.best) / 1000).toFixed(1)} ns a rule`);
  }
}
