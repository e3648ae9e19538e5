import { CPUS } from '../../conntrack/stats.ts';
import type { ProcFile } from '../definition.ts';

/** synproxy_cpu_seq_show; the model keeps no such counters yet: what a machine without SYNPROXY shows. */
export const procFile: ProcFile = {
  path: '/proc/net/stat/synproxy',
  mode: 0o444,
  read: () => `entries\t\tsyn_received\tcookie_invalid\tcookie_valid\tcookie_retrans\tconn_reopened\n${`${Array.from({ length: 6 }, () => '00000000').join('\t')}\n`.repeat(CPUS)}`,
};
