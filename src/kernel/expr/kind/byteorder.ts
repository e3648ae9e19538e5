import { defineExpression } from '../definition.ts';
import { byteOf } from '../machine.ts';

/** net/netfilter/nft_byteorder.c: on little endian both directions swap. */
export const definition = defineExpression({
  kind: 'byteorder',
  check: (e) => (e.size !== 2 && e.size !== 4 && e.size !== 8 ? 'EINVAL' : e.len === 0 || e.len > 64 ? 'EINVAL' : null),
  registers(e, use) {
    use.load(e.sreg, e.len);
    use.store(e.dreg, e.len);
  },
  tests(e, reader) {
    reader.swap(e.sreg, e.dreg, e.len, e.size);
    return true;
  },
  compile(e) {
    const from = byteOf(e.sreg),
      to = byteOf(e.dreg),
      n = Math.floor(e.len / e.size),
      { size } = e;
    return {
      run(regs) {
        const b = regs.bytes,
          copy = b.slice(from, from + n * size);
        if (size === 2) {
          b.fill(0, to, to + ((e.len + 3) & ~3));
        }
        for (let i = 0; i < n; i++) for (let k = 0; k < size; k++) b[to + i * size + k] = copy[i * size + size - 1 - k];
      },
    };
  },
});
