import type { Skb } from '../net/skb.ts';
import { put32, u32 } from '../net/wire/bytes.ts';
import { ip4Check, ip4HeaderLen } from '../net/wire/ip.ts';
import type { NetDevice } from './device.ts';
import type { Dst } from './fib.ts';
import { found } from './fib.ts';
import type { Stack } from './stack.ts';

const END = 0,
  NOOP = 1,
  RR = 7,
  TIMESTAMP = 68,
  LSRR = 131,
  CIPSO = 134,
  SSRR = 137;
const TS_ONLY = 0,
  TS_ADDR = 1,
  TS_PRESPEC = 3;

/** struct ip_options: offsets from the network header of the options found, 0: none; what an answer or the way out still fills in. */
export interface IpOptions {
  rr: number;
  rrNeedsAddress: boolean;
  ts: number;
  tsNeedsAddress: boolean;
  tsNeedsTime: boolean;
  srr: number;
  strict: boolean;
  /** The source route goes on from here, to `nextHop`. */
  srrHit: boolean;
  nextHop: Uint8Array;
  cipso: number;
}

const NOTHING: Readonly<IpOptions> = {
  rr: 0,
  rrNeedsAddress: false,
  ts: 0,
  tsNeedsAddress: false,
  tsNeedsTime: false,
  srr: 0,
  strict: false,
  srrHit: false,
  nextHop: new Uint8Array(4),
  cipso: 0,
};

/** What an answer carries back. */
export interface Echo {
  readonly bytes: Uint8Array;
  /** Where the answer goes first when a source route leads back; null: to the sender. */
  readonly via: Uint8Array | null;
  /** ip_options_build: the answer's own address and the time, where they belong. */
  settle(own: Uint8Array): void;
}
const PLAIN: Echo = { bytes: new Uint8Array(0), via: null, settle: () => {} };

/** net/ipv4/ip_options.c: what a router does to the options of a packet that passes. */
export class Options4 {
  readonly #s: Stack;
  constructor(stack: Stack) {
    this.#s = stack;
  }

  #now(): number {
    return Math.floor(this.#s.net.clock.wall() % 86400000);
  }

  /** ip_rcv_options; false: dropped (perhaps with a parameter problem). */
  receive(skb: Skb): boolean {
    const options = { ...NOTHING };
    skb.options4 = options;
    const bad = this.#compile(skb, options);
    if (bad !== null) {
      this.#problem(skb, bad);
      return false;
    }
    if (options.srr === 0) return true;
    const { conf } = this.#s,
      dev = skb.dev as NetDevice;
    if (!conf.dev4('all', 'accept_source_route') || !conf.dev4(dev.name, 'accept_source_route')) return false;
    return this.#sourceRoute(skb, options, dev);
  }

  #problem(skb: Skb, pointer: number): void {
    this.#s.icmp4.send(skb, 12, 0, (pointer << 24) >>> 0);
  }

  /** __ip_options_compile: notes what is there and moves pointers on; offset of what is wrong, or null. */
  #compile(skb: Skb, found: IpOptions): number | null {
    const b = skb.data,
      o = skb.network,
      end = o + ip4HeaderLen(b, o);
    for (let i = o + 20; i < end; ) {
      if (b[i] === END) {
        b.fill(END, i, end);
        return null;
      }
      if (b[i] === NOOP) {
        i++;
        continue;
      }
      const len = b[i + 1];
      if (i + 1 >= end || len < 2 || i + len > end) return i - o;
      const wrong = this.#one(skb, i, len, found);
      if (wrong !== null) return i - o + wrong;
      i += len;
    }
    return null;
  }

  /** One option; offset in it of what is wrong, or null. */
  #one(skb: Skb, i: number, len: number, found: IpOptions): number | null {
    const b = skb.data,
      at = i - skb.network;
    switch (b[i]) {
      case SSRR:
      case LSRR:
        if (len < 3) return 1;
        if (b[i + 2] < 4) return 2;
        if (found.srr) return 0;
        found.strict = b[i] === SSRR;
        found.srr = at;
        return null;
      case RR:
        if (found.rr) return 0;
        if (len < 3) return 1;
        if (b[i + 2] < 4) return 2;
        if (b[i + 2] <= len) {
          if (b[i + 2] + 3 > len) return 2;
          b.set(this.#s.icmp4.specDst(skb), i + b[i + 2] - 1);
          b[i + 2] += 4;
          found.rrNeedsAddress = true;
        }
        found.rr = at;
        return null;
      case TIMESTAMP:
        return this.#timestamp(skb, i, len, found);
      case CIPSO:
        if (found.cipso) return 0;
        found.cipso = at;
        return badCipso(len);
      default:
        return b[i] === 148 && len < 4 ? 1 : null;
    }
  }

  #timestamp(skb: Skb, i: number, len: number, found: IpOptions): number | null {
    const b = skb.data,
      ptr = b[i + 2],
      flag = b[i + 3] & 15;
    if (found.ts) return 0;
    if (len < 4) return 1;
    if (ptr < 5) return 2;
    if (ptr > len) {
      if (flag !== TS_PRESPEC) {
        if (b[i + 3] >> 4 === 15) return 3;
        b[i + 3] += 16;
      }
      found.ts = i - skb.network;
      return null;
    }
    if (ptr + 3 > len || ((flag === TS_ADDR || flag === TS_PRESPEC) && ptr + 7 > len)) return 2;
    found.ts = i - skb.network;
    if (flag === TS_ONLY) {
      found.tsNeedsTime = true;
      put32(b, i + ptr - 1, this.#now());
      b[i + 2] += 4;
    } else if (flag === TS_ADDR) {
      b.set(this.#s.icmp4.specDst(skb), i + ptr - 1);
      put32(b, i + ptr + 3, this.#now());
      found.tsNeedsAddress = found.tsNeedsTime = true;
      b[i + 2] += 8;
    } else if (flag === TS_PRESPEC && this.#s.fib.addrType4(b.slice(i + ptr - 1, i + ptr + 3)) !== 'unicast') {
      put32(b, i + ptr + 3, this.#now());
      found.tsNeedsTime = true;
      b[i + 2] += 8;
    }
    return null;
  }

  /** ip_options_rcv_srr: a source route that names this router sends the packet on to the next address in it. */
  #sourceRoute(skb: Skb, options: IpOptions, dev: NetDevice): boolean {
    if (skb.pktType !== 0 || !skb.dst) return false;
    if (skb.dst.input === 'forward' && skb.dst.type === 'unicast') {
      if (!options.strict) return true;
      this.#problem(skb, 16);
      return false;
    }
    if (skb.dst.type !== 'local') return false;
    const b = skb.data,
      o = skb.network,
      i = o + options.srr,
      space = b[i + 1];
    for (let at = b[i + 2]; at <= space; at += 4) {
      if (at + 3 > space) {
        this.#problem(skb, options.srr + 2);
        return false;
      }
      const next = b.slice(i + at - 1, i + at + 3);
      const dst = found(this.#s.ip4.inputRoute(next, b.slice(o + 12, o + 16), b[o + 1], dev, skb.mark));
      if (!dst || (dst.type !== 'unicast' && dst.type !== 'local')) return false;
      skb.dst = dst;
      if (dst.type !== 'local') {
        options.srrHit = true;
        options.nextHop = next;
        break;
      }
      b.set(next, o + 16);
    }
    return true;
  }

  /** ip_forward_options: the address of the way out. */
  forward(skb: Skb, dst: Dst): void {
    const options = skb.options4;
    if (!options) return;
    const b = skb.data,
      o = skb.network;
    const own = (): Uint8Array => dst.prefSrc ?? this.#s.ip4.selectAddr(dst.dev, dst.gateway ?? b.slice(o + 16, o + 20), 0);
    if (options.rrNeedsAddress) {
      const i = o + options.rr;
      b.set(own(), i + b[i + 2] - 5);
    }
    if (options.srrHit) {
      const i = o + options.srr,
        space = b[i + 1];
      let at = b[i + 2];
      while (at <= space && !(at + 3 <= space && u32(b, i + at - 1) === u32(options.nextHop, 0))) at += 4;
      if (at + 3 <= space) {
        b.set(options.nextHop, o + 16);
        b.set(own(), i + at - 1);
        b[i + 2] = at + 4;
      }
      if (options.tsNeedsAddress) {
        const t = o + options.ts;
        b.set(own(), t + b[t + 2] - 9);
      }
    }
    ip4Check(b, o);
  }

  /** __ip_options_echo; null: the options are such that no answer can be made. */
  echo(skb: Skb): Echo | null {
    const found = skb.options4;
    if (!found || (!found.rr && !found.ts && !found.srr && !found.cipso)) return PLAIN;
    const b = skb.data,
      o = skb.network;
    const out: number[] = [];
    const own: number[] = [];
    const time: number[] = [];
    const copy = (from: number): number => out.push(...b.subarray(o + from, o + from + b[o + from + 1])) - b[o + from + 1];
    if (found.rr) {
      const at = copy(found.rr),
        ptr = out[at + 2];
      if (found.rrNeedsAddress && ptr <= out[at + 1]) {
        if (ptr + 3 > out[at + 1]) return null;
        out[at + 2] = ptr + 4;
        own.push(at + ptr - 1);
      }
    }
    if (found.ts && !this.#echoTime(copy(found.ts), out, found, own, time)) return null;
    const via = found.srr ? echoRoute(b, o, found.srr, out) : null;
    if (found.cipso) copy(found.cipso);
    while (out.length & 3) out.push(END);
    const bytes = Uint8Array.from(out);
    const settle = (address: Uint8Array): void => {
      for (const at of own) bytes.set(address, at);
      for (const at of time) put32(bytes, at, this.#now());
    };
    return { bytes, via, settle };
  }

  /** The timestamp option of an answer; false: there is no room for what it needs. */
  #echoTime(at: number, out: number[], found: IpOptions, own: number[], time: number[]): boolean {
    const len = out[at + 1],
      prespec = (out[at + 3] & 15) === TS_PRESPEC;
    let ptr = out[at + 2];
    if (ptr > len) return true;
    if (found.tsNeedsAddress) {
      if (ptr + 3 > len) return false;
      own.push(at + ptr - 1);
      ptr += 4;
    }
    if (found.tsNeedsTime) {
      if (ptr + 3 > len) return false;
      const ours = !prespec || (ptr + 7 <= len && this.#s.fib.addrType4(Uint8Array.from(out.slice(at + ptr - 1, at + ptr + 3))) !== 'unicast');
      if (ours) {
        ptr += prespec ? 8 : 4;
        time.push(at + ptr - 5);
      }
    }
    out[at + 2] = ptr;
    return true;
  }
}

/** The way back of a source route; the first address to go to, or null when there is none left. */
function echoRoute(b: Uint8Array, o: number, srr: number, out: number[]): Uint8Array | null {
  const start = o + srr,
    len = b[start + 1];
  let from = (b[start + 2] > len ? len + 1 : b[start + 2]) - 4;
  if (from <= 3) return null;
  const via = b.slice(start + from - 1, start + from + 3);
  const back: number[] = [];
  for (from -= 4; from > 3; from -= 4) back.push(...b.subarray(start + from - 1, start + from + 3));
  // RFC 1812: a route that names the sender itself is put right; ip_options_build ends it with the final destination.
  const named = u32(b, o + 12) === u32(b, start + from + 3);
  if (named && back.length === 0) return null;
  if (named) back.length -= 4;
  out.push(b[start], back.length + 7, 4, ...back, ...b.subarray(o + 12, o + 16));
  return via;
}

/** cipso_v4_validate where no domain of interpretation is defined: offset of what is wrong. */
const badCipso = (len: number): number => (len < 8 ? 1 : 2);
