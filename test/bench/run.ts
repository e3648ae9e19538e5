// npm run bench [NAME…]: whole processes paired with the real tools where they can be run (root, Linux), and packets through the model.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { askedRoot, whyNot } from '../oracle/real.ts';
import { coldBenches } from './cold.ts';
import { conntrackBenches } from './conntrack.ts';
import { packetBenches } from './packets.ts';
import { scriptBench } from './script.ts';

const root = resolve(import.meta.dirname, '../..');
const dir = mkdtempSync(join(tmpdir(), 'drywall-bench-'));
const reason = whyNot();
const RUNS = 3;

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1];

function timed(program: string, args: readonly string[], stdin: string, env: NodeJS.ProcessEnv = process.env): number {
  const from = performance.now();
  const r = spawnSync(program, [...args], { input: stdin, env, encoding: 'utf8', maxBuffer: 1 << 30 });
  const ms = performance.now() - from;
  if (r.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${r.status} ${r.stderr.slice(0, 300)}`);
  return ms;
}

interface Bench {
  readonly name: string;
  readonly prepare?: readonly (readonly [string, string])[];
  readonly command: string;
  readonly stdin?: string;
}

/** One command in a fresh state or namespace, after what prepares it: only the command itself is timed. */
function drywallTime(b: Bench): number {
  const env = { ...process.env, DRYWALL_STATE: join(dir, `state-${Math.random().toString(36).slice(2)}.db`) };
  const tool = (line: string, stdin: string): number => {
    const [name, ...args] = line.split(' ');
    return timed(process.execPath, [join(root, 'bin/tools', name), ...args], stdin, env);
  };
  for (const [line, stdin] of b.prepare ?? []) tool(line, stdin);
  return tool(b.command, b.stdin ?? '');
}

function realTime(b: Bench): number {
  const ns = `dw${process.pid}`;
  const inside = (line: string, stdin: string): number => timed('ip', ['netns', 'exec', ns, 'chroot', askedRoot, ...line.split(' ')], stdin);
  spawnSync('ip', ['netns', 'add', ns]);
  try {
    for (const [line, stdin] of b.prepare ?? []) inside(line, stdin);
    return inside(b.command, b.stdin ?? '');
  } finally {
    spawnSync('ip', ['netns', 'del', ns]);
  }
}

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
const NFT_SHAPES: readonly ((i: number) => string)[] = [
  (i) => `ip saddr 10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255} accept`,
  (i) => `tcp dport ${1 + (i % 65000)} accept`,
  (i) => `udp sport ${1 + (i % 65000)} ip daddr 192.0.2.${i & 255} drop`,
  (i) => `ct state new,established meta mark ${i} accept`,
  (i) => `tcp dport { ${1 + (i % 60000)}, 443 } accept`,
  (i) => `iifname "eth${i & 7}" counter return`,
  (i) => `ip6 saddr fd00::${(i & 0xffff).toString(16)} tcp flags syn / syn,ack log prefix "x${i}" drop`,
];
const nftRules = (n: number): string =>
  `table inet t {\nchain c {\n type filter hook input priority 0;\n${Array.from({ length: n }, (_, i) => NFT_SHAPES[i % NFT_SHAPES.length](i)).join('\n')}\n}\n}\n`;
const nftElements = (n: number): string =>
  `table ip t {\nset s {\n type ipv4_addr\n elements = { ${Array.from({ length: n }, (_, i) => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`).join(', ')} }\n}\n}\n`;

const benches: readonly Bench[] = [
  { name: 'iptables-restore, 10k rules', command: 'iptables-restore', stdin: restore(10_000) },
  { name: 'iptables-save, 10k rules', prepare: [['iptables-restore', restore(10_000)]], command: 'iptables-save' },
  { name: 'iptables -A to 1k rules', prepare: [['iptables-restore', restore(1000)]], command: 'iptables -A INPUT -j ACCEPT' },
  { name: 'nft -f, 10k rules', command: 'nft -f -', stdin: nftRules(10_000) },
  { name: 'nft list ruleset, 10k rules', prepare: [['nft -f -', nftRules(10_000)]], command: 'nft list ruleset' },
  { name: 'nft -f, 100k set elements', command: 'nft -f -', stdin: nftElements(100_000) },
];

const wanted = process.argv.slice(2);
const chosen = (name: string): boolean => wanted.length === 0 || wanted.some((w) => name.includes(w));
console.log(`Node ${process.versions.node}; medians of ${RUNS}; ${reason ? `the real tools are not here: ${reason}` : 'paired with the real tools'}`);
const bare = median(Array.from({ length: 9 }, () => timed(process.execPath, ['-e', '0'], '')));
console.log(`${'node -e 0'.padEnd(32)} ${bare.toFixed(0)} ms`);
for (const line of coldBenches(root, dir, chosen)) console.log(line);
for (const b of benches.filter((x) => chosen(x.name))) {
  const pairs = Array.from({ length: RUNS }, () => ({ ours: drywallTime(b), real: reason ? Number.NaN : realTime(b) }));
  const ours = median(pairs.map((p) => p.ours));
  const ratio = reason ? '' : `, real ${median(pairs.map((p) => p.real)).toFixed(0)} ms, ratio ${median(pairs.map((p) => p.ours / p.real)).toFixed(2)}`;
  console.log(`${b.name.padEnd(32)} ${ours.toFixed(0)} ms${ratio}, ${(ours / bare).toFixed(1)} × node -e 0`);
}
if (chosen('a command in a script')) console.log(scriptBench());
await packetBenches(chosen, console.log);
for (const line of conntrackBenches(root, dir, chosen, reason === null)) console.log(line);
rmSync(dir, { recursive: true, force: true });
