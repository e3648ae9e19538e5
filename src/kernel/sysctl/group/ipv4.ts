import { fixed, int, jiffies, range, rows, text, u8, uint, vector } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

/** net.ipv4.* (net/ipv4/sysctl_net_ipv4.c), with the bounds of its table. */
export const sysctls: SysctlGroup = { folder: 'net/ipv4', rows: {

  ip_local_port_range: { ...vector(32768, 60999), min: 1, max: 65535, check: ([low, high], net) => low <= high && low >= net.sysctl.int('net/ipv4/ip_unprivileged_port_start') },
  ip_local_reserved_ports: text(''),
  ip_unprivileged_port_start: { ...int(1024, 0, 65535), check: ([v], net) => v <= net.sysctl.int('net/ipv4/ip_local_port_range') },
  ipfrag_high_thresh: { type: 'ulong', value: [4194304], check: ([v], net) => v >= net.sysctl.int('net/ipv4/ipfrag_low_thresh') },
  ipfrag_low_thresh: { type: 'ulong', value: [3145728], check: ([v], net) => v <= net.sysctl.int('net/ipv4/ipfrag_high_thresh') },
  ping_group_range: { type: 'uint', value: [1, 0] },
  tcp_allowed_congestion_control: { ...text('reno bbr'), checkText: (names) => (names.split(' ').every((n) => ['reno', 'bbr', 'cubic'].includes(n)) ? null : 'ENOENT') },
  tcp_available_congestion_control: fixed(text('reno bbr cubic')), tcp_comp_sack_delay_ns: { type: 'ulong', value: [1000000] },
  tcp_comp_sack_slack_ns: { type: 'ulong', value: [100000] },
  tcp_congestion_control: { ...text('bbr'), checkText: (name) => (['reno', 'bbr', 'cubic'].includes(name) ? null : 'ENOENT') },
  tcp_ehash_entries: fixed(int(-262144)), tcp_fastopen_key: text('00000000-00000000-00000000-00000000'),
  tcp_rmem: { ...vector(4096, 131072, 33554432), min: 1 }, tcp_wmem: { ...vector(4096, 16384, 4194304), min: 1 }, udp_hash_entries: fixed(int(-16384)),
  ...rows((v) => int(v), {
    icmp_ratemask: 6168, igmp_max_memberships: 20, igmp_max_msf: 10, ip_forward: 0, tcp_base_mss: 1024, tcp_challenge_ack_limit: 2147483647,
    tcp_fastopen: 1, tcp_limit_output_bytes: 4194304, tcp_max_syn_backlog: 2048, tcp_max_tw_buckets: 131072, tcp_probe_threshold: 8,
    xfrm4_gc_thresh: 32768,
  }),
  ...rows((v) => jiffies(v), {
    ipfrag_time: 30, tcp_fin_timeout: 60, tcp_keepalive_intvl: 75, tcp_keepalive_time: 7200,
  }),
  ...rows(range(-5, 31), {
    tcp_adv_win_scale: 1,
  }),
  ...rows(range(0), {
    icmp_msgs_burst: 50, icmp_msgs_per_sec: 1000, icmp_ratelimit: 1000, ipfrag_max_dist: 64, tcp_fastopen_blackhole_timeout_sec: 0,
    tcp_invalid_ratelimit: 500,
  }),
  ...rows(range(0, 1), {
    fib_multipath_use_neigh: 0, icmp_echo_enable_probe: 0, icmp_echo_ignore_all: 0, icmp_echo_ignore_broadcasts: 1, icmp_errors_use_inbound_ifaddr: 0,
    icmp_ignore_bogus_error_responses: 1, ip_autobind_reuse: 0, ip_forward_update_priority: 1, nexthop_compat_mode: 1, raw_l3mdev_accept: 1,
    tcp_autocorking: 1, tcp_backlog_ack_defer: 1, tcp_ecn_fallback: 1, tcp_l3mdev_accept: 0, tcp_migrate_req: 0, tcp_no_ssthresh_metrics_save: 1,
    tcp_plb_enabled: 0, tcp_reflect_tos: 0, tcp_shrink_window: 0, udp_l3mdev_accept: 0,
  }),
  ...rows(range(0, 1000), {
    tcp_pacing_ca_ratio: 120, tcp_pacing_ss_ratio: 200,
  }),
  ...rows(range(0, 127), {
    tcp_syn_linear_timeouts: 4,
  }),
  ...rows(range(0, 16777216), {
    tcp_child_ehash_entries: 0,
  }),
  ...rows(range(0, 17179869), {
    tcp_probe_interval: 600,
  }),
  ...rows(range(0, 2), {
    fib_notify_on_flag_change: 0, tcp_ecn: 2, tcp_ecn_option: 2, tcp_tw_reuse: 2,
  }),
  ...rows(range(0, 256), {
    tcp_plb_cong_thresh: 128,
  }),
  ...rows(range(0, 3), {
    fib_multipath_hash_policy: 0, tcp_ecn_option_beacon: 3,
  }),
  ...rows(range(0, 31), {
    tcp_app_win: 31, tcp_plb_idle_rehash_rounds: 3, tcp_plb_rehash_rounds: 12,
  }),
  ...rows(range(0, 4), {
    tcp_early_retrans: 3,
  }),
  ...rows(range(0, 65536), {
    udp_child_hash_entries: 0,
  }),
  ...rows(range(0, 86400), {
    tcp_min_rtt_wlen: 300,
  }),
  ...rows(range(1), {
    igmp_qrv: 2, tcp_max_reordering: 300, tcp_rto_min_us: 200000, udp_rmem_min: 4096, udp_wmem_min: 4096,
  }),
  ...rows(range(1, 127), {
    tcp_syn_retries: 6,
  }),
  ...rows(range(1, 255), {
    ip_default_ttl: 64, tcp_min_tso_segs: 2, tcp_pingpong_thresh: 1,
  }),
  ...rows(range(1, 300), {
    tcp_reordering: 3,
  }),
  ...rows(range(1, 4095), {
    fib_multipath_hash_fields: 7,
  }),
  ...rows(range(1, 60000), {
    tcp_tw_reuse_delay: 1000,
  }),
  ...rows(range(1000, 120000), {
    tcp_rto_max_ms: 120000,
  }),
  ...rows(range(48, 65535), {
    tcp_min_snd_mss: 48, tcp_mtu_probe_floor: 48,
  }),
  ...rows((v) => u8(v), {
    fwmark_reflect: 0, igmp_link_local_mcast_reports: 1, ip_dynaddr: 0, ip_early_demux: 1, ip_forward_use_pmtu: 0, ip_no_pmtu_disc: 0,
    ip_nonlocal_bind: 0, tcp_abort_on_overflow: 0, tcp_comp_sack_nr: 44, tcp_dsack: 1, tcp_early_demux: 1, tcp_fack: 0, tcp_frto: 2,
    tcp_fwmark_accept: 0, tcp_keepalive_probes: 9, tcp_moderate_rcvbuf: 1, tcp_mtu_probing: 0, tcp_no_metrics_save: 0, tcp_orphan_retries: 0,
    tcp_plb_suspend_rto_sec: 60, tcp_recovery: 1, tcp_retrans_collapse: 1, tcp_retries1: 3, tcp_retries2: 15, tcp_rfc1337: 0, tcp_sack: 1,
    tcp_slow_start_after_idle: 1, tcp_stdurg: 0, tcp_synack_retries: 5, tcp_syncookies: 1, tcp_thin_linear_timeouts: 0, tcp_timestamps: 1,
    tcp_tso_rtt_log: 9, tcp_tso_win_divisor: 3, tcp_window_scaling: 1, tcp_workaround_signed_windows: 0, udp_early_demux: 1,
  }),
  ...rows((v) => uint(v), {
    fib_multipath_hash_seed: 0, tcp_notsent_lowat: 4294967295,
  }),
} };
