import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CaptureWriter, LINKTYPE } from '../../src/host/pcap/write.ts';

const bin = resolve(import.meta.dirname, '../../bin');
const folder = mkdtempSync(join(tmpdir(), 'drywall-send-'));
const env = { ...process.env, DRYWALL_STATE: join(folder, 'state.db'), NO_COLOR: '1' };
const drywall = (...argv: string[]) => {
  const r = spawnSync(process.execPath, [join(bin, 'drywall'), ...argv], { env, encoding: 'utf8' });
  return { status: r.status, out: r.stdout, err: r.stderr };
};
const tool = (line: string): string => execFileSync(join(bin, 'tools', line.split(' ')[0]), line.split(' ').slice(1), { env, encoding: 'utf8' });

beforeAll(() => {
  drywall('init', 'router');
  tool('iptables -A INPUT -p tcp --dport 22 -j DROP');
  tool('iptables -A INPUT -p udp -j REJECT');
  tool('iptables -t nat -A PREROUTING -i wan -p tcp --dport 80 -j DNAT --to 192.168.1.77');
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a packet that a rule drops: the rule in its own tongue, status 1', () => {
  expect(drywall('send', '--in', 'wan', 'ip saddr 203.0.113.7 tcp dport 22')).toEqual({
    status: 1,
    err: '',
    out: `in wan: tcp 203.0.113.7:40000 > 198.51.100.2:22 SYN seq 1000
  dropped by rule 1 of iptables filter INPUT (hook input)
    -A INPUT -p tcp -m tcp --dport 22 -j DROP
  state new
  nothing left
`,
  });
});

test('a rejected one: its answer left', () => {
  const r = drywall('send', '--in', 'wan', 'udp');
  expect(r.status).toBe(1);
  expect(r.out).toContain('rejected by rule 2 of iptables filter INPUT');
  expect(r.out).toContain('left wan: icmp 198.51.100.2 > 198.51.100.3 destination-unreachable port-unreachable\n');
});

test('a forwarded one: neighbours answer, the connection is there for other commands', () => {
  const r = drywall('send', '--in', 'wan', 'ip saddr 203.0.113.7 tcp dport 80');
  expect(r.status).toBe(0);
  expect(r.out).toContain('  left lan: tcp 203.0.113.7:40000 > 192.168.1.77:80 SYN seq 1000\n');
  const line = /conntrack \[NEW\] (.*)\n/.exec(r.out)?.[1] ?? '';
  expect(line).toContain('src=192.168.1.77 dst=203.0.113.7 sport=80 dport=40000');
  expect(tool('conntrack -L -p tcp').replace(/ 1\d\d /, ' ')).toContain(line.replace(/ 1\d\d /, ' '));
});

test('a hex dump is the same packet as its words; --json', () => {
  const words = JSON.parse(drywall('send', '--json', '--in', 'wan', 'icmp type echo-request id 9').out);
  expect(words[0]).toMatchObject({ verdict: 'delivered', decision: { text: '-P INPUT ACCEPT' }, left: [{ device: 'wan' }] });
  const file = join(folder, 'dump.txt');
  writeFileSync(file, words[0].left[0].frame.replace(/(.{32})/g, '$1\n'));
  expect(drywall('send', '--in', 'lan', file).out).toContain('in lan: icmp 198.51.100.2 > 198.51.100.3 echo-reply id 9 seq 1\n');
});

test('what cannot be read changes nothing, status 2', () => {
  expect(drywall('send', '--in', 'wan', 'tcp dprt 22')).toEqual({
    status: 2,
    out: '',
    err: "drywall send: neither a field of tcp nor a header: dprt; did you mean `sport'?\ntcp dprt 22\n    ^^^^\n",
  });
  expect(drywall('send', '--in', 'eth7', 'udp')).toMatchObject({ status: 2, err: 'drywall send: no such device: eth7\n' });
  const file = join(folder, 'packets.txt');
  writeFileSync(file, '# two\nudp dport 1\nudp dport 70000\n');
  expect(drywall('send', '--in', 'wan', file)).toMatchObject({ status: 2, out: '', err: expect.stringContaining(`${file}:3:11: Service out of range\n`) });
});

test('a capture: its packets one after the other', () => {
  const path = join(folder, 'capture.pcapng');
  const words = JSON.parse(drywall('send', '--json', '--in', 'lan', 'ip saddr 192.168.1.9 daddr 9.9.9.9 udp dport 53').out);
  const w = new CaptureWriter(path);
  for (let i = 0; i < 2; i++) w.packet('lan', LINKTYPE.raw, 1, i, Buffer.from(words[0].left[0].frame, 'hex').subarray(14), '');
  w.close();
  const r = drywall('send', '--in', 'lan', path);
  expect(r.status).toBe(0);
  expect(r.out.match(/^in lan: udp 192\.168\.1\.9:40000 > 9\.9\.9\.9:53$/gm)).toHaveLength(2);
});
