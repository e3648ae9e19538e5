import type { StatementDefinition } from '../definition.ts';
import { META, metaFromKernel, metaToKernel } from '../keys/meta.ts';
import { wireRegister } from '../linearize/context.ts';
import { mkStmt, setType } from '../node.ts';

export const statement: StatementDefinition<'meta'> = {
  kind: 'meta',
  linearize: (s, l) =>
    l.with(s.value, (sreg) => {
      l.load(s.value, sreg);
      l.add({ kind: 'meta_set', key: metaToKernel(s.key), sreg: wireRegister(sreg) });
    }),
  delinearize: {
    meta_set: (e, d) => {
      const key = metaFromKernel(e.key);
      const value = d.need(e.sreg);
      const t = META[key];
      if (t && value.dtype === 'invalid') setType(value, t.dtype, t.byteorder);
      d.add(mkStmt({ kind: 'meta', key, value }));
    },
  },
  print: (s, p) => `meta ${s.key} set ${p.expr(s.value)}`,
  json: (s, p) => ({ mangle: { key: { meta: { key: s.key } }, value: p.json(s.value) } }),
};
