import type { Proto } from './_types.ts';
import { meta } from './_types.ts';

export const proto: Proto = {
  name: 'inet-service',
  base: 'network',
  key: 'l4proto',
  upper: [
    [6, 'tcp'],
    [17, 'udp'],
    [136, 'udplite'],
    [132, 'sctp'],
    [33, 'dccp'],
    [50, 'esp'],
    [51, 'ah'],
    [108, 'comp'],
    [1, 'icmp'],
    [2, 'igmp'],
    [58, 'icmpv6'],
    [47, 'gre'],
  ],
  fields: [meta('l4proto', 'inet_proto', 'l4proto', 8)],
};
