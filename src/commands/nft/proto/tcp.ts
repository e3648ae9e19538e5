import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'tcp',
  base: 'transport',
  checksum: 'checksum',
  upper: [],
  trace: { hidden: ['sequence', 'ackseq', 'doff', 'reserved', 'checksum', 'urgptr'] },
  fields: [
    field('sport', 'inet_service', 0, 16),
    field('dport', 'inet_service', 16, 16),
    field('sequence', 'integer', 32, 32),
    field('ackseq', 'integer', 64, 32),
    field('doff', 'integer', 96, 4),
    field('reserved', 'integer', 100, 4),
    field('flags', 'tcp_flag', 104, 8),
    field('window', 'integer', 112, 16),
    field('checksum', 'integer', 128, 16),
    field('urgptr', 'integer', 144, 16),
  ],
};
