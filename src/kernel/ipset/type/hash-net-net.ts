import type { SetType } from '../definition.ts';
import { makeHash } from '../make-hash.ts';

/** net/netfilter/ipset/ip_set_hash_netnet.c */
export const setType: SetType = {
  name: 'hash:net,net',
  method: 'hash',
  revision: 4,
  family: 'inet',
  parts: ['net', 'net'],
  aliases: ['netnethash'],
  netmask: 'end',
  bitmask: true,
  nomatch: true,
  make: (sets, name, create) => makeHash(setType, sets, name, create),
};
