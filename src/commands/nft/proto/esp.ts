import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'esp',
  base: 'transport',
  upper: [],
  fields: [field('spi', 'integer', 0, 32), field('sequence', 'integer', 32, 32)],
};
