import { type Counted, countConnection, firstCounted } from '../conntrack/conncount.ts';
import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import type { XtKeep } from './definition.ts';
import { destination, source } from './packet.ts';

/** nf_conncount_count: connections seen by one rule, by masked address and zone. 0: the packet is to be dropped. */
export function countConnections(i: { readonly mask: Uint8Array; readonly daddr: boolean }, skb: Skb, state: HookState, keep: XtKeep): number {
  const tree = keep.own(() => new Map<string, Counted[]>());
  const address = (i.daddr ? destination(skb) : source(skb)).map((b, n) => b & i.mask[n]);
  const key = `${address.join('.')}/${skb.ct?.zone.id ?? 0}`;
  const known = tree.get(key);
  if (known) return countConnection(known, skb, state.net) ? known.length : 0;
  // insert_tree: the first of an address counts whatever its state.
  const first = firstCounted(skb, state.net);
  if (!first) return 0;
  tree.set(key, first);
  return 1;
}
