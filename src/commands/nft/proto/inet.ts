import type { Proto } from './_types.ts';
import { meta } from './_types.ts';

export const proto: Proto = {
  name: 'inet',
  base: 'link',
  key: 'nfproto',
  upper: [
    [2, 'ip'],
    [10, 'ip6'],
  ],
  fields: [meta('nfproto', 'nf_proto', 'nfproto', 8)],
};
