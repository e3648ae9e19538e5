import type { ProcFile } from '../definition.ts';

/** Listeners of the log subsystem: none. */
export const procFile: ProcFile = { path: '/proc/net/netfilter/nfnetlink_log', mode: 0o440, read: () => '' };
