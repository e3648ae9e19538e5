import type { SetType } from '../definition.ts';
import { makeHash } from '../make-hash.ts';

/** net/netfilter/ipset/ip_set_hash_netportnet.c */
export const setType: SetType = {
  name: 'hash:net,port,net',
  method: 'hash',
  revision: 3,
  family: 'inet',
  parts: ['net', 'port', 'net'],
  aliases: ['netportnethash'],
  nomatch: true,
  make: (sets, name, create) => makeHash(setType, sets, name, create),
};
