import { IPS } from '../conntrack/entry.ts';
import type { Conntrack } from '../conntrack/entry.ts';
import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import type { XtKeep } from './definition.ts';
import { destination, source } from './packet.ts';

/**
 * net/netfilter/nf_conncount.c: connections seen by one rule, by masked address and zone. Those that are gone or closed leave
 * when their key is counted again. A packet without a connection counts itself, and is not found again. 0: the packet is to be dropped.
 */
export function countConnections(i: { readonly mask: Uint8Array; readonly daddr: boolean }, skb: Skb, state: HookState, keep: XtKeep): number {
  const tree = keep.own(() => new Map<string, (Conntrack | null)[]>());
  const address = (i.daddr ? destination(skb) : source(skb)).map((b, n) => b & i.mask[n]);
  const ct = skb.ct;
  const key = `${address.join('.')}/${ct?.zone.id ?? 0}`;
  const now = state.net.clock.now();
  const list = (tree.get(key) ?? []).filter((c) => c !== null && (alive(c, now) || (c === ct && !(c.status & IPS.CONFIRMED))));
  // A connection that just closed is no longer counted, and its packet is refused; a first one of its key always counts.
  const refused = ct !== null && tree.has(key) && closed(ct) && !(ct.status & IPS.DYING);
  if (ct === null || (!list.includes(ct) && !refused)) list.push(ct);
  tree.set(key, list);
  return list.length;
}

function alive(ct: Conntrack, now: number): boolean {
  if (!(ct.status & IPS.CONFIRMED) || ct.status & IPS.DYING || ct.expiresAt <= now) return false;
  return !closed(ct);
}

/** already_closed: TIME_WAIT 7, CLOSE 8 */
const closed = (ct: Conntrack): boolean => ct.proto.kind === 'tcp' && (ct.proto.state === 7 || ct.proto.state === 8);
