import { META } from '../../../src/commands/nft/keys/meta.ts';
import { CT } from '../../../src/commands/nft/keys/ct.ts';
import { EXTHDR, IPV6_EXTHDR, SCTP_CHUNK } from '../../../src/commands/nft/keys/exthdr.ts';
import { PROTOCOLS } from '../../../src/commands/nft/proto.ts';
import type { Choice } from '../random.ts';

/** What a rule can look at: its text, the type of its values, and how many bits they have. */
export interface Selector {
  readonly text: string;
  readonly type: string;
  readonly bits: number;
}

export type Family = 'ip' | 'ip6' | 'inet' | 'arp' | 'bridge' | 'netdev';

const sel = (text: string, type: string, bits = 32): Selector => ({ text, type, bits });

/** Words of nft where they are not the names of the tables. */
const WORD: Readonly<Record<string, string>> = { sequence: 'seq', 'parameter-problem': 'param-problem' };

const HEADERS: readonly Selector[] = PROTOCOLS.flatMap((p) =>
  p.fields.filter((f) => !(p.name === 'igmp' && f.name === 'unused')).map((f) => sel(`${p.name} ${WORD[f.name] ?? f.name}`, f.dtype, f.len)),
);
const of = (...names: string[]): readonly Selector[] => HEADERS.filter((h) => names.includes(h.text.split(' ')[0] as string));

const LINK = of('ether', 'vlan', 'arp');
const NETWORK = of('ip', 'ip6');
const TRANSPORT = of('tcp', 'udp', 'th', 'udplite', 'sctp', 'dccp', 'icmp', 'icmpv6', 'igmp', 'ah', 'esp', 'comp', 'gre', 'vxlan', 'geneve');
const COMMON: readonly Selector[] = [
  'ip saddr',
  'ip daddr',
  'ip6 saddr',
  'ip6 daddr',
  'tcp dport',
  'tcp sport',
  'udp dport',
  'ip protocol',
  'ip dscp',
  'tcp flags',
  'ether saddr',
  'vlan id',
].flatMap((t) => HEADERS.filter((h) => h.text === t));

const INNER: readonly Selector[] = ['vxlan', 'geneve', 'gretap']
  .flatMap((t) => [...of('ip', 'tcp', 'udp', 'icmp', 'ether', 'ip6')].map((s) => sel(`${t} ${s.text}`, s.type, s.bits)))
  .concat(of('ip', 'ip6', 'tcp', 'udp', 'icmp').map((s) => sel(`gre ${s.text}`, s.type, s.bits)));

const META_KEYS: readonly Selector[] = Object.entries(META).map(([k, row]) => sel(`meta ${k}`, row.dtype, row.len));

const ctType = (key: string): string => (key === 'saddr' || key === 'daddr' ? 'ipv4_addr' : (CT[key]?.dtype as string));
const CT_KEYS: readonly Selector[] = [
  ...Object.keys(CT)
    .filter((k) => !k.includes(' ') && !['saddr', 'daddr', 'proto-src', 'proto-dst'].includes(k))
    .map((k) => sel(`ct ${k}`, ctType(k), CT[k]?.len)),
  ...['original', 'reply'].flatMap((dir) => [
    ...['saddr', 'daddr', 'l3proto', 'protocol', 'proto-src', 'proto-dst', 'bytes', 'packets', 'avgpkt', 'zone'].map((k) => sel(`ct ${dir} ${k}`, ctType(k), CT[k]?.len || 32)),
    ...['ip saddr', 'ip daddr', 'ip6 saddr', 'ip6 daddr'].map((k) => sel(`ct ${dir} ${k}`, ctType(k), CT[k]?.len)),
  ]),
];

const EXTHDRS: readonly Selector[] = [
  ...IPV6_EXTHDR.flatMap((h) => h.fields.filter((f) => !(f.name === 'reserved' && h.name !== 'frag' && h.name !== 'mh')).map((f) => sel(`${h.name} ${f.name}`, f.dtype, f.len))),
  ...EXTHDR.tcpopt.flatMap((h) => h.fields.filter((f) => f.name !== 'kind').map((f) => sel(`tcp option ${h.name === 'maxseg' ? 'maxseg' : h.name} ${f.name}`, f.dtype, f.len))),
  ...EXTHDR.ipv4.flatMap((h) => h.fields.map((f) => sel(`ip option ${h.name} ${f.name}`, f.dtype, f.len))),
  ...SCTP_CHUNK.flatMap((h) => h.fields.map((f) => sel(`sctp chunk ${h.name} ${f.name}`, f.dtype, f.len))),
  sel('tcp option @254,16,8', 'integer', 8),
  sel('tcp option @2,16,16', 'integer', 16),
];

const EXISTS: readonly Selector[] = [
  ...['hbh', 'rt', 'frag', 'dst', 'mh'].map((h) => `exthdr ${h}`),
  ...['sack-permitted', 'maxseg', 'eol', 'timestamp', '255', 'mptcp', 'fastopen', 'md5sig', 'window', 'sack'].map((o) => `tcp option ${o}`),
  ...['lsrr', 'rr', 'ssrr', 'ra'].map((o) => `ip option ${o}`),
  ...['data', 'init', 'shutdown', 'asconf', 'error'].map((o) => `sctp chunk ${o}`),
  'dccp option 43',
  'dccp option 0',
  'meta ipsec',
  'rt ipsec',
  'fib daddr . iif oif',
].map((t) => sel(t, 'boolean', 1));

const OTHER: readonly Selector[] = [
  sel('fib saddr type', 'fib_addrtype'),
  sel('fib daddr type', 'fib_addrtype'),
  sel('fib daddr . iif type', 'fib_addrtype'),
  sel('fib saddr . iif oif', 'iface_index'),
  sel('fib saddr . mark . iif oifname', 'ifname'),
  sel('fib daddr . oif type', 'fib_addrtype'),
  sel('fib saddr . daddr oif', 'iface_index'),
  sel('rt classid', 'realm'),
  sel('rt nexthop', 'ipv4_addr'),
  sel('rt ip nexthop', 'ipv4_addr'),
  sel('rt ip6 nexthop', 'ipv6_addr', 128),
  sel('rt mtu', 'integer', 16),
  sel('socket transparent', 'boolean', 8),
  sel('socket wildcard', 'boolean', 8),
  sel('socket mark', 'mark'),
  sel('osf name', 'osf_name', 128),
  sel('osf ttl skip version', 'osf_name', 128),
  sel('ipsec in reqid', 'integer'),
  sel('ipsec out spi', 'integer'),
  sel('ipsec in spnum 1 ip saddr', 'ipv4_addr'),
  sel('ipsec out ip6 daddr', 'ipv6_addr', 128),
  sel('numgen inc mod 3', 'integer'),
  sel('numgen random mod 10 offset 5', 'integer'),
  sel('jhash ip saddr mod 16', 'integer'),
  sel('jhash ip saddr . tcp dport mod 8 seed 0xdeadbeef', 'integer'),
  sel('jhash ip6 saddr mod 4 seed 0x5 offset 7', 'integer'),
  sel('symhash mod 4', 'integer'),
  sel('symhash mod 4 offset 100', 'integer'),
  sel('@th,16,16', 'integer', 16),
  sel('@nh,8,8', 'integer', 8),
  sel('@nh,64,32', 'integer', 32),
  sel('@ll,0,48', 'integer', 48),
  sel('@th,3,5', 'integer', 5),
  sel('@ih,32,32', 'integer', 32),
  sel('@nh,96,128', 'integer', 128),
];

/** Those a family mostly takes; now and then any at all. */
const FAMILY: Readonly<Record<Family, readonly Selector[]>> = {
  ip: of('ip'),
  ip6: of('ip6'),
  inet: NETWORK,
  arp: of('arp'),
  bridge: [...LINK, ...NETWORK],
  netdev: [...LINK, ...NETWORK],
};
const foreign = (family: Family, s: Selector): boolean => {
  const head = s.text.split(' ')[0] as string;
  const second = / (ip6?|ether) /.exec(s.text)?.[1];
  if (['arp', 'bridge', 'netdev'].includes(family) && (head === 'rt' || head === 'socket' || head === 'ipsec' || head === 'fib')) return true;
  if (family === 'ip') return ['ip6', 'icmpv6', 'arp', 'vlan', 'ether', 'hbh', 'srh', 'rt0', 'rt2', 'mh', 'dst', 'frag', 'exthdr'].includes(head) || second === 'ip6';
  if (family === 'ip6') return ['ip', 'icmp', 'arp', 'ether', 'vlan', 'igmp'].includes(head) || second === 'ip';
  if (family === 'inet') return ['arp', 'vlan'].includes(head);
  return family === 'arp' && !['arp', 'meta', 'ether'].includes(head);
};

/** What this kernel, or nft itself, refuses more often than not. */
const RARE = /^(osf|socket|ipsec|rt |meta ibr|meta broute|meta cgroup|dccp option|ct helper|ct event|meta nftrace|ct label|meta secmark|ct secmark|geneve|vxlan|gre)/;

export function selector(c: Choice, family: Family): Selector {
  for (;;) {
    const s = anySelector(c, family);
    if ((!foreign(family, s) && !RARE.test(s.text)) || c.in(15)) return s;
  }
}

function anySelector(c: Choice, family: Family): Selector {
  switch (c.below(12)) {
    case 0:
    case 1:
      return c.one(META_KEYS);
    case 2:
      return c.one(CT_KEYS);
    case 3:
      return c.one(OTHER);
    case 4:
      return c.one(EXTHDRS);
    case 5:
      return c.in(3) ? c.one(INNER) : c.one(EXISTS);
    case 6:
    case 7:
      return c.one(FAMILY[family]);
    case 8:
    case 9:
      return c.one(COMMON);
    default:
      return c.one(TRANSPORT);
  }
}
