import { u16 } from '../../net/wire/bytes.ts';
import { sctpChecksum } from '../../net/wire/crc32c.ts';
import type { HookState } from '../../net/hook-state.ts';
import { IPCT, IPS } from '../entry.ts';
import type { Dir, ProtoState } from '../entry.ts';
import { logInvalid, silentlyInvalid } from '../log-invalid.ts';
import { refreshAcct } from '../protocol.ts';
import type { Protocol, TrackContext, TrackVerdict } from '../protocol.ts';
import { timeoutsOf } from '../timeout.ts';

/** NONE, CLOSED, COOKIE_WAIT, COOKIE_ECHOED, ESTABLISHED, SHUTDOWN_SENT, SHUTDOWN_RECD, SHUTDOWN_ACK_SENT, HEARTBEAT_SENT; 9: MAX, invalid. */
const NO = 0,
  CL = 1,
  CW = 2,
  CE = 3,
  ES = 4,
  SS = 5,
  SR = 6,
  SA = 7,
  HS = 8,
  IV = 9;

/** By direction and kind of chunk: INIT, INIT_ACK, ABORT, SHUTDOWN, SHUTDOWN_ACK, ERROR, COOKIE_ECHO, COOKIE_ACK, SHUTDOWN_COMPLETE, HEARTBEAT, HEARTBEAT_ACK, DATA/SACK. */
const TABLE: readonly (readonly (readonly number[])[])[] = [
  [
    [CL, CL, CW, CE, ES, CL, CL, SA, CW],
    [CL, CL, CW, CE, ES, SS, SR, SA, CL],
    [CL, CL, CL, CL, CL, CL, CL, CL, CL],
    [CL, CL, CW, CE, SS, SS, SR, SA, CL],
    [SA, CL, CW, CE, ES, SA, SA, SA, SA],
    [CL, CL, CW, CE, ES, SS, SR, SA, CL],
    [CL, CL, CE, CE, ES, SS, SR, SA, CL],
    [CL, CL, CW, ES, ES, SS, SR, SA, CL],
    [CL, CL, CW, CE, ES, SS, SR, CL, CL],
    [HS, CL, CW, CE, ES, SS, SR, SA, HS],
    [CL, CL, CW, CE, ES, SS, SR, SA, HS],
    [ES, CL, CW, CE, ES, SS, SR, SA, HS],
  ],
  [
    [IV, CL, CW, CE, ES, SS, SR, SA, IV],
    [IV, CW, CW, CE, ES, SS, SR, SA, CW],
    [IV, CL, CL, CL, CL, CL, CL, CL, CL],
    [IV, CL, CW, CE, SR, SS, SR, SA, IV],
    [IV, CL, CW, CE, ES, SA, SA, SA, IV],
    [IV, CL, CW, CL, ES, SS, SR, SA, IV],
    [IV, CL, CE, CE, ES, SS, SR, SA, IV],
    [IV, CL, CW, ES, ES, SS, SR, SA, CL],
    [IV, CL, CW, CE, ES, SS, SR, CL, CL],
    [IV, CL, CW, CE, ES, SS, SR, SA, HS],
    [IV, CL, CW, CE, ES, SS, SR, SA, ES],
    [IV, CL, CW, CE, ES, SS, SR, SA, ES],
  ],
];

const ROW: Readonly<Record<number, number>> = { 1: 0, 2: 1, 6: 2, 7: 3, 8: 4, 9: 5, 10: 6, 11: 7, 14: 8, 4: 9, 5: 10, 0: 11, 3: 11 };
const T = {
  DATA: 0,
  INIT: 1,
  INIT_ACK: 2,
  SACK: 3,
  HEARTBEAT: 4,
  HEARTBEAT_ACK: 5,
  ABORT: 6,
  SHUTDOWN: 7,
  SHUTDOWN_ACK: 8,
  ERROR: 9,
  COOKIE_ECHO: 10,
  COOKIE_ACK: 11,
  SHUTDOWN_COMPLETE: 14,
} as const;
const VTAG_FAILED = 2;
const TAG = 'verification tag is not the one expected';

/** sctp_new_state */
const newState = (dir: number, current: number, type: number): number => (ROW[type] === undefined ? current : TABLE[dir][ROW[type]][current]);

/** sctp_error */
function wrong(c: TrackContext, state: HookState): boolean {
  const bad = (why: string): true => {
    logInvalid(c, `nf_ct_sctp: ${why} `);
    return true;
  };
  if (c.skb.data.length - c.at < 12) return bad('short packet');
  if (state.hook !== 'prerouting' || !c.net.conntrack.conf.checksum) return false;
  const want = sctpChecksum(c.skb.data, c.at);
  return want.some((x, i) => x !== c.skb.data[c.at + 8 + i]) && bad('bad CRC');
}

type Sctp = Extract<ProtoState, { kind: 'sctp' }>;

interface Chunk {
  readonly at: number;
  readonly type: number;
  readonly flags: number;
  readonly len: number;
}

/** for_each_sctp_chunk; `cut`: the walk ended before the packet did. */
function chunksOf(c: TrackContext): Chunk[] {
  const b = c.skb.data,
    out: Chunk[] = [];
  for (let at = c.at + 12; at < b.length && at + 4 <= b.length; ) {
    const len = u16(b, at + 2);
    out.push({ at, type: b[at], flags: b[at + 1], len });
    if (len === 0) break;
    at += (len + 3) & ~3;
  }
  return out;
}

/** do_basic_checks: chunks that must stand alone. */
function malformed(c: TrackContext, chunks: readonly Chunk[]): boolean {
  let alone = false;
  for (const [i, ch] of chunks.entries()) {
    if (ch.type === T.INIT || ch.type === T.INIT_ACK || ch.type === T.SHUTDOWN_COMPLETE) alone = true;
    if (((ch.type === T.COOKIE_ACK || ch.type === T.COOKIE_ECHO || alone) && i !== 0) || ch.len === 0) {
      // The length is printed as it lies in the packet, and the flag is not the chunk's.
      logInvalid(c, `do_basic_checks failed. chunk num ${i}, type ${ch.type}, len ${((ch.len & 0xff) << 8) | (ch.len >> 8)} flag ${alone ? 1 : 0}\n`);
      return true;
    }
  }
  if (chunks.length === 0) c.net.conntrack.why = 'no chunks';
  return chunks.length === 0;
}

/** Tags are kept as the bytes lie in the packet, read as the machine's own (little-endian) number: so ctnetlink tells them. */
const tagAt = (b: Uint8Array, o: number): number => (b[o] | (b[o + 1] << 8) | (b[o + 2] << 16) | (b[o + 3] << 24)) >>> 0;

/** sctp_new */
function fresh(c: TrackContext, p: Sctp, chunks: readonly Chunk[]): boolean {
  const b = c.skb.data,
    vtag = tagAt(b, c.at + 4);
  Object.assign(p, { state: NO, vtag: [0, 0], flags: 0, lastDir: 0, init: [false, false] });
  for (const ch of chunks) {
    const next = newState(0, NO, ch.type);
    if (next === NO || next === IV) return false;
    if (ch.type === T.INIT) {
      if (ch.at + 8 > b.length || vtag !== 0) return false;
      p.vtag[1] = tagAt(b, ch.at + 4);
    } else if (ch.type === T.HEARTBEAT) p.vtag[0] = vtag;
    else p.vtag[1] = vtag;
  }
  return true;
}

/** Chunks that the general rule for verification tags spares. */
const OWN_RULE = new Set<number>([T.INIT, T.SHUTDOWN_COMPLETE, T.COOKIE_ECHO, T.ABORT, T.SHUTDOWN_ACK, T.HEARTBEAT, T.HEARTBEAT_ACK]);

/** Special cases of the verification tag (RFC 4960, 8.5.1); 'skip': let through without a change of state. */
function checkTag(p: Sctp, dir: Dir, ch: Chunk, vtag: number, hasData: boolean, ignoring: boolean): 'ok' | 'bad' | 'skip' {
  const other = dir === 0 ? 1 : 0;
  switch (ch.type) {
    case T.INIT:
      return vtag === 0 ? 'ok' : 'bad';
    case T.ABORT:
    case T.SHUTDOWN_COMPLETE:
      return vtag === p.vtag[ch.flags & 1 ? other : dir] ? 'ok' : 'bad';
    case T.COOKIE_ECHO:
      return vtag === p.vtag[dir] ? 'ok' : 'bad';
    case T.COOKIE_ACK:
      p.init[0] = p.init[1] = false;
      return 'ok';
    case T.HEARTBEAT:
    case T.HEARTBEAT_ACK: {
      if (p.vtag[dir] === 0) {
        p.vtag[dir] = vtag;
        return 'ok';
      }
      if (vtag === p.vtag[dir]) {
        p.flags &= ~VTAG_FAILED;
        return 'ok';
      }
      if (hasData || ignoring) return 'bad';
      if (ch.type === T.HEARTBEAT) {
        p.flags |= VTAG_FAILED;
        p.lastDir = dir;
        return 'skip';
      }
      if (!(p.flags & VTAG_FAILED) || p.lastDir === dir) return 'bad';
      p.flags &= ~VTAG_FAILED;
      p.vtag[dir] = vtag;
      p.vtag[other] = 0;
      return 'ok';
    }
    default:
      return 'ok';
  }
}

/** The tag that an INIT or INIT ACK gives to the other side. */
function noteTag(p: Sctp, dir: Dir, ch: Chunk, b: Uint8Array): boolean {
  const other = dir === 0 ? 1 : 0;
  if (ch.at + 8 > b.length) return false;
  const tag = tagAt(b, ch.at + 4);
  if (ch.type === T.INIT) {
    if (p.init[dir] && p.init[other]) p.init[other] = false;
    p.init[dir] = true;
  } else {
    const known = p.vtag[other];
    if (!p.init[other] && known !== 0 && known !== tag) return false;
    if (p.init[dir] && p.init[other] && known !== tag) return false;
  }
  p.vtag[other] = tag;
  return true;
}

/** net/netfilter/nf_conntrack_proto_sctp.c: nf_conntrack_sctp_packet */
function packet(c: TrackContext): TrackVerdict {
  const p = c.ct.proto,
    { dir } = c;
  if (p.kind !== 'sctp' || wrong(c, c.state)) return 'invalid';
  const chunks = chunksOf(c);
  if (malformed(c, chunks)) return 'invalid';
  const has = (t: number): boolean => chunks.some((ch) => ch.type === t);
  if (!(c.ct.status & IPS.CONFIRMED)) {
    // What comes out of the blue with one of these begins nothing (8.4).
    if (has(T.ABORT) || has(T.SHUTDOWN_COMPLETE) || has(T.COOKIE_ACK) || !fresh(c, p, chunks)) return silentlyInvalid(c, 'no association begins with these chunks');
  }
  const b = c.skb.data,
    vtag = tagAt(b, c.at + 4);
  if (!chunks.some((ch) => OWN_RULE.has(ch.type)) && vtag !== p.vtag[dir]) return silentlyInvalid(c, TAG);
  let ignore = false,
    stays = false;
  for (const ch of chunks) {
    const tag = checkTag(p, dir, ch, vtag, has(T.DATA), ignore);
    if (tag === 'bad') return silentlyInvalid(c, TAG);
    if (tag === 'skip') {
      ignore = true;
      continue;
    }
    const old = p.state,
      next = newState(dir, old, ch.type);
    if (next === IV) return silentlyInvalid(c, `chunk type ${ch.type} in dir ${dir} in state ${old}`);
    if ((ch.type === T.INIT || ch.type === T.INIT_ACK) && !noteTag(p, dir, ch, b)) return silentlyInvalid(c, TAG);
    p.state = next;
    // A repeated INIT keeps no entry alive.
    if (ch.type === T.INIT && old === CL && next === CL && c.ct.status & IPS.CONFIRMED) stays = true;
    if (old === next) continue;
    c.net.conntrack.cache(c.ct, IPCT.PROTOINFO);
    if (next === ES && !(c.ct.status & IPS.ASSURED)) {
      c.ct.status |= IPS.ASSURED;
      c.net.conntrack.cache(c.ct, IPCT.ASSURED);
    }
  }
  if (!ignore && !stays) refreshAcct(c, timeoutsOf(c.net.conntrack.conf, c.ct)[p.state] ?? 0);
  return 'accept';
}

export const protocol: Protocol = { protonum: 132, packet };
