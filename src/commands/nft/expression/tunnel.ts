import type { ExpressionDefinition } from '../definition.ts';
import { wireRegister } from '../linearize/context.ts';
import { mk } from '../node.ts';

export const expression: ExpressionDefinition<'tunnel'> = {
  kind: 'tunnel',
  linearize: (e, l, dreg) => l.add({ kind: 'tunnel', key: e.key, dreg: wireRegister(dreg) }),
  delinearize: {
    tunnel: (e, d) => d.put(e.dreg, e.key === 'path' ? mk({ kind: 'tunnel', key: 'path' }, 'boolean', 'host', 8) : mk({ kind: 'tunnel', key: 'id' }, 'integer', 'host', 32)),
  },
  print: (e) => `tunnel ${e.key}`,
  json: (e) => ({ tunnel: { key: e.key } }),
};
