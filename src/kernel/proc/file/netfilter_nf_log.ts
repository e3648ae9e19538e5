import type { ProcFile } from '../definition.ts';

const OWN: Readonly<Record<number, string>> = { 2: 'nf_log_ipv4', 3: 'nf_log_arp', 5: 'nf_log_netdev', 7: 'nf_log_bridge', 10: 'nf_log_ipv6' };

/** seq_show of net/netfilter/nf_log.c: the logger in use, then those there are. */
export const procFile: ProcFile = {
  path: '/proc/net/netfilter/nf_log',
  mode: 0o444,
  read: (net) =>
    Array.from({ length: 11 }, (_, i) => `${String(i).padStart(2)} ${net.sysctl.read(`net/netfilter/nf_log/${i}`) ?? 'NONE'} (${OWN[i] ? `${OWN[i]},` : ''}nfnetlink_log)\n`).join(
      '',
    ),
};
