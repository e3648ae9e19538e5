import type { Skb } from '../../net/skb.ts';
import { IPPROTO } from '../../net/wire/ip.ts';
import { ntop, prefixMask } from '../address.ts';
import type { XtExtension } from '../definition.ts';
import { fields, misplaced } from './_common.ts';

/** struct ip6t_npt_tginfo without the adjustment, which follows from the prefixes. */
export type NptInfo = { readonly src: Uint8Array; readonly srcLen: number; readonly dst: Uint8Array; readonly dstLen: number };
type HostMask = { readonly address: Uint8Array; readonly plen: number };

const inPrefix = (a: Uint8Array, length: number): boolean => {
  const m = prefixMask(length, 16);
  return a.every((b, i) => (b & ~m[i] & 255) === 0);
};
const word = (a: Uint8Array, i: number): number => (a[2 * i] << 8) | a[2 * i + 1];
function fold(sum: number): number {
  let n = sum;
  while (n > 0xffff) n = (n & 0xffff) + (n >>> 16);
  return n;
}
const sumOf = (a: Uint8Array): number => {
  let n = 0;
  for (let i = 0; i < 8; i++) n += word(a, i);
  return fold(n);
};

/** net/ipv6/netfilter/ip6t_NPT.c: ip6t_npt_map_pfx: rewrites in place, checksum neutral; false: no word is left to adjust. */
function mapPrefix(i: NptInfo, address: Uint8Array): boolean {
  const length = Math.max(i.srcLen, i.dstLen);
  const mask = prefixMask(length, 16);
  for (let b = 0; b < 16; b++) address[b] = (address[b] & ~mask[b]) | (i.dst[b] & mask[b]);
  let at = 3;
  if (length > 48) {
    at = 4;
    while (at < 8 && word(address, at) === 0xffff) at++;
    if (at === 8) return false;
  }
  const adjustment = fold(sumOf(i.src) + (~sumOf(i.dst) & 0xffff));
  let sum = fold(word(address, at) + adjustment);
  if (sum === 0xffff) sum = 0;
  address[2 * at] = sum >> 8;
  address[2 * at + 1] = sum & 255;
  return true;
}

/** Offset of the source address plus that of the destination: what is not the one is the other. */
const OTHER = 8 + 24;

/** icmpv6_bounced_ipv6hdr: where the header that an ICMPv6 error quotes begins; -1: there is none. */
function bounced(skb: Skb): number {
  const b = skb.data,
    at = skb.transport;
  return b[skb.network + 6] === IPPROTO.ICMPV6 && b[at] < 128 && b.length >= at + 48 ? at + 8 : -1;
}

const prefix = (word: string, address: Uint8Array, length: number): string => (address.some((b) => b !== 0) || length !== 0 ? `${word} ${ntop(address)}/${length}` : '');

/** SNPT and DNPT are one extension for two addresses (extensions/libip6t_SNPT.c, libip6t_DNPT.c). */
export function nptTarget(name: string, hooks: number, addressAt: number, help: string): XtExtension<NptInfo> {
  return {
    kind: 'target',
    name,
    families: ['ip6'],
    revision: 0,
    options: [
      { name: 'src-pfx', type: 'hostmask', mandatory: true },
      { name: 'dst-pfx', type: 'hostmask', mandatory: true },
    ],
    help: () => help,
    init: () => ({ src: new Uint8Array(16), srcLen: 0, dst: new Uint8Array(16), dstLen: 0 }),
    parse(o, draft) {
      const d = fields<NptInfo>(draft);
      const { address, plen } = o.value as HostMask;
      if (o.name === 'src-pfx') {
        d.src = address;
        d.srcLen = plen;
      } else {
        d.dst = address;
        d.dstLen = plen;
      }
    },
    finish: (d) => ({ ...fields<NptInfo>(d) }),
    save: (i) => prefix(' --src-pfx', i.src, i.srcLen) + prefix(' --dst-pfx', i.dst, i.dstLen),
    print: (i) => ` ${name} src-pfx ${ntop(i.src)}/${i.srcLen} dst-pfx ${ntop(i.dst)}/${i.dstLen}`,
    check: (i, c) =>
      misplaced({ table: 'mangle', hooks }, c) ??
      (i.srcLen < 0 || i.srcLen > 64 || i.dstLen < 0 || i.dstLen > 64 || !inPrefix(i.src, i.srcLen) || !inPrefix(i.dst, i.dstLen) ? 'EINVAL' : null),
    target(i, skb, state) {
      const b = skb.data,
        o = skb.network;
      if (!mapPrefix(i, b.subarray(o + addressAt, o + addressAt + 16))) {
        state.net.stack.icmp6.send(skb, 4, 0, addressAt);
        return 'drop';
      }
      const quoted = bounced(skb);
      if (quoted < 0) return 'continue';
      // What is quoted went the other way.
      const other = b.subarray(quoted + OTHER - addressAt, quoted + OTHER - addressAt + 16);
      const mask = prefixMask(i.srcLen, 16);
      if (other.every((x, n) => (x & mask[n]) === i.src[n])) mapPrefix(i, other);
      return 'continue';
    },
  };
}
