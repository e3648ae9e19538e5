import { CTINFO } from '../../net/skb.ts';
import { u32 } from '../../net/wire/bytes.ts';
import { IPS_NAT_MASK } from '../entry.ts';
import type { Helper } from '../helper-definition.ts';
import { setSeqAdjust } from '../seqadj.ts';
import { readNumber } from '../sip/address.ts';
import { getHeader } from '../sip/header.ts';
import { SipMessage } from '../sip/message.ts';
import { processMessage } from '../sip/process.ts';
import { SHORTEST, SIP_TIMEOUT, helper as udp } from './sip.ts';

/** Length of the first message of a segment by its Content-Length; null: it does not say, or its headers do not end. */
function messageLength(m: SipMessage): number | null {
  const r = getHeader(m.ct, m.text, 0, m.length, 'contentLength');
  if (r.kind !== 'found') return null;
  const content = readNumber(m.text, r.off, 10);
  if (content.end === r.off) return null;
  const body = m.text.slice(0, m.length).indexOf('\r\n\r\n', content.end);
  return body < 0 ? null : (body + 4 + content.value) >>> 0;
}

/** The same over TCP, where a segment may hold several messages. */
export const helper: Helper = {
  ...udp,
  l4proto: 6,
  help(net, skb, at, ct, ctinfo) {
    if (ctinfo !== CTINFO.established && ctinfo !== CTINFO.establishedReply) return 'accept';
    if (skb.data.length < at + 20) return 'accept';
    let start = at + (skb.data[at + 12] >> 4) * 4;
    if (start >= skb.data.length) return 'accept';
    net.conntrack.refresh(ct, SIP_TIMEOUT);
    if (skb.data.length - start < SHORTEST) return 'accept';
    let grown = 0;
    for (;;) {
      const m = new SipMessage(net, skb, ct, ctinfo, at, start, skb.data.length - start);
      const length = messageLength(m);
      if (length === null) break;
      if (length > m.length) return 'accept';
      m.length = length;
      if (processMessage(m) === 'drop') return 'drop';
      grown += m.length - length;
      start += m.length;
    }
    if (ct.status & IPS_NAT_MASK && grown !== 0) setSeqAdjust(net, ct, ctinfo === CTINFO.establishedReply ? 1 : 0, u32(skb.data, at + 4), grown);
    return 'accept';
  },
};
