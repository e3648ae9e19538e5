import type { ProcFile } from '../definition.ts';

/** Of the old ip6_tables: iptables-nft registers nothing there. */
export const procFile: ProcFile = { path: '/proc/net/ip6_tables_targets', mode: 0o440, read: () => '' };
