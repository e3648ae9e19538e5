import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'gre', base: 'transport', tunnel: { type: 0, hdrsize: 4, flags: 0xe },
  upper: [[0x0800, 'ip'], [0x86dd, 'ip6']],
  fields: [
    field('flags', 'integer', 0, 5),
    field('version', 'integer', 13, 3),
    field('protocol', 'ether_type', 16, 16),
  ],
};
