import type { Expression } from '../../../kernel/expr/expression.ts';
import type { Family } from '../../../kernel/net/hook.ts';
import type { Expr, SetDecl, Stmt } from '../../../parsers/nft/ast.ts';
import { unitRegister } from '../linearize/context.ts';
import { clone, mk } from '../node.ts';

/** What reading a rule needs to know of its surroundings. */
export interface RuleContext {
  readonly family: Family;
  readonly table: string;
  /** A set of the rule's table; anonymous ones with their elements in `init`. */
  set(name: string): SetDecl | undefined;
  /** What could not be read (`netlink: Error: …`). */
  error?(message: string): void;
  /** Rules of a chain written in place (`jump { … }`); undefined: the chain has a name of its own. */
  boundChain?(name: string): import('../../../parsers/nft/ast.ts').RuleDecl[] | undefined;
}

/** Bytecode that nft cannot have made: it is told and left out. */
export class Unreadable extends Error {}

const paddedLength = (bits: number): number => Math.ceil(bits / 32) * 32;

/** netlink_parse_ctx: expressions by the register that holds them, statements made so far. */
export class Delinearizer {
  readonly stmts: Stmt[] = [];
  readonly context: RuleContext;
  /** Tunnel through which the expressions at hand look (`inner`). */
  inner: string | undefined;
  private readonly registers = new Map<number, Expr>();
  private readonly handlers: (e: Expression, d: Delinearizer) => void;

  constructor(context: RuleContext, handlers: (e: Expression, d: Delinearizer) => void) {
    this.context = context;
    this.handlers = handlers;
  }

  read(e: Expression): void {
    this.handlers(e, this);
  }

  put(wire: number, expr: Expr): void {
    this.registers.set(unitRegister(wire), expr);
  }

  get(wire: number): Expr | undefined {
    const e = this.registers.get(unitRegister(wire));
    return e && clone(e);
  }

  need(wire: number): Expr {
    const e = this.get(wire);
    if (!e) throw new Unreadable('Relational expression has no left hand side');
    return e;
  }

  /** netlink_parse_concat_expr: neighbouring registers up to `len` bits. */
  concat(wire: number, len: number): Expr {
    const items: Expr[] = [];
    let reg = unitRegister(wire);
    let rest = len;
    while (rest > 0) {
      const e = this.registers.get(reg);
      if (!e) throw new Unreadable('Relational expression size mismatch');
      items.push(clone(e));
      rest -= paddedLength(e.len);
      reg += Math.max(1, Math.ceil(e.len / 32));
    }
    if (items.length === 1) throw new Unreadable('Relational expression size mismatch');
    return mk({ kind: 'concat', items }, items.map((i) => i.dtype).join(' . '), 'invalid', len);
  }

  add(stmt: Stmt): void {
    this.stmts.push(stmt);
  }
}
