import type { Helper } from '../helper-definition.ts';

/** net/netfilter/nf_conntrack_h323_main.c: H.245. Its ASN.1 messages are not read here: no expectations come of them. */
export const helper: Helper = {
  name: 'H.245',
  l3num: 0,
  l4proto: 6,
  ports: [],
  policies: [{ name: 'H.245', maxExpected: 26, timeout: 240 }],
  help: () => 'accept',
};
