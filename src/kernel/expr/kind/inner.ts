import type { Skb } from '../../net/skb.ts';
import { defineExpression } from '../definition.ts';
import { definitionOf } from '../check.ts';
import { NF, Regs, setPacketInfo } from '../machine.ts';

/** NFT_INNER_* */
const HDRSIZE = 1,
  LL = 2,
  NH = 4,
  TH = 8;
const GENEVE = 2;

/** Where the packet inside a tunnel begins: a packet of its own that shares the bytes (nft_inner_parse). */
function inside(regs: Regs, skb: Skb, e: { readonly type: number; readonly hdrsize: number; readonly flags: number }): { skb: Skb; regs: Regs } | null {
  if (!regs.l4 || regs.fragoff) return null;
  const d = skb.data;
  let at = regs.tprot === 17 ? regs.thoff + 8 : regs.tprot === 47 || regs.tprot === 4 || regs.tprot === 41 ? regs.thoff : -1;
  if (at < 0) return null;
  const tunnel = at;
  if (e.flags & HDRSIZE) {
    at += e.hdrsize;
    if (e.type === GENEVE) at += (d[at - e.hdrsize] & 63) * 4;
  }
  const copy = skb.clone();
  copy.data = d;
  let proto: number;
  if (e.flags & LL) {
    if (at + 14 > d.length) return null;
    copy.mac = at;
    copy.macLen = 14;
    proto = (d[at + 12] << 8) | d[at + 13];
    at += 14;
    if (proto === 0x8100) {
      proto = (d[at + 2] << 8) | d[at + 3];
      at += 4;
    }
  } else if (regs.tprot === 47) {
    proto = (d[regs.thoff + 2] << 8) | d[regs.thoff + 3];
    at = regs.thoff + e.hdrsize;
  } else proto = d[at] >> 4 === 6 ? 0x86dd : 0x0800;
  copy.protocol = proto;
  copy.network = at;
  const fresh = new Regs();
  fresh.tunnel = tunnel;
  if (e.flags & (NH | TH)) setPacketInfo(fresh, copy, 'netdev');
  return { skb: copy, regs: fresh };
}

/** net/netfilter/nft_inner.c */
export const definition = defineExpression({
  kind: 'inner',
  check: (e) => (e.expr.kind !== 'payload' && e.expr.kind !== 'meta' ? 'EOPNOTSUPP' : null),
  registers: (e, use, ctx) => definitionOf(e.expr.kind)?.registers?.(e.expr, use, ctx),
  compile(e, env) {
    const op = definitionOf(e.expr.kind)?.compile(e.expr, env);
    return {
      run(regs, skb, state) {
        const found = inside(regs, skb, e);
        if (!found || !op) {
          regs.verdict = NF.BREAK;
          return;
        }
        const { l4, tprot, thoff, fragoff, tunnel } = regs;
        Object.assign(regs, { l4: found.regs.l4, tprot: found.regs.tprot, thoff: found.regs.thoff, fragoff: found.regs.fragoff, tunnel: found.regs.tunnel });
        op.run(regs, found.skb, state);
        Object.assign(regs, { l4, tprot, thoff, fragoff, tunnel });
      },
    };
  },
});
