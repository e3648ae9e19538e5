import { addExpectFunction } from '../expect-functions.ts';
import type { Helper } from '../helper-definition.ts';
import { SipMessage } from '../sip/message.ts';
import { expectedConnection } from '../sip/nat.ts';
import { processMessage } from '../sip/process.ts';

addExpectFunction('sip', expectedConnection);

/** Seconds that a signalling connection lives on after each message (module parameter sip_timeout). */
export const SIP_TIMEOUT = 3600;
/** No message is shorter. */
export const SHORTEST = 11;

/** net/netfilter/nf_conntrack_sip.c over UDP. */
export const helper: Helper = {
  name: 'sip',
  l3num: 0,
  l4proto: 17,
  ports: [5060],
  policies: [
    { name: 'signalling', maxExpected: 1, timeout: 180 },
    { name: 'audio', maxExpected: 4, timeout: 180 },
    { name: 'video', maxExpected: 4, timeout: 180 },
    { name: 'image', maxExpected: 2, timeout: 180 },
  ],
  help(net, skb, at, ct, ctinfo) {
    const start = at + 8,
      length = skb.data.length - start;
    if (length <= 0) return 'accept';
    net.conntrack.refresh(ct, SIP_TIMEOUT);
    return length < SHORTEST ? 'accept' : processMessage(new SipMessage(net, skb, ct, ctinfo, at, start, length));
  },
};
