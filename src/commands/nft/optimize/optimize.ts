import type { Cmd, Expr, ExprOf, Location, RuleDecl, Stmt, StmtOf } from '../../../parsers/nft/ast.ts';
import { fromBytes } from '../../../parsers/nft/index.ts';
import type { Printer } from '../print/context.ts';
import { sameExpr, sameStmt } from './same.ts';

type Match = StmtOf<'expression'> & { expr: ExprOf<'relational'> };

export interface Report {
  readonly p: Printer;
  out(text: string): void;
  err(text: string): void;
}

/** nft_optimize: rules of a chain that differ only in values become one with a set or map. */
export function optimize(cmds: readonly Cmd[], report: Report): void {
  for (const cmd of cmds) {
    if (cmd.op !== 'add') continue;
    if (cmd.object.kind === 'table') for (const c of cmd.object.decl?.chains ?? []) chain(c.rules, report);
    else if (cmd.object.kind === 'chain' && cmd.object.decl) chain(cmd.object.decl.rules, report);
  }
}

/** chain_optimize (selectors stand in the order in which the chain first names them): runs of rules that have the same statements up to values. */
function chain(rules: RuleDecl[], report: Report): void {
  const order: Expr[] = [];
  for (const m of rules.flatMap(matchesOf)) if (!order.some((o) => sameExpr(o, m.expr.left))) order.push(m.expr.left);
  for (let from = 0; from < rules.length; from++) {
    let to = from;
    while (to + 1 < rules.length && alike(rules[from], rules[to + 1])) to++;
    if (to === from) continue;
    const group = rules.slice(from, to + 1),
      matches = matchesOf(group[0]);
    if (!matches.length) continue;
    const merged = merge(
      group,
      order.flatMap((o) => matches.find((m) => sameExpr(m.expr.left, o))?.expr.left ?? []),
    );
    if (!merged) continue;
    report.err('Merging:\n');
    for (const r of group) report.err(`${place(r.loc)}\n`);
    report.err('into:\n\t');
    rules.splice(from, group.length, merged);
    const p = report.p.with({ stateless: true });
    report.out(merged.stmts.map((s) => p.stmt(s)).join(' '));
    report.err('\n');
  }
}

/** rule_optimize_print: the place, and the line as it was written. */
function place(loc: Location): string {
  const { text, name, kind } = loc.source,
    end = text.indexOf('\n', loc.offset);
  const line = fromBytes(text.slice(loc.offset, end < 0 ? undefined : end));
  return kind === 'command line' ? line : `${name}:${loc.line}:${loc.start + 1}-${loc.end}: ${line}`;
}

const isMatch = (s: Stmt): s is Match => s.kind === 'expression' && s.expr.kind === 'relational';
const matchesOf = (r: RuleDecl): Match[] => r.stmts.filter(isMatch);
const verdictsOf = (r: RuleDecl): StmtOf<'verdict'>[] => r.stmts.filter((s): s is StmtOf<'verdict'> => s.kind === 'verdict');

/** rules_eq: every statement of one has its like in the other. */
function alike(a: RuleDecl, b: RuleDecl): boolean {
  if (a.stmts.length !== b.stmts.length) return false;
  const left = [...b.stmts];
  return a.stmts.every((s) => {
    const i = left.findIndex((t) => sameStmt(s, t));
    if (i < 0) return false;
    left.splice(i, 1);
    return true;
  });
}

const HERE = (like: Expr): Pick<Expr, 'loc' | 'dtype' | 'byteorder' | 'len'> => ({ loc: like.loc, dtype: 'invalid', byteorder: 'invalid', len: 0 });
const concat = (items: Expr[]): Expr => (items.length === 1 ? items[0] : { ...HERE(items[0]), kind: 'concat', items });
const elem = (key: Expr, stmts: Stmt[] = []): Expr => ({ ...HERE(key), kind: 'set_elem', key, stmts });
const anonymous = (items: Expr[]): Expr => ({ ...HERE(items[0]), kind: 'set', items, flags: ['anonymous'] });

/** merge_rules: a set where all end alike, a verdict map where they do not, a map in NAT. */
function merge(group: readonly RuleDecl[], selectors: Expr[]): RuleDecl | null {
  const [first] = group,
    columns = selectors.length;
  const rowsOf = (r: RuleDecl): Expr[][] =>
    selectors.map((s) => {
      const m = matchesOf(r).find((x) => sameExpr(x.expr.left, s));
      return [m!.expr.right];
    });
  const left = concat(selectors);
  const nat = first.stmts.find((s): s is StmtOf<'nat'> => s.kind === 'nat');
  const keys = (r: RuleDecl): Expr[] => product(columns > 1 ? rowsOf(r).map(([v]) => values(v)) : rowsOf(r));
  const verdicts = group.map((r) => verdictsOf(r)[0]);
  const same = verdicts.every((v) => (v === undefined) === (verdicts[0] === undefined) && (!v || sameExpr(v.expr, verdicts[0].expr)));
  if (nat && (nat.addr || nat.proto)) return natMap(group, first, nat, left, keys);
  if (same) {
    const items = group.flatMap(keys).map((k) => elem(k));
    return replaceMatches(first, { kind: 'expression', loc: first.stmts[0].loc, expr: { ...HERE(left), kind: 'relational', op: 'implicit', left, right: anonymous(items) } });
  }
  const items = group.flatMap((r) => {
    const counter = r.stmts.filter((s) => s.kind === 'counter'),
      verdict = verdictsOf(r)[0].expr;
    return product(rowsOf(r).map(([v]) => values(v))).map((k): Expr => ({ ...HERE(k), kind: 'mapping', left: elem(k, counter), right: verdict }));
  });
  const stmts = first.stmts.filter((s) => !isMatch(s) && s.kind !== 'verdict' && s.kind !== 'counter');
  return {
    ...first,
    comment: undefined,
    stmts: [...stmts, { kind: 'verdict', loc: first.stmts[0].loc, expr: { ...HERE(left), dtype: 'verdict', kind: 'map', map: left, mappings: anonymous(items) } }],
  };
}

/** The values of a set, or the one value. */
const values = (e: Expr): Expr[] => (e.kind === 'set' || e.kind === 'list' ? e.items.map((i) => (i.kind === 'set_elem' ? i.key : i)) : [e]);

/** All combinations of the columns, as concatenations. */
function product(columns: readonly Expr[][]): Expr[] {
  let rows: Expr[][] = [[]];
  for (const c of columns) rows = rows.flatMap((r) => c.map((v) => [...r, v]));
  return rows.map(concat);
}

/** The first match becomes the merged one, the others go. */
function replaceMatches(rule: RuleDecl, merged: Stmt): RuleDecl {
  let done = false;
  const stmts = rule.stmts.flatMap((s) => {
    if (!isMatch(s)) return [s];
    if (done) return [];
    done = true;
    return [merged];
  });
  return { ...rule, comment: undefined, stmts };
}

/** merge_nat, merge_concat_nat: where to is read from a map of what the rules matched. */
function natMap(group: readonly RuleDecl[], first: RuleDecl, nat: StmtOf<'nat'>, left: Expr, keys: (r: RuleDecl) => Expr[]): RuleDecl {
  const items = group.flatMap((r) => {
    const n = r.stmts.find((s): s is StmtOf<'nat'> => s.kind === 'nat')!;
    const data = concat([...(n.addr ? [n.addr] : []), ...(n.proto ? [n.proto] : [])]);
    return keys(r)
      .flatMap((k) => values(k))
      .map((k): Expr => ({ ...HERE(k), kind: 'mapping', left: elem(k), right: data }));
  });
  const map: Expr = { ...HERE(left), kind: 'map', map: left, mappings: anonymous(items) };
  const header = (left.kind === 'concat' ? left.items : [left])
    .map((e) => (e.kind === 'payload' && (e.proto === 'ip' || e.proto === 'ip6') ? e.proto : undefined))
    .find((x) => x !== undefined);
  const merged: Stmt = nat.addr
    ? { ...nat, addr: map, proto: undefined, ...(nat.proto && { typeFlags: { ...nat.typeFlags, concat: true } }), ...(header && !nat.family && { family: header }) }
    : { ...nat, proto: map };
  return { ...first, comment: undefined, stmts: first.stmts.filter((s) => !isMatch(s)).map((s) => (s.kind === 'nat' ? merged : s)) };
}
