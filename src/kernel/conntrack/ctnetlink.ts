import type { Errno } from '../errno.ts';
import type { Netns } from '../netns.ts';
import { DEFAULT_ZONE, IPCT, IPS } from './entry.ts';
import type { Conntrack, Tuple, Zone } from './entry.ts';
import { setupNat } from './nat-setup.ts';
import type { NatRequest } from './nat-setup.ts';
import type { Selection } from './select.ts';

/** CTA_TUPLE_*: what a tool says of one direction. Fields it did not send are absent. */
export interface TupleMessage {
  readonly l3num: number;
  readonly protonum: number;
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
  readonly sport?: number;
  readonly dport?: number;
  readonly icmp?: { readonly type: number; readonly code: number; readonly id: number };
  /** CTA_TUPLE_ZONE */
  readonly zone?: number;
}

/** An IPCTNL_MSG_CT_* request. */
export interface CtMessage {
  readonly family: number;
  readonly orig?: TupleMessage;
  readonly reply?: TupleMessage;
  readonly zone?: number;
  readonly status?: number;
  readonly timeout?: number;
  readonly mark?: number;
  readonly id?: number;
  readonly protoinfo?: {
    readonly tcpState?: number /** Flags for both sides (CTA_PROTOINFO_TCP_FLAGS_*). */;
    readonly tcpFlags?: number;
    readonly sctp?: { readonly state?: number; readonly vtagOrig?: number; readonly vtagReply?: number };
  };
  readonly snat?: NatRequest;
  readonly dnat?: NatRequest;
  readonly helper?: string;
  readonly labels?: Uint8Array;
  readonly labelsMask?: Uint8Array;
}

/** Types whose answer is tracked: request ↔ reply (icmp_pkt_to_tuple's invmap). */
export const ICMP_INVERT: Readonly<Record<number, number>> = { 8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17 };
export const ICMPV6_INVERT: Readonly<Record<number, number>> = { 128: 129, 129: 128, 139: 140, 140: 139 };

/** ctnetlink_parse_tuple: the l4 part follows the protocol's nlattr_to_tuple. */
export function parseTuple(m: TupleMessage): Tuple | null {
  if (m.l3num !== 2 && m.l3num !== 10) return null;
  const base = { l3num: m.l3num, protonum: m.protonum, src: m.src, dst: m.dst } as const;
  switch (m.protonum) {
    case 1:
    case 58: {
      if (!m.icmp) return null;
      const known = m.protonum === 1 ? ICMP_INVERT : ICMPV6_INVERT;
      if (known[m.icmp.type] === undefined) return null;
      return { ...base, sport: m.icmp.id, dport: 0, icmp: { type: m.icmp.type, code: m.icmp.code } };
    }
    case 6:
    case 17:
    case 132:
    case 136:
    case 47:
      if (m.sport === undefined || m.dport === undefined) return null;
      return { ...base, sport: m.sport, dport: m.dport };
    default:
      return { ...base, sport: 0, dport: 0 };
  }
}

/** ctnetlink_parse_zone and ctnetlink_parse_tuple_zone: a zone of one direction is refused beside another one. */
function parseZone(m: CtMessage, sides: readonly ('orig' | 'reply')[]): Zone | null {
  let zone: Zone = m.zone === undefined ? DEFAULT_ZONE : { id: m.zone, dir: 'both' };
  for (const side of sides) {
    const own = m[side]?.zone;
    if (own === undefined) continue;
    if (zone.id !== 0) return null;
    zone = { id: own, dir: side === 'orig' ? 'original' : 'reply' };
  }
  return zone;
}

type Answer<T> = T | Errno;

interface Parsed {
  readonly zone: Zone;
  readonly orig: Tuple | null;
  readonly reply: Tuple | null;
}

function parse(m: CtMessage, sides: readonly ('orig' | 'reply')[]): Parsed | null {
  const zone = parseZone(m, sides);
  if (!zone) return null;
  const out: { zone: Zone; orig: Tuple | null; reply: Tuple | null } = { zone, orig: null, reply: null };
  for (const side of sides) {
    const t = m[side];
    if (!t) continue;
    const tuple = parseTuple(t);
    if (!tuple) return null;
    out[side] = tuple;
  }
  return out;
}

/** ctnetlink_get_conntrack */
export function ctGet(net: Netns, m: CtMessage): Answer<Conntrack> {
  const side = m.orig ? 'orig' : 'reply';
  if (!m[side]) return 'EINVAL';
  const p = parse(m, [side]);
  const tuple = p?.[side];
  if (!p || !tuple) return 'EINVAL';
  const found = net.conntrack.find(p.zone, tuple);
  return found ? found.ct : 'ENOENT';
}

/** ctnetlink_del_conntrack of one entry. */
export function ctDelete(net: Netns, m: CtMessage, portid: number): Errno | null {
  const ct = ctGet(net, m);
  if (typeof ct === 'string') return ct;
  if (m.id !== undefined && m.id !== ct.id) return 'ENOENT';
  if (ct.status & IPS.OFFLOAD) return 'EBUSY';
  net.conntrack.kill(ct, portid);
  return null;
}

/** ctnetlink_flush_conntrack */
export function ctFlush(net: Netns, family: number, portid: number): void {
  if (family === 0) return net.conntrack.flush(portid);
  for (const ct of net.conntrack.entries()) if (ct.l3num === family) net.conntrack.kill(ct, portid);
}

/**
 * ctnetlink_dump_table with its filter; a status filter of mask 0 is refused (ctnetlink_parse_filter). Addresses are no part of the
 * kernel's filter: they spare the tool what it would throw away. What comes is to look at; nothing may be changed on the way.
 */
export function ctDump(net: Netns, filter: Selection): Answer<Iterable<Conntrack>> {
  return filter.status?.mask === 0 ? 'EINVAL' : net.conntrack.scan(filter);
}

const UNCHANGEABLE =
  IPS.SRC_NAT_DONE |
  IPS.DST_NAT_DONE |
  IPS.SRC_NAT |
  IPS.DST_NAT |
  IPS.EXPECTED |
  IPS.CONFIRMED |
  IPS.DYING |
  IPS.SEQ_ADJUST |
  IPS.TEMPLATE |
  IPS.NAT_CLASH |
  IPS.OFFLOAD |
  IPS.HW_OFFLOAD |
  IPS.HELPER;

/** ctnetlink_change_status */
function changeStatus(ct: Conntrack, status: number): Errno | null {
  const d = ct.status ^ status;
  if (d & (IPS.EXPECTED | IPS.CONFIRMED | IPS.DYING)) return 'EBUSY';
  if (d & IPS.SEEN_REPLY && !(status & IPS.SEEN_REPLY)) return 'EBUSY';
  if (d & IPS.ASSURED && !(status & IPS.ASSURED)) return 'EBUSY';
  ct.status |= status & ~UNCHANGEABLE;
  return null;
}

const TCP_CONNTRACK_MAX = 10,
  SCTP_CONNTRACK_MAX = 9;

/** ctnetlink_change_protoinfo: the protocol's from_nlattr. */
function changeProtoinfo(ct: Conntrack, info: NonNullable<CtMessage['protoinfo']>): Errno | null {
  if (ct.proto.kind === 'tcp') {
    if (info.tcpState !== undefined && info.tcpState >= TCP_CONNTRACK_MAX) return 'EINVAL';
    if (info.tcpState !== undefined) ct.proto.state = info.tcpState;
    if (info.tcpFlags !== undefined) for (const side of ct.proto.seen) side.flags |= info.tcpFlags;
  }
  if (ct.proto.kind === 'sctp' && info.sctp) {
    const { state, vtagOrig, vtagReply } = info.sctp;
    if (state === undefined || vtagOrig === undefined || vtagReply === undefined) return 'EINVAL';
    if (state > SCTP_CONNTRACK_MAX) return 'EINVAL';
    ct.proto.state = state;
    ct.proto.vtag = [vtagOrig, vtagReply];
  }
  return null;
}

/** ctnetlink_attach_labels → nf_connlabels_replace */
function attachLabels(ct: Conntrack, labels: Uint8Array, mask: Uint8Array | undefined): Errno | null {
  if (!ct.labels) return 'ENOSPC';
  const next = new Uint8Array(16);
  for (let i = 0; i < 16; i++) {
    // Words that were not sent are cleared; a mask names the bits that may change.
    const sent = labels[i] ?? 0;
    const m = i < labels.length ? (mask ? ~(mask[i] ?? 0) & 255 : 0) : 0;
    next[i] = (ct.labels[i] & m) ^ sent;
  }
  ct.labels = next;
  return null;
}

/** ctnetlink_change_conntrack */
function change(net: Netns, ct: Conntrack, m: CtMessage): Errno | null {
  if (m.snat || m.dnat) return 'EOPNOTSUPP';
  if (m.timeout !== undefined) {
    if (ct.status & IPS.FIXED_TIMEOUT) return 'EPERM';
    setTimeoutOf(net, ct, m.timeout);
    if (ct.status & IPS.DYING) return 'ENOENT';
  }
  const bad = (m.status === undefined ? null : changeStatus(ct, m.status)) ?? (m.protoinfo ? changeProtoinfo(ct, m.protoinfo) : null);
  if (bad) return bad;
  if (m.mark !== undefined) ct.mark = m.mark >>> 0;
  return m.labels ? attachLabels(ct, m.labels, m.labelsMask) : null;
}

const INT_MAX = 0x7fffffff;
const HZ = 250;

/** Timeouts are jiffies in a signed int (__nf_ct_set_timeout). */
function setTimeoutOf(net: Netns, ct: Conntrack, seconds: number): void {
  ct.expiresAt = net.clock.now() + Math.min(seconds * HZ, INT_MAX) * (1000 / HZ);
}

/** ctnetlink_create_conntrack */
function create(net: Netns, m: CtMessage, p: { zone: Zone; orig: Tuple; reply: Tuple }, portid: number): Answer<Conntrack> {
  const table = net.conntrack;
  if (m.timeout === undefined) return 'EINVAL';
  if (!table.room(null)) return 'ENOMEM';
  const ct = table.alloc(p.zone, p.orig, p.reply);
  setTimeoutOf(net, ct, m.timeout);
  const nat = setupNat(net, ct, m.snat, m.dnat);
  if (nat) return nat;
  table.addExtensions(ct);
  ct.status |= IPS.CONFIRMED;
  const bad = (m.status === undefined ? null : changeStatus(ct, m.status)) ?? (m.protoinfo ? changeProtoinfo(ct, m.protoinfo) : null);
  if (bad) return bad;
  if (m.mark !== undefined) ct.mark = m.mark >>> 0;
  if (ct.timestamp) ct.timestamp.start = net.clock.wall();
  if (m.labels && ct.labels) attachLabels(ct, m.labels, m.labelsMask);
  if (!table.insert(ct)) return 'EEXIST';
  // Only entries that tools make are counted (nf_conntrack_hash_check_insert's callers).
  table.stats.insert++;
  table.report(ct, IPCT.NEW | (EVENTS_OF_CHANGE & ~IPCT.LABEL) | (m.labels && ct.labels ? IPCT.LABEL : 0), portid);
  return ct;
}

const EVENTS_OF_CHANGE = IPCT.REPLY | IPCT.ASSURED | IPCT.HELPER | IPCT.LABEL | IPCT.PROTOINFO | IPCT.SEQADJ | IPCT.MARK | IPCT.SYNPROXY;

/** ctnetlink_new_conntrack: create, or change what is there unless `excl`. */
export function ctNew(net: Netns, m: CtMessage, flags: { readonly create: boolean; readonly excl: boolean }, portid: number): Errno | null {
  const p = parse(m, ['orig', 'reply']);
  if (!p) return 'EINVAL';
  const found = p.orig ? net.conntrack.find(p.zone, p.orig) : p.reply ? net.conntrack.find(p.zone, p.reply) : null;
  if (!found) {
    if (!flags.create) return 'ENOENT';
    if (!p.orig || !p.reply || p.orig.protonum !== p.reply.protonum) return 'EINVAL';
    const made = create(net, m, { zone: p.zone, orig: p.orig, reply: p.reply }, portid);
    return typeof made === 'string' ? made : null;
  }
  if (flags.excl) return 'EEXIST';
  const bad = change(net, found.ct, m);
  if (bad) return bad;
  net.conntrack.report(found.ct, EVENTS_OF_CHANGE, portid);
  return null;
}

/** Netlink's view of the reference count: the table's own, one for each connection it is the master of, one for each packet that waits for its neighbour. */
export function useCounts(net: Netns): (ct: Conntrack) => number {
  // By number: one that is only looked at is another object.
  const waiting = new Map<number, number>();
  for (const { ct } of net.stack.neighbours.waiting()) if (ct) waiting.set(ct.id, (waiting.get(ct.id) ?? 0) + 1);
  return (ct) => 1 + ct.children + (waiting.get(ct.id) ?? 0);
}
