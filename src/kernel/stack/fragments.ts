import type { Skb } from '../net/skb.ts';
import { concat, put16, u16, u32 } from '../net/wire/bytes.ts';
import { IPPROTO, IP_DF, IP_MF, IP_OFFSET, ip4Check, ip4Dst, ip4HeaderLen, ip4Src, isExtensionHeader, skipExtensions } from '../net/wire/ip.ts';
import { found } from './fib.ts';
import type { Stack } from './stack.ts';
import type { Timer } from './timers.ts';

/** Who puts together: each keeps its own queues (enum ip_defrag_users; zones apart). */
export type DefragUser = string;

interface Piece {
  readonly offset: number;
  readonly data: Uint8Array;
  readonly skb: Skb;
}
interface Queue {
  pieces: Piece[];
  /** What pieces cover, by place; only the last one grows. */
  readonly runs: { readonly start: number; end: number }[];
  total: number;
  last: boolean;
  maxSize: number;
  maxDf: number;
  timer: Timer | null;
  header: Uint8Array | null;
  nextHeader: number;
  unfragLen: number;
}

/** Reassembly of IPv4 (net/ipv4/ip_fragment.c) and IPv6 (net/ipv6/reassembly.c, nf_conntrack_reasm.c). */
export class Fragments {
  readonly #s: Stack;
  readonly #queues = new Map<string, Queue>();

  constructor(stack: Stack) {
    this.#s = stack;
  }

  #queue(key: string, seconds: number, expire: (q: Queue) => void): Queue {
    let q = this.#queues.get(key);
    if (!q) {
      q = { pieces: [], runs: [], total: 0, last: false, maxSize: 0, maxDf: 0, timer: null, header: null, nextHeader: 0, unfragLen: 0 };
      const made = q;
      q.timer = this.#s.timers.add(this.#s.net.clock.now() + seconds * 1000, () => {
        this.#queues.delete(key);
        this.#s.enter(() => expire(made));
      });
      this.#queues.set(key, q);
    }
    return q;
  }

  #drop(key: string, q: Queue): void {
    this.#s.timers.cancel(q.timer);
    this.#queues.delete(key);
  }

  /**
   * inet_frag_queue_insert: 'dup' for what is there already, in one piece or in pieces that came one behind the other at the
   * end; 'overlap' ends the whole queue.
   */
  #insert(q: Queue, piece: Piece): 'ok' | 'dup' | 'overlap' {
    const end = piece.offset + piece.data.length;
    const last = q.runs.at(-1);
    if (last && last.end < end && piece.offset === last.end) last.end = end;
    else {
      const met = q.runs.find((r) => piece.offset < r.end && end > r.start);
      if (met) return piece.offset >= met.start && end <= met.end ? 'dup' : 'overlap';
      const at = q.runs.findIndex((r) => r.start > piece.offset);
      q.runs.splice(at < 0 ? q.runs.length : at, 0, { start: piece.offset, end });
    }
    const at = q.pieces.findIndex((p) => p.offset > piece.offset);
    q.pieces.splice(at < 0 ? q.pieces.length : at, 0, piece);
    return 'ok';
  }

  #complete(q: Queue): boolean {
    if (!q.last || q.pieces[0]?.offset !== 0) return false;
    return q.pieces.reduce((n, p) => n + p.data.length, 0) === q.total;
  }

  /** ip_defrag: true when `skb` is now the whole packet; false: kept (or refused). */
  defrag4(skb: Skb, user: DefragUser): boolean {
    const b = skb.data,
      o = skb.network,
      ihl = ip4HeaderLen(b, o);
    const field = u16(b, o + 6);
    const key = `4 ${user} ${ip4Src(b, o).join('.')} ${ip4Dst(b, o).join('.')} ${u16(b, o + 4)} ${b[o + 9]}`;
    const q = this.#queue(key, this.#s.conf.v4('ipfrag_time') || 30, (dead) => this.#expire4(dead, user));
    const offset = (field & IP_OFFSET) * 8;
    let end = offset + b.length - o - ihl;
    if (!(field & IP_MF)) {
      if (end < q.total || (q.last && end !== q.total)) {
        this.#drop(key, q);
        return false;
      }
      q.last = true;
      q.total = end;
    } else {
      end = offset + ((end - offset) & ~7);
      if (end > q.total) {
        if (q.last) {
          this.#drop(key, q);
          return false;
        }
        q.total = end;
      }
    }
    if (end === offset) {
      this.#drop(key, q);
      return false;
    }
    const result = this.#insert(q, { offset, data: b.slice(o + ihl, o + ihl + end - offset), skb });
    if (result === 'dup') return false;
    if (result === 'overlap') {
      this.#drop(key, q);
      return false;
    }
    if (offset === 0) q.header = b.slice(o, o + ihl);
    const size = b.length - o;
    if (size > q.maxSize) q.maxSize = size;
    if (field & IP_DF && size > q.maxDf) q.maxDf = size;
    if (!this.#complete(q)) return false;
    this.#drop(key, q);
    if (ihl + q.total > 65535) return false;
    this.#whole4(skb, q);
    return true;
  }

  /** ip_frag_reasm: the skb at hand becomes the first fragment with everything behind it. */
  #whole4(skb: Skb, q: Queue): void {
    const first = q.pieces[0].skb;
    const header = q.header as Uint8Array;
    put16(header, 2, header.length + q.total);
    put16(header, 6, q.maxDf === q.maxSize ? IP_DF : 0);
    ip4Check(header, 0);
    takeOver(skb, first);
    skb.data = concat(first.data.subarray(0, first.network), header, ...q.pieces.map((p) => p.data));
    skb.fragSizes = q.pieces.map((p) => p.data.length);
    skb.fragMaxSize = q.maxSize;
    skb.fragOffset = 0;
    skb.transport = skb.network + header.length;
  }

  /** ip_expire: the host itself (not a router on the way) says that time ran out. */
  #expire4(q: Queue, _user: DefragUser): void {
    const first = q.pieces[0];
    if (first?.offset !== 0 || !first.skb.dev) return;
    const skb = first.skb,
      b = skb.data,
      o = skb.network;
    skb.dst = found(this.#s.ip4.inputRoute(ip4Dst(b, o), ip4Src(b, o), b[o + 1], first.skb.dev, skb.mark));
    if (skb.dst?.type === 'local') this.#s.icmp4.send(skb, 11, 1, 0);
  }

  /**
   * ipv6_frag_rcv, nf_ct_frag6_gather. `fragAt`: offset of the fragment header, `prevAt`: of the byte that names it. Tracking
   * lets what it cannot take go on as it is, or refuses it; for the host itself both are dropped, with an error where one is due.
   */
  defrag6(skb: Skb, user: DefragUser, fragAt: number, prevAt: number): 'whole' | 'kept' | 'refused' | 'asItIs' {
    const b = skb.data,
      o = skb.network,
      local = user === 'local';
    const field = u16(b, fragAt + 2),
      id = u32(b, fragAt + 4);
    const offset = field & ~7,
      more = (field & 1) !== 0;
    if (truncated6(b, fragAt)) {
      if (local) this.#s.icmp6.send(skb, 4, 3, 0);
      return 'asItIs';
    }
    const addrs = b.slice(o + 8, o + 40).join('.');
    const key = `6 ${user} ${addrs} ${id}`;
    const end = offset + b.length - fragAt - 8;
    const q = this.#queue(key, this.#s.conf.v6('ip6frag_time') || 60, (dead) => this.#expire6(dead, user));
    if (end > 65535) {
      if (local) this.#s.icmp6.send(skb, 4, 0, fragAt + 2 - o);
      return 'refused';
    }
    // What contradicts the others ends the host's own queue, not that of tracking.
    const contradiction = (): 'refused' => {
      if (local) this.#drop(key, q);
      return 'refused';
    };
    if (!more) {
      if (end < q.total || (q.last && end !== q.total)) return contradiction();
      q.last = true;
      q.total = end;
    } else if (end & 7) {
      if (local) this.#s.icmp6.send(skb, 4, 0, 4);
      else this.#drop(key, q);
      return 'asItIs';
    } else if (end > q.total) {
      if (q.last) return contradiction();
      q.total = end;
    }
    if (end === offset) return contradiction();
    const result = this.#insert(q, { offset, data: b.slice(fragAt + 8), skb });
    if (result === 'dup') return 'kept';
    if (result === 'overlap') {
      this.#drop(key, q);
      return 'refused';
    }
    if (offset === 0) {
      q.nextHeader = b[fragAt];
      q.header = b.slice(o, fragAt);
      q.unfragLen = fragAt - o;
      q.header[prevAt - o] = b[fragAt];
    }
    const size = b.length - o;
    if (size > q.maxSize) q.maxSize = size;
    if (!this.#complete(q)) return 'kept';
    this.#drop(key, q);
    if (!this.#whole6(skb, q, id)) return 'kept';
    skb.fragEnd = local ? 0 : q.unfragLen;
    return 'whole';
  }

  /** nf_ct_frag6_reasm, ip6_frag_reasm; false: too long. */
  #whole6(skb: Skb, q: Queue, id: number): boolean {
    const first = q.pieces[0].skb,
      header = q.header as Uint8Array;
    if (header.length - 40 + q.total > 65535) return false;
    put16(header, 4, header.length - 40 + q.total);
    takeOver(skb, first);
    skb.data = concat(first.data.subarray(0, first.network), header, ...q.pieces.map((p) => p.data));
    skb.fragSizes = q.pieces.map((p) => p.data.length);
    skb.fragMaxSize = q.maxSize;
    skb.fragId = id;
    skb.fragOffset = 0;
    skb.transport = -1;
    return true;
  }

  #expire6(q: Queue, _user: DefragUser): void {
    const first = q.pieces[0];
    if (first && first.offset === 0 && first.skb.dev) this.#s.icmp6.send(first.skb, 3, 1, 0);
  }
}

/** ipv6frag_thdr_truncated: a first fragment that does not hold all headers (RFC 8200, 4.5). */
function truncated6(b: Uint8Array, fragAt: number): boolean {
  const end = skipExtensions(b, fragAt, IPPROTO.FRAGMENT);
  if (!end || end.fragOff & ~7) return false;
  const needed = end.next === IPPROTO.TCP ? 20 : end.next === IPPROTO.UDP || end.next === IPPROTO.ICMPV6 ? 8 : 1;
  return end.offset + needed > b.length;
}

/** skb_morph: marks and device of the first piece, where it is another than the last to arrive. */
function takeOver(skb: Skb, first: Skb): void {
  if (skb === first) return;
  skb.mark = first.mark;
  skb.priority = first.priority;
  skb.secmark = first.secmark;
  skb.nftrace = first.nftrace;
  skb.pktType = first.pktType;
  skb.mac = first.mac;
  skb.macLen = first.macLen;
  skb.network = first.network;
  skb.head = first.head;
  skb.dev = first.dev;
  skb.bridge = first.bridge;
  skb.skbIif = first.skbIif;
  skb.l4proto = first.l4proto;
}

/** Where the fragment header of an IPv6 packet is; null: none before the upper layer. */
export function findFragmentHeader(b: Uint8Array, o: number): { at: number; prevAt: number } | null {
  let next = b[o + 6],
    at = o + 40,
    prevAt = o + 6;
  while (isExtensionHeader(next) && next !== IPPROTO.NONE && at + 8 <= b.length) {
    if (next === IPPROTO.FRAGMENT) return { at, prevAt };
    prevAt = at;
    const len = next === IPPROTO.AH ? (b[at + 1] + 2) << 2 : (b[at + 1] + 1) << 3;
    next = b[at];
    at += len;
  }
  return null;
}
