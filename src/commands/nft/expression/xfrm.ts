import type { ExpressionDefinition } from '../definition.ts';
import { XFRM, xfrmFromKernel, xfrmToKernel } from '../keys/other.ts';
import { wireRegister } from '../linearize/context.ts';
import { mk } from '../node.ts';

export const expression: ExpressionDefinition<'xfrm'> = {
  kind: 'xfrm',
  linearize: (e, l, dreg) => l.add({ kind: 'xfrm', key: xfrmToKernel(e.key), dir: e.dir, spnum: e.spnum, dreg: wireRegister(dreg) }),
  delinearize: {
    xfrm: (e, d) => {
      const key = xfrmFromKernel(e.key);
      const t = XFRM[key] ?? { dtype: 'integer', len: 32, byteorder: 'host' as const };
      d.put(e.dreg, mk({ kind: 'xfrm', dir: e.dir, spnum: e.spnum, key }, t.dtype, t.byteorder, t.len));
    },
  },
  print: (e) => `ipsec ${e.dir} ${e.spnum > 0 ? `spnum ${e.spnum} ` : ''}${e.key}`,
  json: (e) => {
    const m = /^(ip6?) (.*)$/.exec(e.key);
    return { ipsec: { key: m ? (m[2] as string) : e.key, ...(m ? { family: m[1] as string } : {}), dir: e.dir, spnum: e.spnum } };
  },
};
