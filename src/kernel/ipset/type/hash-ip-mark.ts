import type { SetType } from '../definition.ts';
import { makeHash } from '../make-hash.ts';

/** net/netfilter/ipset/ip_set_hash_ipmark.c */
export const setType: SetType = {
  name: 'hash:ip,mark',
  method: 'hash',
  revision: 3,
  family: 'inet',
  parts: ['ip', 'mark'],
  aliases: [],
  make: (sets, name, create) => makeHash(setType, sets, name, create),
};
