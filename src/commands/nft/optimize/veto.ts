import type { Expr } from '../../../parsers/nft/ast.ts';
import { hasBase } from '../datatype/index.ts';
import { giveType } from '../evaluate/index.ts';
import { clone } from '../node.ts';
import { matches, nat, verdict, type Match, type Row } from './matrix.ts';
import { sameVerdicts } from './merge.ts';
import { sameNode } from './same.ts';

/**
 * Rules that nft 1.1.3 would merge into something that does other than they did, or at which it crashes: they stay as they are
 * (docs/divergences.md).
 */
export function refused(rows: readonly Row[]): boolean {
  const [first] = rows,
    found = matches(first),
    to = nat(first);
  if (rows.some((r) => r.twice)) return true;
  if (to) return !found.length || otherNat(rows, found.length);
  if (verdict(first)?.kind === 'map') return found.length > 0 || rows.some((r) => !writtenOut(verdict(r)));
  const same = sameVerdicts(rows);
  return found.some((m, k) => rows.some((r) => bitTest(m, matches(r)[k].expr.right, found.length > 1 || !same)));
}

const writtenOut = (e: Expr | undefined): boolean => e?.kind === 'map' && e.mappings.kind === 'set';

/** Masquerading and redirection to other ports would follow the first rule; a port alone would be taken for an address. */
function otherNat(rows: readonly Row[], columns: number): boolean {
  const to = nat(rows[0])!;
  const mapped = to.type !== 'masquerade' && (to.addr ?? to.proto) !== undefined;
  if (!mapped) return !rows.every((r) => sameNode(nat(r)!, to));
  return to.type === 'redirect' ? columns > 1 : rows.some((r) => !nat(r)!.addr);
}

/** A test for any of some bits is no member of a set of exact values; only the states of a connection exclude each other. */
function bitTest(m: Match, right: Expr, spread: boolean): boolean {
  if (right.kind === 'binop' && spread) return true;
  const left = clone(m.expr.left);
  giveType(left);
  if (m.expr.op !== 'implicit' || left.kind === 'binop' || !hasBase(left.dtype, 'bitmask')) return false;
  return left.dtype !== 'ct_state' || right.kind === 'binop' || (right.kind === 'list' && !spread);
}
