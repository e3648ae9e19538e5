import type { Expr, RuleDecl, Stmt, StmtOf } from '../../../parsers/nft/ast.ts';
import { NOWHERE } from '../../../parsers/nft/index.ts';
import { giveType, rawPayload } from '../evaluate/index.ts';
import { clone } from '../node.ts';
import { matches, nat, verdict, type Match, type Row } from './matrix.ts';
import { sameNode } from './same.ts';

const HERE = { loc: NOWHERE, dtype: 'invalid', byteorder: 'invalid', len: 0 } as const;
const concat = (items: Expr[]): Expr => (items.length === 1 ? items[0] : { ...HERE, kind: 'concat', items });
const elem = (key: Expr, stmts: Stmt[] = []): Expr => ({ ...HERE, kind: 'set_elem', key, stmts });
const mapping = (left: Expr, right: Expr): Expr => ({ ...HERE, kind: 'mapping', left, right });
const anonymous = (items: Expr[]): Expr => ({ ...HERE, kind: 'set', items, flags: ['anonymous'] });
const mapOf = (map: Expr, items: Expr[]): Expr => ({ ...HERE, kind: 'map', map, mappings: anonymous(items) });

/** The values of a set or list, or the one value. */
export const values = (e: Expr): Expr[] => (e.kind === 'set' || e.kind === 'list' ? e.items.map((i) => (i.kind === 'set_elem' ? i.key : i)) : [e]);

/** All combinations of the columns, as concatenations. */
function product(columns: readonly Expr[][]): Expr[] {
  let rows: Expr[][] = [[]];
  for (const c of columns) rows = rows.flatMap((r) => c.map((v) => [...r, v]));
  return rows.map(concat);
}

/** The keys that a rule puts into a set or verdict map. */
export const keys = (row: Row): Expr[] => product(matches(row).map((m) => values(m.expr.right)));

function selector(row: Row): Expr {
  return concat(
    matches(row).map((m) => {
      const left = clone(m.expr.left);
      giveType(left);
      if (left.kind === 'payload') rawPayload(left);
      return left;
    }),
  );
}

export const sameVerdicts = (rows: readonly Row[]): boolean =>
  rows.every((r) => {
    const a = verdict(rows[0]),
      b = verdict(r);
    return a === b || (a !== undefined && b !== undefined && sameNode(a, b));
  });

/** merge_rules: a set where all end alike, a verdict map where they do not, a map in NAT. */
export function merge(rows: readonly Row[]): RuleDecl {
  const { rule } = rows[0],
    stmts = mergedStatements(rows);
  return { ...rule, comment: undefined, stmts };
}

function mergedStatements(rows: readonly Row[]): Stmt[] {
  const [first] = rows,
    to = nat(first);
  const found = matches(first);
  if (to && (to.type === 'redirect' ? to.proto : to.type !== 'masquerade')) return natMap(rows, to);
  if (!found.length) return first.rule.stmts.map((s) => (s.kind === 'verdict' ? { ...s, expr: joined(rows) } : s));
  if (to || sameVerdicts(rows)) return replace(first.rule.stmts, found, setOf(rows, found));
  const map: Stmt = { kind: 'verdict', loc: NOWHERE, expr: { ...mapOf(selector(first), rows.flatMap(verdictItems)), dtype: 'verdict' } };
  return replace(
    first.rule.stmts.filter((s) => s.kind !== 'verdict' && s.kind !== 'counter'),
    found,
    map,
  );
}

/** The first match gives its place to the merged one, the others go. */
const replace = (stmts: readonly Stmt[], found: readonly Match[], merged: Stmt): Stmt[] =>
  stmts.flatMap((s) => (s === found[0] ? [merged] : found.includes(s as Match) ? [] : [s]));

/** merge_expr_stmts, merge_concat_stmts */
function setOf(rows: readonly Row[], found: readonly Match[]): Stmt {
  const items = rows.flatMap((r) => (found.length === 1 ? [matches(r)[0].expr.right] : keys(r))).map((k) => elem(k));
  return { ...found[0], expr: { ...found[0].expr, left: selector(rows[0]), right: anonymous(items) } };
}

/** build_verdict_map: the counter of a rule goes with its one value, several values get new ones. */
function verdictItems(row: Row): Expr[] {
  const counter = row.rule.stmts.findLast((s) => s.kind === 'counter'),
    [m, ...more] = matches(row);
  const own = !more.length && m.expr.right.kind !== 'set' && m.expr.right.kind !== 'list';
  return keys(row).map((k) => mapping(elem(k, counter ? [own ? counter : { ...counter, packets: 0n, bytes: 0n }] : []), verdict(row)!));
}

/** merge_vmap: verdict maps of one selector, one after the other. */
function joined(rows: readonly Row[]): Expr {
  const maps = rows.map((r) => verdict(r)).filter((e) => e?.kind === 'map');
  const [first] = maps;
  return { ...first, dtype: 'verdict', mappings: { ...first.mappings, items: maps.flatMap((m) => (m.mappings.kind === 'set' ? m.mappings.items : [])) } } as Expr;
}

/** merge_nat, merge_concat_nat: where to is read from a map of what the rules matched. */
function natMap(rows: readonly Row[], to: StmtOf<'nat'>): Stmt[] {
  const [first] = rows,
    found = matches(first);
  const items = rows.map((r) => {
    const n = nat(r)!;
    return mapping(elem(concat(matches(r).map((m) => m.expr.right))), concat([...(n.addr ? [n.addr] : []), ...(n.proto ? [n.proto] : [])]));
  });
  const map = mapOf(selector(first), items);
  const header = found
    .map(({ expr: { left } }) => (left.kind === 'payload' && (left.proto === 'ip' || left.proto === 'ip6') ? left.proto : undefined))
    .findLast((x) => x !== undefined);
  const both = rows.some((r) => nat(r)?.addr && nat(r)?.proto);
  const family = to.family ?? header;
  const merged: Stmt =
    to.type === 'redirect'
      ? { ...to, proto: map, ...(family && { family }) }
      : { ...to, addr: map, proto: undefined, typeFlags: { ...to.typeFlags, concat: to.typeFlags.concat || both }, ...(family && { family }) };
  return first.rule.stmts.filter((s) => s.kind !== 'counter' && !found.includes(s as Match)).map((s) => (s === to ? merged : s));
}
