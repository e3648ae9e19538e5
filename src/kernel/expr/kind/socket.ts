import { store32, store8 } from '../bytes.ts';
import { defineExpression } from '../definition.ts';
import { inetHooksOnly } from '../hooks.ts';
import { byteOf, NF } from '../machine.ts';

/** net/netfilter/nft_socket.c */
export const definition = defineExpression({
  kind: 'socket',
  check: (e, ctx) => (ctx.family !== 'ip' && ctx.family !== 'ip6' && ctx.family !== 'inet' ? 'EOPNOTSUPP' : e.key === 'cgroupv2' && (e.level ?? 0) > 255 ? 'EOPNOTSUPP' : null),
  validate: (_e, ctx) => inetHooksOnly(ctx, ['prerouting', 'input', 'output']),
  registers: (e, use) => use.store(e.dreg, e.key === 'cgroupv2' ? 8 : 4),
  compile(e, env) {
    const at = byteOf(e.dreg);
    return {
      run(regs, skb) {
        const sk = env.nft.services?.socketOf(skb) ?? null;
        // The model's sockets are in no cgroup that could be named; a request for one has neither mark nor address of its own.
        if (!sk || e.key === 'cgroupv2' || (sk.request && e.key !== 'transparent')) regs.verdict = NF.BREAK;
        else if (e.key === 'mark') store32(regs, at, sk.mark);
        else store8(regs, at, sk[e.key] ? 1 : 0);
      },
    };
  },
});
