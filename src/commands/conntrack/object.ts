import type { CtMessage, TupleMessage } from '../../kernel/conntrack/ctnetlink.ts';
import { ICMPV6_INVERT, ICMP_INVERT } from '../../kernel/conntrack/ctnetlink.ts';
import { IPS } from '../../kernel/conntrack/entry.ts';

/** One direction of libnetfilter_conntrack's object: an absent field is an attribute that is not set. */
export interface Side {
  l3?: number;
  l4?: number;
  src4?: Uint8Array;
  dst4?: Uint8Array;
  src6?: Uint8Array;
  dst6?: Uint8Array;
  sport?: number;
  dport?: number;
  zone?: number;
  packets?: bigint;
  bytes?: bigint;
}

/** struct nf_conntrack of libnetfilter_conntrack, as the tool fills it from options or from the kernel's answer. */
export interface CtObject {
  orig: Side;
  repl: Side;
  icmp: {
    type?: number;
    code?: number;
    id?: number /** Type of the reply, derived when the type was set. */;
    replyType?: number /** Of the reply, where address translation chose another. */;
    replyId?: number;
  };
  timeout?: number;
  status?: number;
  mark?: number;
  secmark?: number;
  id?: number;
  use?: number;
  zone?: number;
  helper?: string;
  tcpState?: number;
  tcpFlags?: number;
  sctpState?: number;
  vtagOrig?: number;
  vtagRepl?: number;
  dccpState?: number;
  dccpRole?: number;
  snat4?: Uint8Array;
  dnat4?: Uint8Array;
  snat6?: Uint8Array;
  dnat6?: Uint8Array;
  snatPort?: number;
  dnatPort?: number;
  labels?: Uint8Array;
  labelsMask?: Uint8Array;
  /** Wall clock milliseconds. */
  start?: number;
  stop?: number;
}

export const newObject = (): CtObject => ({ orig: {}, repl: {}, icmp: {} });

export const PORT_PROTOCOLS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);
const ZERO4 = new Uint8Array(4),
  ZERO16 = new Uint8Array(16);

/** set_attr_icmp_type: the reply's type follows the family known by then; 255 when it cannot. */
export function setIcmpType(ct: CtObject, type: number): void {
  const known = ct.orig.l3 === 2 ? ICMP_INVERT : ct.orig.l3 === 10 ? ICMPV6_INVERT : {};
  ct.icmp.type = type;
  ct.icmp.replyType = known[type] ?? 255;
}

/** nfct_setobjopt(NFCT_SOPT_SETUP_REPLY / _ORIGINAL): the missing direction is the other one turned round, all of it set. */
export function autocomplete(ct: CtObject, missing: 'orig' | 'repl'): void {
  const from = missing === 'repl' ? ct.orig : ct.repl;
  const to: Side = { l3: from.l3, l4: from.l4, zone: ct[missing].zone };
  if (from.l3 === 2) {
    to.src4 = from.dst4 ?? ZERO4;
    to.dst4 = from.src4 ?? ZERO4;
  } else {
    to.src6 = from.dst6 ?? ZERO16;
    to.dst6 = from.src6 ?? ZERO16;
  }
  to.sport = from.dport ?? 0;
  to.dport = from.sport ?? 0;
  ct[missing] = to;
}

const anySet = (s: Side): boolean => [s.src4, s.dst4, s.src6, s.dst6, s.sport, s.dport, s.l3, s.l4].some((x) => x !== undefined);

/** Identification of the reply of an ICMP object. */
export const replyIdOf = (ct: CtObject): number | undefined => ct.icmp.replyId ?? ct.icmp.id;

/** nfct_build_tuple; null: it cannot be built, and errno stays as it was. */
function tuple(ct: CtObject, side: 'orig' | 'repl'): TupleMessage | null {
  const s = ct[side];
  const base = { protonum: s.l4 ?? 0, ...(s.zone === undefined ? {} : { zone: s.zone }) };
  const addresses = s.l3 === 2 ? { l3num: 2, src: s.src4 ?? ZERO4, dst: s.dst4 ?? ZERO4 } : s.l3 === 10 ? { l3num: 10, src: s.src6 ?? ZERO16, dst: s.dst6 ?? ZERO16 } : null;
  if (!addresses) return null;
  if (base.protonum === 1 || base.protonum === 58) {
    const type = side === 'orig' ? (ct.icmp.type ?? 0) : (ct.icmp.replyType ?? 0);
    const id = side === 'orig' ? ct.icmp.id : replyIdOf(ct);
    return { ...addresses, ...base, icmp: { type, code: ct.icmp.code ?? 0, id: id ?? 0 } };
  }
  return { ...addresses, ...base, sport: s.sport ?? 0, dport: s.dport ?? 0 };
}

/** nfct_nlmsg_build; a string: why it fails before anything is sent ('' leaves errno 0: the tool prints "Success"). */
export function toMessage(ct: CtObject, family: number): CtMessage | 'EINVAL' | '' {
  if (ct.orig.l3 === undefined) return 'EINVAL';
  const icmp = ct.icmp.type !== undefined || ct.icmp.code !== undefined || ct.icmp.id !== undefined;
  const orig = tuple(ct, 'orig');
  if (!orig) return '';
  const m: { -readonly [K in keyof CtMessage]: CtMessage[K] } = { family, orig };
  if (anySet(ct.repl) || (icmp && ct.repl.l3 !== undefined)) {
    const reply = tuple(ct, 'repl');
    if (!reply) return '';
    m.reply = reply;
  }
  if (ct.status !== undefined) m.status = ct.status | IPS.CONFIRMED;
  if (ct.timeout !== undefined) m.timeout = ct.timeout;
  if (ct.mark !== undefined) m.mark = ct.mark;
  if (ct.id !== undefined) m.id = ct.id;
  if (ct.orig.l4 === 6 && (ct.tcpState !== undefined || ct.tcpFlags !== undefined)) m.protoinfo = { tcpState: ct.tcpState, tcpFlags: ct.tcpFlags };
  if (ct.orig.l4 === 132 && (ct.sctpState !== undefined || ct.vtagOrig !== undefined || ct.vtagRepl !== undefined))
    m.protoinfo = { sctp: { state: ct.sctpState, vtagOrig: ct.vtagOrig, vtagReply: ct.vtagRepl } };
  const snat = ct.snat4 ?? ct.snat6,
    dnat = ct.dnat4 ?? ct.dnat6;
  // nfct_build_protonat knows two protocols; of the others the port is not sent.
  const ported = ct.orig.l4 === 6 || ct.orig.l4 === 17;
  if (snat || ct.snatPort !== undefined) m.snat = { ip: snat, port: ported ? ct.snatPort : undefined };
  if (dnat || ct.dnatPort !== undefined) m.dnat = { ip: dnat, port: ported ? ct.dnatPort : undefined };
  if (ct.zone !== undefined) m.zone = ct.zone;
  if (ct.labels) m.labels = ct.labels;
  if (ct.labelsMask && ct.labels && ct.labelsMask.length === ct.labels.length) m.labelsMask = ct.labelsMask;
  return m;
}
