import { int, jiffies, range, rows } from './definition.ts';
import type { SysctlRow } from './definition.ts';

const INT_MAX = 0x7fffffff;

/** The settings of a device's neighbours (neigh_sysctl_template): ARP and neighbour discovery differ in `locktime` and the unit of `retrans_time`. */
export const neighbourRows = ({ locktime, retrans }: { readonly locktime: number; readonly retrans: number }): Readonly<Record<string, SysctlRow>> => ({
  ...rows(range(0, INT_MAX), {
    app_solicit: 0,
    base_reachable_time_ms: 30000,
    mcast_resolicit: 0,
    mcast_solicit: 3,
    proxy_qlen: 64,
    retrans_time_ms: 1000,
    ucast_solicit: 3,
    unres_qlen: 101,
    unres_qlen_bytes: 212992,
  }),
  // In hundredths of a second (proc_dointvec_userhz_jiffies).
  ...rows((v) => int(v), { anycast_delay: 100, locktime, proxy_delay: 80 }),
  delay_first_probe_time: jiffies(5),
  gc_stale_time: jiffies(60),
  interval_probe_time_ms: int(5000, 1, INT_MAX),
  // Old names for what the `_ms` ones hold; `sysctl -a` leaves them out.
  base_reachable_time: { ...jiffies(30), deprecated: true },
  retrans_time: { ...int(retrans), deprecated: true },
});
