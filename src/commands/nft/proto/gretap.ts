import type { Proto } from './_types.ts';

export const proto: Proto = {
  name: 'gretap',
  base: 'transport',
  tunnel: { type: 4, hdrsize: 4, flags: 0xe },
  upper: [[0, 'ether']],
  fields: [],
};
