import { META } from '../../../src/commands/nft/keys/meta.ts';
import { PROTOCOLS } from '../../../src/commands/nft/proto.ts';
import type { Choice } from '../random.ts';

/** Values to try for each datatype: usual ones, the ends of the range, and some that do not fit. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  ipv4_addr: ['10.0.0.1', '192.0.2.0/24', '10.1.2.3-10.1.2.9', '0.0.0.0', '255.255.255.255', '10.0.0.0/33'],
  ipv6_addr: ['fd00::1', '2001:db8::/32', '::', 'fe80::1-fe80::ff', '::ffff:1.2.3.4'],
  ether_addr: ['02:00:00:00:00:01', 'ff:ff:ff:ff:ff:ff'],
  inet_service: ['22', 'ssh', '1-1024', '65535', '0', '65536', 'https'],
  inet_proto: ['tcp', 'udp', '47', 'icmp', 'ipv6-icmp'],
  integer: ['0', '1', '7', '0x10', '255', '1-9', '65535', '4294967295', '300'],
  mark: ['0x1', '1', '0xffffffff', '10-20'],
  tcp_flag: ['syn', 'syn,ack', 'fin,psh,ack,urg', 'syn | ack', '0x12', '& (syn | ack) == syn', '!= ack'],
  icmp_type: ['echo-request', 'destination-unreachable', '8', '11'],
  icmpv6_type: ['echo-request', 'nd-neighbor-solicit', '135', 'packet-too-big'],
  icmp_code: ['port-unreachable', '3', 'host-unreachable'],
  icmpv6_code: ['port-unreachable', '4'],
  ct_state: ['new', 'established,related', 'invalid'],
  iface_index: ['lo', '1'],
  ifname: ['lo', 'eth0', '"wg*"', '"a b"'],
  time: ['10s', '1h30m', '5d'],
  boolean: ['exists', 'missing', '1', '0'],
  dscp: ['cs1', 'af21', '0x3f', '63'],
  ecn: ['ect0', 'ce', 'not-ect'],
  ether_type: ['ip', 'ip6', 'arp', '0x8100', 'vlan'],
  arp_op: ['request', 'reply', '2'],
  day: ['"Monday"', '3', '"Sunday"-"Friday"'],
  hour: ['"10:00"', '"10:00"-"20:30"'],
  pkt_type: ['host', 'unicast', 'broadcast', 'other', 'multicast'],
  uid: ['0', 'root', '1000'],
  gid: ['0', 'root'],
  realm: ['1', 'default'],
  classid: ['1:2', '0:ffff'],
  devgroup: ['0', 'default', '5'],
  iface_type: ['ether', 'loopback', 'ppp'],
  nf_proto: ['ipv4', 'ipv6'],
};
const FALLBACK = ['1', '0x2', '3-5'];

const FAMILIES = ['ip', 'ip6', 'inet', 'inet', 'arp', 'bridge'] as const;

/** One value, a set of them, or a comparison. */
function right(c: Choice, type: string): string {
  const values = VALUES[type] ?? FALLBACK;
  switch (c.below(8)) {
    case 0:
      return `{ ${c.some(values, 3).join(', ')} }`;
    case 1:
      return `!= ${c.one(values)}`;
    case 2:
      return `!= { ${c.some(values, 3).join(', ')} }`;
    case 3:
      return `${c.one(['<', '>', '<=', '>='])} ${c.one(values)}`;
    case 4:
      return `& ${c.one(values)} ${c.one(['==', '!='])} ${c.one(values)}`;
    default:
      return c.one(values);
  }
}

interface Left {
  readonly text: string;
  readonly type: string;
}

const CT: readonly Left[] = [
  { text: 'ct state', type: 'ct_state' },
  { text: 'ct mark', type: 'mark' },
  { text: 'ct original saddr', type: 'ipv4_addr' },
  { text: 'ct direction', type: 'integer' },
  { text: 'ct expiration', type: 'time' },
  { text: 'ct original packets', type: 'integer' },
  { text: 'ct zone', type: 'integer' },
];
const OTHER: readonly Left[] = [
  { text: 'fib saddr type', type: 'integer' },
  { text: 'fib daddr . iif oif', type: 'boolean' },
  { text: 'tcp option maxseg size', type: 'integer' },
  { text: 'tcp option sack-permitted', type: 'boolean' },
  { text: 'rt classid', type: 'realm' },
  { text: '@th,16,16', type: 'integer' },
  { text: '@nh,8,8', type: 'integer' },
  { text: 'socket transparent', type: 'boolean' },
  { text: 'numgen inc mod 3', type: 'integer' },
  { text: 'frag more-fragments', type: 'integer' },
  { text: 'exthdr hbh', type: 'boolean' },
];

function left(c: Choice): Left {
  switch (c.below(6)) {
    case 0: {
      const [key, row] = c.one(Object.entries(META));
      return { text: `meta ${key}`, type: row.dtype };
    }
    case 1:
      return c.one(CT);
    case 2:
      return c.one(OTHER);
    default: {
      const p = c.one(PROTOCOLS.filter((x) => x.fields.length > 0));
      const f = c.one(p.fields);
      return { text: `${p.name} ${f.name}`, type: f.dtype };
    }
  }
}

function concatenation(c: Choice): string {
  const parts = Array.from({ length: 2 + c.below(2) }, () => left(c));
  const row = (): string => parts.map((p) => c.one(VALUES[p.type] ?? FALLBACK)).join(' . ');
  return `${parts.map((p) => p.text).join(' . ')} { ${row()}, ${row()} }`;
}

const STATEMENTS: readonly string[] = [
  'accept',
  'drop',
  'counter',
  'counter packets 5 bytes 10 accept',
  'return',
  'log',
  'log prefix "x: " level info',
  'log group 3 snaplen 20',
  'limit rate 10/second',
  'limit rate over 5 mbytes/minute burst 7 kbytes drop',
  'limit rate 400/hour burst 10 packets',
  'quota 10 mbytes',
  'quota over 5 kbytes drop',
  'reject',
  'reject with tcp reset',
  'reject with icmp port-unreachable',
  'reject with icmpx admin-prohibited',
  'meta mark set 0x5',
  'meta mark set meta mark & 0xff | 0x100',
  'ct mark set meta mark',
  'meta priority set 1:2',
  'ip dscp set cs3',
  'tcp option maxseg size set rt mtu',
  'tcp option maxseg size set 1400',
  'notrack',
  'dup to 10.0.0.9',
  'last',
  'ct count over 20 drop',
  'queue num 3',
  'meta nftrace set 1',
  'ip ttl set 64',
  'add @s { ip saddr }',
  'update @s { ip saddr timeout 1m }',
  'ip saddr @s drop',
  'jump other',
  'goto other',
  'tcp dport vmap { 22 : accept, 80 : drop }',
  'meta mark set tcp dport map { 22 : 1, 80 : 2 }',
  'masquerade',
  'snat to 10.0.0.1',
  'dnat to 10.0.0.1:80',
  'redirect to :8080',
];

/** A random ruleset of one rule, as `nft -f -` takes it. */
export function oneRule(c: Choice): string {
  const family = c.one(FAMILIES);
  const parts = Array.from({ length: 1 + c.below(3) }, () =>
    c.in(6)
      ? concatenation(c)
      : (() => {
          const l = left(c);
          return `${l.text} ${right(c, l.type)}`;
        })(),
  );
  if (!c.in(3)) parts.push(c.one(STATEMENTS));
  const comment = c.in(8) ? ' comment "random"' : '';
  return `table ${family} t {\n\tset s { type ipv4_addr; flags timeout,dynamic; }\n\tchain other { }\n\tchain c {\n\t\ttype filter hook ${family === 'arp' ? 'input' : c.one(['input', 'forward', 'output'])} priority ${c.one(['0', 'filter', 'filter + 5', '-3'])};\n\t\t${parts.join(' ')}${comment}\n\t}\n}\n`;
}
