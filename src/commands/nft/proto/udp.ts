import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'udp',
  base: 'transport',
  checksum: 'checksum',
  upper: [],
  fields: [field('sport', 'inet_service', 0, 16), field('dport', 'inet_service', 16, 16), field('length', 'integer', 32, 16), field('checksum', 'integer', 48, 16)],
};
