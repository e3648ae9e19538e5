import type { SetType } from '../definition.ts';
import { makeHash } from '../make-hash.ts';

/** net/netfilter/ipset/ip_set_hash_ipmac.c */
export const setType: SetType = {
  name: 'hash:ip,mac',
  method: 'hash',
  revision: 1,
  family: 'inet',
  parts: ['ip', 'mac'],
  aliases: [],
  make: (sets, name, create) => makeHash(setType, sets, name, create),
};
