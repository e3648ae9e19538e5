import { int } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

/** net.core.* that a namespace has (net/core/sysctl_net_core.c). */
export const sysctls: SysctlGroup = { folder: 'net/core', rows: {
  somaxconn: int(4096, 0, 0x7fffffff),
  rmem_default: int(212992, 2304), rmem_max: int(4194304, 2304), wmem_default: int(212992, 4608), wmem_max: int(4194304, 4608),
} };
