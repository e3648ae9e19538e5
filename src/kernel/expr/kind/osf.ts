import { storeName } from '../bytes.ts';
import { defineExpression } from '../definition.ts';
import { hooksOnly } from '../hooks.ts';
import { byteOf, NF } from '../machine.ts';

/** net/netfilter/nft_osf.c; fingerprints have to be loaded by nfnl_osf, without them all is unknown. */
export const definition = defineExpression({
  kind: 'osf',
  check: (e) => (e.ttl > 2 ? 'EINVAL' : null),
  validate: (_e, ctx) => (ctx.family === 'ip' || ctx.family === 'inet' ? hooksOnly(ctx, ['input', 'prerouting', 'forward']) : 'EOPNOTSUPP'),
  registers: (e, use) => use.store(e.dreg, 16),
  compile(e, env) {
    const at = byteOf(e.dreg);
    return {
      run(regs, skb) {
        if (regs.tprot !== 6 || !(skb.data[regs.thoff + 13] & 2)) {
          regs.verdict = NF.BREAK;
          return;
        }
        storeName(regs, at, env.nft.services?.osf?.(skb, e.ttl, (e.flags & 1) !== 0) ?? 'unknown');
      },
    };
  },
});
