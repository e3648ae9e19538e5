import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import { destination, isIp6, source, u16 } from '../xt/packet.ts';
import type { Part, Value } from './entry.ts';

/** net/netfilter/ipset/ip_set_getport.c: protocol and port; null: a fragment or a cut header without ports. */
export function portOf(skb: Skb, src: boolean): { readonly proto: number; readonly port: number } | null {
  const proto = isIp6(skb) ? skb.l4proto : skb.data[skb.network + 9];
  if (proto < 0) return null;
  const ported = [6, 17, 132, 136].includes(proto);
  const icmp = isIp6(skb) ? proto === 58 : proto === 1;
  if (skb.fragOffset !== 0) return ported || icmp ? null : { proto, port: 0 };
  if (!ported && !icmp) return { proto, port: 0 };
  const at = skb.transport;
  if (at < 0 || at + 4 > skb.data.length) return null;
  if (icmp) return { proto, port: u16(skb, at) };
  return { proto, port: u16(skb, src ? at : at + 2) };
}

export function macOf(skb: Skb, src: boolean): Uint8Array | null {
  if (skb.mac < 0 || skb.mac + 14 > skb.network) return null;
  const mac = skb.data.slice(skb.mac + (src ? 6 : 0), skb.mac + (src ? 12 : 6));
  return mac.every((b) => b === 0) ? null : mac;
}

/** What a packet has for one dimension of a hash type (the kadt functions). */
export function fromPacket(part: Part, skb: Skb, state: HookState, src: boolean): Value | null {
  switch (part) {
    case 'ip':
      return { kind: 'ip', address: (src ? source(skb) : destination(skb)).slice() };
    case 'net':
      return { kind: 'net', address: (src ? source(skb) : destination(skb)).slice(), cidr: isIp6(skb) ? 128 : 32 };
    case 'port': {
      const p = portOf(skb, src);
      return p && { kind: 'port', ...p };
    }
    case 'mac': {
      const mac = macOf(skb, src);
      return mac && { kind: 'mac', mac };
    }
    case 'mark':
      return { kind: 'mark', mark: skb.mark };
    case 'iface': {
      const dev = src ? state.in : state.out;
      return dev && { kind: 'iface', name: dev.name, physdev: false, wildcard: false };
    }
  }
}
