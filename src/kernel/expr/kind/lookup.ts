import { defineExpression } from '../definition.ts';
import { byteOf, NF, type Op } from '../machine.ts';
import type { ElementStore } from '../../nf_tables/elements.ts';
import { runElement } from '../element-ops.ts';
import { verdictCode } from './immediate.ts';

/** net/netfilter/nft_lookup.c */
export const definition = defineExpression({
  kind: 'lookup',
  check(e, ctx) {
    const set = ctx.set(e.set);
    if (!set) return 'ENOENT';
    if (e.inv && e.dreg !== undefined) return 'EINVAL';
    return e.dreg !== undefined && !set.flags.map ? 'EINVAL' : null;
  },
  registers(e, use, ctx) {
    const set = ctx.set(e.set);
    use.load(e.sreg, set?.keyLen ?? 0);
    use.store(e.dreg, set?.dataLen ?? 0);
  },
  tests(e, reader, env) {
    const set = env.set(e.set);
    reader.member(e.sreg, set, e.inv);
    if (e.dreg) reader.unknown(e.dreg, 16);
    // Counters of elements count whatever follows; a verdict ends the rule.
    return e.dreg !== 0 && set !== undefined && set.flags.anonymous && set.exprs.length === 0 && [...set.elements].every((x) => x.exprs.length === 0);
  },
  compile(e, env): Op {
    const set = env.set(e.set),
      store = set?.elements as ElementStore | undefined;
    const from = byteOf(e.sreg),
      len = set?.keyLen ?? 0,
      to = byteOf(e.dreg ?? 0);
    return {
      run(regs, skb, state) {
        const element = store?.lookup(regs.bytes.subarray(from, from + len)) ?? null;
        if ((element !== null) === e.inv) {
          regs.verdict = NF.BREAK;
          return;
        }
        if (!element) return;
        if (e.dreg !== undefined && element.data) {
          if ('verdict' in element.data) {
            const v = element.data.verdict;
            regs.verdict = verdictCode(v.code);
            if ('chain' in v) regs.chain = v.chain;
          } else {
            regs.bytes.fill(0, to, to + ((element.data.value.length + 3) & ~3));
            regs.bytes.set(element.data.value, to);
          }
        }
        if (element.exprs.length) {
          const { verdict } = regs;
          regs.verdict = NF.CONTINUE;
          runElement(env.nft, element, regs, skb, state);
          if (regs.verdict === NF.CONTINUE) regs.verdict = verdict;
        }
      },
    };
  },
});
