import { jiffies, range, rows, text, u8, uint } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

/** net.mptcp.* (net/mptcp/ctrl.c). */
export const sysctls: SysctlGroup = {
  folder: 'net/mptcp',
  rows: {
    available_path_managers: text('kernel userspace'),
    available_schedulers: text('default'),
    path_manager: text('kernel'),
    scheduler: text('default'),
    ...rows((v) => jiffies(v), {
      add_addr_timeout: 120,
      close_timeout: 60,
    }),
    ...rows(range(0), {
      blackhole_timeout: 3600,
    }),
    ...rows(range(0, 1), {
      allow_join_initial_addr_port: 1,
      checksum_enabled: 0,
      enabled: 1,
      pm_type: 0,
    }),
    ...rows((v) => u8(v), {
      syn_retrans_before_tcp_fallback: 2,
    }),
    ...rows((v) => uint(v), {
      stale_loss_cnt: 4,
    }),
  },
};
