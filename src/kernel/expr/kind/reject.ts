import { defineExpression } from '../definition.ts';
import { hooksOnly } from '../hooks.ts';
import { NF, type Op } from '../machine.ts';

/** nft_reject_icmp_code, nft_reject_icmpv6_code: NO_ROUTE, PORT_UNREACH, HOST_UNREACH, ADMIN_PROHIBITED. */
const ICMPX = { ip: [0, 3, 1, 13], ip6: [0, 4, 3, 1] } as const;

/** net/netfilter/nft_reject.c, nft_reject_inet.c, _bridge.c, _netdev.c */
export const definition = defineExpression({
  kind: 'reject',
  // this kernel has no nft_reject_bridge
  missing: (_e, ctx) => ctx.family === 'arp' || ctx.family === 'bridge',
  check(e, ctx) {
    if (e.type === 'icmpx_unreach') return ctx.family === 'ip' || ctx.family === 'ip6' || e.icmpCode > 3 ? 'EINVAL' : null;
    return null;
  },
  validate(_e, ctx) {
    switch (ctx.family) {
      case 'bridge':
        return hooksOnly(ctx, ['prerouting', 'input']);
      case 'netdev':
        return hooksOnly(ctx, ['ingress']);
      case 'inet':
        return hooksOnly(ctx, ['input', 'forward', 'output', 'prerouting', 'ingress']);
      default:
        return hooksOnly(ctx, ['input', 'forward', 'output', 'prerouting']);
    }
  },
  compile(e, env): Op {
    return {
      run(regs, skb, state) {
        const v6 = state.pf === 'ip6' || (state.pf !== 'ip' && skb.protocol === 0x86dd);
        const code = e.type === 'tcp_rst' ? null : e.type === 'icmpx_unreach' ? (v6 ? ICMPX.ip6 : ICMPX.ip)[e.icmpCode & 3] : e.icmpCode;
        env.nft.services?.reject(skb, state, code);
        regs.verdict = NF.DROP;
      },
    };
  },
});
