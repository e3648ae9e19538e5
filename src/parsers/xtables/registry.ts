import type { XtExtension, XtFamily } from '../../kernel/xt/definition.ts';
import { allExtensions, findExtension } from '../../kernel/xt/find.ts';

const find = (kind: XtExtension['kind'], family: XtFamily, name: string): XtExtension | undefined => {
  const e = findExtension(kind, name, family);
  return e?.families.includes(family) ? e : undefined;
};

export const findMatch = (family: XtFamily, name: string): XtExtension | undefined => find('match', family, name);
export const findTarget = (family: XtFamily, name: string): XtExtension | undefined => find('target', family, name);

/** Targets that libxt_standard answers for. */
export const STANDARD = ['ACCEPT', 'DROP', 'RETURN', 'QUEUE'];

export const isTarget = (family: XtFamily, name: string): boolean => name === '' || name === 'standard' || STANDARD.includes(name) || findTarget(family, name) !== undefined;

export const revisionOf = (e: XtExtension, family: XtFamily): number => (typeof e.revision === 'number' ? e.revision : (e.revision[family] ?? 0));

export const allMatches = (family: XtFamily): XtExtension[] => allExtensions('match').filter((e) => e.families.includes(family));
export const allTargets = (family: XtFamily): XtExtension[] => allExtensions('target').filter((e) => e.families.includes(family));
