import type { Json } from '../datatype/index.ts';
import type { StatementDefinition } from '../definition.ts';
import { wireRegister } from '../linearize/context.ts';
import { mk, mkStmt, valueExpr } from '../node.ts';
import { boundary } from '../linearize/data.ts';
import type { Expr } from '../../../parsers/nft/ast.ts';

const FLAGS: readonly (readonly [number, string])[] = [
  [1, 'bypass'],
  [2, 'fanout'],
];
const number = (e: Expr): number => (e.kind === 'value' ? Number(e.value) : 0);

export const statement: StatementDefinition<'queue'> = {
  kind: 'queue',
  linearize: (s, l) => {
    const q = s.queue;
    if (!q || q.kind === 'value' || q.kind === 'range') {
      const low = q ? number(boundary(q, 'start')) : 0;
      const high = q ? number(boundary(q, 'end')) : 0;
      return l.add({ kind: 'queue', num: low, total: high - low + 1, flags: s.flags });
    }
    return l.with(q, (sreg) => {
      l.load(q, sreg);
      l.add({ kind: 'queue', num: 0, total: 0, flags: s.flags, sregQnum: wireRegister(sreg) });
    });
  },
  delinearize: {
    queue: (e, d) => {
      if (e.sregQnum !== undefined) return d.add(mkStmt({ kind: 'queue', queue: d.need(e.sregQnum), flags: e.flags }));
      const at = (n: number): Expr => valueExpr(BigInt(n), 'integer', 'host', 16);
      const queue = e.total > 1 ? mk({ kind: 'range', left: at(e.num), right: at(e.num + e.total - 1) }, 'integer', 'host', 16) : at(e.num);
      return d.add(mkStmt({ kind: 'queue', queue, flags: e.flags }));
    },
  },
  print: (s, p) => {
    const words = FLAGS.filter(([bit]) => s.flags & bit).map(([, w]) => w);
    return `queue${words.length ? ` flags ${words.join(',')}` : ''}${s.queue ? ` to ${p.expr(s.queue)}` : ''}`;
  },
  json: (s, p): Json => {
    const words = FLAGS.filter(([bit]) => s.flags & bit).map(([, w]) => w);
    return { queue: { ...(s.queue ? { num: p.json(s.queue) } : {}), ...(words.length ? { flags: words.length === 1 ? (words[0] as string) : words } : {}) } };
  },
};
