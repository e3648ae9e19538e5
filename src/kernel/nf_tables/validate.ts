import { validateExpression } from '../expr/check.ts';
import type { Errno } from '../errno.ts';
import type { Netns } from '../netns.ts';
import type { BaseHook, Chain } from './objects.ts';
import { baseKey, factsOf } from './rule-facts.ts';
import type { DraftTable } from './transaction.ts';

/** NFT_JUMP_STACK_SIZE */
const JUMP_STACK = 16;

/**
 * nft_table_validate: from each base chain along every jump. Depth ends loops too (nft_chain_validate knows no other test);
 * what a chain allows depends on hook and type of the base chain it is reached from.
 */
export function validateTable(net: Netns, t: DraftTable): Errno | null {
  for (const base of t.chains.values()) {
    if (!base.hook) continue;
    const bad = walk(net, t, base, base.hook, 0, new Map());
    if (bad) return bad;
  }
  return null;
}

function walk(net: Netns, t: DraftTable, chain: Chain, base: BaseHook, level: number, seen: Map<number, number>): Errno | null {
  if (level >= JUMP_STACK) return 'EMLINK';
  if ((seen.get(chain.id) ?? -1) >= level) return null;
  seen.set(chain.id, level);
  const next = (name: string): Errno | null => {
    const target = t.chains.get(name);
    return target ? walk(net, t, target, base, level + 1, seen) : null;
  };
  const key = baseKey(base);
  const throughSet = (name: string): Errno | null => {
    for (const element of t.sets.get(name)?.elements ?? []) {
      if (!element.data || !('verdict' in element.data)) continue;
      const v = element.data.verdict;
      if (v.code === 'jump' || v.code === 'goto') { const deep = next(v.chain); if (deep) return deep; }
    }
    return null;
  };
  for (const rule of chain.rules) {
    const { edges, checkedFor } = factsOf(rule);
    if (!checkedFor.has(key)) {
      for (const e of rule.exprs) {
        const bad = validateExpression(e, { net, family: t.family, table: t.name, base, compat: rule.compat });
        if (bad) return bad;
      }
      checkedFor.add(key);
    }
    for (const edge of edges) {
      const deep = edge[0] === '@' ? throughSet(edge.slice(1)) : next(edge);
      if (deep) return deep;
    }
  }
  return null;
}
