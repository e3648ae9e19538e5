import { DEFAULT_ZONE, IPCT, IPS } from '../conntrack/entry.ts';
import type { Conntrack } from '../conntrack/entry.ts';
import { dirOf } from '../conntrack/protocol.ts';
import { initSeqAdjust } from '../conntrack/seqadj.ts';
import { jhash } from '../net/jhash.ts';
import { NF } from '../expr/machine.ts';
import type { HookState } from '../net/hook-state.ts';
import { CTINFO, Skb } from '../net/skb.ts';
import type { CtInfo } from '../net/skb.ts';
import { transportSumRight } from '../net/transport-sum.ts';
import { checksum, concat, pseudo, put16, put32, replace4, u16, u32 } from '../net/wire/bytes.ts';
import { ETH, IPPROTO, IP_DF, ip4Dst, ip4HeaderLen, ip4Src, ip6Dst, ip6Src, putIp4, putIp6, skipExtensions } from '../net/wire/ip.ts';
import type { HookVerdict } from './hooks.ts';
import { tellMade } from '../trace/tell.ts';
import type { Stack } from './stack.ts';

/** NF_SYNPROXY_OPT_* */
const OPT = { MSS: 1, WSCALE: 2, SACK_PERM: 4, TIMESTAMP: 8, ECN: 16 } as const;
const FIN = 1,
  SYN = 2,
  RST = 4,
  ACK = 16,
  ECE = 64,
  CWR = 128;
const TCP_SYN_SENT = 1,
  TCP_SYN_RECV = 2,
  TCP_CLOSE = 8;
/** Values that a cookie can carry (msstab). */
const MSS_TABLE = { 4: [536, 1300, 1440, 1460], 6: [1280 - 60, 1480 - 60, 1500 - 60, 9000 - 60] } as const;

interface Options {
  options: number;
  wscale: number;
  mss: number;
  mssEncode: number;
  tsval: number;
  tsecr: number;
}
interface Wanted {
  readonly mss: number;
  readonly wscale: number;
  readonly flags: number;
}
interface View {
  readonly v4: boolean;
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
  readonly at: number;
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly sport: number;
  readonly dport: number;
  readonly window: number;
}

function view(skb: Skb): View | null {
  const b = skb.data,
    o = skb.network,
    v4 = b[o] >> 4 === 4;
  const end = v4 ? { offset: o + ip4HeaderLen(b, o), next: b[o + 9] } : skipExtensions(b, o + 40, b[o + 6]);
  if (!end || end.next !== IPPROTO.TCP || b.length < end.offset + 20) return null;
  const at = end.offset;
  return {
    v4,
    src: v4 ? ip4Src(b, o) : ip6Src(b, o),
    dst: v4 ? ip4Dst(b, o) : ip6Dst(b, o),
    at,
    flags: b[at + 13],
    seq: u32(b, at + 4),
    ack: u32(b, at + 8),
    sport: u16(b, at),
    dport: u16(b, at + 2),
    window: u16(b, at + 14),
  };
}

/** synproxy_parse_options */
function parse(b: Uint8Array, at: number): Options | null {
  const out: Options = { options: 0, wscale: 0, mss: 0, mssEncode: 0, tsval: 0, tsecr: 0 };
  const end = at + (b[at + 12] >> 4) * 4;
  if (end > b.length) return null;
  for (let i = at + 20; i < end; ) {
    const kind = b[i];
    if (kind === 0) break;
    if (kind === 1) {
      i++;
      continue;
    }
    const len = b[i + 1];
    if (i + 1 >= end || len < 2 || i + len > end) break;
    if (kind === 2 && len === 4) {
      out.mss = u16(b, i + 2);
      out.options |= OPT.MSS;
    } else if (kind === 3 && len === 3) {
      out.wscale = Math.min(b[i + 2], 14);
      out.options |= OPT.WSCALE;
    } else if (kind === 8 && len === 10) {
      out.tsval = u32(b, i + 2);
      out.tsecr = u32(b, i + 6);
      out.options |= OPT.TIMESTAMP;
    } else if (kind === 4 && len === 2) out.options |= OPT.SACK_PERM;
    i += len;
  }
  return out;
}

/** synproxy_build_options */
function build(o: Options): Uint8Array {
  const out: number[] = [];
  const word = (v: number): void => {
    out.push(v >>> 24, (v >>> 16) & 255, (v >>> 8) & 255, v & 255);
  };
  const sack = (o.options & OPT.SACK_PERM) !== 0;
  if (o.options & OPT.MSS) word((2 << 24) | (4 << 16) | o.mss);
  if (o.options & OPT.TIMESTAMP) {
    word(sack ? 0x0402080a : 0x0101080a);
    word(o.tsval);
    word(o.tsecr);
  } else if (sack) word(0x01010402);
  if (o.options & OPT.WSCALE) word(0x01030300 | o.wscale);
  return Uint8Array.from(out);
}

/** Sequence numbers of our own answers, in which the client's MSS comes back (syncookies; the kernel's secret is random too). */
function cookie(v: View, index: number, seq: number): number {
  const key = concat(v.src, v.dst, Uint8Array.of(v.sport >> 8, v.sport & 255, v.dport >> 8, v.dport & 255));
  return (((jhash(key, 0x5eed) & ~3) | index) + seq) >>> 0;
}

function mssOfCookie(v: View): number {
  const table = MSS_TABLE[v.v4 ? 4 : 6],
    made = (v.ack - 1) >>> 0,
    seq = (v.seq - 1) >>> 0;
  const index = table.findIndex((_, i) => cookie(v, i, seq) === made);
  return index < 0 ? 0 : table[index];
}

interface Segment {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly sport: number;
  readonly dport: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  readonly options: Uint8Array;
}

/** synproxy_send_tcp */
function send(s: Stack, t: Segment, tie: { ct: Conntrack | null; ctinfo: CtInfo; template: Conntrack | null }): void {
  const v4 = t.from.length === 4;
  const tcp = concat(new Uint8Array(20), t.options);
  put16(tcp, 0, t.sport);
  put16(tcp, 2, t.dport);
  put32(tcp, 4, t.seq);
  put32(tcp, 8, t.ack);
  tcp[12] = (tcp.length >> 2) << 4;
  tcp[13] = t.flags;
  put16(tcp, 14, t.window);
  put16(tcp, 16, checksum(tcp, 0, tcp.length, pseudo(t.from, t.to, IPPROTO.TCP, tcp.length)));
  const head = new Uint8Array(v4 ? 20 : 40);
  if (v4) putIp4(head, 0, { tos: 0, len: 20 + tcp.length, id: 0, frag: IP_DF, ttl: s.conf.v4('ip_default_ttl'), proto: IPPROTO.TCP, src: t.from, dst: t.to });
  else putIp6(head, 0, { len: tcp.length, next: IPPROTO.TCP, hops: s.conf.dev6('all', 'hop_limit'), src: t.from, dst: t.to });
  const skb = new Skb(concat(head, tcp));
  skb.protocol = v4 ? ETH.IP : ETH.IPV6;
  skb.transport = head.length;
  skb.l4proto = IPPROTO.TCP;
  tellMade(s.net, skb, null, 'synproxy');
  if (!(v4 ? s.ip4 : s.ip6).reroute(skb)) return;
  if (tie.ct) {
    skb.ct = tie.ct;
    skb.ctinfo = tie.ctinfo;
  }
  skb.template = tie.template;
  if (v4) s.ip4.localOut(skb);
  else s.ip6.localOut(skb);
}

const NO_TIE = { ct: null, ctinfo: CTINFO.new, template: null } as const;

/** synproxy_send_client_synack */
function clientSynAck(s: Stack, skb: Skb, v: View, o: Options): void {
  const table = MSS_TABLE[v.v4 ? 4 : 6];
  let index = table.length - 1;
  while (index > 0 && o.mssEncode < table[index]) index--;
  send(
    s,
    {
      from: v.dst,
      to: v.src,
      sport: v.dport,
      dport: v.sport,
      seq: cookie(v, index, v.seq),
      ack: (v.seq + 1) >>> 0,
      flags: SYN | ACK | (o.options & OPT.ECN ? ECE : 0),
      window: 0,
      options: build(o),
    },
    { ct: skb.ct, ctinfo: CTINFO.establishedReply, template: null },
  );
}

/** synproxy_recv_client_ack, synproxy_send_server_syn */
function clientAck(s: Stack, v: View, o: Options, seq: number): boolean {
  const mss = mssOfCookie({ ...v, seq });
  if (mss === 0) return false;
  o.mss = mss;
  o.options |= OPT.MSS;
  if (o.options & OPT.TIMESTAMP) {
    o.wscale = o.tsecr & 15;
    if (o.wscale !== 15) o.options |= OPT.WSCALE;
    if (o.tsecr & 16) o.options |= OPT.SACK_PERM;
    if (o.tsecr & 32) o.options |= OPT.ECN;
  }
  const none = { l3num: 2 as const, protonum: 0, src: new Uint8Array(4), dst: new Uint8Array(4), sport: 0, dport: 0 };
  const template = s.net.conntrack.alloc(DEFAULT_ZONE, none, none);
  template.status |= IPS.TEMPLATE | IPS.CONFIRMED;
  template.synproxy = { isn: 0, its: 0, tsoff: 0 };
  // The acknowledgement number hands our own first sequence number to the hook that sees this SYN.
  send(
    s,
    {
      from: v.src,
      to: v.dst,
      sport: v.sport,
      dport: v.dport,
      seq: (seq - 1) >>> 0,
      ack: (v.ack - 1) >>> 0,
      flags: SYN | (o.options & OPT.ECN ? ECE | CWR : 0),
      window: v.window,
      options: build(o),
    },
    { ct: null, ctinfo: CTINFO.new, template },
  );
  return true;
}

/** nft_synproxy_do_eval, synproxy_tg4, synproxy_tg6 */
export function synproxy(s: Stack, skb: Skb, state: HookState, wanted: Wanted): number {
  const v = view(skb);
  if (!v) return NF.DROP;
  const b = skb.data;
  if (!transportSumRight(skb, state.hook, v.at, IPPROTO.TCP)) return NF.DROP;
  const o = parse(b, v.at);
  if (!o) return NF.DROP;
  if (v.flags & SYN && !(v.flags & (ACK | FIN | RST))) {
    if (v.flags & ECE && v.flags & CWR) o.options |= OPT.ECN;
    o.options &= wanted.flags;
    o.mssEncode = o.mss;
    o.mss = wanted.mss;
    if (o.options & OPT.TIMESTAMP) {
      o.tsecr = o.tsval;
      o.tsval = (Math.floor(s.net.clock.now()) & ~0x3f) >>> 0;
      if (o.options & OPT.WSCALE) {
        o.tsval |= o.wscale;
        o.wscale = wanted.wscale;
      } else o.tsval |= 15;
      if (o.options & OPT.SACK_PERM) o.tsval |= 16;
      if (o.options & OPT.ECN) o.tsval |= 32;
    } else o.options &= ~(OPT.WSCALE | OPT.SACK_PERM | OPT.ECN);
    clientSynAck(s, skb, v, o);
    return NF.STOLEN;
  }
  if (v.flags & ACK && !(v.flags & (FIN | RST | SYN))) return clientAck(s, v, o, v.seq) ? NF.STOLEN : NF.DROP;
  return NF.CONTINUE;
}

/** ipv4_synproxy_hook, ipv6_synproxy_hook: brings the two halves of a proxied connection together. */
export function synproxyHook(skb: Skb, state: HookState): HookVerdict {
  const ct = skb.ct,
    sp = ct?.synproxy,
    s = state.net.stack;
  const v = ct && sp ? view(skb) : null;
  if (!ct || !sp || !v || ct.proto.kind !== 'tcp' || state.in?.type === 'loopback' || state.out?.type === 'loopback') return 'accept';
  const dir = dirOf(skb.ctinfo),
    isSyn = (v.flags & SYN) !== 0,
    isAck = (v.flags & ACK) !== 0;
  let tcp = ct.proto.state;
  if (tcp === TCP_CLOSE) {
    if (v.flags & RST && dir !== 0) initSeqAdjust(ct, dir, (sp.isn - v.seq + 1) | 0);
    else if (isSyn && !isAck && dir === 0) {
      sp.tsoff = 0;
      tcp = TCP_SYN_SENT;
    }
  }
  if (tcp === TCP_SYN_SENT) {
    const o = parse(skb.data, v.at);
    if (!o) return 'drop';
    if (!isSyn && isAck && dir === 0) return clientAck(s, v, o, (v.seq + 1) >>> 0) ? 'stolen' : 'drop';
    sp.isn = v.ack;
    if (o.options & OPT.TIMESTAMP) sp.its = o.tsecr;
    s.net.conntrack.cache(ct, IPCT.SYNPROXY);
  } else if (tcp === TCP_SYN_RECV && isSyn && isAck) return established(s, skb, ct, sp, v);
  adjustTimestamp(skb, v, sp.tsoff, dir);
  return 'accept';
}

/** The server answered: both sides get their last ACK. */
function established(s: Stack, skb: Skb, ct: Conntrack, sp: NonNullable<Conntrack['synproxy']>, v: View): HookVerdict {
  const o = parse(skb.data, v.at);
  if (!o || ct.proto.kind !== 'tcp') return 'drop';
  if (o.options & OPT.TIMESTAMP) {
    sp.tsoff = (o.tsval - sp.its) | 0;
    s.net.conntrack.cache(ct, IPCT.SYNPROXY);
  }
  const wscale = o.wscale;
  o.options &= ~(OPT.MSS | OPT.WSCALE | OPT.SACK_PERM);
  const swapped: Options = { ...o, tsval: o.tsecr, tsecr: o.tsval };
  send(
    s,
    { from: v.dst, to: v.src, sport: v.dport, dport: v.sport, seq: v.ack, ack: (v.seq + 1) >>> 0, flags: ACK, window: ct.proto.seen[0].tdMaxwin & 0xffff, options: build(swapped) },
    NO_TIE,
  );
  initSeqAdjust(ct, dirOf(skb.ctinfo), (sp.isn - v.seq) | 0);
  s.net.conntrack.cache(ct, IPCT.SEQADJ);
  send(
    s,
    { from: v.src, to: v.dst, sport: v.sport, dport: v.dport, seq: (v.seq + 1) >>> 0, ack: v.ack, flags: ACK, window: v.window >> wscale, options: build(o) },
    { ct: skb.ct, ctinfo: CTINFO.establishedReply, template: null },
  );
  return 'stolen';
}

/** synproxy_tstamp_adjust */
function adjustTimestamp(skb: Skb, v: View, tsoff: number, dir: number): void {
  if (tsoff === 0) return;
  const b = skb.data,
    end = v.at + (b[v.at + 12] >> 4) * 4;
  for (let i = v.at + 20; i < end; ) {
    if (b[i] === 0) return;
    if (b[i] === 1) {
      i++;
      continue;
    }
    const len = b[i + 1];
    if (i + 1 >= end || len < 2 || i + len > end) return;
    if (b[i] === 8 && len === 10) {
      const at = i + (dir === 1 ? 2 : 6),
        old = u32(b, at),
        fresh = (dir === 1 ? old - tsoff : old + tsoff) >>> 0;
      put32(b, at, fresh);
      put16(b, v.at + 16, replace4(u16(b, v.at + 16), old, fresh));
    }
    i += len;
  }
}
