import type { Conntrack } from './entry.ts';
import type { Expectation } from './expectation.ts';

/** Multicast groups of ctnetlink. */
export type EventGroup = 'new' | 'update' | 'destroy' | 'exp-new' | 'exp-update' | 'exp-destroy';

/** What one listener is told: `events` is the IPCT_* or IPEXP_* mask that led to it. */
export type ConntrackEvent =
  | { readonly group: 'new' | 'update' | 'destroy'; readonly ct: Conntrack; readonly events: number; readonly portid: number }
  | { readonly group: 'exp-new' | 'exp-update' | 'exp-destroy'; readonly exp: Expectation; readonly events: number; readonly portid: number };

export interface EventListener {
  readonly groups: ReadonlySet<EventGroup>;
  event(event: ConntrackEvent): void;
}
