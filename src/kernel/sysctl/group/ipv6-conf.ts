import { ptonV6 } from '../../xt/address.ts';
import { fixed, int, jiffies, range, rows, text, u8, uint } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

/** net.ipv6.conf.DEVICE.* (net/ipv6/addrconf.c). */
export const sysctls: SysctlGroup = {
  folder: 'net/ipv6/conf/*',
  rows: {
    mc_forwarding: fixed(int(0)),
    stable_secret: {
      ...text(''),
      unset: true,
      checkText: (t) => (ptonV6(t) ? null : 'EIO'),
      normal: (t) => [...(ptonV6(t) ?? [])].map((b, i) => (i > 0 && i % 2 === 0 ? ':' : '') + b.toString(16).padStart(2, '0')).join(''),
    },
    ra_defrtr_metric: { type: 'uint', value: [1024], min: 1 },
    ...rows((v) => int(v), {
      accept_dad: 1,
      accept_ra: 1,
      accept_ra_defrtr: 1,
      accept_ra_from_local: 0,
      accept_ra_min_hop_limit: 1,
      accept_ra_min_lft: 0,
      accept_ra_mtu: 1,
      accept_ra_pinfo: 1,
      accept_ra_rt_info_max_plen: 0,
      accept_ra_rt_info_min_plen: 0,
      accept_ra_rtr_pref: 1,
      accept_redirects: 1,
      accept_source_route: 0,
      autoconf: 1,
      dad_transmits: 1,
      disable_ipv6: 0,
      disable_policy: 0,
      drop_unicast_in_l2_multicast: 0,
      drop_unsolicited_na: 0,
      enhanced_dad: 1,
      force_mld_version: 0,
      force_tllao: 0,
      forwarding: 0,
      ignore_routes_with_linkdown: 0,
      keep_addr_on_down: 0,
      max_addresses: 16,
      max_desync_factor: 600,
      mldv1_unsolicited_report_interval: 10000,
      mldv2_unsolicited_report_interval: 1000,
      ndisc_notify: 0,
      optimistic_dad: 0,
      proxy_ndp: 0,
      regen_max_retry: 3,
      regen_min_advance: 2,
      seg6_enabled: 0,
      seg6_require_hmac: 0,
      suppress_frag_ndisc: 1,
      temp_prefered_lft: 86400,
      temp_valid_lft: 604800,
      use_oif_addrs_only: 0,
      use_optimistic: 0,
      use_tempaddr: 0,
    }),
    ...rows((v) => jiffies(v), {
      router_probe_interval: 60,
      router_solicitation_delay: 1,
      router_solicitation_interval: 4,
      router_solicitation_max_interval: 3600,
    }),
    ...rows(range(-1), {
      router_solicitations: -1,
    }),
    ...rows(range(0, 1), {
      force_forwarding: 0,
      ioam6_enabled: 0,
      ndisc_evict_nocarrier: 1,
      ra_honor_pio_life: 0,
      ra_honor_pio_pflag: 0,
      rpl_seg_enabled: 0,
    }),
    ...rows(range(0, 2), {
      accept_untracked_na: 0,
    }),
    ...rows(range(0, 3), {
      addr_gen_mode: 0,
    }),
    ...rows(range(0, 65535), {
      ioam6_id: 65535,
    }),
    ...rows(range(1, 255), {
      hop_limit: 64,
    }),
    ...rows(range(1280), {
      mtu: 1280,
    }),
    ...rows((v) => u8(v), {
      ndisc_tclass: 0,
    }),
    ...rows((v) => uint(v), {
      ioam6_id_wide: 4294967295,
    }),
  },
};
