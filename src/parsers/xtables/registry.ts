import type { XtExtension, XtFamily } from '../../kernel/xt/definition.ts';
import { match as matches } from '../../kernel/xt/generated/match.ts';
import { target as targets } from '../../kernel/xt/generated/target.ts';

const index = (list: readonly XtExtension[]): Map<string, XtExtension> => new Map(list.flatMap((e) => e.families.map((f) => [`${f} ${e.name}`, e] as const)));

const MATCHES = index(matches as unknown as readonly XtExtension[]);
const TARGETS = index(targets as unknown as readonly XtExtension[]);

export const findMatch = (family: XtFamily, name: string): XtExtension | undefined => MATCHES.get(`${family} ${name}`);
export const findTarget = (family: XtFamily, name: string): XtExtension | undefined => TARGETS.get(`${family} ${name}`);

/** Targets that libxt_standard answers for. */
export const STANDARD = ['ACCEPT', 'DROP', 'RETURN', 'QUEUE'];

export const isTarget = (family: XtFamily, name: string): boolean => name === '' || name === 'standard' || STANDARD.includes(name) || findTarget(family, name) !== undefined;

export const revisionOf = (e: XtExtension, family: XtFamily): number => (typeof e.revision === 'number' ? e.revision : (e.revision[family] ?? 0));

/** ebtables loads all its extensions at the start: their options need no -m. */
export const allMatches = (family: XtFamily): XtExtension[] => [...MATCHES].filter(([k]) => k.startsWith(`${family} `)).map(([, e]) => e);
export const allTargets = (family: XtFamily): XtExtension[] => [...TARGETS].filter(([k]) => k.startsWith(`${family} `)).map(([, e]) => e);
