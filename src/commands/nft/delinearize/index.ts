import type { Expression } from '../../../kernel/expr/expression.ts';
import type { Stmt } from '../../../parsers/nft/ast.ts';
import type { ExpressionDefinition, StatementDefinition } from '../definition.ts';
import { expression as expressions } from '../generated/expression.ts';
import { statement as statements } from '../generated/statement.ts';
import { Delinearizer, type RuleContext, Unreadable } from './context.ts';
import { Postprocessor } from './postprocess.ts';

type Handler = (e: Expression, d: Delinearizer) => void;

const handlers = new Map<string, Handler>();
for (const definition of [...(expressions as readonly ExpressionDefinition[]), ...(statements as readonly StatementDefinition[])]) {
  for (const [kind, handler] of Object.entries(definition.delinearize ?? {})) handlers.set(kind, handler as Handler);
}

/** A rule's bytecode as statements (netlink_delinearize_rule). */
export function delinearizeRule(exprs: readonly Expression[], context: RuleContext): Stmt[] {
  const d = new Delinearizer(context, (e, self) => {
    const handler = handlers.get(e.kind);
    if (!handler) throw new Error(`Unknown expression type '${e.kind}'`);
    handler(e, self);
  });
  for (const e of exprs) {
    try {
      d.read(e);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      context.error?.(error.message);
    }
  }
  return new Postprocessor(context).run(d.stmts);
}

export type { RuleContext } from './context.ts';
