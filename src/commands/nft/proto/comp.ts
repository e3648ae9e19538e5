import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'comp',
  base: 'transport',
  key: 'nexthdr',
  upper: [
    [50, 'esp'],
    [51, 'ah'],
    [108, 'comp'],
    [17, 'udp'],
    [136, 'udplite'],
    [6, 'tcp'],
    [33, 'dccp'],
    [132, 'sctp'],
  ],
  fields: [field('nexthdr', 'inet_proto', 0, 8), field('flags', 'bitmask', 8, 8), field('cpi', 'integer', 16, 16)],
};
