import type { Expression, ExpressionKind } from '../../kernel/expr/expression.ts';
import type { Expr, ExprOf, Stmt, StmtOf } from '../../parsers/nft/ast.ts';
import type { Json } from './datatype/index.ts';
import type { Delinearizer } from './delinearize/context.ts';
import type { Linearizer } from './linearize/context.ts';
import type { Printer } from './print/context.ts';

/** Every face of one statement kind; a file of statement/ each. */
export interface StatementDefinition<K extends Stmt['kind'] = Stmt['kind']> {
  readonly kind: K;
  linearize(stmt: StmtOf<K>, l: Linearizer): void;
  /** Bytecode that becomes this statement. */
  readonly delinearize?: { readonly [E in ExpressionKind]?: (e: Extract<Expression, { kind: E }>, d: Delinearizer) => void };
  print(stmt: StmtOf<K>, p: Printer): string;
  json(stmt: StmtOf<K>, p: Printer): Json;
}

/** Every face of one expression kind; a file of expression/ each. */
export interface ExpressionDefinition<K extends Expr['kind'] = Expr['kind']> {
  readonly kind: K;
  /** Loads the value into `dreg` (netlink_gen_expr). */
  linearize?(expr: ExprOf<K>, l: Linearizer, dreg: number): void;
  readonly delinearize?: { readonly [E in ExpressionKind]?: (e: Extract<Expression, { kind: E }>, d: Delinearizer) => void };
  print(expr: ExprOf<K>, p: Printer): string;
  json(expr: ExprOf<K>, p: Printer): Json;
}
