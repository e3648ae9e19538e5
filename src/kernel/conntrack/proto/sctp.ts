import { u16, u32 } from '../../net/wire/bytes.ts';
import type { HookState } from '../../net/hook-state.ts';
import { IPCT, IPS } from '../entry.ts';
import { refreshAcct } from '../protocol.ts';
import type { Protocol, TrackContext, TrackVerdict } from '../protocol.ts';
import { timeoutsOf } from '../timeout.ts';

/** NONE, CLOSED, COOKIE_WAIT, COOKIE_ECHOED, ESTABLISHED, SHUTDOWN_SENT, SHUTDOWN_RECD, SHUTDOWN_ACK_SENT, HEARTBEAT_SENT; 9: MAX, invalid. */
const NO = 0, CL = 1, CW = 2, CE = 3, ES = 4, SS = 5, SR = 6, SA = 7, HS = 8, IV = 9;

/** By direction and kind of chunk: INIT, INIT_ACK, ABORT, SHUTDOWN, SHUTDOWN_ACK, ERROR, COOKIE_ECHO, COOKIE_ACK, SHUTDOWN_COMPLETE, HEARTBEAT, HEARTBEAT_ACK, DATA/SACK. */
const TABLE: readonly (readonly (readonly number[])[])[] = [
  [
    [CL, CL, CW, CE, ES, CL, SR, SA, CW],
    [CL, CL, CW, CE, ES, CL, SR, SA, CL],
    [CL, CL, CL, CL, CL, CL, CL, CL, CL],
    [CL, CL, CW, CE, SS, SS, SR, SA, CL],
    [SA, CL, CW, CE, ES, SA, SA, SA, SA],
    [CL, CL, CW, CE, ES, CL, SR, SA, CL],
    [CL, CL, CE, CE, ES, CL, SR, SA, CL],
    [CL, CL, CW, CE, ES, CL, SR, SA, CL],
    [CL, CL, CW, CE, ES, CL, SR, CL, CL],
    [HS, CL, CW, CE, ES, CL, SR, SA, HS],
    [HS, CL, CW, CE, ES, CL, SR, SA, HS],
    [ES, CL, CW, CE, ES, CL, SR, SA, ES],
  ],
  [
    [IV, CL, CW, CE, ES, CL, SR, SA, IV],
    [IV, CW, CW, CE, ES, CL, SR, SA, CW],
    [IV, CL, CL, CL, CL, CL, CL, CL, CL],
    [IV, CL, CW, CE, SR, SS, SR, SA, IV],
    [IV, CL, CW, CE, ES, SA, SA, SA, SA],
    [IV, CL, CW, CE, ES, CL, SR, SA, IV],
    [IV, CL, CE, CE, ES, CL, SR, SA, IV],
    [IV, CL, CW, ES, ES, CL, SR, SA, CL],
    [IV, CL, CW, CE, ES, CL, SR, CL, CL],
    [IV, CL, CW, CE, ES, CL, SR, SA, HS],
    [IV, CL, CW, CE, ES, CL, SR, SA, ES],
    [IV, CL, CW, CE, ES, CL, SR, SA, ES],
  ],
];

const ROW: Readonly<Record<number, number>> = { 1: 0, 2: 1, 6: 2, 7: 3, 8: 4, 9: 5, 10: 6, 11: 7, 14: 8, 4: 9, 5: 10, 0: 11, 3: 11 };
const T = { DATA: 0, INIT: 1, INIT_ACK: 2, SACK: 3, HEARTBEAT: 4, HEARTBEAT_ACK: 5, ABORT: 6, SHUTDOWN: 7, SHUTDOWN_ACK: 8, ERROR: 9, COOKIE_ECHO: 10, COOKIE_ACK: 11, SHUTDOWN_COMPLETE: 14 } as const;
const VTAG_FAILED = 2;

/** sctp_new_state */
const newState = (dir: number, current: number, type: number): number => (ROW[type] === undefined ? current : TABLE[dir][ROW[type]][current]);

let crcTable: Uint32Array | null = null;
/** CRC-32c */
export function crc32c(b: Uint8Array, from: number, to: number): number {
  if (!crcTable) {
    crcTable = new Uint32Array(256);
    for (let i = 0; i < 256; i++) { let c = i; for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1; crcTable[i] = c >>> 0; }
  }
  let crc = 0xffffffff;
  for (let i = from; i < to; i++) crc = (crc >>> 8) ^ crcTable[(crc ^ b[i]) & 255];
  return ~crc >>> 0;
}

/** sctp_compute_cksum: over the packet with its checksum field taken as 0; stored little endian. */
export function sctpChecksum(b: Uint8Array, at: number): Uint8Array {
  const copy = b.slice(at);
  copy.fill(0, 8, 12);
  const crc = crc32c(copy, 0, copy.length);
  return Uint8Array.of(crc & 255, (crc >>> 8) & 255, (crc >>> 16) & 255, crc >>> 24);
}

function wrongChecksum(c: TrackContext, state: HookState): boolean {
  if (c.skb.data.length - c.at < 12) return true;
  if (state.hook !== 'prerouting' || !c.net.conntrack.conf.checksum) return false;
  const want = sctpChecksum(c.skb.data, c.at);
  return want.some((x, i) => x !== c.skb.data[c.at + 8 + i]);
}

interface Chunk { readonly at: number; readonly type: number; readonly flags: number; readonly len: number }

/** for_each_sctp_chunk; `cut`: the walk ended before the packet did. */
function chunksOf(c: TrackContext): Chunk[] {
  const b = c.skb.data, out: Chunk[] = [];
  for (let at = c.at + 12; at < b.length && at + 4 <= b.length;) {
    const len = u16(b, at + 2);
    if (len === 0) break;
    out.push({ at, type: b[at], flags: b[at + 1], len });
    at += (len + 3) & ~3;
  }
  return out;
}

/** do_basic_checks: chunks that must stand alone. */
function malformed(chunks: readonly Chunk[]): boolean {
  let alone = false;
  for (const [i, ch] of chunks.entries()) {
    if (ch.type === T.INIT || ch.type === T.INIT_ACK || ch.type === T.SHUTDOWN_COMPLETE) alone = true;
    if (((ch.type === T.COOKIE_ACK || ch.type === T.COOKIE_ECHO || alone) && i !== 0) || ch.len === 0) return true;
  }
  return chunks.length === 0;
}

/** sctp_new */
function fresh(c: TrackContext, chunks: readonly Chunk[]): boolean {
  const proto = c.ct.proto;
  if (proto.kind !== 'sctp') return false;
  const b = c.skb.data, vtag = u32(b, c.at + 4);
  for (const ch of chunks) {
    const next = newState(0, NO, ch.type);
    if (next === NO || next === IV) return false;
    if (ch.type === T.INIT) {
      if (ch.at + 8 > b.length || vtag !== 0) return false;
      proto.vtag[1] = u32(b, ch.at + 4);
    } else if (ch.type === T.HEARTBEAT) proto.vtag[0] = vtag;
    else proto.vtag[1] = vtag;
    proto.state = NO;
  }
  return true;
}

/** net/netfilter/nf_conntrack_proto_sctp.c: nf_conntrack_sctp_packet */
function packet(c: TrackContext): TrackVerdict {
  const proto = c.ct.proto, dir = c.dir, other = dir === 0 ? 1 : 0;
  if (proto.kind !== 'sctp' || wrongChecksum(c, c.state)) return 'invalid';
  const chunks = chunksOf(c);
  if (malformed(chunks)) return 'invalid';
  if (!(c.ct.status & IPS.CONFIRMED)) {
    // An ABORT, SHUTDOWN_COMPLETE or COOKIE_ACK begins nothing.
    if (chunks.some((ch) => ch.type === T.ABORT || ch.type === T.SHUTDOWN_COMPLETE || ch.type === T.COOKIE_ACK)) return 'invalid';
    if (!fresh(c, chunks)) return 'invalid';
  }
  const b = c.skb.data, vtag = u32(b, c.at + 4);
  const has = (t: number): boolean => chunks.some((ch) => ch.type === t);
  if (!has(T.INIT) && !has(T.ABORT) && !has(T.SHUTDOWN_COMPLETE) && !has(T.COOKIE_ECHO) && !has(T.HEARTBEAT) && !has(T.HEARTBEAT_ACK) && vtag !== proto.vtag[dir]) return 'invalid';
  let old: number = proto.state, next = IV, ignore = false;
  for (const ch of chunks) {
    if (ch.type === T.INIT) {
      if (vtag !== 0) return 'invalid';
    } else if (ch.type === T.ABORT) {
      if (vtag !== proto.vtag[dir] && vtag !== proto.vtag[other]) return 'invalid';
    } else if (ch.type === T.SHUTDOWN_COMPLETE) {
      if (vtag !== proto.vtag[dir] && !(vtag === proto.vtag[other] && ch.flags & 1)) return 'invalid';
    } else if (ch.type === T.COOKIE_ECHO) {
      if (vtag !== proto.vtag[dir]) return 'invalid';
    } else if (ch.type === T.HEARTBEAT) {
      if (proto.vtag[dir] === 0) proto.vtag[dir] = vtag;
      else if (vtag !== proto.vtag[dir]) {
        if (ch.flags & 1 || proto.flags & VTAG_FAILED) return 'invalid';
        proto.flags |= VTAG_FAILED; proto.lastDir = dir; ignore = true;
        continue;
      } else if (proto.flags & VTAG_FAILED) proto.flags &= ~VTAG_FAILED;
    } else if (ch.type === T.HEARTBEAT_ACK) {
      if (proto.vtag[dir] === 0) proto.vtag[dir] = vtag;
      else if (vtag !== proto.vtag[dir]) {
        if (!(proto.flags & VTAG_FAILED) || proto.lastDir === dir) return 'invalid';
        proto.flags &= ~VTAG_FAILED; proto.vtag[dir] = vtag; proto.vtag[other] = 0;
      } else if (proto.flags & VTAG_FAILED) proto.flags &= ~VTAG_FAILED;
    }
    old = proto.state;
    next = newState(dir, old, ch.type);
    if (next === IV) return 'invalid';
    if (ch.type === T.INIT || ch.type === T.INIT_ACK) {
      if (ch.at + 8 > b.length) return 'invalid';
      const tag = u32(b, ch.at + 4);
      if (ch.type === T.INIT) {
        proto.init[dir] = true;
        if (proto.init[other]) { proto.vtag[0] = proto.vtag[0]; }
      }
      // The peer has to use this tag from now on.
      if (proto.vtag[other] === 0 || ch.type === T.INIT_ACK || old === CL || old === NO) proto.vtag[other] = tag;
      else if (ch.type === T.INIT) proto.vtag[other] = tag;
    }
    proto.state = next;
    if (old !== next) c.net.conntrack.cache(c.ct, IPCT.PROTOINFO);
  }
  if (ignore) return 'accept';
  const timeouts = timeoutsOf(c.net.conntrack.conf, c.ct);
  refreshAcct(c, timeouts[proto.state] ?? 0);
  if (old === CE && dir === 1 && next === ES) { c.ct.status |= IPS.ASSURED; c.net.conntrack.cache(c.ct, IPCT.ASSURED); }
  return 'accept';
}

export const protocol: Protocol = { protonum: 132, packet };
