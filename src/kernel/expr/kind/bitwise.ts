import { constantFits } from '../bytes.ts';
import { defineExpression } from '../definition.ts';
import { wordOf, type Op } from '../machine.ts';

const padded = (b: Uint8Array): Int32Array => {
  const p = new Uint8Array((b.length + 3) & ~3);
  p.set(b);
  return new Int32Array(p.buffer);
};

/** net/netfilter/nft_bitwise.c: word by word; shifts carry between host-order words as the kernel's do. */
export const definition = defineExpression({
  kind: 'bitwise',
  check(e) {
    if (e.len === 0 || e.len > 64) return 'EINVAL';
    if (e.op === 'mask_xor') return constantFits(e.mask) ?? constantFits(e.xor);
    return (e.op === 'lshift' || e.op === 'rshift') && (!e.data || padded(e.data)[0] >>> 0 >= 32) ? 'EINVAL' : null;
  },
  registers(e, use) {
    use.load(e.sreg, e.len);
    use.store(e.dreg, e.len);
    use.load(e.sreg2, e.len);
  },
  tests(e, reader) {
    if (e.op === 'mask_xor') reader.mask(e.sreg, e.dreg, e.len, e.mask, e.xor);
    else if (e.op === 'rshift' && e.data) reader.shift(e.sreg, e.dreg, e.len, padded(e.data)[0]);
    else reader.unknown(e.dreg, e.len);
    return true;
  },
  compile(e): Op {
    const from = wordOf(e.sreg),
      to = wordOf(e.dreg),
      n = (e.len + 3) >> 2;
    if (e.op === 'mask_xor') {
      const mask = padded(e.mask),
        xor = padded(e.xor);
      return {
        run: (regs) => {
          const w = regs.words;
          for (let i = 0; i < n; i++) w[to + i] = (w[from + i] & mask[i]) ^ xor[i];
        },
      };
    }
    if (e.op === 'lshift' || e.op === 'rshift') {
      const by = e.data ? padded(e.data)[0] : 0;
      return e.op === 'lshift'
        ? {
            run: (regs) => {
              const w = regs.words;
              let carry = 0;
              for (let i = n - 1; i >= 0; i--) {
                const s = w[from + i] >>> 0;
                w[to + i] = (s << by) | carry;
                carry = by ? s >>> (32 - by) : 0;
              }
            },
          }
        : {
            run: (regs) => {
              const w = regs.words;
              let carry = 0;
              for (let i = 0; i < n; i++) {
                const s = w[from + i] >>> 0;
                w[to + i] = carry | (s >>> by);
                carry = by ? s << (32 - by) : 0;
              }
            },
          };
    }
    const second = e.sreg2 === undefined ? padded(e.data ?? new Uint8Array(e.len)) : null,
      other = e.sreg2 === undefined ? 0 : wordOf(e.sreg2),
      { op } = e;
    return {
      run(regs) {
        const w = regs.words;
        for (let i = 0; i < n; i++) {
          const b = second ? second[i] : w[other + i];
          w[to + i] = op === 'and' ? w[from + i] & b : op === 'or' ? w[from + i] | b : w[from + i] ^ b;
        }
      },
    };
  },
});
