import type { BaseHook, Rule } from './objects.ts';

/** What validation needs of a rule it has seen before, so that a commit does not look into every rule again. */
export interface RuleFacts {
  /** Chains it can jump or go to by name, and sets with verdicts as `@name`. */
  readonly edges: readonly string[];
  /** Kinds of base chain from which its expressions have been found valid. */
  readonly checkedFor: Set<string>;
}

const facts = new WeakMap<Rule, RuleFacts>();

export function factsOf(rule: Rule): RuleFacts {
  let f = rule.facts ?? facts.get(rule);
  if (!f) facts.set(rule, (f = { edges: edgesOf(rule), checkedFor: new Set() }));
  return f;
}

/** What validation needs of a chain. */
export interface ChainSummary {
  /** Distinct edges of its rules. */
  readonly edges: readonly string[];
  /** Kinds of base chain from which all its rules have been found valid. */
  readonly checkedFor: Set<string>;
  /** The same of the rules it came from, and what is new since. */
  readonly before: { readonly checkedFor: ReadonlySet<string>; readonly added: readonly Rule[] } | null;
}

/** Of lists that nobody changes any more: their batch was whole when they were looked at. */
export const summaries = new WeakMap<readonly Rule[], ChainSummary>();

export const presetSummary = (rules: readonly Rule[], edges: readonly string[], checkedFor: readonly string[]): void => {
  summaries.set(rules, { edges: [...new Set(edges)], checkedFor: new Set(checkedFor), before: null });
};

/** Validation of expressions depends on nothing else of a base chain. */
export const baseKey = (base: BaseHook): string => `${base.type}/${base.hooknum}/${base.priority}`;

function edgesOf(rule: Rule): string[] {
  const edges: string[] = [];
  for (const e of rule.exprs) {
    if (e.kind === 'immediate' && 'verdict' in e.data && 'chain' in e.data.verdict) edges.push(e.data.verdict.chain);
    else if (e.kind === 'lookup' && e.dreg === 0) edges.push(`@${e.set}`);
  }
  return edges;
}
