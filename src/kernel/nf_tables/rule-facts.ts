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
  let f = facts.get(rule);
  if (!f) facts.set(rule, (f = { edges: edgesOf(rule), checkedFor: new Set() }));
  return f;
}

export const presetFacts = (rule: Rule, edges: readonly string[], checkedFor: readonly string[]): void => {
  facts.set(rule, { edges, checkedFor: new Set(checkedFor) });
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
