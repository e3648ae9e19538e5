import { defineExpression } from '../definition.ts';
import { load16 } from '../bytes.ts';
import { byteOf, type Op } from '../machine.ts';
import { trackable } from './ct.ts';

const KEYS = new Set(['mark', 'secmark', 'labels', 'zone', 'eventmask']);

/** nft_ct_set_ops, nft_ct_set_zone_ops */
export const definition = defineExpression({
  kind: 'ct_set',
  check(e, ctx) {
    if (!KEYS.has(e.key)) return 'EOPNOTSUPP';
    if (e.dir !== undefined && e.key !== 'zone') return 'EINVAL';
    return trackable(ctx.family) ? null : 'EPROTO';
  },
  registers: (e, use) => use.load(e.sreg, e.key === 'labels' ? 16 : 4),
  compile(e, env): Op {
    const at = byteOf(e.sreg),
      word = at >> 2;
    if (e.key === 'zone')
      return {
        run: (r, skb) => {
          if (!skb.ct) env.nft.services?.setZone?.(skb, load16(r, at), e.dir);
        },
      };
    return {
      run(r, skb) {
        const ct = skb.ct;
        if (!ct) return;
        switch (e.key) {
          case 'mark': {
            const v = r.words[word] >>> 0;
            if (ct.mark !== v) {
              ct.mark = v;
              ct.pendingEvents |= 1 << 7;
            }
            return;
          }
          case 'secmark':
            ct.secmark = r.words[word] >>> 0;
            return;
          case 'labels':
            setLabels(r.bytes.subarray(at, at + 16));
            return;
          default:
            return;
        }
        function setLabels(bits: Uint8Array): void {
          if (!ct) return;
          const old = ct.labels;
          if (old?.every((x, i) => x === bits[i])) return;
          ct.labels = bits.slice();
          ct.pendingEvents |= 1 << 10;
        }
      },
    };
  },
});
