import type { ProcFile } from '../definition.ts';

/** Widths of dev_seq_printf_stats: received, then sent. */
const WIDTHS = [8, 8, 5, 5, 5, 6, 11, 10, 9, 8, 5, 5, 5, 6, 8, 11];

/** dev_seq_show of net/core/net-procfs.c. The model counts nothing on its devices. */
export const procFile: ProcFile = {
  path: '/proc/net/dev',
  mode: 0o444,
  read: (net) =>
    'Inter-|   Receive                                                |  Transmit\n' +
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n' +
    net.stack.devices.map((d) => `${d.name.padStart(6)}:${WIDTHS.map((w) => '0'.padStart(w)).join('')}\n`).join(''),
};
