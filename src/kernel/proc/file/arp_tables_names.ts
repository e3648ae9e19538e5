import type { ProcFile } from '../definition.ts';

/** Of the old arp_tables: arptables-nft registers nothing there. */
export const procFile: ProcFile = { path: '/proc/net/arp_tables_names', mode: 0o440, read: () => '' };
