import type { ExpressionDefinition } from '../definition.ts';
import { META, metaFromKernel, metaToKernel, UNQUALIFIED } from '../keys/meta.ts';
import { wireRegister } from '../linearize/context.ts';
import { mk } from '../node.ts';
import { addInner } from './payload.ts';

export const expression: ExpressionDefinition<'meta'> = {
  kind: 'meta',
  linearize: (e, l, dreg) => addInner(l, e.inner, { kind: 'meta', key: metaToKernel(e.key), dreg: wireRegister(dreg) }),
  delinearize: {
    meta: (e, d) => {
      const key = metaFromKernel(e.key);
      const t = META[key] ?? { dtype: 'integer', len: 32, byteorder: 'host' as const };
      d.put(e.dreg, mk({ kind: 'meta', key, ...(d.inner === undefined ? {} : { inner: d.inner }) }, t.dtype, t.byteorder, t.len === 1 ? 1 : t.len));
    },
  },
  print: (e) => `${e.inner === undefined ? '' : `${e.inner} `}${UNQUALIFIED.has(e.key) ? e.key : `meta ${e.key}`}`,
  json: (e) => ({ meta: { key: e.key } }),
};
