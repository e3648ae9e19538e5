import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'igmp',
  base: 'transport',
  checksum: 'checksum',
  upper: [],
  trace: { hidden: ['checksum', 'group'] },
  fields: [field('type', 'igmp_type', 0, 8), field('mrt', 'integer', 8, 8), field('checksum', 'integer', 16, 16), field('group', 'integer', 32, 32)],
};
