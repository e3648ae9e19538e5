import type { HookState } from '../net/hook-state.ts';
import type { HookName } from '../net/hook.ts';
import { Skb } from '../net/skb.ts';
import type { BridgeInfo } from '../net/skb.ts';
import { leaveSum, sumKnown, transportSumRight } from '../net/transport-sum.ts';
import { checksum, pseudo, put16 } from '../net/wire/bytes.ts';
import { ETH, IPPROTO, IP_DF, IP_OFFSET, ip4Check, ip4Dst, ip4HeaderLen, ip4Src, ip6Dst, ip6Src, putIp4, putIp6, skipExtensions } from '../net/wire/ip.ts';
import type { Dst } from './fib.ts';
import { setClosing } from '../conntrack/closing.ts';
import { attachConnection } from './icmp4.ts';
import { resetHeader } from './local.ts';
import { tellMade } from '../trace/tell.ts';
import type { Stack } from './stack.ts';

const NO_CHECKSUM = new Set<number>([IPPROTO.GRE, IPPROTO.AH, IPPROTO.ESP, IPPROTO.SCTP, IPPROTO.UDPLITE]);

/** Answers of REJECT (net/ipv4/netfilter/nf_reject_ipv4.c, net/ipv6/netfilter/nf_reject_ipv6.c). */
export class Reject {
  readonly #s: Stack;
  constructor(stack: Stack) {
    this.#s = stack;
  }

  /** `code` null: TCP reset. */
  send(skb: Skb, state: HookState, code: number | null): void {
    const v6 = state.pf === 'ip6' || (state.pf !== 'ip' && skb.protocol === ETH.IPV6);
    if (state.pf !== 'ip' && state.pf !== 'ip6') {
      this.#onLink(skb, state, v6, code);
      return;
    }
    if (code === null) {
      if (v6) this.#reset6(skb, state);
      else this.#reset4(skb, state);
    } else if (v6) this.#unreach6(skb, state, code);
    else this.#unreach4(skb, state, code);
  }

  /** nf_reject_fill_skb_dst: at prerouting there is no route yet. */
  #route4(skb: Skb): boolean {
    if (skb.dst) return true;
    const b = skb.data,
      o = skb.network;
    if (!skb.dev) return false;
    const r = this.#s.ip4.outputRoute(ip4Src(b, o), null, { mark: 0, oif: 0, tos: 0, anySource: true });
    if ('error' in r) return false;
    skb.dst = r.dst;
    return true;
  }

  /** nf_send_unreach */
  #unreach4(skb: Skb, state: HookState, code: number): void {
    const b = skb.data,
      o = skb.network;
    if (b[o + 9] !== undefined && (((b[o + 6] << 8) | b[o + 7]) & IP_OFFSET) !== 0) return;
    if (state.hook === 'prerouting' && !this.#route4(skb)) return;
    if (!this.#checksumOk(skb, state.hook, false)) return;
    this.#s.icmp4.send(skb, 3, code, 0);
  }

  /** nf_reject_verify_csum, nf_ip_checksum: a packet with a wrong checksum gets no answer, unless it was found right before. */
  #checksumOk(skb: Skb, hook: HookName, v6: boolean): boolean {
    const b = skb.data,
      o = skb.network;
    const end = v6 ? skipExtensions(b, o + 40, b[o + 6]) : { offset: o + ip4HeaderLen(b, o), next: b[o + 9] };
    if (!end) return false;
    const { offset: at, next } = end;
    // These have none, or another kind; of all others a sum of 16 bits is expected, known or not.
    if (sumKnown(skb) || NO_CHECKSUM.has(next) || (next === IPPROTO.UDP && b[at + 6] === 0 && b[at + 7] === 0)) return true;
    return transportSumRight(skb, hook, at, next);
  }

  /** nf_send_reset */
  #reset4(skb: Skb, state: HookState): void {
    const s = this.#s,
      b = skb.data,
      o = skb.network,
      at = o + ip4HeaderLen(b, o);
    if ((((b[o + 6] << 8) | b[o + 7]) & IP_OFFSET) !== 0 || b[o + 9] !== IPPROTO.TCP || b.length < at + 20 || b[at + 13] & 4) return;
    if (!transportSumRight(skb, state.hook, at, IPPROTO.TCP)) return;
    if (state.hook === 'prerouting' && !this.#route4(skb)) return;
    if (!skb.dst || skb.dst.broadcast || skb.dst.multicast) return;
    const src = ip4Dst(b, o),
      dst = ip4Src(b, o);
    const mark = s.conf.v4('fwmark_reflect') ? skb.mark : 0;
    // ip_route_me_harder: the reset comes from the packet's destination, ours or not.
    const from = s.fib.addrType4(src);
    const r = s.ip4.outputRoute(dst, from === 'local' || from === 'unicast' ? src : null, { mark, oif: 0, tos: 0, anySource: true });
    if ('error' in r) return;
    const tcp = resetHeader(b, at, b.length - at);
    const out = new Uint8Array(40);
    putIp4(out, 0, { tos: 0, len: 40, id: 0, frag: IP_DF, ttl: s.icmp4.hopLimit(r.dst), proto: IPPROTO.TCP, src, dst });
    out.set(tcp, 20);
    const answer = this.#answer(out, 20, r.dst, mark, skb, ETH.IP);
    if (skb.bridge) {
      put16(out, 2, out.length);
      ip4Check(out, 0);
      this.#fromPort(answer, skb, skb.bridge);
    } else s.ip4.localOut(answer);
  }

  /** On a bridge the sender should see its peer's link-layer address, so no hook of the host's own output sees the answer. */
  #fromPort(answer: Skb, cause: Skb, info: BridgeInfo): void {
    const b = cause.data,
      at = cause.mac;
    this.#s.header(answer, info.physIn, b.slice(at + 6, at + 12), answer.protocol, b.slice(at, at + 6));
    this.#s.xmit(answer, info.physIn);
  }

  #answer(bytes: Uint8Array, transport: number, dst: Dst, mark: number, cause: Skb, protocol: number): Skb {
    const skb = new Skb(bytes);
    skb.protocol = protocol;
    skb.transport = transport;
    skb.l4proto = IPPROTO.TCP;
    skb.mark = mark;
    skb.dst = dst;
    leaveSum(skb);
    attachConnection(skb, cause);
    tellMade(this.#s.net, skb, cause, 'reset');
    if (cause.ct) setClosing(this.#s.net.conntrack, cause.ct);
    return skb;
  }

  /** nf_send_unreach6 */
  #unreach6(skb: Skb, state: HookState, code: number): void {
    if (!this.#checksumOk(skb, state.hook, true)) return;
    if (state.hook === 'output' && !skb.dev) skb.skbIif = this.#s.lo.index;
    this.#s.icmp6.send(skb, 1, code, 0);
  }

  /** nf_send_reset6 */
  #reset6(skb: Skb, state: HookState): void {
    const s = this.#s,
      b = skb.data,
      o = skb.network;
    const end = skipExtensions(b, o + 40, b[o + 6]);
    if (!end || end.next !== IPPROTO.TCP || end.fragOff & ~7 || b.length < end.offset + 20 || b[end.offset + 13] & 4) return;
    if (!transportSumRight(skb, state.hook, end.offset, IPPROTO.TCP)) return;
    const src = ip6Dst(b, o),
      dst = ip6Src(b, o);
    if (src[0] === 0xff || dst[0] === 0xff) return;
    const mark = s.conf.v6('fwmark_reflect') ? skb.mark : 0;
    const r = s.ip6.outputRoute(dst, src, { mark, oif: s.ip6.replyDevice(skb, dst) });
    if ('error' in r) return;
    const tcp = resetHeader(b, end.offset, b.length - end.offset);
    const out = new Uint8Array(60);
    putIp6(out, 0, { len: 20, next: IPPROTO.TCP, hops: s.ip6.hopLimit(r.dst), src, dst });
    out.set(tcp, 40);
    const answer = this.#answer(out, 40, r.dst, mark, skb, ETH.IPV6);
    if (skb.bridge) this.#fromPort(answer, skb, skb.bridge);
    else s.ip6.localOut(answer);
  }

  /** nft_reject_bridge, nft_reject_netdev: the answer goes back over the link it came from, built from the packet itself. */
  #onLink(skb: Skb, state: HookState, v6: boolean, code: number | null): void {
    const s = this.#s,
      b = skb.data,
      _o = skb.network,
      dev = state.in;
    if (!dev || skb.mac < 0 || (skb.protocol !== ETH.IP && skb.protocol !== ETH.IPV6) || b[skb.mac] & 1) return;
    const inner = v6 ? this.#linkPacket6(skb, state, code) : this.#linkPacket4(skb, state, code);
    if (!inner) return;
    const answer = new Skb(inner);
    answer.protocol = skb.protocol;
    tellMade(s.net, answer, skb, code === null ? 'reset' : 'icmp');
    const dst = b.slice(skb.mac + 6, skb.mac + 12),
      src = b.slice(skb.mac, skb.mac + 6);
    s.header(answer, dev, dst, skb.protocol, src);
    s.xmit(answer, dev);
  }

  #linkPacket4(skb: Skb, state: HookState, code: number | null): Uint8Array | null {
    const b = skb.data,
      o = skb.network,
      at = o + ip4HeaderLen(b, o);
    const ttl = this.#s.conf.v4('ip_default_ttl'),
      src = ip4Dst(b, o),
      dst = ip4Src(b, o);
    if (!this.#checksumOk(skb, state.hook, false)) return null;
    const end = Math.min(b.length, o + ((b[o + 2] << 8) | b[o + 3]));
    if (code === null) {
      if (b[o + 9] !== IPPROTO.TCP || b.length < at + 20 || b[at + 13] & 4) return null;
      const tcp = resetHeader(b, at, end - at);
      put16(tcp, 16, checksum(tcp, 0, 20, pseudo(src, dst, IPPROTO.TCP, 20)));
      const out = new Uint8Array(40);
      putIp4(out, 0, { tos: 0, len: 40, id: 0, frag: IP_DF, ttl, proto: IPPROTO.TCP, src, dst });
      out.set(tcp, 20);
      return out;
    }
    const quoted = b.subarray(o, Math.min(end, o + 536));
    const out = new Uint8Array(28 + quoted.length);
    out[20] = 3;
    out[21] = code;
    out.set(quoted, 28);
    put16(out, 22, checksum(out, 20, out.length));
    putIp4(out, 0, { tos: 0, len: out.length, id: 0, frag: IP_DF, ttl, proto: IPPROTO.ICMP, src, dst });
    return out;
  }

  #linkPacket6(skb: Skb, state: HookState, code: number | null): Uint8Array | null {
    const b = skb.data,
      o = skb.network,
      src = ip6Dst(b, o),
      dst = ip6Src(b, o);
    const end = skipExtensions(b, o + 40, b[o + 6]);
    if (!end || !this.#checksumOk(skb, state.hook, true)) return null;
    const hops = 64;
    if (code === null) {
      if (end.next !== IPPROTO.TCP || b[end.offset + 13] & 4) return null;
      const tcp = resetHeader(b, end.offset, b.length - end.offset);
      put16(tcp, 16, checksum(tcp, 0, 20, pseudo(src, dst, IPPROTO.TCP, 20)));
      const out = new Uint8Array(60);
      putIp6(out, 0, { len: 20, next: IPPROTO.TCP, hops, src, dst });
      out.set(tcp, 40);
      return out;
    }
    const quoted = b.subarray(o, Math.min(b.length, o + 1280 - 48));
    const out = new Uint8Array(48 + quoted.length);
    putIp6(out, 0, { len: out.length - 40, next: IPPROTO.ICMPV6, hops, src, dst });
    out[40] = 1;
    out[41] = code;
    out.set(quoted, 48);
    put16(out, 42, checksum(out, 40, out.length, pseudo(src, dst, IPPROTO.ICMPV6, out.length - 40)));
    return out;
  }
}
