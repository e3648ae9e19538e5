import { DEFAULT_ZONE, IPS } from '../conntrack/entry.ts';
import type { Conntrack } from '../conntrack/entry.ts';
import { findHelper } from '../conntrack/helpers.ts';
import { NF } from '../expr/machine.ts';
import { RANGE } from '../expr/nat-range.ts';
import type { NatRange, PacketServices } from '../expr/services.ts';
import type { HookState } from '../net/hook-state.ts';
import { logPacket } from '../log/packet-log.ts';
import { CTINFO } from '../net/skb.ts';
import type { Skb } from '../net/skb.ts';
import { put16, u16 } from '../net/wire/bytes.ts';
import { IP_DF, ip4Check, ip4Dst, ip4Src, ip6Dst, ip6Src, isLinkLocal6, isLoopback6, isMulticast4, isMulticast6, isZero } from '../net/wire/ip.ts';
import type { NetDevice } from './device.ts';
import type { RouteType } from './fib.ts';
import { Reject } from './reject.ts';
import { tellMade } from '../trace/tell.ts';
import { assignTransparent, lookupSocket } from './socket-lookup.ts';
import type { Stack } from './stack.ts';
import { synproxy } from './synproxy.ts';

const RTN: Readonly<Record<RouteType, number>> = { unicast: 1, local: 2, broadcast: 3, anycast: 4, multicast: 5, blackhole: 6, unreachable: 7, prohibit: 8, throw: 9 };
const FIB = { SADDR: 1, DADDR: 2, MARK: 4, IIF: 8, OIF: 16, PRESENT: 32 } as const;

/** ipv6_addr_scope as a word (IPV6_ADDR_SCOPE_MASK); only groups know sites. */
function scope6(a: Uint8Array): 'host' | 'link' | 'site' | 'global' {
  if (!isMulticast6(a)) return isLinkLocal6(a) ? 'link' : isLoopback6(a) ? 'host' : 'global';
  const scope = a[1] & 15;
  return scope === 1 ? 'host' : scope === 2 ? 'link' : scope === 5 ? 'site' : 'global';
}

/** What rules ask of the packet path, for expressions and for xt targets alike. */
export function packetServices(s: Stack): PacketServices {
  const reject = new Reject(s);
  const setup = (ct: Conntrack | null, range: NatRange, manip: 'src' | 'dst'): number => (!ct ? NF.ACCEPT : s.nat.setup(ct, range, manip) ? NF.ACCEPT : NF.DROP);

  /** current->in_nf_duplicate: what comes of a copy on its way is not copied again. */
  let duplicating = false;

  /** A copy that goes its own way, untracked. */
  function copyOf(skb: Skb): Skb {
    const copy = skb.clone();
    tellMade(s.net, copy, skb, 'copy');
    copy.ct = null;
    copy.template = null;
    copy.ctinfo = CTINFO.untracked;
    copy.sk = null;
    copy.dst = null;
    return copy;
  }

  /** nf_dup_ipv4, nf_dup_ipv6: over the route to a gateway of its own. */
  function sendCopy(copy: Skb, state: HookState, gateway: Uint8Array, oif: number): void {
    if (state.pf === 'ip') {
      const route = s.ip4.outputRoute(gateway, null, { mark: 0, oif, tos: copy.data[copy.network + 1], anySource: true });
      if ('error' in route) return;
      put16(copy.data, copy.network + 6, u16(copy.data, copy.network + 6) | IP_DF);
      if (state.hook === 'prerouting' || state.hook === 'input') copy.data[copy.network + 8]--;
      ip4Check(copy.data, copy.network);
      copy.dst = { ...route.dst, gateway: route.dst.gateway ?? (route.dst.route ? gateway : null) };
      s.ip4.localOut(copy);
    } else {
      const route = s.ip6.outputRoute(gateway, null, { mark: 0, oif });
      if ('error' in route) return;
      if (state.hook === 'prerouting' || state.hook === 'input') copy.data[copy.network + 7]--;
      copy.dst = { ...route.dst, gateway: route.dst.gateway ?? gateway };
      s.ip6.localOut(copy);
    }
  }

  function netdevCopy(skb: Skb, out: NetDevice): void {
    const copy = skb.clone();
    tellMade(s.net, copy, skb, 'copy');
    if (copy.mac >= 0) copy.head = copy.mac;
    s.xmit(copy, out);
  }

  return {
    nat: (skb, _state, range, manip) => setup(skb.ct, range, manip),

    masquerade(skb, state, range) {
      const ct = skb.ct,
        out = state.out;
      if (!ct || !out) return NF.ACCEPT;
      const v4 = ct.l3num === 2;
      if (isZero(ct.original.src)) return NF.ACCEPT;
      const dst = v4 ? ip4Dst(skb.data, skb.network) : ip6Dst(skb.data, skb.network);
      const source = v4 ? s.ip4.selectAddr(out, skb.dst?.gateway ?? dst, 0) : s.ip6.selectAddr(out, dst);
      if (isZero(source)) return NF.DROP;
      ct.natInfo = { masqIndex: out.index };
      return setup(ct, { ...range, flags: range.flags | RANGE.MAP_IPS, min: source, max: source }, 'src');
    },

    redirect(skb, state, range) {
      const ct = skb.ct;
      if (!ct) return NF.ACCEPT;
      const v4 = ct.l3num === 2;
      let to: Uint8Array | undefined;
      if (state.hook === 'output') to = v4 ? Uint8Array.of(127, 0, 0, 1) : Uint8Array.of(...new Uint8Array(15), 1);
      else if (v4) to = skb.dev?.addrs4[0]?.local;
      else {
        // nf_nat_redirect_ipv6_usable; addresses of the widest scope come first.
        const scope = scope6(ip6Dst(skb.data, skb.network)),
          all = skb.dev?.addrs6 ?? [];
        to = (all.find((a) => scope6(a.addr) === scope) ?? (scope === 'global' ? all[0] : undefined))?.addr;
      }
      if (!to) return NF.DROP;
      return setup(ct, { ...range, flags: range.flags | RANGE.MAP_IPS, min: to, max: to }, 'dst');
    },

    reject: (skb, state, code) => {
      reject.send(skb, state, code);
    },

    fib(skb, state, f) {
      const v4 = state.pf === 'ip' || (state.pf === 'netdev' && skb.protocol === 0x0800);
      if (!v4 && state.pf === 'netdev' && skb.protocol !== 0x86dd) return null;
      return f.result === 'type' ? fibType(s, skb, state, f.flags, v4) : fibOif(s, skb, state, f, v4);
    },

    rt(skb, state, key) {
      const dst = skb.dst;
      if (!dst) return null;
      switch (key) {
        case 'nexthop4':
          return state.pf === 'ip' ? (dst.gateway ?? ip4Dst(skb.data, skb.network)) : null;
        case 'nexthop6':
          return state.pf === 'ip6' ? (dst.gateway ?? ip6Dst(skb.data, skb.network)) : null;
        case 'tcpmss': {
          // get_tcpmss: the smaller of the route there and the route back.
          const v4 = state.pf === 'ip',
            b = skb.data,
            o = skb.network;
          const back = v4 ? s.ip4.outputRoute(ip4Src(b, o), null, { mark: 0, oif: 0, tos: 0 }) : s.ip6.outputRoute(ip6Src(b, o), null, { mark: 0, oif: 0 });
          const mtu = Math.min(v4 ? s.ip4.forwardMtu(dst) : s.ip6.mtu(dst), 'error' in back ? 0xffff : v4 ? s.ip4.forwardMtu(back.dst) : s.ip6.mtu(back.dst));
          const header = v4 ? 40 : 60;
          return mtu <= header || mtu > 0xffff ? null : mtu - header;
        }
        case 'classid':
          return skb.rtclassid;
        case 'xfrm':
          return 0;
        default:
          return null;
      }
    },

    log(skb, state, info) {
      if (info) logPacket(skb, state, info);
    },

    socketOf: (skb) => skb.sk ?? lookupSocket(s, skb),
    tproxy: (skb, state, address, port) => assignTransparent(s, skb, state, address, port),

    dup(skb, state, gateway, oif) {
      if (duplicating) return;
      const copy = copyOf(skb);
      duplicating = true;
      try {
        sendCopy(copy, state, gateway, oif);
      } finally {
        duplicating = false;
      }
    },

    dupNetdev(skb, _state, oif) {
      const out = s.device(oif);
      if (out) netdevCopy(skb, out);
    },

    forwardNetdev(skb, _state, oif, neighbour) {
      const out = s.device(oif);
      if (!out) return NF.DROP;
      if (!neighbour) {
        if (skb.mac >= 0) skb.head = skb.mac;
        s.xmit(skb, out);
        return NF.STOLEN;
      }
      const b = skb.data,
        o = skb.network;
      if (neighbour.length === 4) {
        if (skb.protocol !== 0x0800 || b[o + 8] <= 1) return NF.DROP;
        s.ip4.decreaseTtl(skb);
      } else {
        if (skb.protocol !== 0x86dd || b[o + 7] <= 1) return NF.DROP;
        b[o + 7]--;
      }
      s.neighbours.output(skb, out, neighbour);
      return NF.STOLEN;
    },

    synproxy: (skb, state, options) => synproxy(s, skb, state, options),

    object(o, regs, skb, state) {
      const ct = skb.ct,
        v = o.value;
      if (v.kind === 'synproxy') {
        const verdict = synproxy(s, skb, state, v);
        if (verdict !== NF.CONTINUE) regs.verdict = verdict;
        return;
      }
      if (!ct) return;
      const l3 = state.pf === 'ip6' ? 10 : 2;
      if (v.kind === 'ct helper') {
        if (ct.status & IPS.CONFIRMED || ct.helper !== null || ct.protonum !== v.l4proto || !findHelper(v.helper, l3, v.l4proto)) return;
        ct.helper = v.helper;
        ct.status |= IPS.HELPER;
        findHelper(v.helper, l3, v.l4proto)?.init?.(ct);
      } else if (v.kind === 'ct timeout') {
        if (ct.status & IPS.CONFIRMED || ct.protonum !== v.l4proto || ct.timeoutPolicy) return;
        ct.timeoutPolicy = { name: o.name, l3num: v.l3proto, l4proto: v.l4proto, timeouts: [...v.policy] };
        // The first packet's own timeout was set before (nft_ct_timeout_obj_eval).
        refreshByPolicy(s, ct);
      } else if (v.kind === 'ct expectation') expectByObject(s, ct, v, skb);
    },

    setZone(skb, zone, dir) {
      if (skb.ct) return;
      const template = skb.template ?? s.net.conntrack.alloc(DEFAULT_ZONE, EMPTY, EMPTY);
      template.status |= IPS.TEMPLATE;
      template.zone = { id: zone, dir: dir ?? 'both' };
      skb.template = template;
    },
  };
}

const EMPTY = { l3num: 2 as const, protonum: 0, src: new Uint8Array(4), dst: new Uint8Array(4), sport: 0, dport: 0 };

function refreshByPolicy(s: Stack, ct: Conntrack): void {
  const values = ct.timeoutPolicy?.timeouts ?? [];
  const seconds = ct.proto.kind === 'tcp' ? values[ct.proto.state] : values[0];
  if (seconds !== undefined) s.net.conntrack.refresh(ct, seconds);
}

/** nft_ct_expect_obj_eval: takes the milliseconds that nft sent for seconds, as the kernel does. */
function expectByObject(
  s: Stack,
  ct: Conntrack,
  v: { readonly l3proto: number; readonly l4proto: number; readonly dport: number; readonly timeout: number; readonly size: number },
  skb: Skb,
): void {
  if (skb.ctinfo !== CTINFO.new && skb.ctinfo !== CTINFO.established && skb.ctinfo !== CTINFO.related && skb.ctinfo < 3) return;
  const dir = skb.ctinfo >= 3 ? 1 : 0;
  const waiting = s.net.conntrack.expect.entries().filter((e) => e.master === ct).length;
  if (waiting >= v.size) return;
  const t = ct.tuple(dir === 0 ? 1 : 0);
  s.net.conntrack.expect.related(
    {
      tuple: { l3num: t.l3num, protonum: v.l4proto, src: t.src, dst: t.dst, sport: 0, dport: v.dport },
      mask: { src: new Uint8Array(t.src.length).fill(255), sport: 0 },
      master: ct,
      zone: ct.zone,
      flags: 0,
      class: 0,
      helper: null,
      expectfn: null,
      dir: dir === 0 ? 1 : 0,
      savedAddr: null,
      savedProto: 0,
    },
    { timeoutSeconds: v.timeout },
  );
}

/** nft_fib4_eval_type, nft_fib6_eval_type */
function fibType(s: Stack, skb: Skb, state: HookState, flags: number, v4: boolean): number {
  const b = skb.data,
    o = skb.network;
  const dev = flags & FIB.IIF ? state.in : flags & FIB.OIF ? state.out : null;
  if (v4) return RTN[s.fib.addrType4(flags & FIB.SADDR ? ip4Src(b, o) : ip4Dst(b, o), dev)];
  const addr = flags & FIB.SADDR ? ip6Src(b, o) : ip6Dst(b, o);
  if (addr[0] === 0xff) return RTN.multicast;
  if (dev?.addrs6.some((a) => a.addr.every((x, i) => x === addr[i]))) return RTN.local;
  const hit = s.fib.lookup(6, { daddr: addr, saddr: null, mark: 0, iif: 0, oif: dev?.index ?? 0, tos: 0 });
  if ('error' in hit) return hit.error === 'EINVAL' ? RTN.blackhole : hit.error === 'EACCES' ? RTN.prohibit : RTN.unreachable;
  if (hit.route.type === 'local' && !dev) return RTN.local;
  if (hit.route.type === 'anycast') return RTN.anycast;
  return RTN.unicast;
}

/** nft_fib4_eval, nft_fib6_eval */
function fibOif(s: Stack, skb: Skb, state: HookState, f: { readonly result: 'oif' | 'oifname' | 'type'; readonly flags: number }, v4: boolean): number | string | null {
  const b = skb.data,
    o = skb.network;
  const wanted = f.flags & FIB.OIF ? state.out : f.flags & FIB.IIF ? state.in : null;
  const answer = (dev: NetDevice): number | string => (f.result === 'oifname' ? dev.name : dev.index);
  // Packets that came back over loopback are what they claim to be.
  if (state.in?.type === 'loopback' && (state.hook === 'prerouting' || state.hook === 'input')) return answer(state.in);
  const src = v4 ? ip4Src(b, o) : ip6Src(b, o),
    dst = v4 ? ip4Dst(b, o) : ip6Dst(b, o);
  if (v4 && isZero(src)) {
    // Zero net: DHCP and the like.
    if (state.in && (isMulticast4(dst) || dst.every((x) => x === 255))) return answer(state.in);
  }
  const asked = f.flags & FIB.DADDR ? dst : src,
    other = f.flags & FIB.DADDR ? src : dst;
  const mark = f.flags & FIB.MARK ? skb.mark : 0;
  const linkLocal = !v4 && isLinkLocal6(asked);
  const hit = s.fib.lookup(v4 ? 4 : 6, {
    daddr: asked,
    saddr: v4 ? other : null,
    mark,
    iif: s.lo.index,
    oif: linkLocal ? (wanted?.index ?? state.in?.index ?? 0) : 0,
    tos: v4 ? b[o + 1] & 0x1c : 0,
  });
  if ('error' in hit) return null;
  if (hit.route.type !== 'unicast') return null;
  const through = hit.route.hops.find((h) => !wanted || h.dev === wanted.index);
  if (wanted && !through) return null;
  const dev = s.device((through ?? hit.hop).dev);
  return dev ? answer(dev) : null;
}
