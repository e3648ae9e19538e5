import type { Proto } from './_types.ts';
import { meta } from './_types.ts';

export const proto: Proto = {
  name: 'netdev',
  base: 'link',
  key: 'protocol',
  upper: [
    [0x0800, 'ip'],
    [0x0806, 'arp'],
    [0x86dd, 'ip6'],
    [0x8100, 'vlan'],
    [0x88a8, 'vlan'],
  ],
  fields: [meta('protocol', 'ether_type', 'protocol', 16)],
};
