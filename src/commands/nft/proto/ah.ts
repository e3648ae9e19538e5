import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'ah',
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
  fields: [
    field('nexthdr', 'inet_proto', 0, 8),
    field('hdrlength', 'integer', 8, 8),
    field('reserved', 'integer', 16, 16),
    field('spi', 'integer', 32, 32),
    field('sequence', 'integer', 64, 32),
  ],
};
