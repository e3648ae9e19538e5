import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'icmpv6',
  base: 'transport',
  checksum: 'checksum',
  upper: [],
  trace: { hidden: ['checksum'] },
  fields: [
    field('type', 'icmpv6_type', 0, 8),
    field('code', 'icmpv6_code', 8, 8),
    field('checksum', 'integer', 16, 16),
    field('parameter-problem', 'integer', 32, 32, 'param'),
    field('mtu', 'integer', 32, 32, 'mtu'),
    field('id', 'integer', 32, 16, 'echo'),
    field('sequence', 'integer', 48, 16, 'echo'),
    field('max-delay', 'integer', 32, 16, 'maxdelay'),
    field('taddr', 'ipv6_addr', 64, 128, 'taddr'),
    field('daddr', 'ipv6_addr', 192, 128, 'address'),
  ],
};
