import { defineExpression } from '../definition.ts';
import { NF } from '../machine.ts';
import { replaceSum } from '../checksum-update.ts';
import { findTcpOption } from './exthdr.ts';

/** nft_exthdr_tcp_strip_eval: the option becomes NOPs. */
export const definition = defineExpression({
  kind: 'exthdr_reset',
  compile(e) {
    return {
      run(regs, skb) {
        const o = findTcpOption(e.type, regs, skb);
        if (!o) {
          regs.verdict = NF.BREAK;
          return;
        }
        if (o.at >= 0 && o.at + o.len > o.end) {
          regs.verdict = NF.DROP;
          return;
        }
        if (o.at < 0) return;
        const d = skb.data,
          old = d.slice(o.at, o.at + o.len),
          fresh = new Uint8Array(o.len).fill(1);
        d.set(fresh, o.at);
        replaceSum(d, regs.thoff + 16, old, fresh, (o.at - regs.thoff) & 1);
      },
    };
  },
});
