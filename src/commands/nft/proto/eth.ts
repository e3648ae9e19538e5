import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'ether',
  base: 'link',
  key: 'type',
  upper: [
    [0x0800, 'ip'],
    [0x0806, 'arp'],
    [0x86dd, 'ip6'],
    [0x8100, 'vlan'],
    [0x88a8, 'vlan'],
  ],
  trace: { order: ['saddr', 'daddr', 'type'] },
  fields: [field('daddr', 'ether_addr', 0, 48), field('saddr', 'ether_addr', 48, 48), field('type', 'ether_type', 96, 16)],
};
