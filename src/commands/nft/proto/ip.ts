import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'ip',
  base: 'network',
  key: 'protocol',
  checksum: 'checksum',
  upper: [
    [1, 'icmp'],
    [2, 'igmp'],
    [58, 'icmpv6'],
    [50, 'esp'],
    [51, 'ah'],
    [108, 'comp'],
    [17, 'udp'],
    [136, 'udplite'],
    [6, 'tcp'],
    [33, 'dccp'],
    [132, 'sctp'],
    [47, 'gre'],
  ],
  trace: { order: ['saddr', 'daddr', 'dscp', 'ecn', 'ttl', 'id', 'protocol', 'length'], hidden: ['version', 'hdrlength', 'frag-off', 'checksum'] },
  fields: [
    field('version', 'integer', 0, 4),
    field('hdrlength', 'integer', 4, 4),
    field('dscp', 'dscp', 8, 6),
    field('ecn', 'ecn', 14, 2),
    field('length', 'integer', 16, 16),
    field('id', 'integer', 32, 16),
    field('frag-off', 'ip_frag', 48, 16),
    field('ttl', 'integer', 64, 8),
    field('protocol', 'inet_proto', 72, 8),
    field('checksum', 'integer', 80, 16),
    field('saddr', 'ipv4_addr', 96, 32),
    field('daddr', 'ipv4_addr', 128, 32),
  ],
};
