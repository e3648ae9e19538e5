import { defineExpression } from '../definition.ts';

/** LOGLEVEL_WARNING, and what nft calls `level audit` (audit records are not kept: no daemon has switched auditing on). */
const WARNING = 4,
  AUDIT = 8;

/** net/netfilter/nft_log.c */
export const definition = defineExpression({
  kind: 'log',
  check: (e) => (e.group !== undefined && (e.level !== undefined || e.flags !== undefined) ? 'EINVAL' : (e.prefix?.length ?? 0) > 127 ? 'EINVAL' : null),
  compile(e, env) {
    const info = e.group !== undefined || e.level === AUDIT ? undefined : { prefix: e.prefix ?? '', level: e.level ?? WARNING, flags: e.flags ?? 0 };
    return {
      run: (_regs, skb, state) => {
        env.nft.services?.log?.(skb, state, info);
      },
    };
  },
});
