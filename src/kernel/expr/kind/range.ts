import { constantFits } from '../bytes.ts';
import { defineExpression } from '../definition.ts';
import { byteOf, NF } from '../machine.ts';

const compare = (regs: Uint8Array, at: number, b: Uint8Array): number => {
  for (let i = 0; i < b.length; i++) {
    const d = regs[at + i] - b[i];
    if (d) return d;
  }
  return 0;
};

/** net/netfilter/nft_range.c */
export const definition = defineExpression({
  kind: 'range',
  check: (e) => constantFits(e.from) ?? constantFits(e.to) ?? (e.from.length !== e.to.length ? 'EINVAL' : null),
  registers: (e, use) => use.load(e.sreg, e.from.length),
  tests(e, reader) {
    reader.range(e.sreg, e.op, e.from, e.to);
    return true;
  },
  compile(e) {
    const at = byteOf(e.sreg),
      inside = e.op === 'eq';
    return {
      run: (regs) => {
        if ((compare(regs.bytes, at, e.from) >= 0 && compare(regs.bytes, at, e.to) <= 0) !== inside) regs.verdict = NF.BREAK;
      },
    };
  },
});
