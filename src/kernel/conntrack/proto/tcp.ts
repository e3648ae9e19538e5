import { u16, u32 } from '../../net/wire/bytes.ts';
import { IPCT, IPS } from '../entry.ts';
import type { Conntrack, ProtoState, TcpSide } from '../entry.ts';
import { TCP_TIMEOUT } from '../conf.ts';
import { badChecksum } from '../l4.ts';
import { logInvalid, silentlyInvalid } from '../log-invalid.ts';
import { account, refreshAcct } from '../protocol.ts';
import type { Protocol, TrackContext, TrackVerdict } from '../protocol.ts';
import { seqOffset } from '../seqadj.ts';
import { timeoutsOf } from '../timeout.ts';

/** TCP_CONNTRACK_*; IV: no state (invalid), IG: ignored. */
const NO = 0,
  SS = 1,
  SR = 2,
  ES = 3,
  FW = 4,
  CW = 5,
  LA = 6,
  TW = 7,
  CL = 8,
  S2 = 9,
  IV = 10,
  IG = 11;
const STATE_NAMES = ['NONE', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE', 'SYN_SENT2'] as const;

/** enum tcp_bit_set */
const SYN = 0,
  SYNACK = 1,
  FIN = 2,
  ACK = 3,
  RST = 4,
  NONE = 5;

/** By direction, kind of segment and old state (tcp_conntracks). */
const TABLE: readonly (readonly (readonly number[])[])[] = [
  [
    [SS, SS, IG, IG, IG, IG, IG, SS, SS, S2],
    [IV, IV, SR, IV, IV, IV, IV, IV, IV, SR],
    [IV, IV, FW, FW, LA, LA, LA, TW, CL, IV],
    [ES, IV, ES, ES, CW, CW, TW, TW, CL, IV],
    [IV, CL, CL, CL, CL, CL, CL, CL, CL, CL],
    [IV, IV, IV, IV, IV, IV, IV, IV, IV, IV],
  ],
  [
    [IV, S2, IV, IV, IV, IV, IV, SS, IV, S2],
    [IV, SR, IG, IG, IG, IG, IG, IG, IG, SR],
    [IV, IV, FW, FW, LA, LA, LA, TW, CL, IV],
    [IV, IG, SR, ES, CW, CW, TW, TW, CL, IG],
    [IV, CL, CL, CL, CL, CL, CL, CL, CL, CL],
    [IV, IV, IV, IV, IV, IV, IV, IV, IV, IV],
  ],
];

/** IP_CT_TCP_FLAG_* and IP_CT_* of linux/netfilter/nf_conntrack_tcp.h. */
export const TCP_FLAG = {
  WINDOW_SCALE: 1,
  SACK_PERM: 2,
  CLOSE_INIT: 4,
  BE_LIBERAL: 8,
  DATA_UNACKNOWLEDGED: 16,
  MAXACK_SET: 32,
  CHALLENGE_ACK: 64,
  SIMULTANEOUS_OPEN: 128,
} as const;

const F = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32 } as const;
/** tcp_valid_flags */
const VALID = new Set<number>([F.SYN, F.SYN | F.URG, F.SYN | F.ACK, F.RST, F.RST | F.ACK, F.FIN | F.ACK, F.FIN | F.ACK | F.URG, F.ACK, F.ACK | F.URG]);

type Tcp = Extract<ProtoState, { kind: 'tcp' }>;

const before = (a: number, b: number): boolean => ((a - b) | 0) < 0;
const after = (a: number, b: number): boolean => ((b - a) | 0) < 0;
const maxAckWindow = (s: TcpSide): number => Math.max(s.tdMaxwin, 66000);

interface Segment {
  readonly seq: number;
  readonly ack: number;
  readonly win: number;
  readonly flags: number;
  readonly doff: number;
  readonly end: number;
  readonly index: number;
}

function segmentOf(c: TrackContext): Segment {
  const b = c.skb.data,
    at = c.at;
  const flags = b[at + 13],
    doff = (b[at + 12] >> 4) * 4,
    seq = u32(b, at + 4);
  const end = (seq + (b.length - at) - doff + (flags & F.SYN ? 1 : 0) + (flags & F.FIN ? 1 : 0)) >>> 0;
  const index = flags & F.RST ? RST : flags & F.SYN ? (flags & F.ACK ? SYNACK : SYN) : flags & F.FIN ? FIN : flags & F.ACK ? ACK : NONE;
  return { seq, ack: u32(b, at + 8), win: u16(b, at + 14), flags, doff, end, index };
}

/** tcp_error */
function wrong(c: TrackContext): boolean {
  const b = c.skb.data,
    at = c.at;
  const doff = (b[at + 12] >> 4) * 4;
  const bad = (why: string): true => {
    logInvalid(c, why);
    return true;
  };
  if (doff < 20 || b.length - at < doff) return bad('truncated packet');
  if (badChecksum(c.net, c.state, c.skb, at, 6)) return bad('bad checksum');
  return VALID.has(b[at + 13] & ~(F.PSH | 0xc0)) ? false : bad('invalid tcp flag combination');
}

/** Walks the options; `found` ends the walk by returning true. */
function options(c: TrackContext, doff: number, found: (kind: number, at: number, len: number) => boolean): void {
  const b = c.skb.data;
  for (let i = c.at + 20, left = doff - 20; left > 0; ) {
    const kind = b[i];
    if (kind === 0) return;
    if (kind === 1) {
      i++;
      left--;
      continue;
    }
    if (left < 2) return;
    const len = b[i + 1];
    if (len < 2 || len > left || found(kind, i, len)) return;
    i += len;
    left -= len;
  }
}

/** tcp_options */
function readOptions(c: TrackContext, s: Segment, side: TcpSide): void {
  // Without any, what was known of the side stays.
  if (s.doff === 20) return;
  side.tdScale = 0;
  side.flags &= TCP_FLAG.BE_LIBERAL;
  options(c, s.doff, (kind, at, len) => {
    if (kind === 4 && len === 2) side.flags |= TCP_FLAG.SACK_PERM;
    else if (kind === 3 && len === 3) {
      side.tdScale = Math.min(c.skb.data[at + 2], 14);
      side.flags |= TCP_FLAG.WINDOW_SCALE;
    }
    return false;
  });
}

/** tcp_sack */
function readSack(c: TrackContext, s: Segment, sack: number): number {
  let best = sack;
  options(c, s.doff, (kind, at, len) => {
    if (kind !== 5 || len < 10 || (len - 2) % 8 !== 0) return false;
    for (let i = at + 2; i < at + len; i += 8) {
      const end = u32(c.skb.data, i + 4);
      if (after(end, best)) best = end;
    }
    return true;
  });
  return best;
}

const zeroSide = (s: TcpSide): void => {
  s.tdEnd = 0;
  s.tdMaxEnd = 0;
  s.tdMaxwin = 0;
  s.tdMaxack = 0;
  s.tdScale = 0;
  s.flags = 0;
};

/** tcp_new */
function fresh(c: TrackContext, t: Tcp, s: Segment): boolean {
  const state = TABLE[0][s.index][NO];
  if (state >= IV) {
    logInvalid(c, 'invalid new');
    return false;
  }
  if (state !== SS && c.net.conntrack.conf.tcpLoose === 0) {
    c.net.conntrack.why = 'not a SYN, and nf_conntrack_tcp_loose is off';
    return false;
  }
  Object.assign(t, { state: NO, lastDir: 0, retrans: 0, lastIndex: 0, lastSeq: 0, lastAck: 0, lastEnd: 0, lastWin: 0, lastWscale: 0, lastFlags: 0 });
  zeroSide(t.seen[0]);
  zeroSide(t.seen[1]);
  const me = t.seen[0];
  me.tdEnd = s.end;
  me.tdMaxwin = s.win || 1;
  if (state === SS) {
    me.tdMaxEnd = me.tdEnd;
    readOptions(c, s, me);
  } else {
    me.tdMaxEnd = (me.tdEnd + me.tdMaxwin) >>> 0;
    me.flags = t.seen[1].flags = TCP_FLAG.SACK_PERM | TCP_FLAG.BE_LIBERAL;
  }
  t.lastIndex = NONE;
  return true;
}

/** tcp_init_sender */
function initSender(c: TrackContext, s: Segment, sender: TcpSide, receiver: TcpSide): void {
  sender.tdEnd = sender.tdMaxEnd = s.end;
  sender.tdMaxwin = s.win || 1;
  readOptions(c, s, sender);
  if (c.dir === 1 && !(sender.flags & TCP_FLAG.WINDOW_SCALE && receiver.flags & TCP_FLAG.WINDOW_SCALE)) sender.tdScale = receiver.tdScale = 0;
}

/** tcp_in_window */
function inWindow(c: TrackContext, t: Tcp, s: Segment): 'accept' | 'ignore' | 'invalid' {
  const sender = t.seen[c.dir],
    receiver = t.seen[c.dir === 0 ? 1 : 0];
  const isSyn = (s.flags & F.SYN) !== 0,
    isAck = (s.flags & F.ACK) !== 0,
    isRst = (s.flags & F.RST) !== 0;
  let { seq, end } = s,
    ack = s.ack,
    sack = s.ack,
    win = s.win;
  const invalid = (why: string): 'accept' | 'invalid' => {
    if (sender.flags & TCP_FLAG.BE_LIBERAL || c.net.conntrack.conf.tcpBeLiberal) return 'accept';
    logInvalid(c, why);
    return 'invalid';
  };
  // Delayed packets of a sender that is in order otherwise: let through, but not believed.
  const ignore = (why: string): 'accept' | 'ignore' => (invalid(why) === 'accept' ? 'accept' : 'ignore');
  if (receiver.flags & TCP_FLAG.SACK_PERM) sack = readSack(c, s, sack);
  const offset = seqOffset(c.ct, c.dir === 0 ? 1 : 0, (ack - 1) >>> 0);
  ack = (ack - offset) >>> 0;
  sack = (sack - offset) >>> 0;

  if (sender.tdMaxwin === 0) {
    if (isSyn) {
      initSender(c, s, sender, receiver);
      if (!isAck) return 'accept';
    } else {
      sender.tdEnd = end;
      sender.tdMaxwin = (win << sender.tdScale) >>> 0 || 1;
      sender.tdMaxEnd = (end + sender.tdMaxwin) >>> 0;
      if (receiver.tdMaxwin === 0) receiver.tdEnd = receiver.tdMaxEnd = sack;
      else if (sack === (receiver.tdEnd + 1) >>> 0) receiver.tdEnd = (receiver.tdEnd + 1) >>> 0;
    }
  } else if (isSyn && after(end, sender.tdEnd) && (t.state === SS || t.state === SR)) {
    initSender(c, s, sender, receiver);
    if (c.dir === 1 && !isAck) return 'accept';
  }
  if (!isAck || (isRst && ack === 0)) ack = sack = receiver.tdEnd;
  if (isRst && seq === 0 && t.state === SS) seq = end = sender.tdEnd;

  if (!before(seq, (sender.tdMaxEnd + 1) >>> 0)) {
    const overshot = (end - sender.tdMaxEnd + 1) >>> 0;
    const ackOk = after(sack, (receiver.tdEnd - maxAckWindow(sender) - 1) >>> 0);
    const inRecv = receiver.tdMaxwin !== 0 && after(end, (sender.tdEnd - receiver.tdMaxwin - 1) >>> 0);
    if (inRecv && ackOk && overshot <= receiver.tdMaxwin && before(sack, (receiver.tdEnd + 1) >>> 0)) {
      sender.tdEnd = end;
      sender.flags |= TCP_FLAG.DATA_UNACKNOWLEDGED;
      return ignore(`${overshot} bytes more than expected`);
    }
    return invalid(`SEQ is over upper bound ${(sender.tdMaxEnd + 1) >>> 0} (over the window of the receiver)`);
  }
  if (!before(sack, (receiver.tdEnd + 1) >>> 0)) return invalid(`ACK is over upper bound ${(receiver.tdEnd + 1) >>> 0} (ACKed data not seen yet)`);
  const low = (sender.tdEnd - receiver.tdMaxwin - 1) >>> 0;
  if (receiver.tdMaxwin !== 0 && !after(end, low)) return ignore(`SEQ is under lower bound ${low} (already ACKed data retransmitted)`);
  const ackLow = (receiver.tdEnd - maxAckWindow(sender) - 1) >>> 0;
  if (!after(sack, ackLow)) return ignore(`ignored ACK under lower bound ${ackLow} (possible overly delayed)`);

  if (!isSyn) win = (win << sender.tdScale) >>> 0;
  const swin = (win + (sack - ack)) >>> 0;
  if (sender.tdMaxwin < swin) sender.tdMaxwin = swin;
  if (after(end, sender.tdEnd)) {
    sender.tdEnd = end;
    sender.flags |= TCP_FLAG.DATA_UNACKNOWLEDGED;
  }
  if (isAck) {
    if (!(sender.flags & TCP_FLAG.MAXACK_SET)) {
      sender.tdMaxack = ack;
      sender.flags |= TCP_FLAG.MAXACK_SET;
    } else if (after(ack, sender.tdMaxack)) sender.tdMaxack = ack;
  }
  if (receiver.tdMaxwin !== 0 && after(end, sender.tdMaxEnd)) receiver.tdMaxwin = (receiver.tdMaxwin + end - sender.tdMaxEnd) >>> 0;
  if (after((sack + win) >>> 0, (receiver.tdMaxEnd - 1) >>> 0)) {
    receiver.tdMaxEnd = (sack + win) >>> 0;
    if (win === 0) receiver.tdMaxEnd = (receiver.tdMaxEnd + 1) >>> 0;
  }
  if (ack === receiver.tdEnd) receiver.flags &= ~TCP_FLAG.DATA_UNACKNOWLEDGED;
  if (s.index === ACK) {
    if (t.lastDir === c.dir && t.lastSeq === seq && t.lastAck === ack && t.lastEnd === end && t.lastWin === s.win) t.retrans++;
    else Object.assign(t, { lastDir: c.dir, lastSeq: seq, lastAck: ack, lastEnd: end, lastWin: s.win, retrans: 0 });
  }
  return 'accept';
}

const established = (ct: Conntrack, t: Tcp): boolean => t.state === ES && (ct.status & IPS.ASSURED) !== 0;

/** The cases that need no window check or get none: what the table's new state leads to before it. */
type Decision = { readonly kind: 'check' | 'in window'; readonly old: number; readonly next: number } | { readonly kind: 'end'; readonly verdict: TrackVerdict };

function decide(c: TrackContext, t: Tcp, s: Segment): Decision {
  const old = t.state,
    next = TABLE[c.dir][s.index][old],
    other = c.dir === 0 ? 1 : 0;
  const go = (state: number, from = old): Decision => ({ kind: 'check', old: from, next: state });
  const end = (verdict: TrackVerdict): Decision => ({ kind: 'end', verdict });
  switch (next) {
    case SS:
      if (old < TW) return go(next);
      if ((t.seen[0].flags | t.seen[1].flags) & TCP_FLAG.CLOSE_INIT || (t.lastDir === c.dir && t.lastIndex === RST)) return end(c.net.conntrack.kill(c.ct) ? 'repeat' : 'drop');
      return ignored(c, t, s, old);
    case IG:
      return ignored(c, t, s, old);
    case IV:
      if (c.ct.synproxy && old === SS && s.index === ACK && c.dir === 0 && t.lastDir === 0 && (t.seen[0].tdEnd - 1) >>> 0 === s.seq) return end('accept');
      logInvalid(c, `packet (index ${s.index}) in dir ${c.dir} invalid, state ${STATE_NAMES[old]}`);
      return end('invalid');
    case TW:
      if (old === LA && s.index === ACK && t.lastDir !== c.dir && t.lastIndex === SYN && t.lastFlags & TCP_FLAG.CHALLENGE_ACK) {
        t.lastFlags &= ~TCP_FLAG.CHALLENGE_ACK;
        return end('accept');
      }
      return go(next);
    case S2:
      t.lastFlags |= TCP_FLAG.SIMULTANEOUS_OPEN;
      return go(next);
    case SR:
      return go(c.dir === 1 && s.index === ACK && t.lastFlags & TCP_FLAG.SIMULTANEOUS_OPEN ? ES : next);
    case CL:
      return s.index === RST ? reset(c, t, s, old, other) : go(next);
    default:
      return go(next);
  }
}

/** The TCP_CONNTRACK_IGNORE branch: let it through, remember enough to get in sync again. */
function ignored(c: TrackContext, t: Tcp, s: Segment, old: number): Decision {
  if (s.index === SYNACK && t.lastIndex === SYN && t.lastDir !== c.dir && s.ack === t.lastEnd) {
    const last = t.seen[t.lastDir];
    last.tdEnd = last.tdMaxEnd = t.lastEnd;
    last.tdMaxwin = t.lastWin || 1;
    last.tdScale = t.lastWscale;
    t.lastFlags &= ~TCP_FLAG.CHALLENGE_ACK;
    last.flags = t.lastFlags;
    const me = t.seen[c.dir],
      liberal = me.flags & TCP_FLAG.BE_LIBERAL;
    zeroSide(me);
    me.flags = liberal;
    return { kind: 'check', old: SS, next: SR };
  }
  t.lastIndex = s.index;
  t.lastDir = c.dir;
  t.lastSeq = s.seq;
  t.lastEnd = s.end;
  t.lastWin = s.win;
  if (s.index === SYN && c.dir === 0) {
    const seen: TcpSide = { tdEnd: 0, tdMaxEnd: 0, tdMaxwin: 0, tdMaxack: 0, tdScale: 0, flags: 0 };
    t.lastFlags = t.lastWscale = 0;
    readOptions(c, s, seen);
    if (seen.flags & TCP_FLAG.WINDOW_SCALE) {
      t.lastFlags |= TCP_FLAG.WINDOW_SCALE;
      t.lastWscale = seen.tdScale;
    }
    if (seen.flags & TCP_FLAG.SACK_PERM) t.lastFlags |= TCP_FLAG.SACK_PERM;
    if (old === LA) t.lastFlags |= TCP_FLAG.CHALLENGE_ACK;
  }
  if (old === SS && s.index === ACK && c.dir === 1) t.lastAck = s.ack;
  logInvalid(c, `packet (index ${s.index}) in dir ${c.dir} ignored, state ${STATE_NAMES[old]}`);
  return { kind: 'end', verdict: 'accept' };
}

/** The TCP_CONNTRACK_CLOSE branch for resets. */
function reset(c: TrackContext, t: Tcp, s: Segment, old: number, other: 0 | 1): Decision {
  let next: number = CL;
  const go = (): Decision => ({ kind: 'check', old, next });
  // tcp_can_early_drop: closing already, what is known of sequence numbers may be out of date.
  if (old === FW || old === LA || old === TW || old === CL || old === CW) return { kind: 'in window', old, next };
  const peer = t.seen[other];
  if (peer.flags & TCP_FLAG.MAXACK_SET && t.lastIndex !== SYN) {
    if (s.seq === 0 && !established(c.ct, t)) return go();
    if (before(s.seq, peer.tdMaxack) && !c.net.conntrack.conf.tcpIgnoreInvalidRst) {
      logInvalid(c, 'invalid rst');
      return { kind: 'end', verdict: 'invalid' };
    }
    if (!established(c.ct, t) || s.seq === peer.tdMaxack) return go();
    if (t.lastIndex === ACK && t.lastDir === c.dir && s.seq === t.lastEnd) return go();
    next = old;
  }
  const seenReply = (c.ct.status & IPS.SEEN_REPLY) !== 0,
    assured = (c.ct.status & IPS.ASSURED) !== 0;
  // A reset that answers what was let through unbelieved; nothing yet counts as an end of 0.
  if (t.lastDir !== c.dir && ((seenReply && t.lastIndex === SYN) || (!assured && t.lastIndex === ACK)) && s.ack === t.lastEnd) return { kind: 'in window', old, next };
  if (old === SS && t.lastIndex === ACK && t.lastDir === 1 && s.seq === t.lastAck) return { kind: 'in window', old, next };
  return go();
}

/** nf_tcp_handle_invalid: an out-of-window FIN or RST that the other side answers with one shortens the time to live. */
function handleInvalid(c: TrackContext, t: Tcp, s: Segment): void {
  if (!(c.ct.status & IPS.ASSURED) || c.ct.status & IPS.FIXED_TIMEOUT || (s.index !== RST && s.index !== FIN)) return;
  if (t.lastDir !== c.dir && (t.lastIndex === FIN || t.lastIndex === RST)) {
    const left = c.ct.expiresAt - c.net.clock.now();
    if (left < 120_000) return;
    const unack = timeoutsOf(c.net.conntrack.conf, c.ct)[TCP_TIMEOUT.UNACK];
    if (left > unack * 1000) c.ct.expiresAt = c.net.clock.now() + unack * 1000;
  } else {
    t.lastIndex = s.index;
    t.lastDir = c.dir;
  }
}

function timeoutOf(c: TrackContext, t: Tcp, s: Segment, next: number, timeouts: readonly number[]): number {
  const retrans = timeouts[TCP_TIMEOUT.RETRANS],
    unack = timeouts[TCP_TIMEOUT.UNACK];
  if (t.retrans >= c.net.conntrack.conf.tcpMaxRetrans && timeouts[next] > retrans) return retrans;
  if (s.index === RST) return timeouts[CL];
  if ((t.seen[0].flags | t.seen[1].flags) & TCP_FLAG.DATA_UNACKNOWLEDGED && timeouts[next] > unack) return unack;
  if (t.lastWin === 0 && timeouts[next] > retrans) return retrans;
  return timeouts[next];
}

/** net/netfilter/nf_conntrack_proto_tcp.c: nf_conntrack_tcp_packet */
function packet(c: TrackContext): TrackVerdict {
  const t = c.ct.proto;
  if (t.kind !== 'tcp' || c.skb.data.length - c.at < 20) return silentlyInvalid(c, 'no whole TCP header');
  if (wrong(c)) return 'invalid';
  const s = segmentOf(c);
  if (!(c.ct.status & IPS.CONFIRMED) && !fresh(c, t, s)) return 'invalid';
  const d = decide(c, t, s);
  if (d.kind === 'end') return d.verdict;
  if (d.kind === 'check') {
    const r = inWindow(c, t, s);
    if (r === 'ignore') return 'accept';
    if (r === 'invalid') {
      handleInvalid(c, t, s);
      return 'invalid';
    }
  }
  const { old, next } = d;
  t.lastIndex = s.index;
  t.lastDir = c.dir;
  t.state = next;
  if (old !== next && next === FW) t.seen[c.dir].flags |= TCP_FLAG.CLOSE_INIT;
  const timeouts = timeoutsOf(c.net.conntrack.conf, c.ct);
  let timeout = timeoutOf(c, t, s, next, timeouts);
  if (next !== old) c.net.conntrack.cache(c.ct, IPCT.PROTOINFO);
  if (!(c.ct.status & IPS.SEEN_REPLY)) {
    if (s.flags & F.RST) {
      // nf_ct_kill_acct
      account(c.ct, c.dir, c.skb.data.length - c.skb.network);
      c.net.conntrack.kill(c.ct);
      return 'accept';
    }
    if (s.index === SYN && old === SS) return 'accept';
    if (next === ES && timeout > timeouts[TCP_TIMEOUT.UNACK]) timeout = timeouts[TCP_TIMEOUT.UNACK];
  } else if (!(c.ct.status & IPS.ASSURED) && (old === SR || old === ES) && next === ES) {
    c.ct.status |= IPS.ASSURED;
    c.net.conntrack.cache(c.ct, IPCT.ASSURED);
  }
  refreshAcct(c, timeout);
  return 'accept';
}

export const protocol: Protocol = { protonum: 6, packet };
