import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'vlan',
  base: 'link',
  key: 'type',
  upper: [
    [0x0800, 'ip'],
    [0x0806, 'arp'],
    [0x86dd, 'ip6'],
    [0x8100, 'vlan'],
    [0x88a8, 'vlan'],
  ],
  fields: [field('pcp', 'integer', 0, 3), field('dei', 'integer', 3, 1), field('id', 'integer', 4, 12), field('type', 'ether_type', 16, 16)],
};
