import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'gre',
  base: 'transport',
  tunnel: { type: 3, hdrsize: 4, flags: 0xc },
  upper: [
    [0x0800, 'ip'],
    [0x86dd, 'ip6'],
  ],
  fields: [field('flags', 'integer', 0, 5), field('version', 'integer', 13, 3), field('protocol', 'ether_type', 16, 16)],
};
