import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'geneve',
  base: 'inner',
  tunnel: { type: 2, hdrsize: 8, flags: 0xf },
  upper: [[0, 'ether']],
  fields: [field('vni', 'integer', 32, 24), field('type', 'ether_type', 16, 16)],
};
