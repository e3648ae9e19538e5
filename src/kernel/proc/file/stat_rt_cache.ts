import { CPUS } from '../../conntrack/stats.ts';
import type { ProcFile } from '../definition.ts';

const COLUMNS = [
  'entries ',
  'in_hit  ',
  'in_slow_tot',
  'in_slow_mc',
  'in_no_route',
  'in_brd  ',
  'in_martian_dst',
  'in_martian_src',
  'out_hit ',
  'out_slow_tot',
  'out_slow_mc',
  'gc_total',
  'gc_ignored',
  'gc_goal_miss',
  'gc_dst_overflow',
  'in_hlist_search',
  'out_hlist_search',
];

/** rt_cpu_seq_show: the route lookups of each CPU, which the model does not count. */
export const procFile: ProcFile = {
  path: '/proc/net/stat/rt_cache',
  mode: 0o444,
  read: () =>
    `${COLUMNS.join(' ')}\n${`${COLUMNS.map((c) => '00000000'.padEnd(c.length))
      .join(' ')
      .trimEnd()}\n`.repeat(CPUS)}`,
};
