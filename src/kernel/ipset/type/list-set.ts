import type { SetType } from '../definition.ts';
import { ListSet } from '../list.ts';

/** net/netfilter/ipset/ip_set_list_set.c: IP_SET_LIST_MIN_SIZE is 4. */
export const setType: SetType = {
  name: 'list:set',
  method: 'list',
  revision: 3,
  family: 'unspec',
  parts: [],
  aliases: ['setlist'],
  make: (sets, name, create) => new ListSet(sets, name, setType, { ...create, size: Math.max(4, create.size ?? 8) }),
};
