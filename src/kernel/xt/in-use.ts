import type { XtInfo } from '../expr/expression.ts';
import type { Netns } from '../netns.ts';

/** The infos of one target in all committed rules: what the kernel keeps in a list with a use count is read off them. */
export function* targetsInUse(net: Netns, name: string): Generator<XtInfo> {
  for (const table of net.nft.ruleset.tables)
    for (const chain of table.chains)
      for (const rule of chain.rules) {
        for (const e of rule.exprs) if (e.kind === 'target' && e.name === name) yield e.info;
      }
}
