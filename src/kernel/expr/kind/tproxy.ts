import { defineExpression } from '../definition.ts';
import { inetHooksOnly } from '../hooks.ts';
import { byteOf, NF } from '../machine.ts';

/** net/netfilter/nft_tproxy.c */
export const definition = defineExpression({
  kind: 'tproxy',
  check: (e, ctx) => (ctx.family !== 'ip' && ctx.family !== 'ip6' && ctx.family !== 'inet' ? 'EOPNOTSUPP' : e.sregAddr === undefined && e.sregPort === undefined ? 'EINVAL' : null),
  validate: (_e, ctx) => inetHooksOnly(ctx, ['prerouting']),
  registers(e, use) {
    use.load(e.sregAddr, e.family === 10 ? 16 : 4);
    use.load(e.sregPort, 2);
  },
  compile(e, env) {
    return {
      run(regs, skb, state) {
        if ((regs.tprot !== 6 && regs.tprot !== 17) || regs.fragoff) {
          regs.verdict = NF.BREAK;
          return;
        }
        if ((e.family === 2 && state.pf !== 'ip') || (e.family === 10 && state.pf !== 'ip6')) {
          regs.verdict = NF.BREAK;
          return;
        }
        const len = state.pf === 'ip6' ? 16 : 4;
        const addr = e.sregAddr === undefined ? null : regs.bytes.slice(byteOf(e.sregAddr), byteOf(e.sregAddr) + len);
        const at = byteOf(e.sregPort ?? 0),
          port = e.sregPort === undefined ? null : (regs.bytes[at] << 8) | regs.bytes[at + 1];
        if (!env.nft.services?.tproxy(skb, state, addr, port)) regs.verdict = NF.BREAK;
      },
    };
  },
});
