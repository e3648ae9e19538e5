import { defineExpression } from '../definition.ts';
import { byteOf, NF } from '../machine.ts';
import { replaceSum } from '../checksum-update.ts';
import { findTcpOption } from './exthdr.ts';

/** nft_exthdr_tcp_set_eval: the value of an option, and the checksum; maxseg only ever gets smaller. */
export const definition = defineExpression({
  kind: 'exthdr_set',
  // only TCP options are written (nft_exthdr_select_ops)
  select: (e) => (e.op !== 'tcpopt' ? 'EOPNOTSUPP' : null),
  check: (e) => (e.offset > 255 ? 'ERANGE' : e.len !== 2 && e.len !== 4 ? 'EOPNOTSUPP' : null),
  registers: (e, use) => use.load(e.sreg, e.len),
  compile(e) {
    const from = byteOf(e.sreg);
    return {
      run(regs, skb) {
        const o = findTcpOption(e.type, regs, skb);
        if (!o) {
          regs.verdict = NF.BREAK;
          return;
        }
        if (o.at < 0 || e.offset + e.len > o.len || o.at + o.len > o.end) {
          if (o.at >= 0) regs.verdict = NF.BREAK;
          return;
        }
        const at = o.at + e.offset,
          d = skb.data,
          fresh = regs.bytes.slice(from, from + e.len);
        const old = d.slice(at, at + e.len);
        if (e.type === 2 && e.len === 2 && ((old[0] << 8) | old[1]) <= ((fresh[0] << 8) | fresh[1])) return;
        d.set(fresh, at);
        replaceSum(d, regs.thoff + 16, old, fresh, (at - regs.thoff) & 1);
      },
    };
  },
});
