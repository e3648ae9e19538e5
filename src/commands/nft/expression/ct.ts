import type { ExpressionDefinition } from '../definition.ts';
import { CT, ctFromKernel, ctToKernel } from '../keys/ct.ts';
import { wireRegister } from '../linearize/context.ts';
import { mk } from '../node.ts';

/** `saddr` with a family said beside it is another key in the kernel. */
export const ctWord = (key: string, nfproto?: 'ip' | 'ip6'): string => (nfproto && (key === 'saddr' || key === 'daddr') ? `${nfproto} ${key}` : key);

export const expression: ExpressionDefinition<'ct'> = {
  kind: 'ct',
  linearize: (e, l, dreg) => l.add({ kind: 'ct', key: ctToKernel(ctWord(e.key, e.nfproto)), ...(e.dir ? { dir: e.dir } : {}), dreg: wireRegister(dreg) }),
  delinearize: {
    ct: (e, d) => {
      const key = ctFromKernel(e.key);
      const t = CT[key] ?? { dtype: 'invalid', len: 0, byteorder: 'host' as const };
      // the kernel does not tell the direction of a protocol (nft_ct_get_dump)
      d.put(e.dreg, mk({ kind: 'ct', key, ...(e.dir && key !== 'protocol' && key !== 'l3proto' ? { dir: e.dir } : {}) }, t.dtype, t.byteorder, t.len));
    },
  },
  print: (e) => `ct ${e.dir ? `${e.dir} ` : ''}${ctWord(e.key, e.nfproto ?? e.l3)}`,
  json: (e) => ({ ct: { key: ctWord(e.key, e.nfproto), ...(e.dir ? { dir: e.dir } : {}) } }),
};
