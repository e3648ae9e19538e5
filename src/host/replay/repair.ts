import { checksum, pseudo, put16, u16 } from '../../kernel/net/wire/bytes.ts';
import { ETH, IP_MF, IP_OFFSET, IPPROTO } from '../../kernel/net/wire/ip.ts';
import { dissect } from '../packet/describe.ts';
import type { Unlinked } from '../pcap/frame.ts';

const CHECK_AT: Readonly<Record<number, number>> = { [IPPROTO.TCP]: 16, [IPPROTO.UDP]: 6, [IPPROTO.ICMP]: 2, [IPPROTO.ICMPV6]: 2 };

/** Length that an IP header says its packet has; -1: none. */
function said(u: Unlinked): number {
  const b = u.packet;
  if (u.etherType === ETH.IP && b.length >= 20) return u16(b, 2);
  if (u.etherType === ETH.IPV6 && b.length >= 40) return u16(b, 4) + 40;
  return -1;
}

/**
 * The packet as it was on the wire: one that the capture cut short is filled up, one that was caught on its way out before
 * the card had finished it (`sent`) gets its checksum.
 */
export function whole(u: Unlinked, length: number, sent = false): Unlinked {
  const short = u.packet.length < said(u) && length > u.packet.length;
  if (!short && !sent) return u;
  const packet = new Uint8Array(Math.max(u.packet.length, said(u)));
  packet.set(u.packet);
  sum(packet);
  return { ...u, packet, frame: null };
}

/** Makes the transport checksum right, where there is one in this piece. */
function sum(b: Uint8Array): void {
  const d = dissect(b, false);
  const at = CHECK_AT[d.proto];
  if (at === undefined || d.l4 < 0 || b.length < d.l4 + at + 2 || (d.family === 4 && u16(b, 6) & (IP_MF | IP_OFFSET))) return;
  if (d.proto === IPPROTO.UDP && d.family === 4 && u16(b, d.l4 + 6) === 0) return;
  const end = d.family === 4 ? u16(b, 2) || b.length : u16(b, 4) + 40;
  put16(b, d.l4 + at, 0);
  put16(b, d.l4 + at, checksum(b, d.l4, end, d.proto === IPPROTO.ICMP ? 0 : pseudo(d.src, d.dst, d.proto, end - d.l4)));
}
