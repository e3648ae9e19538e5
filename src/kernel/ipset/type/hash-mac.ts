import type { SetType } from '../definition.ts';
import { makeHash } from '../make-hash.ts';

/** net/netfilter/ipset/ip_set_hash_mac.c */
export const setType: SetType = {
  name: 'hash:mac',
  method: 'hash',
  revision: 1,
  family: 'unspec',
  parts: ['mac'],
  aliases: ['machash'],
  make: (sets, name, create) => makeHash(setType, sets, name, create),
};
