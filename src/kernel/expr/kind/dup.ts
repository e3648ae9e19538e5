import { defineExpression } from '../definition.ts';
import { hooksOnly } from '../hooks.ts';
import { byteOf, wordOf, type Op } from '../machine.ts';

/** net/ipv4/netfilter/nft_dup_ipv4.c, net/ipv6/netfilter/nft_dup_ipv6.c, net/netfilter/nft_dup_netdev.c */
export const definition = defineExpression({
  kind: 'dup',
  missing: (_e, ctx) => ctx.family !== 'ip' && ctx.family !== 'ip6' && ctx.family !== 'netdev',
  check: (e, ctx) => ((ctx.family === 'netdev' ? e.sregDev : e.sregAddr) === undefined ? 'EINVAL' : null),
  validate: (_e, ctx) => (ctx.family === 'netdev' ? hooksOnly(ctx, ['ingress', 'egress']) : null),
  registers(e, use, ctx) {
    use.load(e.sregAddr, ctx.family === 'ip6' ? 16 : 4);
    use.load(e.sregDev, 4);
  },
  compile(e, env): Op {
    return {
      run(regs, skb, state) {
        const oif = e.sregDev === undefined ? 0 : regs.words[wordOf(e.sregDev)];
        if (e.sregAddr === undefined) {
          env.nft.services?.dupNetdev(skb, state, oif);
          return;
        }
        const at = byteOf(e.sregAddr);
        env.nft.services?.dup(skb, state, regs.bytes.slice(at, at + (state.pf === 'ip6' ? 16 : 4)), oif);
      },
    };
  },
});
