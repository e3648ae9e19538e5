import { defineExpression } from '../definition.ts';
import { wordOf, type Op } from '../machine.ts';

/** net/netfilter/nft_numgen.c; counters of incremental generators live beside the rule. */
export const definition = defineExpression({
  kind: 'numgen',
  check: (e) => (e.modulus === 0 ? 'ERANGE' : e.offset + e.modulus - 1 > 0xffff_ffff ? 'EOVERFLOW' : null),
  registers: (e, use) => use.store(e.dreg, 4),
  compile(e, env): Op {
    const word = wordOf(e.dreg);
    if (e.type === 'random') {
      const { random } = env.nft.net;
      return {
        run: (r) => {
          r.words[word] = (Number((BigInt(random.u32()) * BigInt(e.modulus)) >> 32n) + e.offset) | 0;
        },
      };
    }
    let turn: { value: number } | undefined;
    return {
      run: (r) => {
        if (!turn) {
          turn = env.cell() as { value: number };
          turn.value ??= e.modulus - 1;
        }
        turn.value = turn.value + 1 >= e.modulus ? 0 : turn.value + 1;
        r.words[word] = (turn.value + e.offset) | 0;
      },
    };
  },
});
