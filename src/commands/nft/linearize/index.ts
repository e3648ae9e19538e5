import type { Expression } from '../../../kernel/expr/expression.ts';
import type { Family } from '../../../kernel/net/hook.ts';
import type { Stmt } from '../../../parsers/nft/ast.ts';
import { Linearizer } from './context.ts';
import { mergePayloads } from './merge.ts';

/** A rule's statements, evaluated, as bytecode (netlink_linearize_rule). */
export function linearizeRule(stmts: readonly Stmt[], family: Family): Expression[] {
  const l = new Linearizer(family);
  for (const s of mergePayloads(stmts)) l.stmt(s);
  return l.out;
}

export { Linearizer } from './context.ts';
