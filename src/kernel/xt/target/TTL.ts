import { defineExtension } from '../definition.ts';
import { hopTarget } from './_hops.ts';
import type { HopInfo } from './_hops.ts';

/** extensions/libipt_TTL.c, net/netfilter/xt_HL.c */
export const target = defineExtension<HopInfo>(
  hopTarget(
    'TTL',
    'ttl',
    'ip',
    `TTL target options
  --ttl-set value		Set TTL to <value 0-255>
  --ttl-dec value		Decrement TTL by <value 1-255>
  --ttl-inc value		Increment TTL by <value 1-255>
`,
  ),
);
