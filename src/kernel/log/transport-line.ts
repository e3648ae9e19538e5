import type { Skb } from '../net/skb.ts';
import { u16, u32 } from '../net/wire/bytes.ts';
import { hex, upper } from './format.ts';

const TCPSEQ = 1,
  TCPOPT = 2;
const FLAGS: readonly (readonly [number, string])[] = [
  [0x100, 'AE'],
  [0x80, 'CWR'],
  [0x40, 'ECE'],
  [0x20, 'URG'],
  [0x10, 'ACK'],
  [0x08, 'PSH'],
  [0x04, 'RST'],
  [0x02, 'SYN'],
  [0x01, 'FIN'],
];

/** skb->len - offset, of headers that are cut off. */
export const incomplete = (skb: Skb, at: number): string => `INCOMPLETE [${skb.data.length - at} bytes] `;

/** nf_log_dump_tcp_header; `more` false: the dump ends here. */
export function tcpLine(skb: Skb, at: number, fragment: boolean, flags: number): { readonly text: string; readonly more: boolean } {
  const b = skb.data;
  let text = 'PROTO=TCP ';
  if (fragment) return { text, more: true };
  if (b.length < at + 20) return { text: text + incomplete(skb, at), more: false };
  text += `SPT=${u16(b, at)} DPT=${u16(b, at + 2)} `;
  if (flags & TCPSEQ) text += `SEQ=${u32(b, at + 4)} ACK=${u32(b, at + 8)} `;
  const bits = u16(b, at + 12);
  text += `WINDOW=${u16(b, at + 14)} RES=0x${hex((bits & 0x0e00) >> 6, 2)} `;
  for (const [bit, name] of FLAGS) if (bits & bit) text += `${name} `;
  text += `URGP=${u16(b, at + 18)} `;
  const length = (b[at + 12] >> 4) * 4;
  if (flags & TCPOPT && length > 20) {
    if (b.length < at + length) return { text: `${text}OPT (TRUNCATED)`, more: false };
    text += `OPT (${upper(b.subarray(at + 20, at + length))}) `;
  }
  return { text, more: true };
}

/** nf_log_dump_udp_header */
export function udpLine(skb: Skb, at: number, name: string, fragment: boolean): { readonly text: string; readonly more: boolean } {
  const b = skb.data,
    text = `PROTO=${name} `;
  if (fragment) return { text, more: true };
  if (b.length < at + 8) return { text: text + incomplete(skb, at), more: false };
  return { text: `${text}SPT=${u16(b, at)} DPT=${u16(b, at + 2)} LEN=${u16(b, at + 4)} `, more: true };
}

/** nf_log_dump_sk_uid_gid, and the mark: shown of the outer packet only. */
export function ownerAndMark(skb: Skb, owner: boolean): string {
  const sk = owner && skb.sk && skb.sk.uid >= 0 ? `UID=${skb.sk.uid} GID=${skb.sk.gid} ` : '';
  return sk + (skb.mark !== 0 ? `MARK=0x${(skb.mark >>> 0).toString(16)} ` : '');
}
