import type { Choice } from '../random.ts';
import type { Selector } from './selectors.ts';

/** Values to try for each datatype: usual ones and the ends of the range. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  ipv4_addr: ['10.0.0.1', '192.0.2.7', '0.0.0.0', '255.255.255.255', '127.0.0.1', '10.0.0.2'],
  ipv6_addr: ['fd00::1', '2001:db8::7', '::', '::ffff:1.2.3.4', 'fe80::1'],
  ether_addr: ['02:00:00:00:00:01', 'ff:ff:ff:ff:ff:ff', '1:2:3:4:5:6'],
  inet_service: ['22', 'ssh', '80', '65535', '0', 'https', '1024'],
  inet_proto: ['tcp', 'udp', '47', 'icmp', 'ipv6-icmp', 'sctp', '255'],
  mark: ['0x1', '1', '0xffffffff', '10'],
  tcp_flag: ['syn', 'ack', 'fin', '0x12', 'urg'],
  icmp_type: ['echo-request', 'destination-unreachable', '8', '11', 'echo-reply'],
  icmpv6_type: ['echo-request', 'nd-neighbor-solicit', '135', 'packet-too-big'],
  icmp_code: ['port-unreachable', '3', 'host-unreachable'],
  icmpv6_code: ['port-unreachable', '4', 'no-route'],
  igmp_type: ['membership-query', '0x16'],
  ct_state: ['new', 'established', 'related', 'invalid', 'untracked'],
  ct_dir: ['original', 'reply'],
  ct_status: ['snat', 'dnat', 'assured', 'seen-reply', 'confirmed', 'expected'],
  ct_event: ['new', 'destroy', 'label'],
  ct_label: ['1', '127', '64'],
  iface_index: ['lo', '1'],
  ifname: ['lo', 'eth0', '"wg*"', '"a b"', '"wan0"'],
  string: ['"ftp"', 'sip'],
  time: ['10s', '1h30m', '5d', '30m'],
  boolean: ['exists', 'missing', '1', '0'],
  dscp: ['cs1', 'af21', '0x3f', 'ef', '0'],
  ecn: ['ect0', 'ce', 'not-ect', '1'],
  ether_type: ['ip', 'ip6', 'arp', '0x88b5', 'vlan'],
  arp_op: ['request', 'reply', '2'],
  day: ['"Monday"', '3', '"Sunday"', 'Friday'],
  hour: ['"10:00"', '"20:30"', '"23:59:59"', '"00:00"'],
  date: ['"2026-01-02 03:04:05"', '"1970-01-01"', '1577836800', '"2019-06-21 17:00:00"'],
  pkt_type: ['host', 'broadcast', 'other', 'multicast'],
  uid: ['0', 'root', '1000'],
  gid: ['0', 'root', '33'],
  realm: ['1', '5', '0x10'],
  classid: ['1:2', '0:ffff', 'ffff:0', 'root'],
  devgroup: ['0', 'default', '5'],
  iface_type: ['ether', 'loopback', 'ppp', '772'],
  nf_proto: ['ipv4', 'ipv6'],
  fib_addrtype: ['local', 'unicast', 'broadcast', 'multicast', 'blackhole', '3'],
  dccp_pkttype: ['request', 'data', '3', 'sync'],
  mh_type: ['binding-update', '5'],
  mptcp_subtype: ['mp-capable', 'add-addr', '1'],
  osf_name: ['"Linux"', '"Windows"'],
};

/** Numbers of a field: the ends, and some between; now and then one too large. */
function number(c: Choice, bits: number): string {
  const max = (1n << BigInt(bits)) - 1n;
  if (c.in(60)) return (max + 1n).toString();
  const n = [0n, 1n, max, max >> 1n, 2n, 5n, 7n, 16n, 100n, 300n, 65535n][c.below(11)] as bigint;
  const v = n > max ? max : n;
  return c.in(3) ? `0x${v.toString(16)}` : v.toString();
}

export const scalar = (c: Choice, s: Selector): string => {
  const list = VALUES[s.type];
  return list ? c.one(list) : number(c, s.bits);
};

const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  ipv4_addr: ['192.0.2.0/24', '10.0.0.0/8', '172.16.0.0/13', '10.1.2.128/31', '0.0.0.0/1'],
  ipv6_addr: ['2001:db8::/32', 'fd00::/7', 'fe80::/61', 'fd00::10/125'],
};
const RANGES: Readonly<Record<string, readonly string[]>> = {
  ipv4_addr: ['10.1.2.3-10.1.2.9', '192.168.0.0-192.168.3.255', '172.20.0.1-172.20.9.0'],
  ipv6_addr: ['fe80::1-fe80::ff', 'fd01::-fd01::ffff'],
  ether_addr: ['02:00:00:00:00:00-02:00:00:00:00:ff'],
  inet_service: ['1-21', '1025-2000', '8080-8089', '40000-65535'],
  inet_proto: ['33-40', '1-5'],
  mark: ['0x10-0x1f', '32-63'],
  day: ['"Monday"-"Friday"'],
  hour: ['"10:00"-"20:30"', '"22:00"-"06:00"'],
  date: ['"2026-01-01"-"2026-02-01"'],
  dscp: ['cs1-cs3', '0x10-0x20'],
  time: ['10s-20s'],
  icmp_type: ['3-5'],
  uid: ['1000-2000'],
  gid: ['1000-2000'],
  iface_index: ['1-3'],
  classid: ['1:2-1:9'],
};

/** A range or a prefix, where the type has some. */
export function interval(c: Choice, s: Selector): string {
  const list = [...(PREFIXES[s.type] ?? []), ...(RANGES[s.type] ?? [])];
  if (list.length) return c.one(list);
  if (VALUES[s.type] || s.bits < 4) return scalar(c, s);
  const top = (1 << Math.min(s.bits, 16)) - 1;
  const from = c.below(top);
  return `${from}-${from + c.below(top - from + 1)}`;
}

/** Some values without one twice. */
export function several(c: Choice, s: Selector, most: number, intervals: boolean): string[] {
  const out = new Set<string>();
  for (let i = 1 + c.below(most); i > 0; i--) out.add(intervals && c.in(3) ? interval(c, s) : scalar(c, s));
  return [...out];
}

const FLAGS = new Set(['tcp_flag', 'ct_state', 'ct_status', 'ct_event']);

/** What comes after a selector to make a comparison. */
export function comparison(c: Choice, s: Selector): string {
  if (s.type === 'boolean' && s.bits === 1) return c.one(['exists', 'missing']);
  if (FLAGS.has(s.type) && c.in(2)) return flagComparison(c, s);
  switch (c.below(12)) {
    case 0:
    case 1:
      return `{ ${several(c, s, 4, true).join(', ')} }`;
    case 2:
      return `!= ${c.in(3) ? interval(c, s) : scalar(c, s)}`;
    case 3:
      return `!= { ${several(c, s, 3, true).join(', ')} }`;
    case 4:
      return `${c.one(['<', '>', '<=', '>='])} ${scalar(c, s)}`;
    case 5:
      return `& ${mask(c, s)} ${c.one(['==', '!=', '<', '>='])} ${scalar(c, s)}`;
    case 6:
      return interval(c, s);
    case 7:
      return c.in(3) ? `& ${mask(c, s)} { ${several(c, s, 3, false).join(', ')} }` : `== ${scalar(c, s)}`;
    case 8:
      return c.in(2) ? `${c.one(['|', '^', '<<', '>>'])} ${c.one(['1', '2', '4'])} ${c.one(['==', '!='])} ${scalar(c, s)}` : scalar(c, s);
    default:
      return scalar(c, s);
  }
}

const mask = (c: Choice, s: Selector): string => {
  if (s.type === 'ipv4_addr') return c.one(['255.255.255.0', '0.0.0.255', '255.255.0.0', '0.0.255.0']);
  if (s.type === 'ipv6_addr') return c.one(['ffff:ffff::', '::ff']);
  if (s.type === 'ether_addr') return c.one(['ff:ff:ff:00:00:00', '01:00:00:00:00:00']);
  return VALUES[s.type] && !FLAGS.has(s.type) && c.in(2) ? c.one(['0xf', '1', '0xff']) : scalar(c, s);
};

function flagComparison(c: Choice, s: Selector): string {
  const some = (): string => several(c, s, 3, false).join(c.one([',', ' | ']));
  const one = several(c, s, 3, false);
  switch (c.below(6)) {
    case 0:
      return `& (${one.join(' | ')}) ${c.one(['==', '!='])} ${scalar(c, s)}`;
    case 1:
      return `${one.join(',')} / ${several(c, s, 3, false).join(',')}`;
    case 2:
      return `!= ${one.join(',')} / ${several(c, s, 3, false).join(',')}`;
    case 3:
      return `! ${one.join(',')}`;
    case 4:
      return `& (${several(c, s, 3, false).join('|')}) ${c.one(['==', '!='])} ${one.join(' | ')}`;
    default:
      return some();
  }
}
