import { defineExpression } from '../definition.ts';
import { byteOf, wordOf, type Op } from '../machine.ts';
import { jhash } from '../../net/jhash.ts';

const scale = (h: number, modulus: number): number => Number((BigInt(h >>> 0) * BigInt(modulus)) >> 32n);

/** net/netfilter/nft_hash.c */
export const definition = defineExpression({
  kind: 'hash',
  check: (e) => (e.modulus < 1 ? 'ERANGE' : e.offset + e.modulus - 1 > 0xffff_ffff ? 'EOVERFLOW' : e.type === 'jenkins' && e.len === 0 ? 'ERANGE' : null),
  registers(e, use) {
    if (e.type === 'jenkins') use.load(e.sreg, e.len);
    use.store(e.dreg, 4);
  },
  tests(e, reader) {
    reader.unknown(e.dreg, 4);
    return true;
  },
  compile(e, env): Op {
    const word = wordOf(e.dreg);
    if (e.type === 'symmetric')
      return {
        run: (r, skb) => {
          r.words[word] = (scale(env.nft.services?.symmetricHash?.(skb) ?? 0, e.modulus) + e.offset) | 0;
        },
      };
    const from = byteOf(e.sreg),
      seed = e.seed ?? env.nft.net.random.u32();
    return {
      run: (r) => {
        r.words[word] = (scale(jhash(r.bytes.subarray(from, from + e.len), seed), e.modulus) + e.offset) | 0;
      },
    };
  },
});
