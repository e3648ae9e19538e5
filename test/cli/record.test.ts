import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const bin = resolve(import.meta.dirname, '../../bin');
const folder = mkdtempSync(join(tmpdir(), 'drywall-record-'));
const env = { ...process.env, DRYWALL_STATE: join(folder, 'state.db'), NO_COLOR: '1' };
const drywall = (...argv: string[]) => {
  const r = spawnSync(process.execPath, [join(bin, 'drywall'), ...argv], { env, encoding: 'utf8' });
  return { status: r.status, out: r.stdout, err: r.stderr };
};
const tool = (line: string): string => execFileSync(join(bin, 'tools', line.split(' ')[0]), line.split(' ').slice(1), { env, encoding: 'utf8' });
afterAll(() => rmSync(folder, { recursive: true }));

/** All that the host would list now. */
const LISTINGS = ['nft list ruleset', 'iptables-save -c', 'ip addr', 'ip route', 'ipset save', 'sysctl net.ipv4.ip_forward'];
const now = (): string[] => LISTINGS.map((l) => tool(l).replace(/^#.*\n/gm, ''));
const then = (step: number): string[] => LISTINGS.map((l) => drywall('at', String(step), ...l.split(' ')).out.replace(/^#.*\n/gm, ''));

const STEPS = [
  'iptables -A INPUT -p tcp --dport 22 -j ACCEPT',
  'iptables -P INPUT DROP',
  'ip addr add 198.51.100.7/24 dev eth0',
  'ipset create bad hash:ip',
  'ipset add bad 203.0.113.9',
  'nft add table inet x',
  'sysctl -q -w net.ipv4.ip_forward=1',
  'ipset del bad 203.0.113.9',
  'iptables -F INPUT',
  'nft delete table inet x',
];

test('every step can be looked at again, as it was', () => {
  drywall('init');
  expect(drywall('history')).toEqual({ status: 1, out: '', err: 'drywall: nothing is recorded: drywall record on\n' });
  expect(drywall('record', 'on').out).toBe('recording is on: 0 steps, 0 bytes\n');
  const seen = [now()];
  for (const line of STEPS) {
    tool(line);
    seen.push(now());
  }
  const steps = JSON.parse(drywall('history', '--json').out) as { step: number; commands: string[]; changed: string[] }[];
  // Listings change nothing, and are no steps.
  expect(steps.map((s) => s.commands)).toEqual([[], ...STEPS.map((s) => [s])]);
  for (const n of [0, 2, 5, STEPS.length]) expect(then(n), `step ${n}`).toEqual(seen[n]);
});

test('back, and forward again; a fork goes its own way', () => {
  const end = now();
  expect(drywall('back', '4').out).toBe('the host is as it was after step 4\n');
  expect(now()).toEqual(then(4));
  expect(now()).not.toEqual(end);
  expect(drywall('back', String(STEPS.length)).status).toBe(0);
  expect(now()).toEqual(end);

  const file = join(folder, 'fork.db');
  drywall('fork', '2', file);
  const other = { ...env, DRYWALL_STATE: file };
  execFileSync(join(bin, 'tools/iptables'), ['-A', 'INPUT', '-j', 'DROP'], { env: other });
  expect(execFileSync(join(bin, 'tools/iptables'), ['-S', 'INPUT'], { env: other, encoding: 'utf8' })).toBe(
    '-P INPUT DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -j DROP\n',
  );
  expect(now()).toEqual(end);
  expect(drywall('fork', '2', file)).toEqual({ status: 1, out: '', err: `drywall: ${file} is there already\n` });
});

test('packets, scripts command by command, another host', () => {
  const before = (JSON.parse(drywall('history', '--json').out) as unknown[]).length;
  tool('iptables -A INPUT -p udp -m conntrack --ctstate NEW -j ACCEPT');
  drywall('send', '--in', 'eth0', 'ip saddr 203.0.113.7 udp dport 53');
  drywall('run', '--no-isolation', '--', 'true');
  drywall('run', '--', 'bash', '-c', 'nft add table ip a; nft add table ip b');
  drywall('init', 'router');
  const steps = (JSON.parse(drywall('history', '--json').out) as { step: number; commands: string[] }[]).slice(before);
  expect(steps.map((s) => s.commands.join('; '))).toEqual([
    'iptables -A INPUT -p udp -m conntrack --ctstate NEW -j ACCEPT',
    "drywall send --in eth0 'ip saddr 203.0.113.7 udp dport 53'",
    'nft add table ip a',
    'nft add table ip b',
    'drywall init router',
  ]);
  const at = (i: number, ...argv: string[]): string => drywall('at', String(steps[i].step), ...argv).out;
  expect(at(0, 'conntrack', '-L')).toBe('');
  expect(at(1, 'conntrack', '-L')).toContain('src=203.0.113.7');
  expect(at(2, 'nft', 'list', 'tables')).toBe('table ip filter\ntable ip a\n');
  expect(at(3, 'nft', 'list', 'tables')).toBe('table ip filter\ntable ip a\ntable ip b\n');
  expect(at(4, 'ip', 'addr')).toContain('wan');
});

test('off forgets it', () => {
  expect(drywall('record', 'off').out).toBe('recording is off, the past is forgotten\n');
  expect(drywall('record').out).toBe('recording is off\n');
  expect(drywall('at', '1', 'nft', 'list', 'ruleset').status).toBe(1);
  expect(drywall('record', 'maybe').status).toBe(2);
});
