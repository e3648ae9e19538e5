import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'arp',
  base: 'network',
  upper: [],
  trace: { hidden: ['htype', 'ptype', 'hlen', 'plen', 'saddr ether', 'saddr ip', 'daddr ether', 'daddr ip'] },
  fields: [
    field('htype', 'integer', 0, 16),
    field('ptype', 'ether_type', 16, 16),
    field('hlen', 'integer', 32, 8),
    field('plen', 'integer', 40, 8),
    field('operation', 'arp_op', 48, 16),
    field('saddr ether', 'ether_addr', 64, 48),
    field('saddr ip', 'ipv4_addr', 112, 32),
    field('daddr ether', 'ether_addr', 144, 48),
    field('daddr ip', 'ipv4_addr', 192, 32),
  ],
};
