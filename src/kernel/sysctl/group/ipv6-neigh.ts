import type { SysctlGroup } from '../definition.ts';
import { neighbourRows } from '../neighbour-rows.ts';

/** net.ipv6.neigh.DEVICE.* (net/core/neighbour.c, net/ipv6/ndisc.c). */
export const sysctls: SysctlGroup = { folder: 'net/ipv6/neigh/*', devices: 'own', rows: neighbourRows({ locktime: 0, retrans: 250 }) };
