import type { Helper } from '../helper-definition.ts';

const policies = [
  { name: 'signalling', maxExpected: 1, timeout: 180 },
  { name: 'audio', maxExpected: 1, timeout: 180 },
  { name: 'video', maxExpected: 1, timeout: 180 },
  { name: 'image', maxExpected: 1, timeout: 180 },
] as const;

/** net/netfilter/nf_conntrack_sip.c over UDP. Its messages are not read here: no expectations come of them. */
export const helper: Helper = {
  name: 'sip',
  l3num: 0,
  l4proto: 17,
  ports: [5060],
  policies,
  help(net, _skb, _at, ct) {
    net.conntrack.refresh(ct, 3600);
    return 'accept';
  },
};
