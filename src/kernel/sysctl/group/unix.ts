import { int, rows } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

/** net.unix.* (net/unix/sysctl_net_unix.c). */
export const sysctls: SysctlGroup = {
  folder: 'net/unix',
  rows: {
    ...rows((v) => int(v), {
      max_dgram_qlen: 10,
    }),
  },
};
