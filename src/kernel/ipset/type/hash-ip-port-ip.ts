import type { SetType } from '../definition.ts';
import { makeHash } from '../make-hash.ts';

/** net/netfilter/ipset/ip_set_hash_ipportip.c */
export const setType: SetType = {
  name: 'hash:ip,port,ip',
  method: 'hash',
  revision: 6,
  family: 'inet',
  parts: ['ip', 'port', 'ip'],
  aliases: ['ipportiphash'],
  make: (sets, name, create) => makeHash(setType, sets, name, create),
};
