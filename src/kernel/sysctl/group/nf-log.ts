import { text } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

const LOGGERS: Readonly<Record<number, string>> = { 2: 'nf_log_ipv4', 3: 'nf_log_arp', 5: 'nf_log_netdev', 7: 'nf_log_bridge', 10: 'nf_log_ipv6' };

/** net.netfilter.nf_log.FAMILY: the logger of each protocol family (net/netfilter/nf_log.c). */
export const sysctls: SysctlGroup = {
  folder: 'net/netfilter/nf_log',
  rows: Object.fromEntries(
    Array.from({ length: 11 }, (_, i) => [
      String(i),
      {
        ...text(LOGGERS[i] ?? 'NONE'),
        checkText: (name: string) => (name === 'NONE' || name === 'nfnetlink_log' || name === LOGGERS[i] ? null : ('ENOENT' as const)),
      },
    ]),
  ),
};
