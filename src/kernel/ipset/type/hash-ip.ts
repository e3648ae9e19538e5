import type { SetType } from '../definition.ts';
import { makeHash } from '../make-hash.ts';

/** net/netfilter/ipset/ip_set_hash_ip.c */
export const setType: SetType = {
  name: 'hash:ip',
  method: 'hash',
  revision: 6,
  family: 'inet',
  parts: ['ip'],
  aliases: ['iphash'],
  netmask: 'header',
  bitmask: true,
  make: (sets, name, create) => makeHash(setType, sets, name, create),
};
