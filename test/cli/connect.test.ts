import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';

const bin = resolve(import.meta.dirname, '../../bin');
const folder = mkdtempSync(join(tmpdir(), 'drywall-connect-'));
const env = { ...process.env, DRYWALL_STATE: join(folder, 'state.db'), NO_COLOR: '1' };
const drywall = (...argv: string[]) => {
  const r = spawnSync(process.execPath, [join(bin, 'drywall'), ...argv], { env, encoding: 'utf8' });
  return { status: r.status, out: r.stdout, err: r.stderr };
};
const tool = (line: string): string =>
  execFileSync(join(bin, 'tools', line.split(' ')[0]), line.split(' ').slice(1), { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

const RULES = `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -i wan -p tcp -m tcp --dport 80 -j ACCEPT
-A FORWARD -i lan -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -o wan -j MASQUERADE
COMMIT
`;

beforeEach(() => {
  drywall('init', 'router');
  const file = join(folder, 'rules');
  writeFileSync(file, RULES);
  tool(`iptables-restore ${file}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The packets' directions, flags and verdicts, and the last lines. */
const outline = (out: string): string[] =>
  out
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((l) => /^ {2}(->|<-) (?:tcp .*? ([A-Z,]+) seq.*|(\S+) .*) {2}(\S+)/.exec(l)?.slice(1).filter(Boolean).join(' ') ?? l);

test('a whole connection from outside through the rules to a host inside', () => {
  const r = drywall('connect', '203.0.113.7 -> 192.168.1.77:80');
  expect(r.status).toBe(0);
  expect(outline(r.out)).toEqual([
    '-> SYN forwarded',
    '<- SYN,ACK forwarded',
    '-> ACK forwarded',
    '-> PSH,ACK forwarded',
    '<- ACK forwarded',
    '<- PSH,ACK forwarded',
    '<- FIN,ACK forwarded',
    '-> ACK forwarded',
    '-> ACK forwarded',
    '-> FIN,ACK forwarded',
    '<- ACK forwarded',
    'whole: closed',
  ]);
  expect(tool('conntrack -L -p tcp')).toMatch(/TIME_WAIT src=203.0.113.7 dst=192.168.1.77 .*\[ASSURED\]/);
});

test('where it breaks: there, back, nowhere', () => {
  const there = drywall('connect', '203.0.113.7', '192.168.1.77:443');
  expect(there.status).toBe(1);
  expect(outline(there.out)).toEqual([
    '-> SYN dropped',
    'broke on the way there, dropped by policy of iptables filter FORWARD (hook forward): -P FORWARD DROP',
    'reached before: nothing',
  ]);
  tool('iptables -D INPUT 1');
  const back = drywall('connect', 'host', '9.9.9.9:443');
  expect(outline(back.out)).toEqual([
    '-> SYN sent',
    '<- SYN,ACK dropped',
    'broke on the way back, dropped by policy of iptables filter INPUT (hook input): -P INPUT DROP',
    'reached before: nothing',
  ]);
  drywall('peer', '192.168.1.77', 'silent');
  const nowhere = drywall('connect', '203.0.113.7', '192.168.1.77:80');
  expect(outline(nowhere.out)).toEqual(['-> SYN forwarded', 'no answer: every packet got through the host, the other side said nothing or refused', 'reached before: nothing']);
});

test('services of the host answer while somebody listens', () => {
  const refused = drywall('connect', 'wan', 'host:22');
  expect(refused.status).toBe(1);
  drywall('listen', 'tcp', 'ssh');
  expect(drywall('listen').out).toContain('tcp');
  expect(outline(drywall('connect', 'wan', 'host:22').out).slice(0, 3)).toEqual(['-> SYN delivered', '<- SYN,ACK sent', '-> ACK delivered']);
  expect(drywall('listen', 'tcp', '22', '--off').status).toBe(0);
  expect(drywall('listen').out).toBe('Nothing listens.\n');
  expect(drywall('listen', 'tcp', '22', '--off')).toMatchObject({ status: 1, err: expect.stringContaining('nothing listens on tcp port 22') });
});

test('FTP: active wants the helper, and gets through NAT with it', () => {
  const without = drywall('connect', 'lan', '198.51.100.77', '--ftp', '--active');
  expect(without.status).toBe(1);
  expect(without.out).toContain('reached before: transfer begun');
  tool('iptables -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp');
  expect(drywall('connect', 'lan', '198.51.100.77', '--ftp', '--active').out).toContain('whole: closed');
  expect(drywall('connect', 'lan', '198.51.100.77', '--ftp').out).toContain('whole: closed');
});

test('datagrams, pings, IPv6, JSON', () => {
  expect(outline(drywall('connect', 'lan', '9.9.9.9:53', '--udp').out)).toEqual(['-> udp, forwarded', '<- udp, forwarded', 'whole: answered'].map((l) => l.replace('udp,', 'udp')));
  expect(drywall('connect', 'lan', '9.9.9.9').status).toBe(0);
  const six = JSON.parse(drywall('connect', 'lan', 'host', '--json').out);
  expect(six).toMatchObject({ ok: false, broke: { verdict: 'dropped', way: 'to' } });
  expect(drywall('connect', 'wan', '2001:db8:2::5').status).toBe(0);
});

test('what cannot be begun: status 2', () => {
  expect(drywall('connect', 'foo', '192.0.2.1:22')).toEqual({ status: 2, out: '', err: 'drywall connect: no address: foo\n' });
  expect(drywall('connect', 'host', '192.0.2.1:nope')).toMatchObject({ status: 2, err: 'drywall connect: no such tcp port: nope\n' });
  expect(drywall('connect', 'host')).toMatchObject({ status: 2 });
});
