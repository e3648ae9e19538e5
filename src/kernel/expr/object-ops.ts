import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import type { NfTables } from '../nf_tables/nf-tables.ts';
import type { NftObject } from '../nf_tables/objects.ts';
import { NF, type Regs } from './machine.ts';
import { runStateful } from './stateful.ts';

/** obj->ops->eval */
export function runObject(nft: NfTables, o: NftObject, regs: Regs, skb: Skb, state: HookState): void {
  const live = nft.live.object(o);
  if (live) {
    const v = runStateful(live, skb, nft.net);
    if (v !== NF.CONTINUE) regs.verdict = v;
    return;
  }
  nft.services?.object?.(o, regs, skb, state);
}
