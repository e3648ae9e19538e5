import { int, jiffies, range, rows } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

/** net.ipv6.route.* (net/ipv6/route.c). */
export const sysctls: SysctlGroup = {
  folder: 'net/ipv6/route',
  rows: {
    ...rows((v) => int(v), {
      gc_elasticity: 9,
      gc_min_interval_ms: 500,
      gc_thresh: 1024,
      max_size: 2147483647,
      min_adv_mss: 1220,
    }),
    ...rows((v) => jiffies(v), {
      gc_interval: 30,
      gc_min_interval: 0,
      gc_timeout: 60,
      mtu_expires: 600,
    }),
    ...rows(range(0, 1), {
      skip_notify_on_dev_down: 0,
    }),
  },
};
