import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import type { NfTables } from '../nf_tables/nf-tables.ts';
import type { SetElement } from '../nf_tables/objects.ts';
import { NF, type Regs } from './machine.ts';
import { runStateful } from './stateful.ts';

/** nft_set_elem_update_expr: the counters, limits … of an element that was hit. */
export function runElement(nft: NfTables, element: SetElement, regs: Regs, skb: Skb, _state: HookState): void {
  const states = nft.live.states(element);
  for (const s of states) {
    if (!s) continue;
    const v = runStateful(s, skb, nft.net);
    if (v !== NF.CONTINUE) {
      regs.verdict = v;
      return;
    }
  }
}
