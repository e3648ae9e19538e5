import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const bin = resolve(import.meta.dirname, '../../bin');
const folder = mkdtempSync(join(tmpdir(), 'drywall-trace-'));
const env = { ...process.env, DRYWALL_STATE: join(folder, 'state.db'), NO_COLOR: '1' };
const drywall = (...argv: string[]) => {
  const r = spawnSync(process.execPath, [join(bin, 'drywall'), ...argv], { env, encoding: 'utf8' });
  return { status: r.status, out: r.stdout, err: r.stderr };
};
const tool = (argv: readonly string[], input = ''): string => execFileSync(join(bin, 'tools', argv[0]), argv.slice(1), { env, encoding: 'utf8', input });

const RULES = `
table inet fw {
  set admins { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 }; }
  map services { type inet_service : verdict; elements = { 80 : accept, 22 : jump ssh }; }
  chain ssh {
    ip saddr @admins accept
  }
  chain pre {
    type nat hook prerouting priority dstnat; policy accept;
    tcp dport 8080 redirect to :80
  }
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    iif lo accept
    ip saddr . tcp dport { 203.0.113.7 . 25, 203.0.113.8 . 22 } accept
    tcp flags & (fin|syn|rst|ack) == syn tcp dport vmap @services
    udp dport 67-68 ip ttl >= 65 accept
  }
}
`;

beforeAll(() => {
  drywall('init');
  tool(['nft', '-f', '-'], RULES);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('what was asked, what the packet has, sets and jumps, in the order of the chains; the device by the route to the source', () => {
  expect(drywall('trace', 'ip saddr 203.0.113.7 tcp dport 22 flags syn')).toEqual({
    status: 1,
    err: '',
    out: `in eth0: tcp 203.0.113.7:40000 > 192.0.2.10:22 SYN seq 1000
  ip prerouting in eth0
    conntrack: new (new entry)
    inet fw pre (nat, priority -100): accept by policy
      1 rule does not match
  routing: to this host
  ip input in eth0 → drop
    inet fw input (filter, priority 0): drop by policy
      ✗ input 1  ct state established,related accept
          ct state established,related: is new
      ✗ input 2  ct state invalid drop
          ct state invalid: is new
      ✗ input 3  iif "lo" accept
          iif "lo": is "eth0"
      ✗ input 4  ip saddr . tcp dport { 203.0.113.8 . 22, 203.0.113.7 . 25 } accept
          ip saddr . tcp dport { 203.0.113.8 . 22, 203.0.113.7 . 25 }: is 203.0.113.7 . 22
      ✓ input 5  tcp flags & (fin | syn | rst | ack) == syn tcp dport vmap @services  → jump ssh
          set services: 22 is there
        ✗ ssh 1  ip saddr @admins accept
            ip saddr @admins: is 203.0.113.7
      1 other rule does not match
  dropped by policy of inet fw input (hook input)
`,
  });
});

test('translation, why a packet is invalid, and the host as it was before', () => {
  expect(drywall('trace', 'ip saddr 203.0.113.7 tcp dport 8080 flags syn').out).toContain(
    'destination NAT: 203.0.113.7:40000 → 192.0.2.10:8080  becomes  203.0.113.7:40000 → 192.0.2.10:80\n',
  );
  const odd = drywall('trace', 'ip saddr 203.0.113.7 tcp dport 80 flags syn,ack');
  expect(odd.out).toContain('conntrack: invalid: invalid new\n');
  expect(odd.out).toContain('dropped by rule 2 of inet fw input');
  expect(tool(['conntrack', '-L'])).toBe('');
});

test('the host as sender, and what is kept when asked for', () => {
  const r = drywall('trace', '--keep', 'ip daddr 198.51.100.9 udp dport 53');
  expect(r.status).toBe(0);
  expect(r.out).toContain('routing: out via 192.0.2.1 dev eth0\n');
  expect(tool(['conntrack', '-L'])).toContain('dst=198.51.100.9');
  const back = drywall('trace', 'ip saddr 198.51.100.9 udp sport 53 dport 40000');
  expect(back.out).toContain('conntrack: established (reply direction)');
  expect(back.status).toBe(0);
});

test('JSON has everything', () => {
  const [t] = JSON.parse(drywall('trace', '--json', 'ip saddr 203.0.113.7 udp dport 67').out) as [
    { steps: { step: string; hook?: string; parts?: { step: string; rules?: unknown[] }[] }[]; verdict: string },
  ];
  expect(t.verdict).toBe('dropped');
  const input = t.steps.find((s) => s.hook === 'input');
  expect(input?.parts?.[0].rules?.[5]).toMatchObject({ chain: 'input', position: 6, matched: false, held: 3, failed: { test: 'ip ttl >= 65', actual: '64', missing: false } });
});

test('iptables rules are explained in their own words', () => {
  drywall('init');
  for (const line of [
    'iptables -P INPUT DROP',
    'iptables -A INPUT -i lo -j ACCEPT',
    'iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT',
    'iptables -A INPUT -s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT',
    'iptables -A INPUT -p tcp -m multiport --dports 80,443 -j ACCEPT',
  ])
    tool(line.split(' '));
  expect(drywall('trace', 'ip saddr 203.0.113.7 tcp dport 22').out).toContain(`    iptables filter INPUT (filter, priority 0): drop by policy
      ✗ INPUT 1  -A INPUT -i lo -j ACCEPT
          -i lo: is "eth0"
      ✗ INPUT 2  -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
          -m conntrack --ctstate ESTABLISHED: is NEW
      ✗ INPUT 3  -A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT
          -s 10.0.0.0/8: is 203.0.113.7
      ✗ INPUT 4  -A INPUT -p tcp -m multiport --dports 80,443 -j ACCEPT
          -m multiport --dports 80,443: is --sport 40000 --dport 22
`);
});

test('formats of the real tools', () => {
  const words = 'ip saddr 203.0.113.7 tcp dport 22';
  expect(drywall('trace', '--format', 'nft', words).out).toMatch(
    /^trace id [0-9a-f]{8} ip filter INPUT packet: iif "eth0" ether saddr .* tcp flags == syn tcp window 64240 \ntrace id [0-9a-f]{8} ip filter INPUT policy drop \n$/,
  );
  expect(drywall('trace', '--format', 'xtables', words).out).toMatch(/^PACKET: 2 [0-9a-f]{8} IN=eth0 MACSRC=.* SYN \n TRACE: 2 [0-9a-f]{8} filter:INPUT:policy:DROP \n$/);
  expect(drywall('trace', '--format', 'log', words).out).toMatch(/^TRACE: filter:INPUT:policy:5 IN=eth0 OUT= MAC=.* SRC=203\.0\.113\.7 .*SYN URGP=0 \n$/);
});

test('hex with and without a link layer, and captures', () => {
  const ip = '4500002100010000401174 8ccb007107c000020a03e80035000d0000aabbccddee'.replace(' ', '');
  const frame = `02000000001002000000000108 00${ip}`.replace(' ', '');
  const first = (r: { out: string }): string => r.out.split('\n')[0];
  const want = 'in eth0: udp 203.0.113.7:1000 > 192.0.2.10:53, 5 bytes of data';
  expect(first(drywall('trace', ip))).toBe(want);
  expect(first(drywall('trace', frame))).toBe(want);
  expect(first(drywall('trace', '--in', 'eth0', '--hex', frame))).toBe(want);
  const file = join(folder, 'one.pcap'),
    bytes = Buffer.from(frame, 'hex');
  const head = Buffer.alloc(40);
  for (const [i, n] of [0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1, 1, 0, bytes.length, bytes.length].entries()) head.writeUInt32LE(n, i * 4);
  writeFileSync(file, Buffer.concat([head, bytes]));
  expect(first(drywall('trace', file))).toBe(want);
  writeFileSync(file, Buffer.concat([head, bytes.subarray(9)]));
  expect(drywall('trace', file)).toMatchObject({ status: 2, out: '' });
});

test('a packet that cannot be read: where, and status 2', () => {
  const r = drywall('trace', 'ip saddr 203.0.113.7 tcp dprt 22');
  expect(r.status).toBe(2);
  expect(r.err).toMatch(/^drywall trace: /);
});

test('nft monitor trace and xtables-monitor hear of packets of other processes', async () => {
  drywall('init');
  tool(['iptables', '-t', 'raw', '-A', 'PREROUTING', '-j', 'TRACE']);
  const monitors = [
    ['nft', 'monitor', 'trace'],
    ['xtables-monitor', '-t'],
  ].map((argv) => {
    const child = spawn(join(bin, 'tools', argv[0]), argv.slice(1), { env });
    const m = { child, out: '', heard: () => {} };
    child.stdout.on('data', (d: Buffer) => {
      m.out += d.toString();
      m.heard();
    });
    return m;
  });
  const said = (m: (typeof monitors)[number], words: string): Promise<void> =>
    new Promise((done) => {
      m.heard = () => {
        if (m.out.includes(words)) done();
      };
      m.heard();
    });
  // They listen as soon as the state has them; until then what is sent is not for them.
  const sending = setInterval(() => drywall('send', '--in', 'eth0', 'udp dport 53'), 300);
  await Promise.all([said(monitors[0], 'ip raw PREROUTING rule counter'), said(monitors[1], 'raw:PREROUTING:rule:0x2:CONTINUE  iptables -t raw -A PREROUTING -j TRACE')]);
  clearInterval(sending);
  for (const { child } of monitors) child.kill();
});
