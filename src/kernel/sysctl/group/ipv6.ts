import { int, jiffies, range, rows, text, u8 } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

/** net.ipv6.* (net/ipv6/sysctl_net_ipv6.c). */
export const sysctls: SysctlGroup = {
  folder: 'net/ipv6',
  rows: {
    ioam6_id: int(16777215, 0, 16777215),
    // 56 bits: more than a number holds.
    ioam6_id_wide: { ...text('72057594037927935'), checkText: (t) => (/^\d+$/.test(t.trim()) && BigInt(t) < 1n << 56n ? null : 'EINVAL'), normal: (t) => String(BigInt(t)) },
    ip6frag_high_thresh: { type: 'ulong', value: [4194304], check: ([v], net) => v >= net.sysctl.int('net/ipv6/ip6frag_low_thresh') },
    ip6frag_low_thresh: { type: 'ulong', value: [3145728], check: ([v], net) => v <= net.sysctl.int('net/ipv6/ip6frag_high_thresh') },
    ...rows((v) => int(v), {
      idgen_retries: 3,
      max_dst_opts_length: 2147483647,
      max_dst_opts_number: 8,
      max_hbh_length: 2147483647,
      max_hbh_opts_number: 8,
      seg6_flowlabel: 0,
      xfrm6_gc_thresh: 32768,
    }),
    ...rows((v) => jiffies(v), {
      idgen_delay: 1,
      ip6frag_time: 60,
    }),
    ...rows(range(0, 2), {
      fib_notify_on_flag_change: 0,
    }),
    ...rows(range(0, 3), {
      auto_flowlabels: 1,
      fib_multipath_hash_policy: 0,
    }),
    ...rows(range(0, 7), {
      flowlabel_reflect: 0,
    }),
    ...rows(range(1, 4095), {
      fib_multipath_hash_fields: 7,
    }),
    ...rows((v) => u8(v), {
      anycast_src_echo_reply: 0,
      bindv6only: 0,
      flowlabel_consistency: 1,
      flowlabel_state_ranges: 0,
      fwmark_reflect: 0,
      ip_nonlocal_bind: 0,
    }),
  },
};
