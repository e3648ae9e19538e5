import type { StmtOf } from '../../../parsers/nft/ast.ts';
import { match } from '../../../kernel/xt/generated/match.ts';
import { target } from '../../../kernel/xt/generated/target.ts';
import type { XtExtension, XtFamily } from '../../../kernel/xt/definition.ts';
import type { Printer } from './context.ts';

/** xt_stmt_xlate: what libxtables translates to nft; null: nothing. */
export function translateXt(s: StmtOf<'xt'>, p: Printer): string | null {
  const registry = (s.type === 'match' ? match : target) as readonly XtExtension[];
  const family = (p.context.family ?? 'ip') as XtFamily;
  const named = registry.filter((x) => x.name === s.name || x.realName === s.name);
  const found = named.find((x) => x.families.includes(family)) ?? named[0];
  if (!found?.translate) return null;
  const text = found.translate(s.info, { family, names: p.context.names, warn: (words) => p.context.warn?.(words), proto: p.context.proto ?? { number: 0, inverted: false }, forTranslate: false, numeric: true });
  return text;
}
