import { concat, put16, u16 } from '../../kernel/net/wire/bytes.ts';
import { IP_DF, IP_MF, ip4Check, ip4HeaderLen, IPPROTO, putIp6 } from '../../kernel/net/wire/ip.ts';

/** Cuts an IP packet into pieces of at most `size` bytes each, as a sender's stack does; one piece when it fits. */
export function cut(packet: Uint8Array, size: number): Uint8Array[] {
  if (packet.length <= size) return [packet];
  return packet[0] >> 4 === 4 ? cut4(packet, size) : cut6(packet, size);
}

function pieces(length: number, room: number): { readonly from: number; readonly to: number }[] {
  const step = room & ~7;
  if (step < 8) return [{ from: 0, to: length }];
  return Array.from({ length: Math.ceil(length / step) }, (_, i) => ({ from: i * step, to: Math.min(length, (i + 1) * step) }));
}

function cut4(packet: Uint8Array, size: number): Uint8Array[] {
  const ihl = ip4HeaderLen(packet, 0);
  const flags = u16(packet, 6) & ~IP_DF;
  return pieces(packet.length - ihl, size - ihl).map(({ from, to }) => {
    const out = concat(packet.subarray(0, ihl), packet.subarray(ihl + from, ihl + to));
    put16(out, 2, out.length);
    put16(out, 6, flags | (from >> 3) | (ihl + to < packet.length ? IP_MF : 0));
    ip4Check(out, 0);
    return out;
  });
}

function cut6(packet: Uint8Array, size: number): Uint8Array[] {
  const next = packet[6];
  const body = packet.subarray(40);
  return pieces(body.length, size - 48).map(({ from, to }) => {
    const head = new Uint8Array(48);
    head.set(packet.subarray(0, 40));
    putIp6(head, 0, {
      tclass: ((packet[0] & 15) << 4) | (packet[1] >> 4),
      len: 8 + to - from,
      next: IPPROTO.FRAGMENT,
      hops: packet[7],
      src: packet.subarray(8, 24),
      dst: packet.subarray(24, 40),
    });
    head[40] = next;
    put16(head, 42, from | (to < body.length ? 1 : 0));
    put16(head, 46, 1);
    return concat(head, body.subarray(from, to));
  });
}
