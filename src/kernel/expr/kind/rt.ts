import { store16, store32, storeBytes } from '../bytes.ts';
import { defineExpression } from '../definition.ts';
import { hooksOnly } from '../hooks.ts';
import { byteOf, NF } from '../machine.ts';

/** net/netfilter/nft_rt.c */
export const definition = defineExpression({
  kind: 'rt',
  validate(e, ctx) {
    if (ctx.family !== 'ip' && ctx.family !== 'ip6' && ctx.family !== 'inet') return 'EOPNOTSUPP';
    return e.key === 'tcpmss' ? hooksOnly(ctx, ['forward', 'output', 'postrouting']) : null;
  },
  registers: (e, use) => use.store(e.dreg, e.key === 'nexthop6' ? 16 : 4),
  tests(e, reader) {
    reader.unknown(e.dreg, 16);
    return true;
  },
  compile(e, env) {
    const at = byteOf(e.dreg);
    return {
      run(regs, skb, state) {
        if (e.key === 'classid' && skb.dst) {
          store32(regs, at, skb.rtclassid);
          return;
        }
        const v = env.nft.services?.rt(skb, state, e.key) ?? null;
        if (v === null) regs.verdict = NF.BREAK;
        else if (typeof v === 'number') {
          if (e.key === 'tcpmss') store16(regs, at, v);
          else regs.words[at >> 2] = v;
        } else storeBytes(regs, at, v);
      },
    };
  },
});
