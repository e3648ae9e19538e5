import type { Skb } from '../net/skb.ts';
import { u16, u32 } from '../net/wire/bytes.ts';
import { IPPROTO, IP_OFFSET } from '../net/wire/ip.ts';
import { hex, ip4Text, upper } from './format.ts';
import { incomplete, ownerAndMark, tcpLine, udpLine } from './transport-line.ts';

const IPOPT = 4,
  UID = 8;

/** Bytes that each ICMP type needs to be shown. */
const NEEDED: Readonly<Record<number, number>> = { 0: 4, 3: 28, 4: 28, 5: 28, 8: 4, 11: 28, 12: 28, 13: 20, 14: 20, 17: 12, 18: 12 };

/** dump_ipv4_packet; the packet in an ICMP error is dumped the same way, one level deep. */
export function ip4Line(skb: Skb, o: number, flags: number): string {
  const b = skb.data,
    outer = o === skb.head;
  if (b.length < o + 20) return 'TRUNCATED';
  const frag = u16(b, o + 6),
    length = (b[o] & 15) * 4,
    at = o + length;
  let text = `SRC=${ip4Text(b, o + 12)} DST=${ip4Text(b, o + 16)} LEN=${u16(b, o + 2)} TOS=0x${hex(b[o + 1] & 0x1e, 2).toUpperCase()} PREC=0x${hex(b[o + 1] & 0xe0, 2).toUpperCase()} TTL=${b[o + 8]} ID=${u16(b, o + 4)} `;
  if (frag & 0x8000) text += 'CE ';
  if (frag & 0x4000) text += 'DF ';
  if (frag & 0x2000) text += 'MF ';
  const offset = frag & IP_OFFSET;
  if (offset) text += `FRAG:${offset} `;
  if (flags & IPOPT && length > 20) {
    if (b.length < at) return `${text}TRUNCATED`;
    text += `OPT (${upper(b.subarray(o + 20, at))}) `;
  }
  const body = transport(skb, at, b[o + 9], offset !== 0, flags, outer);
  text += body.text;
  if (!body.more) return text;
  return outer ? text + ownerAndMark(skb, (flags & UID) !== 0) : text;
}

interface Part {
  readonly text: string;
  readonly more: boolean;
}

function transport(skb: Skb, at: number, proto: number, fragment: boolean, flags: number, outer: boolean): Part {
  const b = skb.data;
  switch (proto) {
    case IPPROTO.TCP:
      return tcpLine(skb, at, fragment, flags);
    case IPPROTO.UDP:
      return udpLine(skb, at, 'UDP', fragment);
    case IPPROTO.UDPLITE:
      return udpLine(skb, at, 'UDPLITE', fragment);
    case IPPROTO.ICMP:
      return icmp(skb, at, fragment, flags, outer);
    case IPPROTO.AH:
      if (fragment) return { text: '', more: true };
      return b.length < at + 12 ? { text: `PROTO=AH ${incomplete(skb, at)}`, more: true } : { text: `PROTO=AH SPI=0x${u32(b, at + 4).toString(16)} `, more: true };
    case IPPROTO.ESP:
      if (fragment) return { text: 'PROTO=ESP ', more: true };
      return b.length < at + 8 ? { text: `PROTO=ESP ${incomplete(skb, at)}`, more: true } : { text: `PROTO=ESP SPI=0x${u32(b, at).toString(16)} `, more: true };
    default:
      return { text: `PROTO=${proto} `, more: true };
  }
}

function icmp(skb: Skb, at: number, fragment: boolean, flags: number, outer: boolean): Part {
  const b = skb.data;
  if (fragment) return { text: 'PROTO=ICMP ', more: true };
  if (b.length < at + 8) return { text: `PROTO=ICMP ${incomplete(skb, at)}`, more: true };
  const type = b[at],
    code = b[at + 1];
  let text = `PROTO=ICMP TYPE=${type} CODE=${code} `;
  if (b.length - at < (NEEDED[type] ?? 0)) return { text: text + incomplete(skb, at), more: true };
  if (type === 0 || type === 8) text += `ID=${u16(b, at + 4)} SEQ=${u16(b, at + 6)} `;
  if (type === 12) text += `PARAMETER=${b[at + 4]} `;
  if (type === 5) text += `GATEWAY=${ip4Text(b, at + 4)} `;
  if (type === 3 || type === 4 || type === 5 || type === 11) {
    if (outer) text += `[${ip4Line(skb, at + 8, flags)}] `;
    if (type === 3 && code === 4) text += `MTU=${u16(b, at + 6)} `;
  }
  return { text, more: true };
}
