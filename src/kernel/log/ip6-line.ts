import type { Skb } from '../net/skb.ts';
import { u16, u32 } from '../net/wire/bytes.ts';
import { IPPROTO } from '../net/wire/ip.ts';
import { hex, ip6Text } from './format.ts';
import { incomplete, ownerAndMark, tcpLine, udpLine } from './transport-line.ts';

const IPOPT = 4,
  UID = 8;
const EXTENSIONS = new Set<number>([IPPROTO.HOPOPTS, IPPROTO.ROUTING, IPPROTO.FRAGMENT, IPPROTO.ESP, IPPROTO.AH, IPPROTO.DSTOPTS]);

/** dump_ipv6_packet; `outer` false inside an ICMPv6 error. */
export function ip6Line(skb: Skb, o: number, flags: number, outer: boolean): string {
  const b = skb.data;
  if (b.length < o + 40) return 'TRUNCATED';
  const word = u32(b, o);
  let text = `SRC=${ip6Text(b, o + 8)} DST=${ip6Text(b, o + 24)} LEN=${u16(b, o + 4) + 40} TC=${(word >>> 20) & 0xff} HOPLIMIT=${b[o + 7]} FLOWLBL=${word & 0xfffff} `;
  let fragment = false,
    at = o + 40,
    next = b[o + 6];
  const options = (flags & IPOPT) !== 0;
  while (EXTENSIONS.has(next)) {
    if (b.length < at + 8) return `${text}TRUNCATED`;
    if (options) text += 'OPT ( ';
    let length = 8;
    switch (next) {
      case IPPROTO.FRAGMENT: {
        const off = u16(b, at + 2);
        text += `FRAG:${off & 0xfff8} ${off & 1 ? 'INCOMPLETE ' : ''}ID:${hex(u32(b, at + 4), 8)} `;
        if (off & 0xfff8) fragment = true;
        break;
      }
      case IPPROTO.AH:
        if (options) {
          text += 'AH ';
          if (fragment) return `${text})`;
          if (b.length < at + 12) return `${text}${incomplete(skb, at)})`;
          text += `SPI=0x${u32(b, at + 4).toString(16)} `;
        }
        length = (b[at + 1] + 2) * 4;
        break;
      case IPPROTO.ESP:
        if (!options) return text;
        text += 'ESP ';
        return fragment ? `${text})` : `${text}SPI=0x${u32(b, at).toString(16)} )`;
      default:
        if (fragment) return options ? `${text})` : text;
        length = (b[at + 1] + 1) * 8;
    }
    if (options) text += ') ';
    next = b[at];
    at += length;
  }
  const body = transport(skb, at, next, fragment, flags, outer);
  text += body.text;
  return body.more && outer ? text + ownerAndMark(skb, (flags & UID) !== 0) : text;
}

function transport(skb: Skb, at: number, proto: number, fragment: boolean, flags: number, outer: boolean): { readonly text: string; readonly more: boolean } {
  const b = skb.data;
  switch (proto) {
    case IPPROTO.TCP:
      return tcpLine(skb, at, fragment, flags);
    case IPPROTO.UDP:
      return udpLine(skb, at, 'UDP', fragment);
    case IPPROTO.UDPLITE:
      return udpLine(skb, at, 'UDPLITE', fragment);
    case IPPROTO.ICMPV6: {
      if (fragment) return { text: 'PROTO=ICMPv6 ', more: true };
      if (b.length < at + 8) return { text: `PROTO=ICMPv6 ${incomplete(skb, at)}`, more: false };
      const type = b[at];
      let text = `PROTO=ICMPv6 TYPE=${type} CODE=${b[at + 1]} `;
      if (type === 128 || type === 129) text += `ID=${u16(b, at + 4)} SEQ=${u16(b, at + 6)} `;
      if (type === 4) text += `POINTER=${hex(u32(b, at + 4), 8)} `;
      if (type >= 1 && type <= 4) {
        if (outer) text += `[${ip6Line(skb, at + 8, flags, false)}] `;
        if (type === 2) text += `MTU=${u32(b, at + 4)} `;
      }
      return { text, more: true };
    }
    default:
      return { text: `PROTO=${proto} `, more: true };
  }
}
