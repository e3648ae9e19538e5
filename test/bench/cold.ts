import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** What a cold start is measured of: a whole process, with 1,000 rules in the state. */
const COMMANDS = [
  'iptables -A INPUT -j ACCEPT',
  'iptables -A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT',
  'iptables -S',
  'nft list ruleset',
  'conntrack -L',
  'sysctl net.ipv4.ip_forward',
];
const RUNS = 25;

const rules = (n: number): string =>
  `*filter\n${Array.from({ length: n }, (_, i) => `-A INPUT -s 10.0.${i >> 8}.${i & 255} -p tcp --dport ${1 + i} -j ACCEPT`).join('\n')}\nCOMMIT\n`;

/** Cold starts against `node -e 0` of the same Node, in turn: one of each, 25 times over; medians, and least against least. */
export function coldBenches(root: string, dir: string, chosen: (name: string) => boolean): string[] {
  const wanted = COMMANDS.map((line) => ({ line, name: `cold ${line.split(' ').slice(0, 2).join(' ')}` })).filter(({ name }) => chosen(name));
  if (!wanted.length) return [];
  const env = { ...process.env, DRYWALL_STATE: join(dir, 'cold.db') };
  const run = (args: readonly string[], input?: string): number => {
    const from = performance.now();
    const r = spawnSync(process.execPath, args, { env, stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'pipe'], input, encoding: 'utf8' });
    const ms = performance.now() - from;
    if (r.status !== 0) throw new Error(`${args.join(' ')}: ${r.status} ${r.stderr.slice(0, 300)}`);
    return ms;
  };
  const tool = (line: string): readonly string[] => {
    const [name, ...args] = line.split(' ');
    return [join(root, 'bin/tools', name), ...args];
  };
  run(tool('iptables-restore'), rules(1000));
  const bare: number[] = [];
  const times = wanted.map((): number[] => []);
  for (let i = 0; i < RUNS; i++) {
    bare.push(run(['-e', '0']));
    for (const [k, { line }] of wanted.entries()) times[k].push(run(tool(line)));
  }
  const at = (list: readonly number[], share: number): number => [...list].sort((a, b) => a - b)[Math.floor(share * (list.length - 1))];
  return wanted.map(
    ({ line }, k) =>
      `${line.length > 44 ? `${line.slice(0, 41)}...` : line}`.padEnd(46) +
      ` cold: ${at(times[k], 0.5).toFixed(0)} ms, ${(at(times[k], 0.5) / at(bare, 0.5)).toFixed(2)} × node -e 0 (least ${(at(times[k], 0) / at(bare, 0)).toFixed(2)})`,
  );
}
