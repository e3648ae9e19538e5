import type { SetType } from '../definition.ts';
import { makeHash } from '../make-hash.ts';

/** net/netfilter/ipset/ip_set_hash_netport.c */
export const setType: SetType = {
  name: 'hash:net,port',
  method: 'hash',
  revision: 8,
  family: 'inet',
  parts: ['net', 'port'],
  aliases: ['netporthash'],
  nomatch: true,
  make: (sets, name, create) => makeHash(setType, sets, name, create),
};
