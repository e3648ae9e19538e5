import type { Expression } from '../../../kernel/expr/expression.ts';
import type { Family } from '../../../kernel/net/hook.ts';
import type { Expr, Stmt } from '../../../parsers/nft/ast.ts';
import { expression as expressions } from '../generated/expression.ts';
import { statement as statements } from '../generated/statement.ts';
import type { ExpressionDefinition, StatementDefinition } from '../definition.ts';

/** Registers are counted here in units of 4 bytes from 1, as netlink_linearize.c does; 0 is the verdict. */
export const VERDICT_REGISTER = 0;
const UNITS_PER_REGISTER = 4;

/** netlink_put_register: 16-byte numbers where they can express it. */
export const wireRegister = (reg: number): number => (reg === 0 ? 0 : (reg - 1) % UNITS_PER_REGISTER === 0 ? 1 + (reg - 1) / UNITS_PER_REGISTER : 8 + (reg - 1));
export const unitRegister = (wire: number): number => (wire < 8 ? (wire === 0 ? 0 : 1 + (wire - 1) * UNITS_PER_REGISTER) : wire - 8 + 1);

/** Units that a value of so many bits takes. */
export const registerSpace = (bits: number): number => Math.max(1, Math.ceil(bits / 32));

// made at first use: definitions import this module
let expressionTable: ReadonlyMap<string, ExpressionDefinition> | undefined;
let statementTable: ReadonlyMap<string, StatementDefinition> | undefined;
const expressionByKind = (kind: string): ExpressionDefinition | undefined =>
  (expressionTable ??= new Map((expressions as readonly ExpressionDefinition[]).map((e) => [e.kind, e]))).get(kind);
const statementByKind = (kind: string): StatementDefinition | undefined =>
  (statementTable ??= new Map((statements as readonly StatementDefinition[]).map((s) => [s.kind, s]))).get(kind);

/** Collects the bytecode of one rule. */
export class Linearizer {
  readonly out: Expression[] = [];
  readonly family: Family;
  private low = 1;

  constructor(family: Family) {
    this.family = family;
  }

  add(e: Expression): void {
    this.out.push(e);
  }

  /** Runs with registers that are free again afterwards; concatenations take what they need, all else a whole register. */
  with<T>(expr: Expr | null, run: (reg: number) => T): T {
    const saved = this.low;
    this.low += expr?.kind === 'concat' ? registerSpace(expr.len) : UNITS_PER_REGISTER;
    try {
      return run(saved);
    } finally {
      this.low = saved;
    }
  }

  load(expr: Expr, dreg: number): void {
    const definition = expressionByKind(expr.kind);
    if (!definition?.linearize) throw new Error(`cannot linearize ${expr.kind}`);
    definition.linearize(expr, this, dreg);
  }

  stmt(stmt: Stmt): void {
    const definition = statementByKind(stmt.kind);
    if (!definition) throw new Error(`cannot linearize statement ${stmt.kind}`);
    this.low = 1;
    definition.linearize(stmt, this);
  }
}
