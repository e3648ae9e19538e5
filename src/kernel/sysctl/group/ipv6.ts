import { int, jiffies, rows, u8 } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

/** net.ipv6.* (net/ipv6/sysctl_net_ipv6.c). */
export const sysctls: SysctlGroup = { folder: 'net/ipv6', rows: {
  bindv6only: u8(0), anycast_src_echo_reply: u8(0), flowlabel_consistency: u8(1), auto_flowlabels: u8(1, 0, 3), fwmark_reflect: u8(0), flowlabel_reflect: u8(0, 0, 7), flowlabel_state_ranges: u8(0),
  ip_nonlocal_bind: u8(0), idgen_retries: int(3), idgen_delay: jiffies(1), max_dst_opts_number: int(8), max_hbh_opts_number: int(8), max_dst_opts_length: int(0x7fffffff), max_hbh_length: int(0x7fffffff),
  fib_multipath_hash_policy: u8(0, 0, 3), seg6_flowlabel: int(0), fib_notify_on_flag_change: u8(0, 0, 2), skip_notify_on_dev_down: u8(0),
  ip6frag_time: jiffies(60), ip6frag_high_thresh: int(4194304), ip6frag_low_thresh: int(3145728),
  ...rows((v) => u8(v, 0, 1), { 'icmp/echo_ignore_all': 0, 'icmp/echo_ignore_anycast': 0, 'icmp/echo_ignore_multicast': 0, 'icmp/error_anycast_as_unicast': 0, 'icmp/errors_extension_mask': 0 }),
  'icmp/ratelimit': int(1000),
} };
