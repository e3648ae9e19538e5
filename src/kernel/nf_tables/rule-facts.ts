import { definitionOf } from '../expr/check.ts';
import type { Expression } from '../expr/expression.ts';
import type { KeptRule } from './kept-rule.ts';
import type { BaseHook } from './objects.ts';

/** What validation needs of a rule it has seen before, so that a commit does not look into every rule again. Of equal ones there is one. */
export interface RuleFacts {
  /** Chains it can jump or go to by name, and sets with verdicts as `@name`. */
  readonly edges: readonly string[];
  /** Kinds of base chain from which its expressions have been found valid, ANY for all. */
  readonly checkedFor: ReadonlySet<string>;
}

/** Of rules whose expressions do not ask from where they are reached. */
const ANY = '*';

const known = new Map<string, RuleFacts>();

export function facts(edges: readonly string[], checkedFor: readonly string[]): RuleFacts {
  const key = `${edges.join('\0')}\0\0${checkedFor.join('\0')}`;
  let found = known.get(key);
  if (!found) known.set(key, (found = Object.freeze({ edges, checkedFor: new Set(checkedFor) })));
  return found;
}

export const isChecked = (checkedFor: ReadonlySet<string>, key: string): boolean => checkedFor.has(ANY) || checkedFor.has(key);

export function setValidFrom(rule: KeptRule, key: string): void {
  const { edges, checkedFor } = rule.facts;
  if (!isChecked(checkedFor, key)) rule.facts = facts(edges, [...checkedFor, key]);
}

/** Facts of a rule that nobody has validated. */
export const factsOf = (exprs: readonly Expression[]): RuleFacts => facts(edgesOf(exprs), exprs.every((e) => !definitionOf(e.kind)?.validate) ? [ANY] : []);

/** What validation needs of a chain. */
export interface ChainSummary {
  /** Distinct edges of its rules. */
  readonly edges: readonly string[];
  /** Kinds of base chain from which all its rules have been found valid. */
  readonly checkedFor: Set<string>;
  /** The same of the rules it came from, and what is new since. */
  readonly before: { readonly checkedFor: ReadonlySet<string>; readonly added: readonly KeptRule[] } | null;
}

/** Of lists that nobody changes any more: their batch was whole when they were looked at. */
export const summaries = new WeakMap<readonly KeptRule[], ChainSummary>();

/** Summary of rules that have these facts. */
export const presetSummary = (rules: readonly KeptRule[], all: readonly RuleFacts[]): void => {
  const keys = new Set(all.flatMap((f) => [...f.checkedFor]));
  summaries.set(rules, {
    edges: [...new Set(all.flatMap((f) => f.edges))],
    checkedFor: new Set([...keys].filter((k) => all.every((f) => isChecked(f.checkedFor, k)))),
    before: null,
  });
};

/** Validation of expressions depends on nothing else of a base chain. */
export const baseKey = (base: BaseHook): string => `${base.type}/${base.hooknum}/${base.priority}`;

const NO_EDGES: readonly string[] = [];

function edgesOf(exprs: readonly Expression[]): readonly string[] {
  let edges: string[] | null = null;
  for (const e of exprs) {
    if (e.kind === 'immediate' && 'verdict' in e.data && 'chain' in e.data.verdict) (edges ??= []).push(e.data.verdict.chain);
    else if (e.kind === 'lookup' && e.dreg === 0) (edges ??= []).push(`@${e.set}`);
  }
  return edges ?? NO_EDGES;
}
