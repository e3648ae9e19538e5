import type { Errno } from '../errno.ts';
import type { Family } from '../net/hook.ts';
import type { Netns } from '../netns.ts';
import type { ObjectValue } from '../nf_tables/objects.ts';
import type { ExpressionDefinition, InitContext, ValidateContext } from './definition.ts';
import type { Expression } from './expression.ts';
import { findHelper } from '../conntrack/helpers.ts';
import { definition } from './generated/index.ts';
import type { RuleRegisters } from './registers.ts';
import { trackable } from './kind/ct.ts';

const KINDS: ReadonlyMap<string, () => unknown> = new Map(Object.entries(definition));

/** A kind is called as its file is. */
export const definitionOf = (kind: string): ExpressionDefinition | undefined => KINDS.get(kind)?.() as ExpressionDefinition | undefined;

/** nf_tables_expr_parse: ENOENT for a kind that this kernel has no module for. A rule's are all selected before the first is made. */
export function findExpression(e: Expression, ctx: InitContext): Errno | null {
  const d = definitionOf(e.kind);
  return !d || d.missing?.(e, ctx) ? 'ENOENT' : (d.select?.(e, ctx) ?? null);
}

/** nf_tables_newexpr; `registers` are those of its rule: what is read has to be filled by an expression before. */
export function checkExpression(e: Expression, ctx: InitContext, registers: RuleRegisters): Errno | null {
  const d = definitionOf(e.kind);
  const bad = d?.check?.(e, ctx);
  if (bad) return bad;
  d?.registers?.(e, registers, ctx);
  return registers.refused();
}

export function validateExpression(e: Expression, ctx: ValidateContext): Errno | null {
  return definitionOf(e.kind)?.validate?.(e, ctx) ?? null;
}

/** ops->init of nft_object_type: what each object refuses. */
export function checkObject(v: ObjectValue, ctx: { readonly net: Netns; readonly family: Family }): Errno | null {
  switch (v.kind) {
    case 'limit':
      return v.rate === 0n || v.unit === 0n ? 'EINVAL' : null;
    case 'ct helper':
      return ctHelper(v, ctx.family);
    case 'ct timeout':
      return v.l4proto !== 6 && v.l4proto !== 17 ? 'EOPNOTSUPP' : trackable(ctx.family) ? null : 'EPROTO';
    case 'ct expectation':
      return ctExpectation(v.l3proto, ctx.family);
    case 'synproxy':
      return trackable(ctx.family) ? null : 'EPROTO';
    // no security module loads contexts here
    case 'secmark':
      return 'ENOENT';
    default:
      return null;
  }
}

/** nft_ct_expect_obj_init: for one of the two protocols, which is the table's own or, in inet, either. */
function ctExpectation(l3proto: number, family: Family): Errno | null {
  if (l3proto !== 2 && l3proto !== 10) return 'EAFNOSUPPORT';
  return family === 'inet' || family === (l3proto === 2 ? 'ip' : 'ip6') ? null : 'EINVAL';
}

const helperFamilies = (l3proto: number): readonly number[] => (l3proto === 2 ? [2] : l3proto === 10 ? [10] : l3proto === 1 || l3proto === 5 || l3proto === 7 ? [2, 10] : []);

/** The value as it is kept: a helper is for the protocols for which it was found (nft_ct_helper_obj_dump). */
export function keptObject(v: ObjectValue): ObjectValue {
  if (v.kind !== 'ct helper') return v;
  const found = helperFamilies(v.l3proto).filter((l3) => findHelper(v.helper, l3, v.l4proto));
  return { ...v, l3proto: found.length === 2 ? 1 : (found[0] ?? v.l3proto) };
}

/** nft_ct_helper_obj_init */
function ctHelper(v: Extract<ObjectValue, { kind: 'ct helper' }>, family: Family): Errno | null {
  if (v.helper === '') return 'ERANGE';
  if (v.l4proto === 0) return 'ENOENT';
  if ((v.l3proto === 2 && family === 'ip6') || (v.l3proto === 10 && family === 'ip')) return 'EINVAL';
  const wanted = helperFamilies(v.l3proto);
  if (!wanted.length) return 'EAFNOSUPPORT';
  if (!wanted.some((l3) => findHelper(v.helper, l3, v.l4proto))) return 'ENOENT';
  return trackable(family) ? null : 'EPROTO';
}
