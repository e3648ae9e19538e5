import { defineExpression } from '../definition.ts';
import { hooksOnly } from '../hooks.ts';
import { byteOf, type Op } from '../machine.ts';

const KEYS = new Set(['mark', 'priority', 'pkttype', 'nftrace', 'secmark']);

/** nft_meta_set_ops */
export const definition = defineExpression({
  kind: 'meta_set',
  check: (e) => (KEYS.has(e.key) ? null : 'EOPNOTSUPP'),
  validate(e, ctx) {
    if (e.key !== 'pkttype') return null;
    if (ctx.family === 'netdev') return hooksOnly(ctx, ['ingress']);
    return ctx.family === 'arp' ? 'EOPNOTSUPP' : hooksOnly(ctx, ['prerouting']);
  },
  registers: (e, use) => use.load(e.sreg, 4),
  compile(e): Op {
    const at = byteOf(e.sreg),
      word = at >> 2;
    switch (e.key) {
      case 'mark':
        return {
          run: (r, skb) => {
            skb.mark = r.words[word] >>> 0;
          },
        };
      case 'priority':
        return {
          run: (r, skb) => {
            skb.priority = r.words[word] >>> 0;
          },
        };
      case 'nftrace':
        return {
          run: (r, skb) => {
            skb.nftrace = r.bytes[at] !== 0;
          },
        };
      case 'secmark':
        return {
          run: (r, skb) => {
            skb.secmark = r.words[word] >>> 0;
          },
        };
      default:
        return {
          run: (r, skb) => {
            const t = r.bytes[at];
            if (skb.pktType !== t && t <= 3 && skb.pktType <= 3) skb.pktType = t;
          },
        };
    }
  },
});
