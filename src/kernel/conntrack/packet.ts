import { CTINFO } from '../net/skb.ts';
import type { CtInfo, Skb } from '../net/skb.ts';
import type { HookState } from '../net/hook-state.ts';
import { u16 } from '../net/wire/bytes.ts';
import { ip4Text, ip6Text } from '../log/format.ts';
import { logInvalidPacket } from './log-invalid.ts';
import { IPPROTO, IP_MF, IP_OFFSET, ip4Dst, ip4HeaderLen, ip6Dst, ip6Src, isLinkLocal6 } from '../net/wire/ip.ts';
import type { Netns } from '../netns.ts';
import type { Tracer } from '../trace/event.ts';
import type { HookVerdict } from '../stack/hooks.ts';
import { findFragmentHeader } from '../stack/fragments.ts';
import { DEFAULT_ZONE, IPCT, IPS } from './entry.ts';
import type { Conntrack, Dir, Tuple, Zone } from './entry.ts';
import { expectFunction } from './expect-functions.ts';
import { greKeyOf } from './gre-keys.ts';
import { findHelper, helperOf } from './helpers.ts';
import { badChecksum, findL4, invertTuple, tupleOf } from './l4.ts';
import { dirOf, protocolOf } from './protocol.ts';
import { adjustSequence } from './seqadj.ts';
import { sameBytes, sameTuple, zoneId } from './tuple.ts';

const familyOf = (state: HookState): 4 | 6 => (state.pf === 'ip6' ? 6 : 4);

const greKey =
  (net: Netns) =>
  (t: Tuple): number =>
    greKeyOf(net, t);

/** nf_ct_zone_tmpl */
function zoneOf(skb: Skb): Zone {
  const zone = skb.template?.zone;
  if (!zone) return DEFAULT_ZONE;
  return zone.mark ? { id: skb.mark & 0xffff, dir: zone.dir } : zone;
}

function tellDefrag(skb: Skb, net: Netns, complete: boolean): boolean {
  net.tracer?.event({ kind: 'defrag', skb, complete });
  return complete;
}

/** ipv4_conntrack_defrag, ipv6_defrag: the hook at priority -400. */
export function defragHook(skb: Skb, state: HookState): HookVerdict {
  if (skb.ct || skb.ctinfo === CTINFO.untracked) return 'accept';
  if (state.pf === 'ip' && !(u16(skb.data, skb.network + 6) & (IP_MF | IP_OFFSET))) return 'accept';
  const fragments = state.net.stack.fragments,
    user = `${state.hook} ${zoneId(skb.template?.zone ?? DEFAULT_ZONE, 0)}`;
  if (state.pf === 'ip') {
    return tellDefrag(skb, state.net, fragments.defrag4(skb, user)) ? 'accept' : 'stolen';
  }
  const frag = findFragmentHeader(skb.data, skb.network);
  if (!frag) return 'accept';
  const result = fragments.defrag6(skb, user, frag.at, frag.prevAt);
  if (result === 'refused') return 'drop';
  if (result === 'asItIs') return 'accept';
  if (!tellDefrag(skb, state.net, result === 'whole')) return 'stolen';
  state.net.stack.ip6.locate(skb);
  return 'accept';
}

/** nf_conntrack_in */
export function trackHook(skb: Skb, state: HookState): HookVerdict {
  const { tracer } = state.net;
  return tracer ? trackTraced(skb, state, tracer) : track(skb, state);
}

function trackTraced(skb: Skb, state: HookState, tracer: Tracer): HookVerdict {
  const table = state.net.conntrack,
    known = skb.ct !== null;
  table.why = null;
  const verdict = track(skb, state),
    { ct, ctinfo } = skb;
  if (verdict === 'stolen' || (known && verdict === 'accept')) return verdict;
  const untracked = !ct && ctinfo === CTINFO.untracked;
  tracer.event({
    kind: 'conntrack',
    skb,
    state,
    result: untracked ? 'untracked' : !ct ? 'invalid' : ctinfo === CTINFO.new ? 'new' : ctinfo === CTINFO.related || ctinfo === CTINFO.relatedReply ? 'related' : 'established',
    ct,
    dir: dirOf(ctinfo),
    created: ct !== null && !(ct.status & IPS.CONFIRMED),
    why: table.why,
    dropped: verdict === 'drop',
  });
  return verdict;
}

function track(skb: Skb, state: HookState): HookVerdict {
  const { net } = state,
    table = net.conntrack;
  if (state.hook === 'output' && state.pf === 'ip' && u16(skb.data, skb.network + 6) & (IP_MF | IP_OFFSET)) return 'accept';
  if (skb.ct || skb.ctinfo === CTINFO.untracked) return 'accept';
  const family = familyOf(state);
  if (family === 4 && skb.template === null) {
    const verdict = trackKnown4(skb, state);
    if (verdict) return verdict;
  }
  const l4 = findL4(skb.data, skb.network, family);
  const done = (v: HookVerdict): HookVerdict => {
    skb.template = null;
    return v;
  };
  if (!l4) {
    table.why = 'no transport header';
    table.stats.invalid++;
    return done('accept');
  }
  skb.transport = l4.at;
  skb.l4proto = l4.protonum;
  if (l4.protonum === IPPROTO.ICMP || l4.protonum === IPPROTO.ICMPV6) {
    const r = icmpError(skb, state, family, l4.at, l4.protonum);
    if (r === 'bad') {
      table.stats.error++;
      return done('accept');
    }
    if (r === 'assigned') return done('accept');
  }
  for (let round = 0; round < 2; round++) {
    const found = resolve(skb, state, family, l4.at, l4.protonum);
    if (found === 'full') {
      table.why = 'the connection table is full';
      table.stats.drop++;
      return done('drop');
    }
    if (!found) {
      table.why ??= 'its headers make no tuple';
      table.stats.invalid++;
      return done('accept');
    }
    const verdict = judge(skb, state, l4.at, l4.protonum, found.ct, found.ctinfo);
    if (verdict !== 'repeat') return done(verdict);
  }
  return done('accept');
}

const infoOf = (ct: Conntrack, dir: Dir): CtInfo =>
  dir === 1 ? CTINFO.establishedReply : ct.status & IPS.SEEN_REPLY ? CTINFO.established : ct.status & IPS.EXPECTED ? CTINFO.related : CTINFO.new;

/** What the protocol's tracker says of a packet and the connection it seems to be of. */
function judge(skb: Skb, state: HookState, at: number, protonum: number, ct: Conntrack, ctinfo: CtInfo): 'accept' | 'drop' | 'repeat' {
  const { net } = state,
    table = net.conntrack;
  skb.ct = ct;
  skb.ctinfo = ctinfo;
  const verdict = protocolOf(protonum).packet({ net, state, skb, at, ct, ctinfo, dir: dirOf(ctinfo) });
  if (verdict === 'accept') {
    if (ctinfo === CTINFO.establishedReply && !(ct.status & IPS.SEEN_REPLY)) {
      ct.status |= IPS.SEEN_REPLY;
      table.cache(ct, IPCT.REPLY);
    }
    return 'accept';
  }
  skb.ct = null;
  skb.ctinfo = CTINFO.new;
  if (verdict === 'repeat') return 'repeat';
  table.stats.invalid++;
  if (verdict === 'drop') {
    table.stats.drop++;
    return 'drop';
  }
  return 'accept';
}

/** The short way of a TCP or UDP packet whose connection is known; null: the long one. */
function trackKnown4(skb: Skb, state: HookState): HookVerdict | null {
  const b = skb.data,
    o = skb.network,
    protonum = b[o + 9];
  if ((protonum !== IPPROTO.UDP && protonum !== IPPROTO.TCP) || (u16(b, o + 6) & IP_OFFSET) !== 0) return null;
  const at = o + ip4HeaderLen(b, o);
  if (at < o + 20 || at + 4 > b.length) return null;
  const found = state.net.conntrack.findPacket4(DEFAULT_ZONE, b, o, at, protonum);
  if (found === null) return null;
  skb.transport = at;
  skb.l4proto = protonum;
  const verdict = judge(skb, state, at, protonum, found.ct, infoOf(found.ct, found.dir));
  return verdict === 'repeat' ? null : verdict;
}

/** Messages that are never tracked: router and neighbour discovery, listener reports. */
const UNTRACKED6 = new Set([130, 131, 132, 133, 134, 135, 136, 143]);
const ERRORS4 = new Set([3, 4, 5, 11, 12]);

/** nf_conntrack_handle_icmp */
function icmpError(skb: Skb, state: HookState, family: 4 | 6, at: number, protonum: number): 'normal' | 'bad' | 'assigned' {
  const b = skb.data;
  if ((protonum === IPPROTO.ICMP) !== (family === 4)) return 'normal';
  const bad = (why: string): 'bad' => {
    logInvalidPacket(skb, state, protonum, why);
    return 'bad';
  };
  if (b.length < at + 8) return bad('short packet');
  if (badChecksum(state.net, state, skb, at, protonum)) return bad(family === 4 ? 'bad hw icmp checksum' : 'ICMPv6 checksum failed');
  const type = b[at];
  if (family === 4) {
    if (type > 18) return bad('invalid icmp type');
    return ERRORS4.has(type) ? innerError(skb, state, family, at + 8, ip4Dst(b, skb.network)) : 'normal';
  }
  if (UNTRACKED6.has(type)) {
    skb.ct = null;
    skb.ctinfo = CTINFO.untracked;
    return 'assigned';
  }
  if (type === 137) return redirect6(skb, state, at);
  return type >= 128 ? 'normal' : innerError(skb, state, family, at + 8, ip6Dst(b, skb.network));
}

/** ND_OPT_REDIRECT_HDR */
const REDIRECTED = 4;

/** nf_conntrack_icmpv6_redirect: what it is about stands in the redirected-header option, which is looked for in the first place only. */
function redirect6(skb: Skb, state: HookState, at: number): 'normal' | 'bad' | 'assigned' {
  const b = skb.data,
    o = skb.network;
  const bad = (why: string): 'bad' => {
    logInvalidPacket(skb, state, IPPROTO.ICMPV6, why);
    return 'bad';
  };
  if (b.length < at + 40) return bad('short redirect');
  if (b[o + 7] !== 255 || !isLinkLocal6(ip6Src(b, o))) return bad('invalid saddr or hoplimit for redirect');
  if (b.length < at + 42 || b[at + 41] === 0) return bad('redirect without options');
  return b[at + 40] === REDIRECTED ? innerError(skb, state, 6, at + 48, ip6Dst(b, o)) : 'normal';
}

/** nf_conntrack_inet_error: is it about one of our connections? */
function innerError(skb: Skb, state: HookState, family: 4 | 6, inner: number, outerDst: Uint8Array): 'bad' | 'assigned' {
  const b = skb.data;
  const l4 = findL4(b, inner, family);
  const orig = l4 && tupleOf(b, inner, family, l4.at, l4.protonum, greKey(state.net));
  const tuple = orig && invertTuple(orig);
  const { conntrack } = state.net;
  if (!tuple) {
    conntrack.why = 'an error about a packet that cannot be made out';
    return 'bad';
  }
  const found = conntrack.find(zoneOf(skb), tuple);
  if (!found) {
    conntrack.why = 'an error about no known connection';
    return 'bad';
  }
  const { dst } = found.ct.tuple(found.dir);
  if (!sameBytes(dst, outerDst)) {
    const text = (a: Uint8Array): string => (family === 4 ? ip4Text(a, 0) : ip6Text(a, 0));
    logInvalidPacket(skb, state, family === 4 ? IPPROTO.ICMP : IPPROTO.ICMPV6, `outer daddr ${text(outerDst)} != inner ${text(dst)}`);
    return 'bad';
  }
  skb.ct = found.ct;
  skb.ctinfo = found.dir === 1 ? CTINFO.relatedReply : CTINFO.related;
  return 'assigned';
}

/** resolve_normal_ct */
function resolve(skb: Skb, state: HookState, family: 4 | 6, at: number, protonum: number): { ct: Conntrack; ctinfo: CtInfo } | null | 'full' {
  const found = findOrInit(skb, state, zoneOf(skb), family, at, protonum);
  if (!found || found === 'full') return found;
  return { ct: found.ct, ctinfo: infoOf(found.ct, found.dir) };
}

function findOrInit(skb: Skb, state: HookState, zone: Zone, family: 4 | 6, at: number, protonum: number): { ct: Conntrack; dir: Dir } | null | 'full' {
  const tuple = tupleOf(skb.data, skb.network, family, at, protonum, greKey(state.net));
  return tuple && (state.net.conntrack.find(zone, tuple) ?? init(skb, state, zone, tuple));
}

/** init_conntrack */
function init(skb: Skb, state: HookState, zone: Zone, tuple: Tuple): { ct: Conntrack; dir: Dir } | null | 'full' {
  const { net } = state,
    table = net.conntrack;
  const reply = invertTuple(tuple);
  if (!reply) return null;
  if (!table.room(tuple)) return 'full';
  const template = skb.template;
  const ct = table.alloc(zone, tuple, reply);
  if (template?.synproxy) ct.synproxy = { isn: 0, its: 0, tsoff: 0 };
  if (template?.timeoutPolicy) ct.timeoutPolicy = template.timeoutPolicy;
  table.addExtensions(ct, template?.events ?? null);
  const exp = table.expect.count > 0 ? table.expect.take(zone, tuple) : null;
  if (exp) {
    ct.status |= IPS.EXPECTED;
    ct.master = exp.master;
    if (exp.helper !== null) ct.helper = exp.helper;
    ct.mark = exp.master.mark;
    ct.secmark = exp.master.secmark;
    table.stats.expectNew++;
    if (exp.expectfn !== null) expectFunction(exp.expectfn)?.(net, ct, exp);
  } else if (template?.helper && findHelper(template.helper, tuple.l3num, tuple.protonum)) {
    ct.status |= IPS.HELPER;
    ct.helper = template.helper;
  }
  helperOf(ct)?.init?.(ct);
  return { ct, dir: 0 };
}

/** nf_confirm: helper, sequence numbers, and into the table. A new connection that is dropped here takes what it expected with it. */
export function confirmHook(skb: Skb, state: HookState): HookVerdict {
  const ct = skb.ct;
  if (!ct) return 'accept';
  const verdict = helpAndConfirm(skb, state, ct);
  if (verdict === 'drop' && !(ct.status & IPS.CONFIRMED)) state.net.conntrack.expect.removeFor(ct);
  return verdict;
}

function helpAndConfirm(skb: Skb, state: HookState, ct: Conntrack): HookVerdict {
  const adjust = (ct.status & IPS.SEQ_ADJUST) !== 0 && state.out?.type !== 'loopback' && state.in?.type !== 'loopback';
  if ((ct.helper !== null || adjust) && skb.ctinfo !== CTINFO.relatedReply) {
    const l4 = findL4(skb.data, skb.network, ct.l3num === 2 ? 4 : 6);
    if (l4) {
      const helper = helperOf(ct);
      if (helper && helper.help(state.net, skb, l4.at, ct, skb.ctinfo) === 'drop') return 'drop';
      if (adjust && !adjustSequence(skb, ct, dirOf(skb.ctinfo), l4.at)) {
        state.net.conntrack.stats.drop++;
        return 'drop';
      }
    }
  }
  const { tracer } = state.net;
  if (!tracer || ct.status & IPS.CONFIRMED) return confirm(skb, state.net);
  const verdict = confirm(skb, state.net);
  tracer.event({ kind: 'confirm', skb, state, ct, ok: verdict === 'accept' });
  return verdict;
}

/** nf_conntrack_confirm */
export function confirm(skb: Skb, net: Netns): HookVerdict {
  const ct = skb.ct;
  if (!ct) return 'accept';
  const table = net.conntrack;
  if (!(ct.status & IPS.CONFIRMED)) {
    if (dirOf(skb.ctinfo) !== 0) return 'accept';
    if (ct.status & IPS.DYING) {
      table.stats.insertFailed++;
      return 'drop';
    }
    if (ct.timestamp) ct.timestamp.start = net.clock.wall();
    if (!table.insert(ct)) return clash(skb, net, ct);
    // `conntrack -S` counts only insertions from user space.
    if (ct.helper !== null) table.cache(ct, IPCT.HELPER);
    table.cache(ct, ct.master ? IPCT.RELATED : IPCT.NEW);
  }
  table.deliver(ct);
  return 'accept';
}

/** nf_ct_resolve_clash: datagrams of a flow that another packet has confirmed meanwhile join it. */
function clash(skb: Skb, net: Netns, ct: Conntrack): HookVerdict {
  const other = net.conntrack.find(ct.zone, ct.original);
  const datagram = ct.protonum === IPPROTO.UDP || ct.protonum === IPPROTO.UDPLITE || ct.protonum === IPPROTO.GRE;
  if (other && datagram && sameTuple(other.ct.original, ct.original) && sameTuple(other.ct.reply, ct.reply)) {
    net.conntrack.stats.clashResolve++;
    net.conntrack.stats.insertFailed--;
    skb.ct = other.ct;
    return 'accept';
  }
  net.conntrack.stats.drop++;
  return 'drop';
}
