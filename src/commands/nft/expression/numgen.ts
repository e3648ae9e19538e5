import type { ExpressionDefinition } from '../definition.ts';
import { wireRegister } from '../linearize/context.ts';
import { mk } from '../node.ts';

export const expression: ExpressionDefinition<'numgen'> = {
  kind: 'numgen',
  linearize: (e, l, dreg) => l.add({ kind: 'numgen', type: e.type === 'inc' ? 'incremental' : 'random', modulus: e.mod, offset: e.offset, dreg: wireRegister(dreg) }),
  delinearize: {
    numgen: (e, d) => d.put(e.dreg, mk({ kind: 'numgen', type: e.type === 'incremental' ? 'inc' : 'random', mod: e.modulus, offset: e.offset }, 'integer', 'host', 32)),
  },
  print: (e) => `numgen ${e.type} mod ${e.mod}${e.offset ? ` offset ${e.offset}` : ''}`,
  json: (e) => ({ numgen: { mode: e.type, mod: e.mod, offset: e.offset } }),
};
