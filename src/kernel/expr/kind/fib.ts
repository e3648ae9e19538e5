import { store32, storeName } from '../bytes.ts';
import { defineExpression } from '../definition.ts';
import { hooksOnly } from '../hooks.ts';
import { byteOf, type Op } from '../machine.ts';

export const FIB = { SADDR: 1, DADDR: 2, MARK: 4, IIF: 8, OIF: 16, PRESENT: 32 } as const;

/** net/netfilter/nft_fib.c; there is none for bridges here. */
export const definition = defineExpression({
  kind: 'fib',
  missing: (_e, ctx) => ctx.family !== 'ip' && ctx.family !== 'ip6' && ctx.family !== 'inet' && ctx.family !== 'netdev',
  check(e) {
    const f = e.flags;
    if ((f & (FIB.SADDR | FIB.DADDR)) === 0 || (f & (FIB.SADDR | FIB.DADDR)) === 3 || (f & (FIB.IIF | FIB.OIF)) === 24) return 'EINVAL';
    if (e.result !== 'type' && f & FIB.OIF) return 'EINVAL';
    return f & FIB.PRESENT && e.result !== 'oif' ? 'EINVAL' : null;
  },
  /** nft_fib_validate, as the kernel answers. */
  validate(e, ctx) {
    if (ctx.family === 'netdev') return hooksOnly(ctx, e.result !== 'type' || e.flags & FIB.IIF ? ['ingress'] : e.flags & FIB.OIF ? ['egress'] : ['ingress', 'egress']);
    if (e.result !== 'type' || e.flags & FIB.IIF) return hooksOnly(ctx, ['prerouting', 'input', 'forward']);
    return e.flags & FIB.OIF ? hooksOnly(ctx, ['output', 'postrouting', 'forward']) : hooksOnly(ctx, ['input', 'output', 'forward', 'prerouting', 'postrouting']);
  },
  registers: (e, use) => use.store(e.dreg, e.result === 'oifname' ? 16 : 4),
  tests(e, reader) {
    reader.unknown(e.dreg, 16);
    return true;
  },
  compile(e, env): Op {
    const at = byteOf(e.dreg),
      present = (e.flags & FIB.PRESENT) !== 0;
    return {
      run(regs, skb, state) {
        const v = env.nft.services?.fib(skb, state, e) ?? null;
        if (e.result === 'oifname' && !present) storeName(regs, at, typeof v === 'string' ? v : '');
        else if (present) store32(regs, at, v ? 1 : 0);
        else store32(regs, at, typeof v === 'number' ? v : 0);
      },
    };
  },
});
