import type { SysctlGroup } from '../definition.ts';
import { neighbourRows } from '../neighbour-rows.ts';

/** net.ipv4.neigh.DEVICE.* (net/core/neighbour.c); the folder `default` is the machine's own. */
export const sysctls: SysctlGroup = { folder: 'net/ipv4/neigh/*', devices: 'own', rows: neighbourRows({ locktime: 100, retrans: 100 }) };
