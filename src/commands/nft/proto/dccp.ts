import type { Proto } from './_types.ts';
import { field } from './_types.ts';

export const proto: Proto = {
  name: 'dccp',
  base: 'transport',
  upper: [],
  fields: [field('sport', 'inet_service', 0, 16), field('dport', 'inet_service', 16, 16), field('type', 'dccp_pkttype', 67, 4)],
};
