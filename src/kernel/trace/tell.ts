import type { Skb } from '../net/skb.ts';
import type { Netns } from '../netns.ts';
import type { DropReason, Origin } from './event.ts';

/** The packet's number in this namespace, given when first asked for. */
export const identify = (net: Netns, skb: Skb): number => (skb.id ||= ++net.packetCount);

/** A packet that did not come from outside: an answer to `cause`, a copy or a piece of it. */
export function tellMade(net: Netns, skb: Skb, cause: Skb | null, origin: Origin): void {
  if (!net.tracer) return;
  skb.id = 0;
  skb.parent = cause?.id ?? 0;
  identify(net, skb);
  net.tracer.event({ kind: 'made', skb, origin });
}

/** The packet ends here. */
export function tellDrop(net: Netns, skb: Skb, reason: DropReason, why: string | null = null): void {
  net.tracer?.event({ kind: 'drop', skb, reason, why });
}
