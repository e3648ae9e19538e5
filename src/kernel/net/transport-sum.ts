import type { HookName } from './hook.ts';
import { type Skb, SUMMED } from './skb.ts';
import { fold, partial, pseudo, put16, replace16, replace4, u16, u32 } from './wire/bytes.ts';
import { IPPROTO, ip4Dst, ip4Src, ip6Dst, ip6Src } from './wire/ip.ts';

/** What a transport checksum covers besides the packet's own bytes; IPv4 knows of TCP's and UDP's only. */
function pseudoHeader(skb: Skb, at: number, proto: number, len = skb.data.length - at): number {
  const b = skb.data,
    o = skb.network;
  if (b[o] >> 4 === 6) return pseudo(ip6Src(b, o), ip6Dst(b, o), proto, len);
  return proto === IPPROTO.TCP || proto === IPPROTO.UDP ? pseudo(ip4Src(b, o), ip4Dst(b, o), proto, len) : 0;
}

/** The network header's own part of a sum over everything: IPv4's counts, since it is to be nothing; IPv6's is taken out. */
const headerPart = (skb: Skb, at: number): number => (skb.data[skb.network] >> 4 === 6 ? 0xffff - (~fold(partial(skb.data, skb.network, at)) & 0xffff) : 0);

/**
 * nf_ip_checksum, nf_ip6_checksum: is the transport checksum right? The sum goes over the network header too, so that an
 * IPv4 header that a rule has changed without its checksum counts as wrong. A sum once made is believed at prerouting and
 * input as long as the addresses fit it, whatever else has changed.
 */
export function transportSumRight(skb: Skb, hook: HookName, at: number, proto: number): boolean {
  if (skb.summed === SUMMED.unnecessary || skb.summed === SUMMED.partial) return true;
  if (skb.summed === SUMMED.complete) {
    if (hook !== 'prerouting' && hook !== 'input') return true;
    if (fold(pseudoHeader(skb, at, proto) + skb.sum + headerPart(skb, at)) === 0) {
      skb.summed = SUMMED.unnecessary;
      return true;
    }
  }
  skb.sum = ~fold(partial(skb.data, skb.network, skb.data.length)) & 0xffff;
  skb.summed = SUMMED.complete;
  skb.checked = fold(pseudoHeader(skb, at, proto) + skb.sum + headerPart(skb, at)) === 0;
  return skb.checked;
}

/** nf_checksum_partial: of the first `covered` bytes of the transport's part; what is found is not kept as a sum. */
export function partSumRight(skb: Skb, hook: HookName, at: number, proto: number, covered: number): boolean {
  if (skb.summed !== SUMMED.none && (skb.summed !== SUMMED.complete || at + covered === skb.data.length)) return transportSumRight(skb, hook, at, proto);
  skb.summed = SUMMED.none;
  const sum = partial(skb.data, skb.network, at + covered) + headerPart(skb, at);
  skb.checked = fold(pseudoHeader(skb, at, proto) + sum) === 0;
  return skb.checked;
}

/** CHECKSUM_BREAK: up to so many bytes a sum is made anew at once. */
const SMALL = 76;

/**
 * __skb_checksum_validate: is the transport checksum right for the host that takes the packet? A sum made on the way is
 * believed where it fits the headers as they are now. Where it does not, `stubborn` ones (udp6_csum_init) refuse what is not
 * small, the others sum again. `covered`: bytes of the transport's part that count, all of them in its pseudo header.
 */
export function deliveredSumRight(skb: Skb, at: number, proto: number, covered: number, stubborn: boolean): boolean {
  if (skb.summed === SUMMED.unnecessary || skb.summed === SUMMED.partial) return true;
  const b = skb.data,
    head = pseudoHeader(skb, at, proto === IPPROTO.UDPLITE ? IPPROTO.UDP : proto, covered) + (proto === IPPROTO.UDPLITE ? IPPROTO.UDPLITE - IPPROTO.UDP : 0);
  if (skb.summed === SUMMED.complete) {
    const tail = at + covered < b.length ? 0xffff - (~fold(partial(b, at + covered, b.length)) & 0xffff) : 0;
    if (fold(head + skb.sum + headerPart(skb, at) + tail) === 0) return true;
    if (stubborn && covered > SMALL) return false;
  }
  return fold(head + partial(b, at, at + covered)) === 0;
}

/** skb_forward_csum: a sum is not carried through forwarding. */
export function forgetSum(skb: Skb): void {
  if (skb.summed === SUMMED.complete) skb.summed = SUMMED.none;
}

/** skb_csum_unnecessary: nobody need look at the transport checksum. */
export const sumKnown = (skb: Skb): boolean => skb.checked || skb.summed === SUMMED.unnecessary || skb.summed === SUMMED.partial;

/** inet_proto_csum_replace4, inet_proto_csum_replace16 for an address of the pseudo header; `at`: the checksum's place. */
export function addressReplaced(skb: Skb, at: number, from: Uint8Array, to: Uint8Array): void {
  const b = skb.data;
  const replaced = (check: number): number => (from.length === 4 ? replace4(check, u32(from, 0), u32(to, 0)) : replace16(check, from, to));
  if (skb.summed === SUMMED.partial) {
    put16(b, at, ~replaced(~u16(b, at) & 0xffff) & 0xffff);
    return;
  }
  put16(b, at, replaced(u16(b, at)));
  // Of IPv6 the address and the checksum change the sum of all by the same, the one up and the other down.
  if (skb.summed === SUMMED.complete && from.length === 4) skb.sum = replaced(skb.sum);
}

/** CHECKSUM_PARTIAL of TCP: the field holds the pseudo header's sum until the packet leaves. */
export function leaveSum(skb: Skb): void {
  const at = skb.transport;
  put16(skb.data, at + 16, ~fold(pseudoHeader(skb, at, IPPROTO.TCP)) & 0xffff);
  skb.summed = SUMMED.partial;
  skb.sum = at - skb.network;
}

/** skb_checksum_help */
export function finishSum(skb: Skb): void {
  if (skb.summed !== SUMMED.partial) return;
  const at = skb.network + skb.sum;
  put16(skb.data, at + 16, fold(partial(skb.data, at, skb.data.length)));
  skb.summed = SUMMED.none;
}
