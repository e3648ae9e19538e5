import { difference, updateSum as update } from '../checksum-update.ts';
import { type Skb, SUMMED } from '../../net/skb.ts';
import { fold, put16, u16 } from '../../net/wire/bytes.ts';
import { defineExpression } from '../definition.ts';
import { byteOf, NF, type Regs } from '../machine.ts';
import { baseOffset } from './payload.ts';

/** Offset of the checksum in a transport header, and whether zero means none. */
const L4_CHECK: Readonly<Record<number, number>> = { 6: 16, 17: 6, 58: 2, 136: 6 };

/** nft_payload_set_eval: the bytes, then the checksum they are part of, then the transport's through the pseudo header. */
export const definition = defineExpression({
  kind: 'payload_set',
  check: (e) => (e.csumType === 'inet' && (e.csumOffset & 1) !== 0 ? 'EINVAL' : null),
  registers: (e, use) => use.load(e.sreg, e.len),
  compile(e) {
    const from = byteOf(e.sreg);
    return {
      run(regs, skb) {
        const base = baseOffset(e.base, regs, skb),
          at = base + e.offset;
        if (base < 0 || at + e.len > skb.data.length) {
          regs.verdict = NF.BREAK;
          return;
        }
        const d = skb.data,
          old = d.slice(at, at + e.len),
          fresh = regs.bytes.subarray(from, from + e.len);
        const odd = e.offset & 1;
        d.set(fresh, at);
        if (e.csumType === 'sctp') return;
        // What is left for the device to sum has no checksum yet.
        if (e.base === 'transport' && skb.summed === SUMMED.partial) return;
        const delta = difference(old, fresh, odd);
        if (e.csumType === 'inet' && (e.base !== 'transport' || regs.fragoff === 0)) update(d, base + e.csumOffset, delta, e.base === 'transport' && regs.tprot === 17);
        if (e.csumFlags & 1) updateTransport(regs, skb, delta);
      },
    };
  },
});

/** nft_payload_l4csum_update */
function updateTransport(regs: Regs, skb: Skb, delta: number): void {
  if (!regs.l4 || regs.fragoff) return;
  const offset = L4_CHECK[regs.tprot];
  if (offset === undefined) return;
  if (skb.summed === SUMMED.partial) {
    put16(skb.data, regs.thoff + offset, ~fold(u16(skb.data, regs.thoff + offset) + (delta % 0xffff)) & 0xffff);
    return;
  }
  update(skb.data, regs.thoff + offset, delta, regs.tprot === 17 || regs.tprot === 136);
  if (skb.summed === SUMMED.complete) skb.sum = fold((~skb.sum & 0xffff) + (delta % 0xffff));
}
