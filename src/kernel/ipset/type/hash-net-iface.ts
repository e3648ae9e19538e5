import type { SetType } from '../definition.ts';
import { makeHash } from '../make-hash.ts';

/** net/netfilter/ipset/ip_set_hash_netiface.c */
export const setType: SetType = {
  name: 'hash:net,iface',
  method: 'hash',
  revision: 8,
  family: 'inet',
  parts: ['net', 'iface'],
  aliases: ['netifacehash'],
  nomatch: true,
  make: (sets, name, create) => makeHash(setType, sets, name, create),
};
