import type { Skb } from '../../net/skb.ts';
import { defineExpression } from '../definition.ts';
import type { PayloadBase } from '../expression.ts';
import { FIELD, type Field } from '../field.ts';
import { byteOf, NF, type Op, type Regs } from '../machine.ts';

/** Offset of the base in the packet's bytes; -1: it has none. */
export function baseOffset(base: PayloadBase, regs: Regs, skb: Skb): number {
  switch (base) {
    case 'link':
      return skb.mac < 0 || skb.macLen === 0 ? -1 : skb.mac;
    case 'network':
      return skb.network;
    case 'transport':
      return !regs.l4 || regs.fragoff ? -1 : regs.thoff;
    case 'inner':
      return innerOffset(regs, skb);
    case 'tunnel':
      return regs.tunnel;
  }
}

/** nft_payload_inner_offset */
function innerOffset(regs: Regs, skb: Skb): number {
  if (!regs.l4 || regs.fragoff) return -1;
  switch (regs.tprot) {
    case 17:
      return regs.thoff + 8;
    case 6:
      return regs.thoff + 13 < skb.data.length ? regs.thoff + (skb.data[regs.thoff + 12] >> 4) * 4 : -1;
    case 47:
      return regs.thoff + 4;
    case 4:
    case 41:
      return regs.thoff;
    default:
      return -1;
  }
}

/** nft_payload_copy_vlan: the tag in skb metadata reads as if it were in the frame. */
function withTag(skb: Skb): Uint8Array {
  const head = skb.data.subarray(skb.mac, skb.mac + 12),
    tag = new Uint8Array(4);
  tag[0] = skb.vlanProto >> 8;
  tag[1] = skb.vlanProto & 255;
  tag[2] = skb.vlanTci >> 8;
  tag[3] = skb.vlanTci & 255;
  const out = new Uint8Array(skb.data.length - skb.mac + 4);
  out.set(head);
  out.set(tag, 12);
  out.set(skb.data.subarray(skb.mac + 12), 16);
  return out;
}

/**
 * nft_payload_select_ops: short, aligned loads take the quick way (nft_payload_fast_eval), which does not ask whether the
 * packet is a later fragment: Linux takes what lies where the transport header would be.
 */
const quick = (offset: number, len: number): boolean => (len === 1 || len === 2 || len === 4) && offset % len === 0;

const BASES: Readonly<Partial<Record<PayloadBase, Field['kind']>>> = { link: FIELD.link, network: FIELD.network, transport: FIELD.transport };

/** net/netfilter/nft_payload.c */
export const definition = defineExpression({
  kind: 'payload',
  check: (e) => (e.len === 0 || e.len > 64 ? 'EINVAL' : e.offset > 0xffff ? 'ERANGE' : null),
  registers: (e, use) => use.store(e.dreg, e.len),
  tests(e, reader) {
    const kind = BASES[e.base],
      fragments = e.base === 'transport' && quick(e.offset, e.len);
    if (kind === undefined) reader.unknown(e.dreg, e.len);
    else reader.load(e.dreg, e.len, 'network', (n) => ({ kind, offset: e.offset + 4 * n, len: Math.min(4, e.len - 4 * n), ...(fragments && { fragments }) }));
    return true;
  },
  compile(e): Op {
    const { base, offset, len } = e,
      fragments = base === 'transport' && quick(offset, len),
      to = byteOf(e.dreg),
      pad = to + ((len + 3) & ~3);
    return {
      run(regs, skb) {
        let at = fragments && regs.l4 ? regs.thoff : baseOffset(base, regs, skb),
          data = skb.data;
        if (at < 0) {
          regs.verdict = NF.BREAK;
          return;
        }
        if (base === 'link' && skb.vlanTci >= 0 && offset + len > 12) {
          data = withTag(skb);
          at = 0;
        }
        at += offset;
        if (at + len > data.length) {
          regs.verdict = NF.BREAK;
          return;
        }
        const b = regs.bytes;
        let i = 0;
        for (; i < len; i++) b[to + i] = data[at + i];
        for (; to + i < pad; i++) b[to + i] = 0;
      },
    };
  },
});
