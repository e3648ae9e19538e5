import type { Helper } from '../helper-definition.ts';

/** net/netfilter/nf_conntrack_h323_main.c: RAS. Its ASN.1 messages are not read here: no expectations come of them. */
export const helper: Helper = {
  name: 'RAS',
  l3num: 0,
  l4proto: 17,
  ports: [1719],
  policies: [{ name: 'RAS', maxExpected: 32, timeout: 240 }],
  help: () => 'accept',
};
