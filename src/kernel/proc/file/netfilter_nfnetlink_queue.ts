import type { ProcFile } from '../definition.ts';

/** Listeners of the queue subsystem: none. */
export const procFile: ProcFile = { path: '/proc/net/netfilter/nfnetlink_queue', mode: 0o440, read: () => '' };
