import type { Skb } from '../../net/skb.ts';
import { storeBytes } from '../bytes.ts';
import { defineExpression, type ExpressionOf } from '../definition.ts';
import { byteOf, NF, type Op, type Regs } from '../machine.ts';

/** Where an extension header, option or chunk begins; -1: there is none; null: the packet cannot have it. */
type Find = (e: ExpressionOf<'exthdr'>, regs: Regs, skb: Skb) => number | null;

/** ipv6_find_hdr for a given header. */
const ipv6: Find = (e, _regs, skb) => {
  const d = skb.data,
    n = skb.network;
  if (n + 40 > d.length || d[n] >> 4 !== 6) return null;
  let next = d[n + 6],
    at = n + 40;
  while (next === 0 || next === 43 || next === 44 || next === 51 || next === 60 || next === 135 || next === 139 || next === 140) {
    if (at + 8 > d.length) return null;
    if (next === e.type) return at;
    if (next === 135 || next === 139 || next === 140) return -1;
    if (next === 44 && ((d[at + 2] << 8) | d[at + 3]) & 0xfff8) return -1;
    const len = next === 44 ? 8 : next === 51 ? (d[at + 1] + 2) << 2 : (d[at + 1] + 1) << 3;
    next = d[at];
    at += len;
  }
  return next === e.type ? at : -1;
};

/** nft_tcp_header_pointer and the walk over its options. */
export function findTcpOption(type: number, regs: Regs, skb: Skb): { at: number; len: number; end: number } | null {
  if (!regs.l4 || regs.tprot !== 6 || regs.fragoff) return null;
  const d = skb.data,
    t = regs.thoff;
  if (t + 20 > d.length) return null;
  const end = t + (d[t + 12] >> 4) * 4;
  if (end < t + 20 || end > d.length) return null;
  for (let i = t + 20; i < end; ) {
    const len = d[i] <= 1 ? 1 : i + 1 < end ? d[i + 1] || 1 : 1;
    if (d[i] === type) return { at: i, len: i + 1 < end ? d[i + 1] : 0, end };
    i += len;
  }
  return { at: -1, len: 0, end };
}

const tcpopt: Find = (e, regs, skb) => {
  const o = findTcpOption(e.type, regs, skb);
  if (!o) return null;
  if (o.at >= 0 && (o.at + o.len > o.end || e.offset + e.len > o.len)) return null;
  return o.at;
};

/** ipv4_find_option */
const ipv4: Find = (e, _regs, skb) => {
  const d = skb.data,
    n = skb.network;
  if (n + 20 > d.length || d[n] >> 4 !== 4) return null;
  const end = n + (d[n] & 15) * 4;
  for (let i = n + 20; i < end; ) {
    if (d[i] === 0) break;
    if (d[i] === e.type) return i;
    if (d[i] === 1) {
      i++;
      continue;
    }
    if (i + 1 >= end || d[i + 1] < 2) return null;
    i += d[i + 1];
  }
  return -1;
};

const sctp: Find = (e, regs, skb) => {
  if (!regs.l4 || regs.tprot !== 132 || regs.fragoff) return null;
  const d = skb.data;
  for (let at = regs.thoff + 12; at + 4 <= d.length; ) {
    if (d[at] === e.type) return at;
    const len = (d[at + 2] << 8) | d[at + 3];
    at += Math.max(4, (len + 3) & ~3);
  }
  return -1;
};

/** The kernel is built without CONFIG_NFT_EXTHDR_DCCP. */
const dccp: Find = () => null;

const FIND: Readonly<Record<ExpressionOf<'exthdr'>['op'], Find>> = { ipv6, tcpopt, ipv4, sctp, dccp };

/** net/netfilter/nft_exthdr.c */
export const definition = defineExpression({
  kind: 'exthdr',
  select: (e, ctx) => (e.op === 'dccp' || (e.op === 'ipv4' && ctx.family === 'ip6') ? 'EOPNOTSUPP' : null),
  check: (e) => (e.offset > 255 || e.len > 255 ? 'ERANGE' : null),
  registers: (e, use) => use.store(e.dreg, e.len),
  tests(e, reader) {
    reader.unknown(e.dreg, e.len);
    return true;
  },
  compile(e): Op {
    const find = FIND[e.op],
      at = byteOf(e.dreg);
    return {
      run(regs, skb) {
        const from = find(e, regs, skb);
        if (e.present) {
          if (from === null && e.op !== 'tcpopt') {
            regs.words[at >> 2] = 0;
            return;
          }
          regs.words[at >> 2] = from !== null && from >= 0 ? 1 : 0;
          return;
        }
        if (from === null || from < 0 || from + e.offset + e.len > skb.data.length) {
          regs.verdict = NF.BREAK;
          return;
        }
        storeBytes(regs, at, skb.data.subarray(from + e.offset, from + e.offset + e.len));
      },
    };
  },
});
