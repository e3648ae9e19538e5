import { describe, expect, test } from 'vitest';
import { buildPacket } from '../../../src/host/packet/build.ts';
import { seededRandom } from '../../../src/host/random.ts';
import { Netns } from '../../../src/kernel/netns.ts';
import { checksum, pseudo, u16 } from '../../../src/kernel/net/wire/bytes.ts';
import { PacketError } from '../../../src/parsers/packet/index.ts';

const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex');

function host(): Netns {
  const net = new Netns({ clock: { now: () => 0, wall: () => 0 }, random: seededRandom(1), container: true });
  const eth = net.stack.addDevice('eth0', 'ethernet', { mac: Uint8Array.of(2, 0, 0, 0, 0, 0x10) });
  const tun = net.stack.addDevice('tun0', 'tun');
  for (const [d, last] of [
    [eth, 2],
    [tun, 3],
  ] as const) {
    const local = Uint8Array.of(192, 0, last, 10);
    net.stack.setUp(d, true);
    d.addrs4.push({ local, peer: local, len: 24, broadcast: Uint8Array.of(192, 0, last, 255), label: d.name, scope: 0, secondary: false });
    d.addrs6.unshift({ addr: Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, last, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10), len: 64, scope: 0, flags: ['permanent'], kernel: false });
  }
  net.stack.fib.invalidate();
  return net;
}

const build = (text: string, on?: string): Uint8Array => buildPacket(text, { stack: host().stack, in: on }).frames[0];
function problem(text: string, on?: string): string {
  try {
    build(text, on);
  } catch (e) {
    if (e instanceof PacketError) return e.render();
    throw e;
  }
  throw new Error('no error');
}

describe('packets in words', () => {
  test('a header may be named before each of its fields, as in rules', () => {
    expect(hex(build('ip saddr 203.0.113.7 ip daddr 192.0.2.10 tcp dport 22 tcp flags syn', 'eth0'))).toBe(
      hex(build('ip saddr 203.0.113.7 daddr 192.0.2.10 tcp dport 22 flags syn', 'eth0')),
    );
    expect(build('ip saddr 203.0.113.7 daddr 192.0.2.10 ip saddr 10.0.0.1 daddr 10.0.0.2', 'eth0')[23]).toBe(4);
  });

  test('every byte of a SYN', () => {
    expect(hex(build('ip saddr 203.0.113.7 tcp dport 22 flags syn', 'eth0'))).toBe(
      // ether: to eth0, from a host outside; ip: 40 bytes, don't fragment; tcp: 40000 → 22
      '020000000010' + '0200cb007107' + '0800' + '45000028000140004006' + '3cbd' + 'cb007107' + 'c000020a' + '9c400016' + '000003e8' + '00000000' + '5002faf0' + '16a1' + '0000',
    );
  });
  test('tun devices and the host itself: no Ethernet header', () => {
    expect(build('tcp dport 22', 'tun0')[0]).toBe(0x45);
    expect(build('ip daddr 192.0.2.77 tcp dport 22')[0]).toBe(0x45);
  });
  test('an address that is not written is the one on the device, and a neighbour of it', () => {
    expect(hex(build('udp dport 53', 'tun0').subarray(12, 20))).toBe('c0000301c000030a');
    expect(hex(build('ip6 udp dport 53', 'tun0').subarray(8, 40))).toBe('20010db8000300000000000000000001' + '20010db8000300000000000000000010');
  });
  test('fields, short words and flags', () => {
    const b = build('ip ttl 5 id 7 dscp ef tcp seq 5 ack 6 window 7 flags syn,ack|urg urg 9', 'tun0');
    expect([b[8], u16(b, 4), b[1], b[33], u16(b, 34), u16(b, 38)]).toEqual([5, 7, 46 << 2, 0x32, 7, 9]);
    expect(u16(build('ip mf offset 185 udp dport 5', 'tun0'), 6)).toBe(0x20b9);
    expect(u16(build('ip frag-off 0 udp dport 5', 'tun0'), 6)).toBe(0);
  });
  test('TCP options are padded', () => {
    const b = build('tcp dport 22 option maxseg size 1460 option sack-perm option timestamp tsval 1 tsecr 2 option window count 7', 'tun0');
    expect(hex(b.subarray(40))).toBe('020405b40402080a000000010000000203030701');
    expect(b[32] >> 4).toBe(10);
  });
  test('a header that the protocol field names is there; a bare packet is an echo request', () => {
    expect(build('ip protocol tcp', 'tun0').length).toBe(40);
    expect(build('ip saddr 192.0.2.1', 'tun0')[20]).toBe(8);
    expect(build('ip6 saddr 2001:db8::1', 'tun0')[40]).toBe(128);
    expect(hex(build('ip protocol 99 payload 0x0102', 'tun0').subarray(20))).toBe('0102');
  });
  test('VLAN, ARP, GRE, VXLAN, extension headers', () => {
    expect(hex(build('vlan id 5 tcp dport 22', 'eth0').subarray(12, 18))).toBe('810000050800');
    expect(hex(build('arp operation request', 'eth0'))).toBe('ffffffffffff0200c0000201' + '0806' + '0001080006040001' + '0200c0000201c0000201' + '000000000000c000020a');
    expect(hex(build('gre key 5 ip udp dport 5', 'tun0').subarray(20, 28))).toBe('2000080000000005');
    expect(hex(build('vxlan vni 5 tcp dport 80', 'tun0').subarray(22, 36)).replace(/^(....)........(.*)/, '$1$2')).toBe('12b5' + '0800000000000500');
    const six = build('ip6 hbh dst frag id 5 tcp dport 22', 'tun0');
    expect([six[6], six[40], six[48], six[56]]).toEqual([0, 60, 44, 6]);
  });
  test('payloads: text, hex, size, and a length to fill', () => {
    expect(hex(build('udp payload "a\\x00\\n" 0x0102 size 2', 'tun0').subarray(28))).toBe('61000a01020001');
    expect(build('meta length 100 udp', 'tun0').length).toBe(100);
  });
  test('pieces', () => {
    const { frames } = buildPacket('udp payload size 3000 fragments 1500', { stack: host().stack, in: 'tun0' });
    expect(frames.map((f) => [f.length, u16(f, 6)])).toEqual([
      [1500, 0x2000],
      [1500, 0x20b9],
      [68, 0x0172],
    ]);
    expect(buildPacket('ip6 udp payload size 3000 fragments 1280', { stack: host().stack, in: 'tun0' }).frames.map((f) => f.length)).toEqual([1280, 1280, 592]);
  });
  test('about the packet', () => {
    expect(buildPacket('mark 0x7 iif eth0 udp', { stack: host().stack })).toMatchObject({ device: 'eth0', about: { mark: 7 } });
    expect(buildPacket('meta skuid root udp', { stack: host().stack })).toMatchObject({ device: null, about: { uid: 0 } });
  });
  test.each([
    'tcp dport 1',
    'udp payload "odd"',
    'icmp type echo-reply',
    'sctp dport 2',
    'ip6 tcp dport 1',
    'ip6 udp',
    'icmpv6 type nd-neighbor-solicit',
    'udplite dport 4',
    'igmp type leave-group',
    'dccp dport 1',
  ])('checksums: %s', (text) => {
    const b = build(text, 'tun0');
    const v4 = b[0] >> 4 === 4;
    const at = v4 ? 20 : 40;
    const proto = v4 ? b[9] : b[6];
    if (v4) expect(checksum(b, 0, 20)).toBe(0);
    if (proto === 132) return;
    const sum = proto === 1 || proto === 2 ? 0 : pseudo(b.subarray(v4 ? 12 : 8, v4 ? 16 : 24), b.subarray(v4 ? 16 : 24, at), proto, b.length - at);
    expect(checksum(b, at, b.length, sum)).toBe(0);
  });
});

test.each([
  ['ip daddr 8.8.8.8 tcp dprt 3', 'eth0', "neither a field of tcp nor a header: dprt; did you mean `sport'?", 'dprt'],
  ['ip saddr 1.2.3', 'eth0', 'an IPv4 address has four parts', '1.2.3'],
  ['tcp dport', 'eth0', "`dport' wants a value", 'dport'],
  ['tcp dport 70000', 'eth0', 'Service out of range', '70000'],
  ['tcp flags syn,', 'eth0', "a value is wanted after `,'", ','],
  ['ip ttl 256', 'eth0', "`ttl' has 8 bits: 0 to 255", '256'],
  ['tcp dport 1 dport 2', 'eth0', "`dport' is there twice", 'dport 2'],
  ['udp payload "abc', 'eth0', 'the string has no end', '"abc'],
  ['udp payload 0x123', 'eth0', 'hexadecimal digits in pairs are wanted', '0x123'],
  ['ether saddr 02:00:00:00:00:01 udp', 'tun0', 'tun0 carries no Ethernet frames', 'ether'],
  ['iif eth9 udp', 'eth0', 'no such device: eth9', 'eth9'],
  ['icmp type foo', 'eth0', 'Could not parse ICMP type', 'foo'],
])('%s', (text, on, message, at) => {
  const [said, line, marks] = problem(text, on).split('\n');
  expect(said).toBe(message);
  expect(line).toBe(text);
  const from = at.startsWith('dport 2') ? text.lastIndexOf('dport') : text.indexOf(at);
  expect(marks.indexOf('^')).toBe(from);
});

test('errors in a text of several lines name line and column', () => {
  expect(problem('ip saddr 192.0.2.1 # who\n  tcp dpor 22', 'eth0')).toMatch(/^line 2:7: neither.*\n {2}tcp dpor 22\n {6}\^{4}\n$/);
});
