import { validateExpression } from '../expr/check.ts';
import type { Errno } from '../errno.ts';
import type { Netns } from '../netns.ts';
import type { KeptRule } from './kept-rule.ts';
import type { BaseHook, Chain } from './objects.ts';
import { baseKey, type ChainSummary, isChecked, setValidFrom, summaries } from './rule-facts.ts';
import type { DraftTable } from './transaction.ts';

/** NFT_JUMP_STACK_SIZE */
const JUMP_STACK = 16;

const distinctEdges = (rules: readonly KeptRule[], more: readonly string[] = []): readonly string[] => {
  const out = new Set(more);
  for (const r of rules) for (const edge of r.facts.edges) out.add(edge);
  return out.size === more.length ? more : [...out];
};

/** What differs from the rules before the batch is all that is looked at. */
function summaryOf(t: DraftTable, rules: readonly KeptRule[]): ChainSummary {
  let found = summaries.get(rules);
  if (!found) summaries.set(rules, (found = sinceOrigin(t, rules) ?? { edges: distinctEdges(rules), checkedFor: new Set(), before: null }));
  return found;
}

function sinceOrigin(t: DraftTable, rules: readonly KeptRule[]): ChainSummary | null {
  const old = t.origins.get(rules),
    known = old && summaries.get(old);
  if (!old || !known) return null;
  const shorter = Math.min(old.length, rules.length);
  let head = 0,
    tail = 0;
  while (head < shorter && old[head] === rules[head]) head++;
  while (tail < shorter - head && old[old.length - 1 - tail] === rules[rules.length - 1 - tail]) tail++;
  if (old.slice(head, old.length - tail).some((r) => r.facts.edges.length > 0)) return null;
  const added = rules.slice(head, rules.length - tail);
  return { edges: distinctEdges(added, known.edges), checkedFor: new Set(), before: { checkedFor: known.checkedFor, added } };
}

/**
 * nft_table_validate: from each base chain along every jump. Depth ends loops too (nft_chain_validate knows no other test);
 * what a chain allows depends on hook and type of the base chain it is reached from. `whole`: the batch is complete, and only
 * whether all is well matters; else the first error in the order of the rules does.
 */
export function validateTable(net: Netns, t: DraftTable, whole: boolean): Errno | null {
  for (const base of t.chains.values()) {
    if (!base.hook) continue;
    const bad = walk(net, t, base, base.hook, 0, new Map(), whole);
    if (bad) return bad;
  }
  return null;
}

function walk(net: Netns, t: DraftTable, chain: Chain, base: BaseHook, level: number, seen: Map<number, number>, whole: boolean): Errno | null {
  if (level >= JUMP_STACK) return 'EMLINK';
  if ((seen.get(chain.id) ?? -1) >= level) return null;
  seen.set(chain.id, level);
  const next = (name: string): Errno | null => {
    const target = t.chains.get(name);
    return target ? walk(net, t, target, base, level + 1, seen, whole) : null;
  };
  const key = baseKey(base);
  const throughSet = (name: string): Errno | null => {
    for (const element of t.sets.get(name)?.elements ?? []) {
      if (!element.data || !('verdict' in element.data)) continue;
      const v = element.data.verdict;
      if (v.code === 'jump' || v.code === 'goto') {
        const deep = next(v.chain);
        if (deep) return deep;
      }
    }
    return null;
  };
  const follow = (edges: readonly string[]): Errno | null => {
    for (const edge of edges) {
      const deep = edge[0] === '@' ? throughSet(edge.slice(1)) : next(edge);
      if (deep) return deep;
    }
    return null;
  };
  if (!whole) {
    for (const rule of chain.rules) {
      const bad = check(net, t, base, key, rule) ?? follow(rule.facts.edges);
      if (bad) return bad;
    }
    return null;
  }
  const summary = summaryOf(t, chain.rules);
  if (!isChecked(summary.checkedFor, key)) {
    const { before } = summary;
    for (const rule of before && isChecked(before.checkedFor, key) ? before.added : chain.rules) {
      const bad = check(net, t, base, key, rule);
      if (bad) return bad;
    }
    summary.checkedFor.add(key);
  }
  return follow(summary.edges);
}

/** Notes of a rule that it is valid in its base chain, while its body is at hand. What is not is found when the batch ends. */
export function foresee(net: Netns, t: DraftTable, chain: Chain, rule: KeptRule): void {
  if (chain.hook) check(net, t, chain.hook, baseKey(chain.hook), rule);
}

function check(net: Netns, t: DraftTable, base: BaseHook, key: string, rule: KeptRule): Errno | null {
  if (isChecked(rule.facts.checkedFor, key)) return null;
  for (const e of rule.exprs) {
    const bad = validateExpression(e, { net, family: t.family, table: t.name, base, set: (name) => t.sets.get(name), compat: rule.compat });
    if (bad) return bad;
  }
  setValidFrom(rule, key);
  return null;
}
