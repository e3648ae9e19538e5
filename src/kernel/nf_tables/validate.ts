import { validateExpression } from '../expr/check.ts';
import type { Errno } from '../errno.ts';
import type { Netns } from '../netns.ts';
import type { BaseHook, Chain } from './objects.ts';
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
  for (const rule of chain.rules) {
    for (const e of rule.exprs) {
      const bad = validateExpression(e, { net, family: t.family, table: t.name, base, compat: rule.compat });
      if (bad) return bad;
      if (e.kind === 'immediate' && 'verdict' in e.data) {
        const v = e.data.verdict;
        if (v.code === 'jump' || v.code === 'goto') { const deep = next(v.chain); if (deep) return deep; }
      } else if (e.kind === 'lookup' && e.dreg === 0) {
        for (const element of t.sets.get(e.set)?.elements ?? []) {
          if (!element.data || !('verdict' in element.data)) continue;
          const v = element.data.verdict;
          if (v.code === 'jump' || v.code === 'goto') { const deep = next(v.chain); if (deep) return deep; }
        }
      }
    }
  }
  return null;
}
