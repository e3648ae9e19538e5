import type { SetType } from '../definition.ts';
import { makeHash } from '../make-hash.ts';

/** net/netfilter/ipset/ip_set_hash_ipport.c */
export const setType: SetType = {
  name: 'hash:ip,port',
  method: 'hash',
  revision: 7,
  family: 'inet',
  parts: ['ip', 'port'],
  aliases: ['ipporthash'],
  netmask: 'end',
  bitmask: true,
  make: (sets, name, create) => makeHash(setType, sets, name, create),
};
