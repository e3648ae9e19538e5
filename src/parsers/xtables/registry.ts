import type { XtExtension, XtFamily } from '../../kernel/xt/definition.ts';
import { allExtensions, findExtension } from '../../kernel/xt/find.ts';

/** What was found before: long lists ask for the same few names. */
const known = {
  match: { ip: new Map(), ip6: new Map(), arp: new Map(), bridge: new Map() },
  target: { ip: new Map(), ip6: new Map(), arp: new Map(), bridge: new Map() },
} as Readonly<Record<XtExtension['kind'], Readonly<Record<XtFamily, Map<string, XtExtension>>>>>;

function find(kind: XtExtension['kind'], family: XtFamily, name: string): XtExtension | undefined {
  const before = known[kind][family].get(name);
  if (before) return before;
  const e = findExtension(kind, name, family);
  if (!e?.families.includes(family)) return undefined;
  known[kind][family].set(name, e);
  return e;
}

export const findMatch = (family: XtFamily, name: string): XtExtension | undefined => find('match', family, name);
export const findTarget = (family: XtFamily, name: string): XtExtension | undefined => find('target', family, name);

/** Targets that libxt_standard answers for. */
export const STANDARD = ['ACCEPT', 'DROP', 'RETURN', 'QUEUE'];

export const isTarget = (family: XtFamily, name: string): boolean => name === '' || name === 'standard' || STANDARD.includes(name) || findTarget(family, name) !== undefined;

export const revisionOf = (e: XtExtension, family: XtFamily): number => (typeof e.revision === 'number' ? e.revision : (e.revision[family] ?? 0));

export const allMatches = (family: XtFamily): XtExtension[] => allExtensions('match').filter((e) => e.families.includes(family));
export const allTargets = (family: XtFamily): XtExtension[] => allExtensions('target').filter((e) => e.families.includes(family));
