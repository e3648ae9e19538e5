import type { SetType } from '../definition.ts';
import { makeHash } from '../make-hash.ts';

/** net/netfilter/ipset/ip_set_hash_net.c */
export const setType: SetType = {
  name: 'hash:net',
  method: 'hash',
  revision: 7,
  family: 'inet',
  parts: ['net'],
  aliases: ['nethash'],
  nomatch: true,
  make: (sets, name, create) => makeHash(setType, sets, name, create),
};
