import { defineExpression } from '../definition.ts';
import { hooksOnly } from '../hooks.ts';
import { byteOf, NF, wordOf } from '../machine.ts';

/** net/netfilter/nft_fwd_netdev.c */
export const definition = defineExpression({
  kind: 'fwd',
  missing: (_e, ctx) => ctx.family !== 'netdev',
  validate: (_e, ctx) => hooksOnly(ctx, ['ingress', 'egress']),
  registers(e, use) {
    use.load(e.sregDev, 4);
    use.load(e.sregAddr, e.nfproto === 10 ? 16 : 4);
  },
  compile(e, env) {
    return {
      run(regs, skb, state) {
        const at = byteOf(e.sregAddr ?? 0),
          len = e.nfproto === 10 ? 16 : 4;
        const addr = e.sregAddr === undefined ? null : regs.bytes.slice(at, at + len);
        regs.verdict = env.nft.services?.forwardNetdev(skb, state, regs.words[wordOf(e.sregDev)], addr) ?? NF.DROP;
      },
    };
  },
});
