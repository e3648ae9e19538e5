import { u16, u32 } from '../../kernel/net/wire/bytes.ts';
import { IPPROTO, ip4HeaderLen } from '../../kernel/net/wire/ip.ts';
import type { EmittedFrame } from '../../kernel/stack/stack.ts';
import { dissect } from '../packet/describe.ts';

/** How many packets are remembered: a capture shows what left right after what caused it. */
const KEPT = 512;

/** What tells a packet from the next: not its IPv4 identification and checksums, which the kernel picks. */
function mark(b: Uint8Array): string {
  const d = dissect(b, false);
  if (d.family === null || d.l4 < 0) return `${b.length} ${String.fromCharCode(...d.src, ...d.dst, ...b.subarray(4, 8))}`;
  const at = d.l4;
  const ports = b.length >= at + 4 ? u32(b, at) : 0;
  // Of ICMP errors the quoted packet; of TCP both numbers and the flags.
  const more =
    d.proto === IPPROTO.TCP && b.length >= at + 14
      ? `${u32(b, at + 4)} ${u32(b, at + 8)} ${b[at + 13]}`
      : d.proto === IPPROTO.ICMP || d.proto === IPPROTO.ICMPV6
        ? icmp(b, at)
        : '';
  return `${d.proto} ${d.proto === IPPROTO.ICMP || d.proto === IPPROTO.ICMPV6 ? '' : ports} ${b.length} ${more} ${String.fromCharCode(...d.src, ...d.dst)}`;
}

function icmp(b: Uint8Array, at: number): string {
  if (b.length < at + 8) return '';
  const inner = b.length >= at + 28 && b[at + 8] >> 4 === 4 ? at + 8 + ip4HeaderLen(b, at + 8) : at + 8;
  return `${u16(b, at)} ${u32(b, at + 4)} ${b.length >= inner + 4 ? u32(b, inner) : ''}`;
}

/** Packets that the model sent lately, to recognise them in a capture that has them too. */
export class Sent {
  #marks: string[] = [];

  add(f: EmittedFrame, ethernet: boolean): void {
    const d = dissect(f.frame, ethernet);
    if (d.family === null) return;
    this.#marks.push(mark(f.frame.subarray(d.network)));
    if (this.#marks.length > KEPT) this.#marks = this.#marks.slice(KEPT / 2);
  }

  /** Was it sent? It is forgotten then. */
  take(packet: Uint8Array): boolean {
    const i = this.#marks.indexOf(mark(packet));
    if (i < 0) return false;
    this.#marks.splice(i, 1);
    return true;
  }
}
