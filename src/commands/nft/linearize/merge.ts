import type { Family } from '../../../kernel/net/hook.ts';
import type { Expr, ExprOf, Stmt, StmtOf } from '../../../parsers/nft/ast.ts';
import { bytesToValue } from '../datatype/bytes.ts';
import { mk } from '../node.ts';
import { protocol } from '../proto.ts';
import { concatBytes, dataOf } from './data.ts';

type Comparison = StmtOf<'expression'> & { expr: ExprOf<'relational'> & { left: ExprOf<'payload'>; right: ExprOf<'value'> } };

function mergeable(s: Stmt): s is Comparison {
  if (s.kind !== 'expression' || s.expr.kind !== 'relational') return false;
  const { left, right, op } = s.expr;
  if (left.kind !== 'payload' || right.kind !== 'value' || left.inner !== undefined) return false;
  return op === 'eq' || op === 'implicit' || op === 'neq';
}

/** payload_can_merge: neighbours, but beyond the link layer no two fast loads (of at most 4 bytes) that together would be a slow one. */
function canMerge(a: ExprOf<'payload'>, b: ExprOf<'payload'>): boolean {
  if (a.base !== b.base || a.offset + a.len !== b.offset) return false;
  if (a.offset % 8 || a.len % 8 || b.len % 8) return false;
  const total = a.len + b.len;
  return total <= 128 && (total <= 32 || a.base === 'link' || a.len > 32 || b.len > 32);
}

const sameOp = (a: Comparison, b: Comparison): boolean => a.expr.op !== 'neq' && b.expr.op !== 'neq' && !flagged(a) && !flagged(b);

/** Flag comparisons test single bits: no equality to join. */
const flagged = (s: Comparison): boolean => s.expr.op === 'implicit' && ['tcp_flag', 'bitmask'].includes(s.expr.left.dtype);

const join = (a: Comparison, b: Comparison): Expr => {
  const bytes = concatBytes([dataOf(a.expr.right), dataOf(b.expr.right)]);
  const len = bytes.length * 8;
  const left = { ...a.expr.left, len, dtype: 'integer', raw: true } as Expr;
  const right = mk({ kind: 'value', value: bytesToValue(bytes, 'big') }, 'integer', 'big', len);
  return { ...a.expr, op: 'eq', left, right } as Expr;
};

const namesProtocol = (s: Comparison): boolean => protocol(s.expr.left.proto)?.key === s.expr.left.field && !s.expr.left.raw;

/** payload_do_merge over one run of comparisons. */
function mergeRun(run: Comparison[], gone: Set<Stmt>, changed: Map<Stmt, Stmt>): void {
  const sorted = run.map((stmt) => ({ stmt, now: stmt })).sort((x, y) => x.stmt.expr.left.offset - y.stmt.expr.left.offset || run.indexOf(x.stmt) - run.indexOf(y.stmt));
  const bases = [...new Set(sorted.map((x) => x.stmt.expr.left.base))];
  for (const base of bases) {
    const list = sorted.filter((x) => x.stmt.expr.left.base === base);
    let last = list[0];
    for (const next of list.slice(1)) {
      if (last && canMerge(last.now.expr.left, next.now.expr.left) && sameOp(last.now, next.now)) {
        const keep = namesProtocol(next.stmt) ? next.stmt : last.stmt;
        const drop = keep === last.stmt ? next.stmt : last.stmt;
        const merged = { ...keep, expr: join(last.now, next.now) } as Comparison;
        gone.add(drop);
        gone.delete(keep);
        changed.set(keep, merged);
        last = { stmt: keep, now: merged };
      } else last = next;
    }
  }
}

const ETHERTYPE: Partial<Record<Family, bigint>> = { ip: 0x0800n, ip6: 0x86ddn };

/** `meta protocol ip` says nothing in a table that sees only IPv4; the last statement stays whatever it says. */
const isRedundant = (s: Stmt, last: boolean, family: Family): boolean =>
  !last &&
  s.kind === 'expression' &&
  s.expr.kind === 'relational' &&
  (s.expr.op === 'eq' || s.expr.op === 'implicit') &&
  s.expr.left.kind === 'meta' &&
  s.expr.left.key === 'protocol' &&
  s.expr.right.kind === 'value' &&
  s.expr.right.value === ETHERTYPE[family];

/** stmt_reduce (src/rule.c): joins comparisons of neighbouring header fields into one. */
export function mergePayloads(all: readonly Stmt[], family: Family): Stmt[] {
  const stmts = all.filter((s, i) => !isRedundant(s, i === all.length - 1, family));
  const gone = new Set<Stmt>();
  const changed = new Map<Stmt, Stmt>();
  let run: Comparison[] = [];
  const flush = (): void => {
    if (run.length > 1) mergeRun(run, gone, changed);
    run = [];
  };
  for (const s of stmts) {
    if (mergeable(s)) run.push(s);
    else if (s.kind !== 'expression') flush();
  }
  flush();
  return stmts.filter((s) => !gone.has(s)).map((s) => changed.get(s) ?? s);
}
