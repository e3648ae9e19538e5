import type { Expr, ExprOf, RuleDecl, Stmt, StmtOf } from '../../../parsers/nft/ast.ts';
import { sameColumn, sameValue } from './same.ts';

export type Match = StmtOf<'expression'> & { expr: ExprOf<'relational'> };

/** A rule by columns: a statement where it is one that can be compared, 'other' where it is not. */
export interface Row {
  readonly rule: RuleDecl;
  readonly cells: ReadonlyMap<number, Stmt | 'other'>;
  /** Two of its statements fell into one column. */
  readonly twice: boolean;
}

const MAX_STMTS = 32;
const COMPARED = new Set<Stmt['kind']>(['expression', 'verdict', 'counter', 'notrack', 'log', 'nat', 'reject']);

const supported = (s: Stmt): boolean => {
  if (s.kind === 'expression') return s.expr.kind === 'relational' && (s.expr.op === 'implicit' || s.expr.op === 'eq') && sameColumn(s, s, false);
  return COMPARED.has(s.kind) && sameColumn(s, s, false);
};

/** rule_collect_stmts, rule_build_stmt_matrix_stmts: null where a chain has too many kinds of statements. */
function rowsOf(rules: readonly RuleDecl[]): Row[] | null {
  const columns: (Stmt | null)[] = [];
  const columnOf = (s: Stmt): number => columns.findIndex((c) => c !== null && sameColumn(s, c, false));
  for (const s of rules.flatMap((r) => r.stmts)) {
    if (columnOf(s) >= 0) continue;
    if (supported(s)) columns.push(s);
    else if (COMPARED.has(s.kind) || !columns.includes(null)) columns.push(null);
    if (columns.length >= MAX_STMTS) return null;
  }
  return rules.map((rule) => {
    const cells = new Map<number, Stmt | 'other'>();
    let twice = false;
    for (const s of rule.stmts) {
      const k = columnOf(s);
      if (cells.has(k) && s.kind !== 'counter') twice = true;
      cells.set(k, k < 0 ? 'other' : s);
    }
    return { rule, cells: new Map([...cells].sort(([a], [b]) => a - b)), twice };
  });
}

const isMap = (s: Stmt): boolean => s.kind === 'verdict' && s.expr.kind === 'map';

/** rules_eq */
function alike(a: Row, b: Row): boolean {
  if (a.cells.size !== b.cells.size) return false;
  let mergeable = false;
  for (const [k, x] of a.cells) {
    const y = b.cells.get(k);
    if (x === 'other' || y === undefined || y === 'other' || !sameColumn(x, y, true)) return false;
    mergeable ||= x.kind === 'expression' || x.kind === 'nat' || isMap(x);
  }
  return mergeable;
}

const statements = (row: Row): Stmt[] => [...row.cells.values()].filter((s): s is Stmt => s !== 'other');
/** What a rule compares, by columns. */
export const matches = (row: Row): Match[] => statements(row).filter((s): s is Match => s.kind === 'expression');
export const verdict = (row: Row): Expr | undefined => row.rule.stmts.findLast((s) => s.kind === 'verdict')?.expr;
export const nat = (row: Row): StmtOf<'nat'> | undefined => row.rule.stmts.findLast((s) => s.kind === 'nat');

/** Two rules look for the same: a set cannot hold their values, nor does the later one matter. */
const repeats = (rows: readonly Row[]): boolean =>
  rows.some((a, i) =>
    rows.slice(i + 1).some((b) => {
      const x = matches(a),
        y = matches(b);
      return x.length > 0 && x.every((m, k) => sameValue(m.expr.right, y[k].expr.right));
    }),
  );

/** Runs of rules that could be one, where they begin in the chain. */
export function groups(rules: readonly RuleDecl[]): { readonly from: number; readonly rows: readonly Row[] }[] {
  const rows = rowsOf(rules) ?? [],
    out = [];
  for (let from = 0; from < rows.length; from++) {
    let to = from;
    while (to + 1 < rows.length && alike(rows[from], rows[to + 1])) to++;
    const group = rows.slice(from, to + 1);
    if (to > from && !repeats(group)) out.push({ from, rows: group });
    from = to;
  }
  return out;
}
