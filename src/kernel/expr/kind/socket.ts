import { store32, store8, storeBytes } from '../bytes.ts';
import { defineExpression } from '../definition.ts';
import { inetHooksOnly } from '../hooks.ts';
import { byteOf, NF } from '../machine.ts';

/** net/netfilter/nft_socket.c */
export const definition = defineExpression({
  kind: 'socket',
  check: (e, ctx) => (ctx.family !== 'ip' && ctx.family !== 'ip6' && ctx.family !== 'inet' ? 'EOPNOTSUPP' : e.key === 'cgroupv2' && (e.level ?? 0) > 255 ? 'EOPNOTSUPP' : null),
  validate: (_e, ctx) => inetHooksOnly(ctx, ['prerouting', 'input', 'output']),
  compile(e, env) {
    const at = byteOf(e.dreg);
    return {
      run(regs, skb, state) {
        const v = env.nft.services?.socket(skb, state, e.key, e.level ?? 0) ?? null;
        if (v === null) regs.verdict = NF.BREAK;
        else if (typeof v !== 'number') storeBytes(regs, at, v);
        else if (e.key === 'mark') store32(regs, at, v);
        else store8(regs, at, v);
      },
    };
  },
});
