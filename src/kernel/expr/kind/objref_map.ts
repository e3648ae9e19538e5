import type { ElementStore } from '../../nf_tables/elements.ts';
import { defineExpression } from '../definition.ts';
import { inetHooksOnly } from '../hooks.ts';
import { byteOf, NF, type Op } from '../machine.ts';
import { runObject } from '../object-ops.ts';

/** nft_objref_map_ops: the object that the set names for this key. */
export const definition = defineExpression({
  kind: 'objref_map',
  check(e, ctx) {
    const set = ctx.set(e.set);
    return !set ? 'ENOENT' : set.flags.object ? null : 'EINVAL';
  },
  registers: (e, use, ctx) => use.load(e.sreg, ctx.set(e.set)?.keyLen ?? 0),
  // nft_objref_map_validate: as a rule that names such an object
  validate: (e, ctx) => (ctx.set(e.set)?.objType === 'synproxy' ? inetHooksOnly(ctx, ['input', 'forward']) : null),
  compile(e, env): Op {
    const set = env.set(e.set),
      store = set?.elements as ElementStore | undefined,
      from = byteOf(e.sreg),
      len = set?.keyLen ?? 0;
    return {
      run(regs, skb, state) {
        const element = store?.lookup(regs.bytes.subarray(from, from + len));
        const o = element?.objref !== undefined && set?.objType ? env.object(set.objType, element.objref) : undefined;
        if (o) runObject(env.nft, o, regs, skb, state);
        else regs.verdict = NF.BREAK;
      },
    };
  },
});
