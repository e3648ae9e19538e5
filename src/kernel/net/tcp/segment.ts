import { checksum, pseudo, put16, put32, u16, u32 } from '../wire/bytes.ts';
import { IPPROTO } from '../wire/ip.ts';

export const TCP = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16 } as const;

/** A TCP segment taken apart; options that are not there are null. */
export interface Segment {
  readonly sport: number;
  readonly dport: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  /** As in the header, not scaled. */
  readonly window: number;
  readonly mss: number | null;
  readonly scale: number | null;
  readonly sack: boolean;
  readonly stamp: { readonly value: number; readonly echo: number } | null;
  readonly data: Uint8Array;
}

/** Reads the segment at `at`; null: cut short. */
export function readSegment(b: Uint8Array, at: number): Segment | null {
  const head = b.length >= at + 20 ? (b[at + 12] >> 4) * 4 : 0;
  if (head < 20 || b.length < at + head) return null;
  let mss: number | null = null,
    scale: number | null = null,
    sack = false,
    stamp: Segment['stamp'] = null;
  for (let o = at + 20; o < at + head; ) {
    const kind = b[o];
    if (kind === 0) break;
    const len = kind === 1 ? 1 : b[o + 1];
    if (len < 1 || o + len > at + head) break;
    if (kind === 2 && len === 4) mss = u16(b, o + 2);
    if (kind === 3 && len === 3) scale = Math.min(b[o + 2], 14);
    if (kind === 4 && len === 2) sack = true;
    if (kind === 8 && len === 10) stamp = { value: u32(b, o + 2), echo: u32(b, o + 6) };
    o += len;
  }
  return {
    sport: u16(b, at),
    dport: u16(b, at + 2),
    seq: u32(b, at + 4),
    ack: u32(b, at + 8),
    flags: b[at + 13],
    window: u16(b, at + 14),
    mss,
    scale,
    sack,
    stamp,
    data: b.subarray(at + head),
  };
}

/** tcp_options_write: in a SYN maximum segment size, SACK, time stamp, scale; elsewhere the time stamp, each aligned with NOPs. */
function optionBytes(s: Segment): number[] {
  const out: number[] = [];
  if (s.mss !== null) out.push(2, 4, s.mss >> 8, s.mss & 255);
  if (s.stamp) {
    out.push(...(s.sack ? [4, 2] : [1, 1]), 8, 10);
    for (const v of [s.stamp.value, s.stamp.echo]) out.push(v >>> 24, (v >>> 16) & 255, (v >>> 8) & 255, v & 255);
  } else if (s.sack) out.push(1, 1, 4, 2);
  if (s.scale !== null) out.push(1, 3, 3, s.scale);
  return out;
}

/** The segment's bytes with its checksum. */
export function segmentBytes(s: Segment, src: Uint8Array, dst: Uint8Array): Uint8Array {
  const options = optionBytes(s);
  const b = new Uint8Array(20 + options.length + s.data.length);
  put16(b, 0, s.sport);
  put16(b, 2, s.dport);
  put32(b, 4, s.seq);
  put32(b, 8, s.ack);
  b[12] = (5 + options.length / 4) << 4;
  b[13] = s.flags;
  put16(b, 14, s.window);
  b.set(options, 20);
  b.set(s.data, 20 + options.length);
  put16(b, 16, checksum(b, 0, b.length, pseudo(src, dst, IPPROTO.TCP, b.length)));
  return b;
}
