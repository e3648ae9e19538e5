import { defineExtension } from '../definition.ts';
import { hopTarget } from './_hops.ts';
import type { HopInfo } from './_hops.ts';

/** extensions/libip6t_HL.c, net/netfilter/xt_HL.c */
export const target = defineExtension<HopInfo>(
  hopTarget(
    'HL',
    'hl',
    'ip6',
    `HL target options
  --hl-set value		Set HL to <value 0-255>
  --hl-dec value		Decrement HL by <value 1-255>
  --hl-inc value		Increment HL by <value 1-255>
`,
  ),
);
