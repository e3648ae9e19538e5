import type { Netns } from '../netns.ts';
import type { NetDevice } from '../stack/device.ts';
import type { Family, HookName } from './hook.ts';

/** Where a packet stands when rules look at it (struct nf_hook_state). */
export interface HookState {
  readonly net: Netns;
  /** Family of the packet's path: inet chains see ip or ip6 here. */
  readonly pf: Exclude<Family, 'inet'>;
  readonly hook: HookName;
  readonly hooknum: number;
  readonly in: NetDevice | null;
  readonly out: NetDevice | null;
}
