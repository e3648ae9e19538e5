import type { SetType } from '../definition.ts';
import { makeHash } from '../make-hash.ts';

/** net/netfilter/ipset/ip_set_hash_ipportnet.c */
export const setType: SetType = {
  name: 'hash:ip,port,net',
  method: 'hash',
  revision: 8,
  family: 'inet',
  parts: ['ip', 'port', 'net'],
  aliases: ['ipportnethash'],
  nomatch: true,
  make: (sets, name, create) => makeHash(setType, sets, name, create),
};
