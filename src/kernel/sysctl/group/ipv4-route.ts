import { int, rows } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

/** net.ipv4.route.* (net/ipv4/route.c). */
export const sysctls: SysctlGroup = { folder: 'net/ipv4/route', rows: rows((v) => int(v), { min_adv_mss: 256, min_pmtu: 552, mtu_expires: 600 }) };
