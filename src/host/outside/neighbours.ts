import { concat, pseudo, checksum, put16, sameBytes, u16 } from '../../kernel/net/wire/bytes.ts';
import { ETH, IPPROTO, putIp6 } from '../../kernel/net/wire/ip.ts';
import type { Stack } from '../../kernel/stack/stack.ts';
import { Surroundings } from '../packet/surroundings.ts';

/**
 * What a host outside answers to a question for its link-layer address (ARP request, neighbour solicitation); null: the
 * frame is none, or asks for an address of the host itself or for one that `present` denies.
 */
export function answerNeighbour(stack: Stack, iface: string, frame: Uint8Array, present: (addr: Uint8Array) => boolean): Uint8Array | null {
  const dev = stack.deviceByName(iface);
  if (dev?.mac.length !== 6 || frame.length < 14) return null;
  const near = new Surroundings(stack);
  let at = 12;
  while (u16(frame, at) === ETH.VLAN && frame.length > at + 6) at += 4;
  const tags = frame.subarray(12, at);
  const wrap = (type: number, mac: Uint8Array, body: Uint8Array): Uint8Array => concat(frame.subarray(6, 12), mac, tags, Uint8Array.of(type >> 8, type & 255), body);
  const b = frame.subarray(at + 2);
  switch (u16(frame, at)) {
    case ETH.ARP: {
      const target = b.subarray(24, 28);
      if (b.length < 28 || u16(b, 6) !== 1 || sameBytes(target, b.subarray(14, 18)) || near.isLocal(target) || !present(target)) return null;
      const mac = near.sourceMac(dev, target);
      return wrap(ETH.ARP, mac, concat(b.subarray(0, 6), Uint8Array.of(0, 2), mac, target, b.subarray(8, 18)));
    }
    case ETH.IPV6: {
      if (b.length < 64 || b[6] !== IPPROTO.ICMPV6 || b[40] !== 135) return null;
      const target = b.subarray(48, 64),
        asker = b.subarray(8, 24);
      if (asker.every((x) => x === 0) || near.isLocal(target) || !present(target)) return null;
      const mac = near.sourceMac(dev, target);
      const out = new Uint8Array(72);
      putIp6(out, 0, { len: 32, next: IPPROTO.ICMPV6, hops: 255, src: target, dst: asker });
      out.set([136, 0, 0, 0, 0x60], 40);
      out.set(target, 48);
      out.set([2, 1], 64);
      out.set(mac, 66);
      put16(out, 42, checksum(out, 40, 72, pseudo(target, asker, IPPROTO.ICMPV6, 32)));
      return wrap(ETH.IPV6, mac, out);
    }
    default:
      return null;
  }
}
