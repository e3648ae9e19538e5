import type { Errno } from '../errno.ts';
import type { Family } from '../net/hook.ts';
import type { Netns } from '../netns.ts';
import type { ObjectValue } from '../nf_tables/objects.ts';
import type { ExpressionDefinition, InitContext, ValidateContext } from './definition.ts';
import type { Expression } from './expression.ts';
import { definition } from './generated/index.ts';

/** All kinds by name. */
export const DEFINITIONS: ReadonlyMap<string, ExpressionDefinition> = new Map((definition as readonly unknown[]).map((d) => [(d as ExpressionDefinition).kind, d as ExpressionDefinition]));

/** nf_tables_newexpr: ENOENT for a kind that this kernel has no module for. */
export function checkExpression(e: Expression, ctx: InitContext): Errno | null {
  const d = DEFINITIONS.get(e.kind);
  if (!d) return DEFINITIONS.size ? 'ENOENT' : null;
  return d.check?.(e, ctx) ?? null;
}

export function validateExpression(e: Expression, ctx: ValidateContext): Errno | null {
  return DEFINITIONS.get(e.kind)?.validate?.(e, ctx) ?? null;
}

/** ops->init of nft_object_type: what each object refuses. */
export function checkObject(_value: ObjectValue, _ctx: { readonly net: Netns; readonly family: Family }): Errno | null {
  return null;
}
