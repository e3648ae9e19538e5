import { constantFits } from '../bytes.ts';
import { defineExpression } from '../definition.ts';
import { byteOf, NF, type Op } from '../machine.ts';

const CODE = { accept: NF.ACCEPT, drop: NF.DROP, continue: NF.CONTINUE, return: NF.RETURN, break: NF.BREAK, queue: NF.QUEUE, jump: NF.JUMP, goto: NF.GOTO } as const;

export const verdictCode = (code: keyof typeof CODE): number => CODE[code];

/** net/netfilter/nft_immediate.c */
export const definition = defineExpression({
  kind: 'immediate',
  check: (e) => ('verdict' in e.data ? null : constantFits(e.data.value)),
  registers: (e, use) => use.store(e.dreg, 'verdict' in e.data ? 0 : e.data.value.length),
  tests(e, reader) {
    if ('verdict' in e.data) return false;
    reader.unknown(e.dreg, e.data.value.length);
    return true;
  },
  compile(e): Op {
    if ('verdict' in e.data) {
      const v = e.data.verdict,
        code = CODE[v.code],
        chain = 'chain' in v ? v.chain : '';
      return {
        run: (regs) => {
          regs.verdict = code;
          regs.chain = chain;
        },
      };
    }
    const { value } = e.data,
      at = byteOf(e.dreg),
      padded = new Uint8Array((value.length + 3) & ~3);
    padded.set(value);
    return {
      run: (regs) => {
        regs.bytes.set(padded, at);
      },
    };
  },
});
