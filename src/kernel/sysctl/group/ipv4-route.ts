import { int, jiffies, range, rows } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

/** net.ipv4.route.* (net/ipv4/route.c). */
export const sysctls: SysctlGroup = {
  folder: 'net/ipv4/route',
  rows: {
    ...rows((v) => int(v), {
      min_adv_mss: 256,
    }),
    ...rows((v) => jiffies(v), {
      mtu_expires: 600,
    }),
    ...rows(range(100), {
      min_pmtu: 552,
    }),
  },
};
