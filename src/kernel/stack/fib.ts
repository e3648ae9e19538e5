import { sameBytes, u32 } from '../net/wire/bytes.ts';
import { isLimitedBroadcast, isMulticast4 } from '../net/wire/ip.ts';
import type { Errno } from '../errno.ts';
import type { DropReason } from '../trace/event.ts';
import type { NetDevice } from './device.ts';

export type RouteType = 'unicast' | 'local' | 'broadcast' | 'anycast' | 'multicast' | 'blackhole' | 'unreachable' | 'prohibit' | 'throw';
const _RT_TABLE = { default: 253, main: 254, local: 255 } as const;
export const RT_SCOPE = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const;

export interface NextHop {
  readonly dev: number;
  readonly via: Uint8Array | null;
  readonly weight: number;
  readonly onlink: boolean;
}

export interface FibRoute {
  readonly family: 4 | 6;
  readonly table: number;
  readonly dst: Uint8Array;
  readonly len: number;
  readonly type: RouteType;
  /** First next hop's device index (0: none) and gateway. */
  readonly dev: number;
  readonly via: Uint8Array | null;
  readonly hops: readonly NextHop[];
  readonly src: Uint8Array | null;
  readonly metric: number;
  readonly tos: number;
  readonly scope: number;
  readonly proto: string;
  readonly mtu: number;
  readonly mtuLocked: boolean;
  readonly hopLimit: number;
  readonly advmss: number;
  /** tc class: `meta rtclassid`. */
  readonly realm: number;
}

export interface FibRule {
  readonly pref: number;
  readonly not: boolean;
  readonly from: { readonly addr: Uint8Array; readonly len: number } | null;
  readonly to: { readonly addr: Uint8Array; readonly len: number } | null;
  readonly iif: string | null;
  readonly oif: string | null;
  readonly mark: { readonly value: number; readonly mask: number } | null;
  readonly tos: number;
  readonly action: 'table' | 'blackhole' | 'unreachable' | 'prohibit' | 'goto' | 'nop';
  readonly table: number;
  readonly proto: string;
}

export interface Flow {
  readonly daddr: Uint8Array;
  readonly saddr: Uint8Array | null;
  readonly mark: number;
  readonly iif: number;
  readonly oif: number;
  readonly tos: number;
}

/** The route of a packet (struct dst_entry, rtable, rt6_info). */
export interface Dst {
  readonly family: 4 | 6;
  /** Where it goes next: into the host, out, or an error that answers with ICMP. */
  readonly input: 'local' | 'forward' | 'error' | 'multicast';
  readonly type: RouteType;
  /** Device of output; for local routes the loopback device. */
  readonly dev: NetDevice;
  readonly gateway: Uint8Array | null;
  readonly error: Errno | null;
  readonly route: FibRoute | null;
  /** RTCF_BROADCAST, RTCF_MULTICAST, RTCF_LOCAL */
  readonly broadcast: boolean;
  readonly multicast: boolean;
  readonly local: boolean;
  /** ip_forward should answer with a redirect. */
  readonly redirect: boolean;
  readonly prefSrc: Uint8Array | null;
}

/** The route, where there is one. */
export const found = (r: Dst | DropReason): Dst | null => (typeof r === 'string' ? null : r);

export const prefixMatch = (a: Uint8Array, net: Uint8Array, len: number): boolean => {
  const whole = len >> 3;
  for (let i = 0; i < whole; i++) if (a[i] !== net[i]) return false;
  const rest = len & 7;
  return rest === 0 || ((a[whole] ^ net[whole]) & (0xff << (8 - rest)) & 0xff) === 0;
};

export const maskTo = (a: Uint8Array, len: number): Uint8Array =>
  a.map((b, i) => {
    const n = Math.max(0, Math.min(8, len - 8 * i));
    return b & (0xff << (8 - n)) & 0xff;
  });

const ALL1 = Uint8Array.of(255, 255, 255, 255);
export const directedBroadcast = (a: Uint8Array, len: number): Uint8Array =>
  a.map((b, i) => {
    const n = Math.max(0, Math.min(8, len - 8 * i));
    return b | (0xff >> n);
  });

const plainRule = (pref: number, table: number): FibRule => ({
  pref,
  not: false,
  from: null,
  to: null,
  iif: null,
  oif: null,
  mark: null,
  tos: 0,
  action: 'table',
  table,
  proto: 'kernel',
});

export const newRoute = (r: Partial<FibRoute> & Pick<FibRoute, 'family' | 'table' | 'dst' | 'len' | 'type' | 'dev'>): FibRoute => {
  const via = r.via ?? null;
  return {
    via,
    hops: [{ dev: r.dev, via, weight: 1, onlink: false }],
    src: null,
    metric: 0,
    tos: 0,
    scope: 0,
    proto: 'kernel',
    mtu: 0,
    mtuLocked: false,
    hopLimit: 0,
    advmss: 0,
    realm: 0,
    ...r,
  };
};

const FE80 = Uint8Array.of(0xfe, 0x80, ...new Uint8Array(14));
const FF00 = Uint8Array.of(0xff, ...new Uint8Array(15));

const TYPES_MAX = 4096;

export type FibError = { readonly error: Errno };
export interface FibHit {
  readonly route: FibRoute;
  readonly hop: NextHop;
}

/** Routing tables and rules of both families (net/ipv4/fib_*.c, net/ipv6/ip6_fib.c, fib6_rules.c), reduced to what forwarding needs. */
export class Fib {
  readonly #devices: () => Iterable<NetDevice>;
  readonly #byIndex: (index: number) => NetDevice | undefined;
  /** Routes that commands added. */
  #static: FibRoute[] = [];
  #rules: { 4: FibRule[]; 6: FibRule[] } = { 4: [plainRule(0, 255), plainRule(32766, 254), plainRule(32767, 253)], 6: [plainRule(0, 255), plainRule(32766, 254)] };
  #tables: Map<number, FibRoute[]> | null = null;
  /** Types of IPv4 addresses asked for since the last change. */
  readonly #types = new Map<number, RouteType>();
  forwarding6: () => boolean = () => false;

  constructor(devices: () => Iterable<NetDevice>, byIndex: (index: number) => NetDevice | undefined) {
    this.#devices = devices;
    this.#byIndex = byIndex;
  }

  /** Changes with routes, rules, addresses and devices. */
  version = 0;
  invalidate(): void {
    this.#tables = null;
    this.version++;
    this.#types.clear();
  }
  /** fib_has_custom_local_routes: one was ever added, and sources are looked up instead of being held against addresses. */
  customLocal = false;
  get statics(): readonly FibRoute[] {
    return this.#static;
  }
  setStatics(routes: FibRoute[]): void {
    this.#static = routes;
    this.customLocal ||= routes.some((r) => r.family === 4 && r.type === 'local');
    this.invalidate();
  }
  rules(family: 4 | 6): readonly FibRule[] {
    return this.#rules[family];
  }
  setRules(family: 4 | 6, rules: FibRule[]): void {
    this.#rules[family] = rules;
    this.version++;
  }

  /** fib_disable_ip, rt6_disable_ip: a device that goes down takes its routes along. */
  deviceDown(index: number, family?: 4 | 6): void {
    this.setStatics(this.#static.filter((r) => (family !== undefined && r.family !== family) || !r.hops.some((h) => h.dev === index)));
  }

  /** Everything the kernel derives from addresses (fib_add_ifaddr, addrconf), before what was added by hand. */
  derived(): FibRoute[] {
    const out: FibRoute[] = [];
    for (const dev of this.#devices()) {
      for (const a of dev.addrs4) this.#addr4(dev, a, out);
      this.#addrs6(dev, out);
    }
    return out;
  }

  #addr4(dev: NetDevice, a: NetDevice['addrs4'][number], out: FibRoute[]): void {
    const base = { family: 4 as const, dev: dev.index, src: a.local };
    out.push(newRoute({ ...base, table: 255, dst: a.local, len: 32, type: 'local', scope: RT_SCOPE.host }));
    if (dev.type === 'loopback' && a.local[0] === 127) out.push(newRoute({ ...base, table: 255, dst: maskTo(a.local, a.len), len: a.len, type: 'local', scope: RT_SCOPE.host }));
    if (!dev.up) return;
    const net = maskTo(a.peer, a.len);
    if (a.broadcast && !sameBytes(a.broadcast, ALL1)) out.push(newRoute({ ...base, table: 255, dst: a.broadcast, len: 32, type: 'broadcast', scope: RT_SCOPE.link }));
    if (net[0] === 0 || a.secondary || (sameBytes(net, a.local) && a.len === 32)) return;
    if (dev.type !== 'loopback') out.push(newRoute({ ...base, table: 254, dst: net, len: a.len, type: 'unicast', scope: RT_SCOPE.link }));
    if (a.len < 31) {
      const bc = directedBroadcast(net, a.len);
      if (!a.broadcast || !sameBytes(bc, a.broadcast)) out.push(newRoute({ ...base, table: 255, dst: bc, len: 32, type: 'broadcast', scope: RT_SCOPE.link }));
    }
  }

  #addrs6(dev: NetDevice, out: FibRoute[]): void {
    if (!dev.up) return;
    const base = { family: 6 as const, dev: dev.index };
    for (const a of dev.addrs6) {
      out.push(newRoute({ ...base, table: 255, dst: a.addr, len: 128, type: 'local' }));
      if (dev.type === 'loopback') continue;
      if (a.len < 127 && this.forwarding6()) out.push(newRoute({ ...base, table: 255, dst: maskTo(a.addr, a.len), len: 128, type: 'anycast' }));
      if (a.len < 128 || a.scope !== RT_SCOPE.link) out.push(newRoute({ ...base, table: 254, dst: maskTo(a.addr, a.len), len: a.len, type: 'unicast', metric: 256 }));
    }
    if (dev.addrs6.length && dev.type !== 'loopback') out.push(newRoute({ ...base, table: 255, dst: FF00, len: 8, type: 'multicast', metric: 256 }));
  }

  #table(id: number, family: 4 | 6): FibRoute[] {
    if (!this.#tables) {
      this.#tables = new Map();
      for (const r of [...this.derived(), ...this.#static]) {
        const key = r.table * 16 + r.family;
        const list = this.#tables.get(key);
        if (list) list.push(r);
        else this.#tables.set(key, [r]);
      }
      for (const list of this.#tables.values()) list.sort((a, b) => b.len - a.len || b.tos - a.tos || a.metric - b.metric);
    }
    return this.#tables.get(id * 16 + family) ?? [];
  }

  /** Routes of one table, longest prefix first. */
  table(id: number, family: 4 | 6): readonly FibRoute[] {
    return this.#table(id, family);
  }

  tableIds(): number[] {
    return [...new Set([...this.#static.map((r) => r.table), 254, 255])];
  }

  /** fib_lookup: by rules, first table that has an answer. */
  lookup(family: 4 | 6, flow: Flow): FibHit | FibError {
    for (const rule of this.#rules[family]) {
      if (this.#ruleMatches(rule, flow) === rule.not) continue;
      if (rule.action === 'unreachable') return { error: 'ENETUNREACH' };
      if (rule.action === 'prohibit') return { error: 'EACCES' };
      if (rule.action === 'blackhole') return { error: 'EINVAL' };
      if (rule.action !== 'table') continue;
      const hit = this.lookupTable(rule.table, family, flow);
      if (hit) return hit;
    }
    return { error: 'ENETUNREACH' };
  }

  #ruleMatches(r: FibRule, flow: Flow): boolean {
    if (r.iif !== null && this.#byIndex(flow.iif)?.name !== r.iif) return false;
    if (r.oif !== null && this.#byIndex(flow.oif)?.name !== r.oif) return false;
    if (r.mark && ((r.mark.value ^ flow.mark) & r.mark.mask) !== 0) return false;
    if (r.from && !(flow.saddr && prefixMatch(flow.saddr, r.from.addr, r.from.len))) return false;
    if (r.to && !prefixMatch(flow.daddr, r.to.addr, r.to.len)) return false;
    return r.tos === 0 || r.tos === flow.tos;
  }

  /** fib_table_lookup; null: go on with the next rule. */
  lookupTable(id: number, family: 4 | 6, flow: Flow): FibHit | FibError | null {
    for (const route of this.#table(id, family)) {
      if (route.family !== family || !prefixMatch(flow.daddr, route.dst, route.len)) continue;
      if (route.tos && route.tos !== flow.tos) continue;
      switch (route.type) {
        case 'throw':
          return null;
        case 'blackhole':
          return { error: 'EINVAL' };
        case 'unreachable':
          return { error: 'EHOSTUNREACH' };
        case 'prohibit':
          return { error: 'EACCES' };
        default:
      }
      const hops = route.hops.filter((h) => (h.dev === 0 || this.#byIndex(h.dev)?.up || route.type === 'local') && (flow.oif === 0 || h.dev === flow.oif));
      if (hops.length === 0) continue;
      return { route, hop: hops.length === 1 ? hops[0] : this.#multipath(hops, flow) };
    }
    return null;
  }

  /** Which of several next hops: the kernel hashes addresses with a boot secret; here a plain hash of them. */
  #multipath(hops: NextHop[], flow: Flow): NextHop {
    const total = hops.reduce((n, h) => n + h.weight, 0);
    let h = 0;
    for (const b of [...(flow.saddr ?? []), ...flow.daddr]) h = (Math.imul(h, 31) + b) >>> 0;
    let at = h % total;
    for (const hop of hops) {
      if (at < hop.weight) return hop;
      at -= hop.weight;
    }
    return hops[0];
  }

  /** inet_addr_type, inet_dev_addr_type. */
  addrType4(addr: Uint8Array, dev: NetDevice | null = null): RouteType {
    if (dev) return this.#findType4(addr, dev);
    const key = u32(addr, 0);
    let type = this.#types.get(key);
    if (type === undefined) {
      if (this.#types.size >= TYPES_MAX) this.#types.clear();
      this.#types.set(key, (type = this.#findType4(addr, null)));
    }
    return type;
  }

  #findType4(addr: Uint8Array, dev: NetDevice | null): RouteType {
    if (u32(addr, 0) === 0 || isLimitedBroadcast(addr)) return 'broadcast';
    if (isMulticast4(addr)) return 'multicast';
    const hit = this.lookupTable(255, 4, { daddr: addr, saddr: null, mark: 0, iif: 0, oif: 0, tos: 0 });
    if (!hit || 'error' in hit) return 'unicast';
    return !dev || hit.route.dev === dev.index ? hit.route.type : 'unicast';
  }

  export(): unknown {
    return { statics: this.#static, rules: this.#rules };
  }
  import(data: unknown): void {
    const d = data as { statics: FibRoute[]; rules: { 4: FibRule[]; 6: FibRule[] } };
    this.#static = d.statics;
    this.#rules = d.rules;
    this.invalidate();
  }
}

const _linkLocalPrefix = FE80;
