import type { StmtOf } from '../../../parsers/nft/ast.ts';
import type { XtFamily } from '../../../kernel/xt/definition.ts';
import { findExtension } from '../../../kernel/xt/find.ts';
import type { PrintContext } from '../datatype/index.ts';
import type { Printer } from './context.ts';

/** Libraries with an entry of each family: libxt_NAT.so is the one of four targets. */
const LIBRARIES: Readonly<Record<string, string>> = {
  SNAT: 'NAT',
  DNAT: 'NAT',
  REDIRECT: 'NAT',
  MASQUERADE: 'NAT',
  DSCP: 'DSCP',
  TCPMSS: 'TCPMSS',
  TPROXY: 'TPROXY',
  HMARK: 'HMARK',
  TEE: 'TEE',
};

/** A library is loaded once: targets of a family that was not the current one then stay unknown to the process. */
function foundTarget(name: string, family: string, { xtLibraries, warn }: PrintContext): boolean {
  const library = LIBRARIES[name];
  if (!library || !xtLibraries) return true;
  if (!xtLibraries.has(library)) xtLibraries.set(library, family);
  if (xtLibraries.get(library) === family) return true;
  warn?.(`# Warning: XT target ${name} not found\n`);
  return false;
}

/** xt_stmt_xlate: what libxtables translates to nft; null: nothing. */
export function translateXt(s: StmtOf<'xt'>, p: Printer): string | null {
  if (s.type === 'target' && !foundTarget(s.name, p.context.family ?? 'ip', p.context)) return null;
  const family = (p.context.family ?? 'ip') as XtFamily;
  const found = findExtension(s.type, s.name, family);
  if (!found?.translate) return null;
  const text = found.translate(s.info, {
    family,
    names: p.context.names,
    warn: (words) => p.context.warn?.(words),
    proto: p.context.proto ?? { number: 0, inverted: false },
    forTranslate: false,
    numeric: true,
  });
  return text?.trimEnd() ?? null;
}
