/**
 * The settings of the network stack that packets meet: what net.ipv4.* and net.ipv6.* (except conntrack) show. Names are
 * sysctl paths without `net.`: `ipv4.ip_forward`, `ipv4.conf.eth0.rp_filter`. `get` of an unknown name is undefined.
 */
const IPV4: Readonly<Record<string, number>> = {
  ip_forward: 0,
  ip_default_ttl: 64,
  ip_no_pmtu_disc: 0,
  ip_forward_use_pmtu: 0,
  ip_forward_update_priority: 1,
  ip_nonlocal_bind: 0,
  fwmark_reflect: 0,
  icmp_echo_ignore_all: 0,
  icmp_echo_ignore_broadcasts: 1,
  icmp_ignore_bogus_error_responses: 1,
  icmp_errors_use_inbound_ifaddr: 0,
  icmp_ratelimit: 1000,
  icmp_ratemask: 6168,
  icmp_msgs_per_sec: 10000,
  icmp_msgs_burst: 10000,
  icmp_echo_enable_probe: 0,
  tcp_syncookies: 1,
  tcp_timestamps: 1,
  tcp_ecn: 2,
  ipfrag_time: 30,
  ipfrag_max_dist: 64,
  ip_early_demux: 1,
  tcp_early_demux: 1,
};
const CONF4: Readonly<Record<string, number>> = {
  forwarding: 0,
  rp_filter: 0,
  accept_local: 0,
  accept_redirects: 1,
  accept_source_route: 0,
  arp_accept: 0,
  arp_announce: 0,
  arp_filter: 0,
  arp_ignore: 0,
  arp_notify: 0,
  bc_forwarding: 0,
  log_martians: 0,
  mc_forwarding: 0,
  proxy_arp: 0,
  proxy_arp_pvlan: 0,
  route_localnet: 0,
  secure_redirects: 1,
  send_redirects: 1,
  shared_media: 1,
  src_valid_mark: 0,
  drop_gratuitous_arp: 0,
  drop_unicast_in_l2_multicast: 0,
  promote_secondaries: 0,
  disable_policy: 0,
  disable_xfrm: 0,
  force_igmp_version: 0,
  medium_id: 0,
  bootp_relay: 0,
  tag: 0,
  ignore_routes_with_linkdown: 0,
  arp_evict_nocarrier: 1,
  igmpv2_unsolicited_report_interval: 10000,
  igmpv3_unsolicited_report_interval: 1000,
};
const IPV6: Readonly<Record<string, number>> = {
  'icmp.ratelimit': 1000,
  'icmp.echo_ignore_all': 0,
  'icmp.echo_ignore_anycast': 0,
  'icmp.echo_ignore_multicast': 0,
  'icmp.error_anycast_as_unicast': 0,
  auto_flowlabels: 1,
  bindv6only: 0,
  fwmark_reflect: 0,
  ip_nonlocal_bind: 0,
  flowlabel_consistency: 1,
  flowlabel_reflect: 0,
  flowlabel_state_ranges: 0,
  ip6frag_time: 60,
  max_hbh_length: 2147483647,
  max_hbh_opts_number: 8,
  max_dst_opts_length: 2147483647,
  max_dst_opts_number: 8,
  idgen_delay: 1,
  idgen_retries: 3,
};
const CONF6: Readonly<Record<string, number>> = {
  forwarding: 0,
  force_forwarding: 0,
  disable_ipv6: 0,
  hop_limit: 64,
  accept_redirects: 1,
  accept_ra: 1,
  accept_dad: 1,
  dad_transmits: 1,
  mtu: 1280,
  proxy_ndp: 0,
  accept_source_route: 0,
  router_solicitations: -1,
  suppress_frag_ndisc: 1,
  drop_unicast_in_l2_multicast: 0,
  accept_untracked_na: 0,
  drop_unsolicited_na: 0,
  ndisc_notify: 0,
  addr_gen_mode: 0,
};

/** br_netfilter's. */
const BRIDGE = ['bridge-nf-call-arptables', 'bridge-nf-call-ip6tables', 'bridge-nf-call-iptables'];

const PER_DEVICE = new Map<string, Readonly<Record<string, number>>>([
  ['ipv4.conf', CONF4],
  ['ipv6.conf', CONF6],
]);

export class StackConf {
  readonly #values = new Map<string, number>();
  /** Answers of `dev4`, `v4`, `dev6` and `v6` since the last change: packets ask for the same few every time. */
  readonly #dev4 = new Map<string, Map<string, number>>();
  readonly #v4 = new Map<string, number>();
  readonly #dev6 = new Map<string, Map<string, number>>();
  readonly #v6 = new Map<string, number>();
  /** Changes with every value: what was decided by them is to be decided again. */
  version = 0;
  #deviceNames: () => readonly string[] = () => [];
  /** IPv6 was switched off or on for a device of this name. */
  onDisable6: (device: string) => void = () => {};

  constructor(deviceNames: () => readonly string[]) {
    this.#deviceNames = deviceNames;
    for (const [k, v] of Object.entries(IPV4)) this.#values.set(`ipv4.${k}`, v);
    for (const [k, v] of Object.entries(IPV6)) this.#values.set(`ipv6.${k}`, v);
    for (const k of BRIDGE) this.#values.set(`bridge.${k}`, 1);
    for (const which of ['all', 'default']) for (const [base, table] of PER_DEVICE) for (const [k, v] of Object.entries(table)) this.#values.set(`${base}.${which}.${k}`, v);
    this.#values.set('ipv4.conf.default.accept_source_route', 1);
    this.#values.set('ipv6.conf.all.accept_dad', 0);
  }

  #changed(): void {
    this.version++;
    this.#dev4.clear();
    this.#v4.clear();
    this.#dev6.clear();
    this.#v6.clear();
  }

  /** A new device takes what `default` says. */
  addDevice(name: string, mtu: number): void {
    this.#changed();
    for (const [base, table] of PER_DEVICE) for (const k of Object.keys(table)) this.#values.set(`${base}.${name}.${k}`, this.get(`${base}.default.${k}`) ?? 0);
    this.#values.set(`ipv6.conf.${name}.mtu`, mtu);
    if (name === 'lo') {
      this.#values.set('ipv6.conf.lo.accept_dad', -1);
      for (const k of ['disable_policy', 'disable_xfrm']) this.#values.set(`ipv4.conf.lo.${k}`, 1);
    }
  }

  removeDevice(name: string): void {
    this.#changed();
    for (const key of [...this.#values.keys()]) if (key.startsWith(`ipv4.conf.${name}.`) || key.startsWith(`ipv6.conf.${name}.`)) this.#values.delete(key);
  }

  renameDevice(from: string, to: string): void {
    this.#changed();
    for (const [key, v] of [...this.#values]) {
      const m = /^(ipv[46]\.conf)\.(.+)\.([^.]+)$/.exec(key);
      if (m?.[2] === from) {
        this.#values.delete(key);
        this.#values.set(`${m[1]}.${to}.${m[3]}`, v);
      }
    }
  }

  get(path: string): number | undefined {
    return this.#values.get(path);
  }
  has(path: string): boolean {
    return this.#values.has(path);
  }
  keys(): IterableIterator<string> {
    return this.#values.keys();
  }

  /** Writes one, and what the kernel changes with it (inet_forward_change, addrconf_forward_change). */
  set(path: string, value: number): void {
    const old = this.#values.get(path);
    this.#changed();
    this.#values.set(path, value);
    if (path === 'ipv4.ip_forward' || path === 'ipv4.conf.all.forwarding') {
      // The same value again changes nothing else.
      if (value === old) return;
      this.#values.set('ipv4.ip_forward', value);
      for (const d of ['all', 'default', ...this.#deviceNames()]) this.#values.set(`ipv4.conf.${d}.forwarding`, value);
      this.#values.set('ipv4.conf.all.accept_redirects', value ? 0 : 1);
      return;
    }
    if (path === 'ipv6.conf.all.forwarding') for (const d of ['default', ...this.#deviceNames()]) this.#values.set(`ipv6.conf.${d}.forwarding`, value);
    const off = /^ipv6\.conf\.(.+)\.disable_ipv6$/.exec(path)?.[1];
    if (off === undefined || off === 'default') return;
    if (off !== 'all') {
      if (!old !== !value) this.onDisable6(off);
      return;
    }
    for (const d of ['default', ...this.#deviceNames()]) {
      const key = `ipv6.conf.${d}.disable_ipv6`,
        changed = !this.#values.get(key) !== !value;
      this.#values.set(key, value);
      if (changed && d !== 'default') this.onDisable6(d);
    }
  }

  v4(name: string): number {
    let value = this.#v4.get(name);
    if (value === undefined) this.#v4.set(name, (value = this.#values.get(`ipv4.${name}`) ?? 0));
    return value;
  }

  v6(name: string): number {
    let value = this.#v6.get(name);
    if (value === undefined) this.#v6.set(name, (value = this.#values.get(`ipv6.${name}`) ?? 0));
    return value;
  }
  dev4(dev: string, name: string): number {
    let known = this.#dev4.get(dev);
    if (!known) this.#dev4.set(dev, (known = new Map()));
    let value = known.get(name);
    if (value === undefined) known.set(name, (value = this.#values.get(`ipv4.conf.${dev}.${name}`) ?? 0));
    return value;
  }
  dev6(dev: string, name: string): number {
    let known = this.#dev6.get(dev);
    if (!known) this.#dev6.set(dev, (known = new Map()));
    let value = known.get(name);
    if (value === undefined) known.set(name, (value = this.#values.get(`ipv6.conf.${dev}.${name}`) ?? 0));
    return value;
  }
  bridge(name: string): boolean {
    return this.#values.get(`bridge.${name}`) !== 0;
  }
  /** IN_DEV_ORCONF, IN_DEV_MAXCONF */
  or4(dev: string, name: string): boolean {
    return this.dev4('all', name) !== 0 || this.dev4(dev, name) !== 0;
  }
  max4(dev: string, name: string): number {
    return Math.max(this.dev4('all', name), this.dev4(dev, name));
  }

  export(): unknown {
    return this.#values;
  }
  import(data: unknown): void {
    this.#changed();
    for (const [k, v] of data as Map<string, number>) this.#values.set(k, v);
  }
}
