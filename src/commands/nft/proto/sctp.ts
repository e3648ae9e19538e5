import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'sctp',
  base: 'transport',
  checksum: 'checksum',
  upper: [],
  trace: { hidden: ['checksum'] },
  fields: [field('sport', 'inet_service', 0, 16), field('dport', 'inet_service', 16, 16), field('vtag', 'integer', 32, 32), field('checksum', 'integer', 64, 32)],
};
