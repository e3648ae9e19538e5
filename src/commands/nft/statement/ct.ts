import type { StatementDefinition } from '../definition.ts';
import { CT, ctFromKernel, ctToKernel } from '../keys/ct.ts';
import { wireRegister } from '../linearize/context.ts';
import { mkStmt, setType } from '../node.ts';

export const statement: StatementDefinition<'ct'> = {
  kind: 'ct',
  linearize: (s, l) =>
    l.with(s.value, (sreg) => {
      l.load(s.value, sreg);
      l.add({ kind: 'ct_set', key: ctToKernel(s.key), ...(s.dir ? { dir: s.dir } : {}), sreg: wireRegister(sreg) });
    }),
  delinearize: {
    ct_set: (e, d) => {
      const key = ctFromKernel(e.key);
      const value = d.need(e.sreg);
      const t = CT[key];
      if (t && value.dtype === 'invalid') setType(value, t.dtype, t.byteorder);
      d.add(mkStmt({ kind: 'ct', key, ...(e.dir ? { dir: e.dir } : {}), value }));
    },
  },
  print: (s, p) => `ct ${s.dir ? `${s.dir} ` : ''}${s.key} set ${p.expr(s.value)}`,
  json: (s, p) => ({ mangle: { key: { ct: { key: s.key, ...(s.dir ? { dir: s.dir } : {}) } }, value: p.json(s.value) } }),
};
