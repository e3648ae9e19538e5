// npm run bench [NAME…]: whole processes paired with the real tools where they can be run (root, Linux), and packets through the model.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { whyNot } from '../oracle/real.ts';
import { coldBenches } from './cold.ts';
import { conntrackBenches } from './conntrack.ts';
import { type Growing, growth } from './growth.ts';
import { nftElements, nftIntervals, nftRules } from './nft-input.ts';
import { packetBenches } from './packets.ts';
import { type Bench, median, paired, timed } from './paired.ts';
import { scriptBench } from './script.ts';

const root = resolve(import.meta.dirname, '../..');
const dir = mkdtempSync(join(tmpdir(), 'drywall-bench-'));
const reason = whyNot();
const RUNS = 5;

const SHAPES: readonly ((i: number) => string)[] = [
  (i) => `-s 10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255} -j ACCEPT`,
  (i) => `-p tcp --dport ${1 + (i % 65000)} -j ACCEPT`,
  (i) => `-p udp -d 192.0.2.${i & 255} --sport ${1 + (i % 65000)} -j DROP`,
  (i) => `-m conntrack --ctstate NEW,ESTABLISHED -m comment --comment n${i} -j ACCEPT`,
  (i) => `-p tcp -m multiport --dports ${1 + (i % 60000)},443 -j ACCEPT`,
  (i) => `-i eth${i & 7} -m mark --mark ${i} -j RETURN`,
  () => '-p icmp --icmp-type 8 -m limit --limit 5/sec -j ACCEPT',
];
const restore = (n: number): string => `*filter\n${Array.from({ length: n }, (_, i) => `-A INPUT ${SHAPES[i % SHAPES.length](i)}`).join('\n')}\nCOMMIT\n`;
const NFT: readonly Bench[] = [
  { name: 'nft -f, 10k rules', command: 'nft -f -', stdin: nftRules(10_000) },
  { name: 'nft list ruleset, 10k rules', prepare: [['nft -f -', nftRules(10_000)]], command: 'nft list ruleset' },
  { name: 'nft add rule to 10k', prepare: [['nft -f -', nftRules(10_000)]], command: 'nft add rule inet t c accept' },
  { name: 'nft -f, 100k set elements', command: 'nft -f -', stdin: nftElements(100_000) },
  { name: 'nft list ruleset, 100k set elements', prepare: [['nft -f -', nftElements(100_000)]], command: 'nft list ruleset' },
  { name: 'nft -f, 200k intervals', command: 'nft -f -', stdin: nftIntervals(200_000) },
  { name: 'nft list ruleset, 200k intervals', prepare: [['nft -f -', nftIntervals(200_000)]], command: 'nft list ruleset' },
  { name: 'nft add element to 200k intervals', prepare: [['nft -f -', nftIntervals(200_000)]], command: 'nft add element ip t s { 192.0.2.1-192.0.2.9 }' },
];
const benches: readonly Bench[] = [
  { name: 'iptables-restore, 10k rules', command: 'iptables-restore', stdin: restore(10_000) },
  { name: 'iptables-save, 10k rules', prepare: [['iptables-restore', restore(10_000)]], command: 'iptables-save' },
  { name: 'iptables -A to 1k rules', prepare: [['iptables-restore', restore(1000)]], command: 'iptables -A INPUT -j ACCEPT' },
  ...NFT,
];
/** Without the real nft, which takes minutes for 100k rules of one chain. */
const GROWING: readonly (readonly [name: string, of: Growing])[] = [
  ['iptables-restore', (n) => ({ name: '', command: 'iptables-restore', stdin: restore(n) })],
  ['iptables-save', (n) => ({ name: '', prepare: [['iptables-restore', restore(n)]], command: 'iptables-save' })],
  ['iptables -L -n -v', (n) => ({ name: '', prepare: [['iptables-restore', restore(n)]], command: 'iptables -L -n -v' })],
  ['nft -f', (n) => ({ name: '', command: 'nft -f -', stdin: nftRules(n) })],
  ['nft list ruleset', (n) => ({ name: '', prepare: [['nft -f -', nftRules(n)]], command: 'nft list ruleset' })],
];

const wanted = process.argv.slice(2);
const chosen = (name: string): boolean => wanted.length === 0 || wanted.some((w) => name.includes(w));
console.log(`Node ${process.versions.node}; medians of ${RUNS}; ${reason ? `the real tools are not here: ${reason}` : 'paired with the real tools'}`);
const bare = median(Array.from({ length: 9 }, () => timed(process.execPath, ['-e', '0'], '')));
console.log(`${'node -e 0'.padEnd(32)} ${bare.toFixed(0)} ms`);
for (const line of coldBenches(root, dir, chosen)) console.log(line);
for (const b of benches.filter((x) => chosen(x.name))) console.log(paired(b, { root, dir, runs: RUNS, isReal: reason === null, bare }));
for (const [name, of] of GROWING) if (chosen(`growth: ${name}`)) console.log(growth(name, of, { root, dir, runs: 3 }));
if (chosen('a command in a script')) console.log(scriptBench());
await packetBenches(chosen, console.log);
for (const line of conntrackBenches(root, dir, chosen, reason === null)) console.log(line);
rmSync(dir, { recursive: true, force: true });
