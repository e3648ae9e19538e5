import { range, rows, text, u8 } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

/** net.ipv6.icmp.* (net/ipv6/icmp.c). */
export const sysctls: SysctlGroup = {
  folder: 'net/ipv6/icmp',
  rows: {
    ratemask: text('0-1,3-127'),
    ...rows(range(0), {
      ratelimit: 100,
    }),
    ...rows(range(0, 1), {
      error_anycast_as_unicast: 0,
    }),
    ...rows((v) => u8(v), {
      echo_ignore_all: 0,
      echo_ignore_anycast: 0,
      echo_ignore_multicast: 0,
    }),
  },
};
