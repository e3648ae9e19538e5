import type { Json } from '../datatype/index.ts';
import { printTime } from '../datatype/time.ts';
import type { ExpressionDefinition } from '../definition.ts';

export const expression: ExpressionDefinition<'set_elem'> = {
  kind: 'set_elem',
  print: (e, p) => {
    let text = p.expr(e.key);
    for (const s of e.stmts) text += ` ${p.stmt(s)}`;
    if (e.timeout !== undefined) text += ` timeout ${e.timeout === 0n ? 'never' : printTime(e.timeout, p.options)}`;
    if (!p.options.stateless && e.expires !== undefined && e.expires > 0n) text += ` expires ${printTime(e.expires, p.options)}`;
    if (e.comment !== undefined) text += ` comment "${e.comment}"`;
    return text;
  },
  json: (e, p) => {
    const val = p.json(e.key);
    if (e.timeout === undefined && e.expires === undefined && e.comment === undefined && !e.stmts.length) return val;
    const out: { [k: string]: Json } = { val };
    if (e.timeout !== undefined) out.timeout = e.timeout / 1000n;
    if (e.expires !== undefined && e.expires > 0n) out.expires = e.expires / 1000n;
    if (e.comment !== undefined) out.comment = e.comment;
    if (e.stmts[0]) Object.assign(out, p.jsonStmt(e.stmts[0]));
    return { elem: out };
  },
};
