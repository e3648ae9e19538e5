import { NF } from '../expr/machine.ts';
import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import type { Stack } from './stack.ts';

/** nft_synproxy_do_eval, synproxy_tg4 */
export function synproxy(_s: Stack, _skb: Skb, _state: HookState, _options: { readonly mss: number; readonly wscale: number; readonly flags: number }): number {
  return NF.CONTINUE;
}
