import { CPUS } from '../../conntrack/stats.ts';
import type { ProcFile } from '../definition.ts';

const HEADER =
  'entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart\n';
const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');

/** ct_cpu_seq_show: one row a CPU, only the first of which ever moves here. */
export const procFile: ProcFile = {
  path: '/proc/net/stat/nf_conntrack',
  mode: 0o444,
  read(net) {
    const s = net.conntrack.stats;
    const row = (cpu: number): string => {
      const v = (n: number): string => hex(cpu === 0 ? n : 0);
      return `${hex(net.conntrack.count)}  ${[s.clashResolve, s.found, 0, s.invalid, 0, 0, s.chaintoolong, s.insert, s.insertFailed, s.drop, s.earlyDrop, s.error].map(v).join(' ')}  ${[s.expectNew, s.expectCreate, s.expectDelete, s.searchRestart].map(v).join(' ')}\n`;
    };
    return HEADER + Array.from({ length: CPUS }, (_, i) => row(i)).join('');
  },
};
