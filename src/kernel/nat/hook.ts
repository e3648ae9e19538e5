import { dirOf } from '../conntrack/protocol.ts';
import { account } from '../conntrack/protocol.ts';
import { invertTuple } from '../conntrack/l4.ts';
import { IPS, IPS_NAT_DONE_MASK, IPS_NAT_MASK } from '../conntrack/entry.ts';
import type { Conntrack } from '../conntrack/entry.ts';
import { sameBytes } from '../conntrack/tuple.ts';
import type { HookState } from '../net/hook-state.ts';
import { CTINFO } from '../net/skb.ts';
import type { Skb } from '../net/skb.ts';
import { transportSumRight } from '../net/transport-sum.ts';
import { checksum, pseudo, put16 } from '../net/wire/bytes.ts';
import { IPPROTO, ip4Dst, ip4HeaderLen, ip6Dst, ip6Src, skipExtensions } from '../net/wire/ip.ts';
import { endpointsOf } from '../trace/endpoints.ts';
import type { Endpoints } from '../trace/event.ts';
import type { HookVerdict } from '../stack/hooks.ts';
import type { Manip } from './core.ts';
import { manipulate4, manipulate6 } from './manip.ts';

/** A base chain of type nat: they hang below the translator's own hook function, each by its priority. */
export type NatChain = (skb: Skb, state: HookState) => HookVerdict;

const manipOf = (state: HookState): Manip => (state.hook === 'postrouting' || state.hook === 'input' ? 'src' : 'dst');

/** nf_nat_inet_fn */
function natPacket(skb: Skb, state: HookState, chains: readonly NatChain[]): HookVerdict {
  const ct = skb.ct,
    nat = state.net.stack.nat,
    manip = manipOf(state);
  if (!ct) return 'accept';
  if (skb.ctinfo === CTINFO.related || skb.ctinfo === CTINFO.relatedReply || skb.ctinfo === CTINFO.new) {
    if (!nat.initialized(ct, manip)) {
      for (const chain of chains) {
        const v = chain(skb, state);
        if (v !== 'accept') return v;
        if (nat.initialized(ct, manip)) break;
      }
      if (!nat.initialized(ct, manip) && !nat.nullBinding(ct, manip)) return 'drop';
    } else if (outChanged(skb, ct, state)) return 'drop';
  } else if (outChanged(skb, ct, state)) return 'drop';
  return nat.packet(skb, ct, manip) ? 'accept' : 'drop';
}

/** nf_nat_oif_changed: masqueraded behind another device before; the connection ends. */
function outChanged(skb: Skb, ct: Conntrack, state: HookState): boolean {
  const index = ct.natInfo?.masqIndex ?? 0;
  if (!index || state.hook !== 'postrouting' || dirOf(skb.ctinfo) !== 0 || index === state.out?.index) return false;
  account(ct, 0, skb.data.length - skb.network);
  state.net.conntrack.kill(ct);
  return true;
}

/** nf_nat_ipv4_fn / nf_nat_ipv6_fn with what each hook does around it. */
export function natHook(skb: Skb, state: HookState, chains: readonly NatChain[]): HookVerdict {
  const { tracer } = state.net;
  if (!tracer) return translate(skb, state, chains);
  const before = endpointsOf(skb),
    verdict = translate(skb, state, chains),
    after = endpointsOf(skb);
  if (!sameEndpoints(before, after)) tracer.event({ kind: 'nat', skb, state, manip: manipOf(state), before, after });
  return verdict;
}

const sameEndpoints = (a: Endpoints, b: Endpoints): boolean => sameBytes(a.src, b.src) && sameBytes(a.dst, b.dst) && a.sport === b.sport && a.dport === b.dport;

function translate(skb: Skb, state: HookState, chains: readonly NatChain[]): HookVerdict {
  const v4 = state.pf === 'ip',
    ct = skb.ct;
  if (!ct) return 'accept';
  // Most packets are of connections that this hook leaves as they are.
  if ((skb.ctinfo === CTINFO.established || skb.ctinfo === CTINFO.establishedReply) && state.hook !== 'output' && !wanted(skb, ct, manipOf(state)))
    return outChanged(skb, ct, state) ? 'drop' : 'accept';
  const before = v4 ? ip4Dst(skb.data, skb.network) : ip6Dst(skb.data, skb.network);
  const related = skb.ctinfo === CTINFO.related || skb.ctinfo === CTINFO.relatedReply;
  let verdict: HookVerdict;
  if (related && v4 && skb.data[skb.network + 9] === IPPROTO.ICMP) verdict = translate4(skb, ct, state) ? 'accept' : 'drop';
  else if (related && !v4 && icmp6At(skb) >= 0) verdict = translate6(skb, ct, state) ? 'accept' : 'drop';
  else verdict = natPacket(skb, state, chains);
  if (verdict !== 'accept') return verdict;
  if (state.hook === 'prerouting') {
    const now = v4 ? ip4Dst(skb.data, skb.network) : ip6Dst(skb.data, skb.network);
    if (!sameBytes(before, now)) skb.dst = null;
  } else if (state.hook === 'output') {
    const dir = dirOf(skb.ctinfo);
    if (!sameBytes(ct.tuple(dir).dst, ct.tuple(dir === 0 ? 1 : 0).src) && !(v4 ? state.net.stack.ip4 : state.net.stack.ip6).reroute(skb)) return 'drop';
  }
  return 'accept';
}

function icmp6At(skb: Skb): number {
  const end = skipExtensions(skb.data, skb.network + 40, skb.data[skb.network + 6]);
  return end && end.next === IPPROTO.ICMPV6 ? end.offset : -1;
}

/** Does this hook change what the connection asks? (statusbit of the reply translations) */
function wanted(skb: Skb, ct: Conntrack, manip: Manip): boolean {
  let bit: number = manip === 'src' ? IPS.SRC_NAT : IPS.DST_NAT;
  if (dirOf(skb.ctinfo) === 1) bit ^= IPS_NAT_MASK;
  return (ct.status & bit) !== 0;
}

const redirectAllowed = (ct: Conntrack): boolean => (ct.status & IPS_NAT_DONE_MASK) === IPS_NAT_DONE_MASK && !(ct.status & IPS_NAT_MASK);

/** nf_nat_icmp_reply_translation */
function translate4(skb: Skb, ct: Conntrack, state: HookState): boolean {
  const b = skb.data,
    o = skb.network,
    at = o + ip4HeaderLen(b, o),
    manip = manipOf(state);
  if (b.length < at + 8 || !transportSumRight(skb, state.hook, at, IPPROTO.ICMP)) return false;
  if (b[at] === 5 && !redirectAllowed(ct)) return false;
  if (!wanted(skb, ct, manip)) return true;
  const other = ct.tuple(dirOf(skb.ctinfo) === 0 ? 1 : 0);
  if (!manipulate4(skb, at + 8, other, manip === 'src' ? 'dst' : 'src')) return false;
  put16(b, at + 2, 0);
  put16(b, at + 2, checksum(b, at, b.length));
  const target = invertTuple(other);
  return target !== null && manipulate4(skb, o, { ...target, protonum: IPPROTO.ICMP }, manip);
}

/** nf_nat_icmpv6_reply_translation */
function translate6(skb: Skb, ct: Conntrack, state: HookState): boolean {
  const b = skb.data,
    o = skb.network,
    at = icmp6At(skb),
    manip = manipOf(state);
  if (b.length < at + 8 || !transportSumRight(skb, state.hook, at, IPPROTO.ICMPV6)) return false;
  if (b[at] === 137 && !redirectAllowed(ct)) return false;
  if (!wanted(skb, ct, manip)) return true;
  const other = ct.tuple(dirOf(skb.ctinfo) === 0 ? 1 : 0);
  if (!manipulate6(skb, at + 8, other, manip === 'src' ? 'dst' : 'src')) return false;
  put16(b, at + 2, 0);
  put16(b, at + 2, checksum(b, at, b.length, pseudo(ip6Src(b, o), ip6Dst(b, o), IPPROTO.ICMPV6, b.length - at)));
  const target = invertTuple(other);
  return target !== null && manipulate6(skb, o, { ...target, protonum: IPPROTO.ICMPV6 }, manip);
}
