import type { Helper } from '../helper-definition.ts';

/** net/netfilter/nf_conntrack_h323_main.c: Q.931. Its ASN.1 messages are not read here: no expectations come of them. */
export const helper: Helper = {
  name: 'Q.931',
  l3num: 0,
  l4proto: 6,
  ports: [1720],
  policies: [{ name: 'Q.931', maxExpected: 24, timeout: 240 }],
  help: () => 'accept',
};
