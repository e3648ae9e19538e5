import { CTINFO } from '../../net/skb.ts';
import { u16, u32 } from '../../net/wire/bytes.ts';
import type { Helper } from '../helper-definition.ts';
import { dirOf } from '../protocol.ts';
import { expect, expectation } from './_expect.ts';

interface SaneData {
  startRequested: boolean;
}
const SANE_NET_START = 7;

/** net/netfilter/nf_conntrack_sane.c: the answer to a START request names the data port. */
export const helper: Helper = {
  name: 'sane',
  l3num: 0,
  l4proto: 6,
  ports: [6566],
  policies: [{ name: 'sane', maxExpected: 1, timeout: 300 }],
  help(net, skb, at, ct, ctinfo) {
    if (ctinfo !== CTINFO.established && ctinfo !== CTINFO.establishedReply) return 'accept';
    const b = skb.data;
    if (b.length < at + 20) return 'accept';
    const start = at + (b[at + 12] >> 4) * 4,
      len = b.length - start;
    if (len <= 0) return 'accept';
    const info = (ct.helperData ??= { startRequested: false }) as SaneData;
    if (dirOf(ctinfo) === 0) {
      if (len !== 8) return 'accept';
      info.startRequested = u32(b, start) === SANE_NET_START;
      return 'accept';
    }
    if (!info.startRequested) return 'accept';
    info.startRequested = false;
    if (len < 8 || u32(b, start) !== 0 || u16(b, start + 4) !== 0) return 'accept';
    const t = ct.original;
    return expect(net, expectation(ct, { protonum: 6, src: t.src, dst: t.dst, sport: null, dport: u16(b, start + 6) })) ? 'accept' : 'drop';
  },
};
