import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'icmp',
  base: 'transport',
  checksum: 'checksum',
  upper: [],
  trace: { hidden: ['checksum'] },
  fields: [
    field('type', 'icmp_type', 0, 8),
    field('code', 'icmp_code', 8, 8),
    field('checksum', 'integer', 16, 16),
    field('id', 'integer', 32, 16, 'echo'),
    field('sequence', 'integer', 48, 16, 'echo'),
    field('gateway', 'integer', 32, 32, 'redirect'),
    field('mtu', 'integer', 48, 16, 'pmtu'),
  ],
};
