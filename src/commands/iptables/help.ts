import type { XtExtension, XtFamily } from '../../kernel/xt/definition.ts';

/** -h: the tool's own usage, then that of the extensions named so far. */
export function helpText(family: XtFamily, uses: readonly XtExtension[]): string {
  return uses.map((e) => `\n${e.help(family)}`).join('');
}
