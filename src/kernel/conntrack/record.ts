import { Conntrack, IPS, newProtoState } from './entry.ts';
import type { ProtoState, TcpSide, Tuple, Zone } from './entry.ts';
import { invertTuple } from './l4.ts';
import type { TimeoutPolicy } from './timeout.ts';
import { hashTuple, placeHash, sameTuple } from './tuple.ts';

/**
 * A connection as bytes, for the many that nobody looks at: in memory and in the rows of a state. Fixed places first (AT), then
 * the tuples, what the protocol remembers, and the optional parts that `flags` names. Numbers are little-endian.
 */
export const AT = {
  length: 0,
  flags: 2,
  protonum: 4,
  zoneDir: 5,
  zone: 6,
  hash: 8,
  replyHash: 12,
  id: 16,
  status: 20,
  mark: 24,
  secmark: 28,
  expires: 32,
  place: 40,
  tuple: 44,
} as const;

const FLAG = { V6: 1, OWN_REPLY: 2, ACCT: 4, LABELS: 8, TIMESTAMP: 16, SILENT: 32, EVENT_MASKS: 64, MASQ: 128, POLICY: 256 } as const;
const ZONE_DIRS = ['both', 'original', 'reply'] as const;
const ALL_EVENTS = 0xffff;
const MAX_RECORD = 512;

/** Can it lie as bytes? What helpers, expectations and other connections hold cannot. */
export const isPlain = (ct: Conntrack): boolean =>
  ct.master === null &&
  ct.children === 0 &&
  ct.helper === null &&
  ct.helperData === null &&
  ct.seqadj === null &&
  ct.synproxy === null &&
  !(ct.status & (IPS.OFFLOAD | IPS.HELPER));

const scratch = new Uint8Array(MAX_RECORD);
const view = new DataView(scratch.buffer);
const text = { encode: new TextEncoder(), decode: new TextDecoder() };

function putTuple(at: number, t: Tuple): number {
  const n = t.src.length;
  scratch.set(t.src, at);
  scratch.set(t.dst, at + n);
  view.setUint16(at + 2 * n, t.sport, true);
  view.setUint16(at + 2 * n + 2, t.dport, true);
  if (!t.icmp) return at + 2 * n + 4;
  scratch[at + 2 * n + 4] = t.icmp.type;
  scratch[at + 2 * n + 5] = t.icmp.code;
  return at + 2 * n + 6;
}

function putSide(at: number, s: TcpSide): number {
  view.setUint32(at, s.tdEnd, true);
  view.setUint32(at + 4, s.tdMaxEnd, true);
  view.setUint32(at + 8, s.tdMaxwin, true);
  view.setUint32(at + 12, s.tdMaxack, true);
  scratch[at + 16] = s.tdScale;
  scratch[at + 17] = s.flags;
  return at + 18;
}

function putProto(at: number, p: ProtoState): number {
  switch (p.kind) {
    case 'tcp': {
      scratch.set([p.state, p.lastDir, p.retrans, p.lastIndex, p.lastWscale, p.lastFlags], at);
      view.setUint32(at + 6, p.lastSeq, true);
      view.setUint32(at + 10, p.lastAck, true);
      view.setUint32(at + 14, p.lastEnd, true);
      view.setUint32(at + 18, p.lastWin, true);
      return putSide(putSide(at + 22, p.seen[0]), p.seen[1]);
    }
    case 'udp':
      view.setFloat64(at, p.streamTs, true);
      return at + 8;
    case 'sctp':
      scratch.set([p.state, p.flags, p.lastDir, (p.init[0] ? 1 : 0) | (p.init[1] ? 2 : 0)], at);
      view.setUint32(at + 4, p.vtag[0], true);
      view.setUint32(at + 8, p.vtag[1], true);
      return at + 12;
    case 'gre':
      view.setFloat64(at, p.streamTimeout, true);
      view.setFloat64(at + 8, p.timeout, true);
      return at + 16;
    case 'icmp':
    case 'generic':
      return at;
    default:
      return p satisfies never;
  }
}

/** The bytes of a connection (isPlain); they are overwritten by the next call. */
export function encodeRecord(ct: Conntrack): Uint8Array {
  const { original, reply, zone } = ct;
  const inverse = invertTuple(original);
  const ownReply = !inverse || !sameTuple(inverse, reply);
  const masks = ct.events !== null && (ct.events.ctmask !== ALL_EVENTS || ct.events.expmask !== ALL_EVENTS);
  const flags =
    (original.l3num === 10 ? FLAG.V6 : 0) |
    (ownReply ? FLAG.OWN_REPLY : 0) |
    (ct.acct ? FLAG.ACCT : 0) |
    (ct.labels ? FLAG.LABELS : 0) |
    (ct.timestamp ? FLAG.TIMESTAMP : 0) |
    (ct.events ? 0 : FLAG.SILENT) |
    (masks ? FLAG.EVENT_MASKS : 0) |
    (ct.natInfo ? FLAG.MASQ : 0) |
    (ct.timeoutPolicy ? FLAG.POLICY : 0);
  view.setUint16(AT.flags, flags, true);
  scratch[AT.protonum] = original.protonum;
  scratch[AT.zoneDir] = ZONE_DIRS.indexOf(zone.dir);
  view.setUint16(AT.zone, zone.id, true);
  view.setUint32(AT.hash, hashTuple(original), true);
  view.setUint32(AT.replyHash, hashTuple(reply), true);
  view.setUint32(AT.id, ct.id, true);
  view.setUint32(AT.status, ct.status, true);
  view.setUint32(AT.mark, ct.mark, true);
  view.setUint32(AT.secmark, ct.secmark, true);
  view.setFloat64(AT.expires, ct.expiresAt, true);
  view.setUint32(AT.place, placeHash(original), true);
  let at = putTuple(AT.tuple, original);
  if (ownReply) at = putTuple(at, reply);
  at = putProto(at, ct.proto);
  if (ct.acct)
    for (const n of [...ct.acct.packets, ...ct.acct.bytes]) {
      view.setBigUint64(at, n, true);
      at += 8;
    }
  if (ct.labels) {
    scratch.set(ct.labels, at);
    at += 16;
  }
  if (ct.timestamp) {
    view.setFloat64(at, ct.timestamp.start, true);
    view.setFloat64(at + 8, ct.timestamp.stop, true);
    at += 16;
  }
  if (masks && ct.events) {
    view.setUint16(at, ct.events.ctmask, true);
    view.setUint16(at + 2, ct.events.expmask, true);
    at += 4;
  }
  if (ct.natInfo) {
    view.setInt32(at, ct.natInfo.masqIndex, true);
    at += 4;
  }
  if (ct.timeoutPolicy) {
    const name = text.encode.encode(ct.timeoutPolicy.name);
    scratch[at] = name.length;
    scratch.set(name, at + 1);
    at += 1 + name.length;
  }
  view.setUint16(AT.length, at, true);
  return scratch.subarray(0, at);
}

const u16 = (b: Uint8Array, o: number): number => b[o] | (b[o + 1] << 8);
const u32 = (b: Uint8Array, o: number): number => (b[o] | (b[o + 1] << 8) | (b[o + 2] << 16) | (b[o + 3] << 24)) >>> 0;

/** Reads of one record without making its connection; `o` is where it begins. */
export const recordLength = (b: Uint8Array, o: number): number => u16(b, o + AT.length);
export const recordHash = (b: Uint8Array, o: number, dir: 0 | 1): number => u32(b, o + (dir === 0 ? AT.hash : AT.replyHash));
/** placeHash of its original tuple. */
export const recordPlace = (b: Uint8Array, o: number): number => u32(b, o + AT.place);
export const recordStatus = (b: Uint8Array, o: number): number => u32(b, o + AT.status);
export const recordMark = (b: Uint8Array, o: number): number => u32(b, o + AT.mark);
export const recordFamily = (b: Uint8Array, o: number): 2 | 10 => (b[o + AT.flags] & FLAG.V6 ? 10 : 2);
export const hasOwnReply = (b: Uint8Array, o: number): boolean => (b[o + AT.flags] & FLAG.OWN_REPLY) !== 0;
export const recordExpires = (b: Uint8Array, o: number): number => new DataView(b.buffer, b.byteOffset + o + AT.expires, 8).getFloat64(0, true);

/** Is this the source (0) or destination (1) address of the original direction? */
export function recordHasAddress(b: Uint8Array, o: number, which: 0 | 1, address: Uint8Array): boolean {
  const n = b[o + AT.flags] & FLAG.V6 ? 16 : 4;
  if (address.length !== n) return false;
  const from = o + AT.tuple + which * n;
  for (let i = 0; i < n; i++) if (b[from + i] !== address[i]) return false;
  return true;
}

/** A reader that moves on over the bytes of a record. */
class Reader {
  readonly b: Uint8Array;
  readonly view: DataView;
  at: number;
  constructor(b: Uint8Array, at: number) {
    this.b = b;
    this.view = new DataView(b.buffer, b.byteOffset, b.length);
    this.at = at;
  }
  u8(): number {
    return this.b[this.at++];
  }
  u16(): number {
    this.at += 2;
    return this.view.getUint16(this.at - 2, true);
  }
  u32(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }
  f64(): number {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }
  u64(): bigint {
    this.at += 8;
    return this.view.getBigUint64(this.at - 8, true);
  }
  bytes(n: number): Uint8Array {
    this.at += n;
    return this.b.slice(this.at - n, this.at);
  }
  tuple(l3num: 2 | 10, protonum: number): Tuple {
    const n = l3num === 10 ? 16 : 4;
    const t = { l3num, protonum, src: this.bytes(n), dst: this.bytes(n), sport: this.u16(), dport: this.u16() };
    return protonum === 1 || protonum === 58 ? { ...t, icmp: { type: this.u8(), code: this.u8() } } : t;
  }
  side(s: TcpSide): void {
    s.tdEnd = this.u32();
    s.tdMaxEnd = this.u32();
    s.tdMaxwin = this.u32();
    s.tdMaxack = this.u32();
    s.tdScale = this.u8();
    s.flags = this.u8();
  }
  proto(p: ProtoState): void {
    switch (p.kind) {
      case 'tcp':
        p.state = this.u8();
        p.lastDir = this.u8();
        p.retrans = this.u8();
        p.lastIndex = this.u8();
        p.lastWscale = this.u8();
        p.lastFlags = this.u8();
        p.lastSeq = this.u32();
        p.lastAck = this.u32();
        p.lastEnd = this.u32();
        p.lastWin = this.u32();
        this.side(p.seen[0]);
        this.side(p.seen[1]);
        return;
      case 'udp':
        p.streamTs = this.f64();
        return;
      case 'sctp': {
        p.state = this.u8();
        p.flags = this.u8();
        p.lastDir = this.u8();
        const init = this.u8();
        p.init = [(init & 1) !== 0, (init & 2) !== 0];
        p.vtag = [this.u32(), this.u32()];
        return;
      }
      case 'gre':
        p.streamTimeout = this.f64();
        p.timeout = this.f64();
        return;
      case 'icmp':
      case 'generic':
        return;
      default:
        p satisfies never;
    }
  }
}

/** The connection of a record, not in any table. */
export function decodeRecord(b: Uint8Array, o: number, policy: (name: string) => TimeoutPolicy | undefined): Conntrack {
  const flags = u16(b, o + AT.flags),
    protonum = b[o + AT.protonum];
  const l3num = flags & FLAG.V6 ? 10 : 2;
  const r = new Reader(b, o + AT.tuple);
  const original = r.tuple(l3num, protonum);
  const reply = flags & FLAG.OWN_REPLY ? r.tuple(l3num, protonum) : (invertTuple(original) as Tuple);
  const zone: Zone = { id: u16(b, o + AT.zone), dir: ZONE_DIRS[b[o + AT.zoneDir]] };
  const ct = new Conntrack(u32(b, o + AT.id), zone, original, reply, newProtoState(protonum));
  ct.status = u32(b, o + AT.status);
  ct.mark = u32(b, o + AT.mark);
  ct.secmark = u32(b, o + AT.secmark);
  ct.expiresAt = r.view.getFloat64(o + AT.expires, true);
  r.proto(ct.proto);
  if (flags & FLAG.ACCT) ct.acct = { packets: [r.u64(), r.u64()], bytes: [r.u64(), r.u64()] };
  if (flags & FLAG.LABELS) ct.labels = r.bytes(16);
  if (flags & FLAG.TIMESTAMP) ct.timestamp = { start: r.f64(), stop: r.f64() };
  if (!(flags & FLAG.SILENT)) ct.events = flags & FLAG.EVENT_MASKS ? { ctmask: r.u16(), expmask: r.u16() } : { ctmask: ALL_EVENTS, expmask: ALL_EVENTS };
  if (flags & FLAG.MASQ) ct.natInfo = { masqIndex: r.u32() | 0 };
  if (flags & FLAG.POLICY) ct.timeoutPolicy = policy(text.decode.decode(r.bytes(r.u8()))) ?? null;
  return ct;
}
