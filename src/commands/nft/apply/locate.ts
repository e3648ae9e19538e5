import type { Expression } from '../../../kernel/expr/expression.ts';
import type { Expr, Location, Stmt } from '../../../parsers/nft/ast.ts';
import { Linearizer } from '../linearize/context.ts';

/** A linearizer that notes where in the text each expression of the bytecode comes from (nft_expr_loc). */
export class LocatingLinearizer extends Linearizer {
  readonly #at = new Map<Expression, Location>();

  #note(from: number, loc: Location): void {
    for (let i = from; i < this.out.length; i++) if (!this.#at.has(this.out[i])) this.#at.set(this.out[i], loc);
  }

  override load(expr: Expr, dreg: number): void {
    const from = this.out.length;
    super.load(expr, dreg);
    this.#note(from, expr.kind === 'verdict' && expr.chain ? expr.chain.loc : expr.loc);
  }

  override stmt(stmt: Stmt): void {
    const from = this.out.length;
    super.stmt(stmt);
    this.#note(from, stmt.kind === 'objref' || stmt.kind === 'exthdr' ? stmt.expr.loc : stmt.loc);
  }

  locations(fallback: Location): Location[] {
    return this.out.map((e) => this.#at.get(e) ?? fallback);
  }
}
