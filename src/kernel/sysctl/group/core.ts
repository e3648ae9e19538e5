import { int, range, rows, uint } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

/** net.core.* that a namespace has (net/core/sysctl_net_core.c); the buffer sizes are the machine's. */
export const sysctls: SysctlGroup = {
  folder: 'net/core',
  rows: {
    rmem_default: { ...int(212992, 2304), readonly: 'container' },
    rmem_max: { ...int(4194304, 2304), readonly: 'container' },
    wmem_default: { ...int(212992, 4608), readonly: 'container' },
    wmem_max: { ...int(4194304, 4608), readonly: 'container' },
    ...rows((v) => int(v), {
      xfrm_acq_expires: 30,
      xfrm_larval_drop: 1,
    }),
    ...rows(range(0), {
      optmem_max: 131072,
      somaxconn: 4096,
    }),
    ...rows(range(0, 1), {
      tstamp_allow_data: 1,
      txrehash: 1,
    }),
    ...rows(range(0, 3), {
      rps_default_mask: 0,
    }),
    ...rows((v) => uint(v), {
      xfrm_aevent_etime: 10,
      xfrm_aevent_rseqth: 2,
    }),
  },
};
