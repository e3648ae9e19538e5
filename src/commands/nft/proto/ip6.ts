import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'ip6',
  base: 'network',
  key: 'nexthdr',
  upper: [
    [50, 'esp'],
    [51, 'ah'],
    [108, 'comp'],
    [17, 'udp'],
    [136, 'udplite'],
    [6, 'tcp'],
    [33, 'dccp'],
    [1, 'icmp'],
    [2, 'igmp'],
    [58, 'icmpv6'],
    [132, 'sctp'],
    [47, 'gre'],
  ],
  trace: { order: ['saddr', 'daddr', 'dscp', 'ecn', 'hoplimit', 'flowlabel', 'nexthdr', 'length'], hidden: ['version'] },
  fields: [
    field('version', 'integer', 0, 4),
    field('dscp', 'dscp', 4, 6),
    field('ecn', 'ecn', 10, 2),
    field('flowlabel', 'integer', 12, 20),
    field('length', 'integer', 32, 16),
    field('nexthdr', 'inet_proto', 48, 8),
    field('hoplimit', 'integer', 56, 8),
    field('saddr', 'ipv6_addr', 64, 128),
    field('daddr', 'ipv6_addr', 192, 128),
  ],
};
