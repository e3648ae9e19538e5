import { type Segment, TCP } from './segment.ts';

export type TcpStateName = 'syn-sent' | 'syn-received' | 'established' | 'fin-wait-1' | 'fin-wait-2' | 'close-wait' | 'closing' | 'last-ack' | 'time-wait' | 'closed';

/** One end of a connection: plain data, kept between commands. Numbers wrap at 32 bits. */
export interface TcpEnd {
  readonly lport: number;
  readonly rport: number;
  state: TcpStateName;
  /** Next number to send, next expected. */
  sndNxt: number;
  rcvNxt: number;
  /** Oldest number that is not acknowledged. */
  sndUna: number;
  readonly mss: number;
  /** Agreed with the other end: SACK, time stamps, window scaling. */
  sack: boolean;
  stamps: boolean;
  scaling: boolean;
  /** Time stamp of the other end to be echoed; added to the clock for our own. */
  recent: number;
  readonly stampOffset: number;
  /** Receive window in bytes. */
  window: number;
  /** Identification of the next IPv4 packet; 0 in the answer to a SYN, as there is no socket yet. */
  ident: number;
  /** Why it ended, where the other end broke it off. */
  reset: boolean;
}

/** What a segment did: what to send for it, and what it brought. */
export interface Taken {
  readonly out: Segment[];
  readonly data: Uint8Array;
  /** The connection stands now, or has been closed by the other end, with this segment. */
  readonly opened: boolean;
  readonly closed: boolean;
}

const NO_DATA = new Uint8Array(0);
/** TCP_INIT_CWND and friends do not matter here; the scale is that of tcp_rmem's default greatest window (32 MB). */
const SCALE = 10;

/** tcp_select_initial_window: whole segments within 64 kB. */
const initialWindow = (mss: number): number => Math.floor(65535 / mss) * mss;
const add = (a: number, n: number): number => (a + n) >>> 0;
/** before(a, b) */
const before = (a: number, b: number): boolean => ((a - b) | 0) < 0;

export interface NewEnd {
  readonly lport: number;
  readonly rport: number;
  readonly mss: number;
  /** Initial number, and what is added to the clock in time stamps. */
  readonly isn: number;
  readonly stampOffset: number;
  readonly ident: number;
}

function end(o: NewEnd, state: TcpStateName): TcpEnd {
  return {
    lport: o.lport,
    rport: o.rport,
    state,
    sndNxt: add(o.isn, 1),
    sndUna: o.isn,
    rcvNxt: 0,
    mss: o.mss,
    sack: true,
    stamps: true,
    scaling: true,
    recent: 0,
    stampOffset: o.stampOffset,
    window: initialWindow(o.mss),
    ident: o.ident,
    reset: false,
  };
}

/** A window as the header has it: scaled, rounded up. */
const shown = (e: TcpEnd): number => (e.scaling ? Math.ceil(e.window / 2 ** SCALE) : Math.min(e.window, 65535));

/** A segment of an end; `now` in milliseconds. */
function segment(e: TcpEnd, flags: number, now: number, o: Partial<Segment> = {}): Segment {
  return {
    sport: e.lport,
    dport: e.rport,
    seq: e.sndNxt,
    ack: flags & TCP.ACK ? e.rcvNxt : 0,
    flags,
    window: shown(e),
    mss: null,
    scale: null,
    sack: false,
    stamp: e.stamps ? { value: add(e.stampOffset, Math.floor(now)), echo: e.recent } : null,
    data: NO_DATA,
    ...o,
  };
}

/** connect(2): the end and its SYN. */
export function connectTcp(o: NewEnd, now: number): { readonly end: TcpEnd; readonly syn: Segment } {
  const e = end(o, 'syn-sent');
  return { end: e, syn: resendSyn(e, now) };
}

/** The SYN, first or again. */
export const resendSyn = (e: TcpEnd, now: number): Segment => segment(e, TCP.SYN, now, { seq: e.sndUna, mss: e.mss, scale: SCALE, sack: true, window: e.window });

/** A SYN reached a listening socket: the end that answers, and the answer (tcp_v4_send_synack). */
export function acceptTcp(syn: Segment, o: Omit<NewEnd, 'lport' | 'rport'>, now: number): { readonly end: TcpEnd; readonly answer: Segment } {
  const e = end({ ...o, lport: syn.dport, rport: syn.sport }, 'syn-received');
  e.sack = syn.sack;
  e.stamps = syn.stamp !== null;
  e.scaling = syn.scale !== null;
  e.recent = syn.stamp?.value ?? 0;
  e.rcvNxt = add(syn.seq, 1);
  e.window = initialWindow(e.stamps ? o.mss - 12 : o.mss);
  return { end: e, answer: synAck(e, now) };
}

const synAck = (e: TcpEnd, now: number): Segment =>
  segment(e, TCP.SYN | TCP.ACK, now, { seq: e.sndUna, mss: e.mss, scale: e.scaling ? SCALE : null, sack: e.sack, window: Math.min(e.window, 65535) });

/** Data to the other end, in segments. */
export function sendTcp(e: TcpEnd, data: Uint8Array, now: number): Segment[] {
  const room = e.mss - (e.stamps ? 12 : 0);
  const out: Segment[] = [];
  for (let at = 0; at < data.length; at += room) {
    const piece = data.slice(at, at + room);
    out.push(segment(e, TCP.ACK | (at + room >= data.length ? TCP.PSH : 0), now, { data: piece }));
    e.sndNxt = add(e.sndNxt, piece.length);
  }
  return out;
}

/** close(2) */
export function closeTcp(e: TcpEnd, now: number): Segment[] {
  if (e.state !== 'established' && e.state !== 'close-wait' && e.state !== 'syn-received') return [];
  const fin = segment(e, TCP.FIN | TCP.ACK, now);
  e.sndNxt = add(e.sndNxt, 1);
  e.state = e.state === 'close-wait' ? 'last-ack' : 'fin-wait-1';
  return [fin];
}

/** What an end does with a segment for it: tcp_rcv_state_process without queues, for segments that come in order. */
export function receiveTcp(e: TcpEnd, s: Segment, now: number): Taken {
  const none: Taken = { out: [], data: NO_DATA, opened: false, closed: false };
  if (e.state === 'closed') return none;
  if (e.state === 'syn-sent') return receiveAnswer(e, s, now, none);
  const offset = (s.seq - e.rcvNxt) | 0;
  if (s.flags & TCP.RST) {
    if (offset !== 0) return none;
    e.state = 'closed';
    e.reset = true;
    return { ...none, closed: true };
  }
  if (s.flags & TCP.SYN) return { ...none, out: [e.state === 'syn-received' ? synAck(e, now) : segment(e, TCP.ACK, now)] };
  // Something that was here already, or that leaves a gap: told again what is expected.
  if (offset !== 0) return s.data.length || s.flags & TCP.FIN ? { ...none, out: [segment(e, TCP.ACK, now)] } : none;
  if (s.stamp && e.stamps) e.recent = s.stamp.value;
  return receiveInOrder(e, s, now);
}

function receiveAnswer(e: TcpEnd, s: Segment, now: number, none: Taken): Taken {
  const right = (s.flags & TCP.ACK) !== 0 && s.ack === e.sndNxt;
  if (s.flags & TCP.RST) {
    if (!right) return none;
    e.state = 'closed';
    e.reset = true;
    return { ...none, closed: true };
  }
  if (!(s.flags & TCP.SYN) || !right) return none;
  e.rcvNxt = add(s.seq, 1);
  e.sndUna = s.ack;
  e.sack = s.sack;
  e.stamps = s.stamp !== null;
  e.scaling = s.scale !== null;
  e.recent = s.stamp?.value ?? 0;
  e.state = 'established';
  return { ...none, out: [segment(e, TCP.ACK, now)], opened: true };
}

function receiveInOrder(e: TcpEnd, s: Segment, now: number): Taken {
  let opened = false,
    closed = false;
  const out: Segment[] = [];
  if (s.flags & TCP.ACK && before(e.sndUna, s.ack)) e.sndUna = s.ack;
  const all = e.sndUna === e.sndNxt;
  if (e.state === 'syn-received' && s.flags & TCP.ACK && s.ack === e.sndNxt) {
    e.state = 'established';
    opened = true;
  }
  if (e.state === 'fin-wait-1' && all) e.state = 'fin-wait-2';
  if (e.state === 'closing' && all) e.state = 'time-wait';
  if (e.state === 'last-ack' && all) {
    e.state = 'closed';
    closed = true;
  }
  e.rcvNxt = add(e.rcvNxt, s.data.length);
  if (s.flags & TCP.FIN) {
    e.rcvNxt = add(e.rcvNxt, 1);
    closed = true;
    const next: Partial<Record<TcpStateName, TcpStateName>> = { established: 'close-wait', 'syn-received': 'close-wait', 'fin-wait-1': 'closing', 'fin-wait-2': 'time-wait' };
    e.state = next[e.state] ?? e.state;
  }
  if (s.data.length || s.flags & TCP.FIN) out.push(segment(e, TCP.ACK, now));
  return { out, data: s.data, opened, closed };
}
