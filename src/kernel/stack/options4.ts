import type { Skb } from '../net/skb.ts';
import { put32 } from '../net/wire/bytes.ts';
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
  SSRR = 137;
const TS_ONLY = 0,
  TS_ADDR = 1,
  TS_PRESPEC = 3;

/** net/ipv4/ip_options.c: what a router does to the options of a packet that passes. */
export class Options4 {
  readonly #s: Stack;
  constructor(stack: Stack) {
    this.#s = stack;
  }

  /** ip_rcv_options, ip_options_compile: moves pointers on; false: dropped (perhaps with a parameter problem). */
  receive(skb: Skb): boolean {
    const b = skb.data,
      o = skb.network,
      end = o + ip4HeaderLen(b, o);
    const dev = skb.dev as NetDevice;
    const bad = (at: number): false => {
      skb.dst ??= found(this.#s.ip4.inputRoute(b.slice(o + 16, o + 20), b.slice(o + 12, o + 16), b[o + 1], dev, skb.mark));
      this.#s.icmp4.send(skb, 12, 0, ((at - o) << 24) >>> 0);
      return false;
    };
    for (let i = o + 20; i < end; ) {
      const kind = b[i];
      if (kind === END) break;
      if (kind === NOOP) {
        i++;
        continue;
      }
      if (i + 1 >= end) return bad(i);
      const len = b[i + 1];
      if (len < 2 || i + len > end) return bad(i);
      if (kind === LSRR || kind === SSRR) {
        if (len < 3 || b[i + 2] < 4) return bad(i + 1);
        if (!(this.#s.conf.dev4('all', 'accept_source_route') && this.#s.conf.dev4(dev.name, 'accept_source_route'))) return false;
      } else if (kind === RR) {
        if (len < 3) return bad(i + 1);
        if (b[i + 2] < 4) return bad(i + 2);
        if (b[i + 2] <= len) {
          if (b[i + 2] + 3 > len) return bad(i + 2);
          b.set(this.#s.icmp4.specDst(skb), i + b[i + 2] - 1);
          b[i + 2] += 4;
          skb.recordRoute = i - o;
        }
      } else if (kind === TIMESTAMP && !this.#timestamp(b, i, len, skb, o)) return bad(i + 2);
      i += len;
    }
    return true;
  }

  #timestamp(b: Uint8Array, i: number, len: number, skb: Skb, o: number): boolean {
    if (len < 4 || b[i + 2] < 5) return false;
    const flag = b[i + 3] & 15,
      ptr = b[i + 2];
    if (ptr > len) {
      if (b[i + 3] >> 4 === 15) return false;
      b[i + 3] += 16;
      return true;
    }
    const need = flag === TS_ONLY ? 4 : 8;
    if (ptr + need - 1 > len) return flag === TS_PRESPEC;
    if (flag !== TS_ONLY && flag !== TS_ADDR) return true;
    b[i + 2] += need;
    if (flag === TS_ADDR) skb.timestampRoute = i - o;
    put32(b, i + ptr - 1 + (need - 4), Math.floor(this.#s.net.clock.wall() % 86400000));
    return true;
  }

  /** ip_options_echo, as far as record route: what an answer carries back; padded to whole words. */
  echo(skb: Skb, saddr: Uint8Array): Uint8Array {
    const b = skb.data,
      o = skb.network,
      end = o + ip4HeaderLen(b, o);
    for (let i = o + 20; i < end && b[i] !== END; ) {
      if (b[i] === NOOP) {
        i++;
        continue;
      }
      const len = b[i + 1];
      if (len < 2) break;
      if (b[i] === RR && len >= 3) {
        const out = new Uint8Array((len + 3) & ~3);
        out.set(b.subarray(i, i + len));
        const ptr = out[2];
        if (skb.recordRoute && ptr + 3 <= len) {
          out[2] = ptr + 4;
          out.set(saddr, ptr - 1);
        }
        return out;
      }
      i += len;
    }
    return new Uint8Array(0);
  }

  /** ip_forward_options: the address of the way out. */
  forward(skb: Skb, dst: Dst): void {
    const b = skb.data,
      o = skb.network;
    const own = (): Uint8Array => dst.prefSrc ?? this.#s.ip4.selectAddr(dst.dev, dst.gateway ?? b.slice(o + 16, o + 20), 0);
    if (skb.recordRoute) {
      const i = o + skb.recordRoute;
      b.set(own(), i + b[i + 2] - 5);
    }
    if (skb.timestampRoute) {
      const i = o + skb.timestampRoute;
      b.set(own(), i + b[i + 2] - 9);
    }
    ip4Check(b, o);
  }
}
