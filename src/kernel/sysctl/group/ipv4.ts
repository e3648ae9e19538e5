import { int, jiffies, rows, text, u8, uint, vector } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

/** net.ipv4.* (net/ipv4/sysctl_net_ipv4.c). */
export const sysctls: SysctlGroup = { folder: 'net/ipv4', rows: {
  ip_default_ttl: u8(64, 1, 255), ip_forward_use_pmtu: u8(0),
  ip_unprivileged_port_start: int(1024, 0, 65535),
  ip_local_port_range: { ...vector(32768, 60999), min: 1, max: 65535, check: ([low, high], net) => low <= high && low >= net.sysctl.int('net/ipv4/ip_unprivileged_port_start') },
  ...rows((v) => int(v), {
    icmp_msgs_burst: 50, icmp_msgs_per_sec: 1000, icmp_ratelimit: 1000, icmp_ratemask: 6168, ip_forward: 0, tcp_adv_win_scale: 1, tcp_app_win: 31,
    tcp_base_mss: 1024, tcp_challenge_ack_limit: 2147483647, tcp_child_ehash_entries: 0, tcp_comp_sack_delay_ns: 1000000,
    tcp_comp_sack_slack_ns: 100000, tcp_ehash_entries: -262144, tcp_fack: 0, tcp_fastopen: 1, tcp_fastopen_blackhole_timeout_sec: 0,
    tcp_invalid_ratelimit: 500, tcp_limit_output_bytes: 4194304, tcp_max_reordering: 300, tcp_max_syn_backlog: 2048, tcp_max_tw_buckets: 131072,
    tcp_min_rtt_wlen: 300, tcp_min_snd_mss: 48, tcp_mtu_probe_floor: 48, tcp_pacing_ca_ratio: 120, tcp_pacing_ss_ratio: 200, tcp_probe_interval: 600,
    tcp_probe_threshold: 8, tcp_reordering: 3, tcp_rto_max_ms: 120000, tcp_rto_min_us: 200000, tcp_stdurg: 0, tcp_tw_reuse_delay: 1000,
  }),
  ...rows(jiffies, {
    tcp_fin_timeout: 60, tcp_keepalive_intvl: 75, tcp_keepalive_time: 7200,
  }),
  // Read and written as one byte; the next ones take 0 and 1 only.
  ...rows((v) => u8(v), {
    fwmark_reflect: 0, ip_dynaddr: 0, ip_early_demux: 1, ip_no_pmtu_disc: 0, ip_nonlocal_bind: 0, tcp_abort_on_overflow: 0, tcp_autocorking: 1,
    tcp_backlog_ack_defer: 1, tcp_comp_sack_nr: 44, tcp_dsack: 1, tcp_early_demux: 1, tcp_early_retrans: 3, tcp_ecn: 2, tcp_ecn_fallback: 1,
    tcp_ecn_option: 2, tcp_ecn_option_beacon: 3, tcp_frto: 2, tcp_keepalive_probes: 9, tcp_min_tso_segs: 2, tcp_moderate_rcvbuf: 1, tcp_mtu_probing: 0,
    tcp_no_metrics_save: 0, tcp_orphan_retries: 0, tcp_pingpong_thresh: 1, tcp_plb_cong_thresh: 128, tcp_plb_idle_rehash_rounds: 3,
    tcp_plb_rehash_rounds: 12, tcp_plb_suspend_rto_sec: 60, tcp_recovery: 1, tcp_reflect_tos: 0, tcp_retrans_collapse: 1, tcp_retries1: 3,
    tcp_retries2: 15, tcp_rfc1337: 0, tcp_sack: 1, tcp_shrink_window: 0, tcp_slow_start_after_idle: 1, tcp_syn_linear_timeouts: 4, tcp_syn_retries: 6,
    tcp_synack_retries: 5, tcp_syncookies: 1, tcp_thin_linear_timeouts: 0, tcp_timestamps: 1, tcp_tso_rtt_log: 9, tcp_tso_win_divisor: 3,
    tcp_tw_reuse: 2, tcp_window_scaling: 1, tcp_workaround_signed_windows: 0,
  }),
  ...rows((v) => u8(v, 0, 1), {
    icmp_echo_enable_probe: 0, icmp_echo_ignore_all: 0, icmp_echo_ignore_broadcasts: 1, icmp_errors_use_inbound_ifaddr: 0,
    icmp_ignore_bogus_error_responses: 1, ip_autobind_reuse: 0, ip_forward_update_priority: 1, tcp_fwmark_accept: 0, tcp_l3mdev_accept: 0,
    tcp_migrate_req: 0, tcp_no_ssthresh_metrics_save: 1, tcp_plb_enabled: 0,
  }),
  tcp_notsent_lowat: uint(4294967295), tcp_rmem: vector(4096, 131072, 33554432), tcp_wmem: vector(4096, 16384, 4194304),
  ip_local_reserved_ports: text(''), tcp_allowed_congestion_control: text('reno bbr'), tcp_available_congestion_control: text('reno bbr cubic'),
  tcp_congestion_control: text('bbr'), tcp_fastopen_key: text('00000000-00000000-00000000-00000000'),
} };
