import { constantFits } from '../bytes.ts';
import { defineExpression } from '../definition.ts';
import { byteOf, NF, wordOf, type Op } from '../machine.ts';

/** net/netfilter/nft_cmp.c; up to four bytes compare as one masked word (nft_cmp_fast). */
export const definition = defineExpression({
  kind: 'cmp',
  select: (e) => constantFits(e.data),
  registers: (e, use) => use.load(e.sreg, e.data.length),
  tests(e, reader) {
    reader.compare(e.sreg, e.op, e.data);
    return true;
  },
  compile(e): Op {
    const { data, op } = e,
      len = data.length;
    if (len <= 4 && (op === 'eq' || op === 'neq')) {
      const word = wordOf(e.sreg),
        mask = len === 4 ? -1 : (1 << (len * 8)) - 1;
      const padded = new Uint8Array(4);
      padded.set(data);
      const value = new Int32Array(padded.buffer)[0] | 0;
      return op === 'eq'
        ? {
            run: (regs) => {
              if ((regs.words[word] & mask) !== value) regs.verdict = NF.BREAK;
            },
          }
        : {
            run: (regs) => {
              if ((regs.words[word] & mask) === value) regs.verdict = NF.BREAK;
            },
          };
    }
    const at = byteOf(e.sreg);
    return {
      run(regs) {
        let d = 0;
        for (let i = 0; i < len && d === 0; i++) d = regs.bytes[at + i] - data[i];
        const yes = op === 'eq' ? d === 0 : op === 'neq' ? d !== 0 : op === 'lt' ? d < 0 : op === 'lte' ? d <= 0 : op === 'gt' ? d > 0 : d >= 0;
        if (!yes) regs.verdict = NF.BREAK;
      },
    };
  },
});
