import { ptonV4, ptonV6 } from '../../kernel/xt/address.ts';
import { maskTo, prefixMatch } from '../../kernel/stack/fib.ts';

/** How hosts outside answer: `open` takes every connection, `closed` refuses them, `silent` says nothing, `absent` is not there at all. */
export type Manner = 'open' | 'closed' | 'silent' | 'absent';
export const MANNERS: readonly Manner[] = ['open', 'closed', 'silent', 'absent'];

/** What `drywall peer` said of an address or a network. */
export interface Peer {
  readonly net: Uint8Array;
  readonly len: number;
  readonly manner: Manner;
  /** Ports that are otherwise than the rest: those that are open where the host is closed or silent, closed where it is open. */
  readonly ports: readonly { readonly proto: 'tcp' | 'udp'; readonly port: number }[];
}

/** `ADDRESS[/LENGTH]`; null: none. */
export function parseNetwork(text: string): { readonly net: Uint8Array; readonly len: number } | null {
  const [address, length, more] = text.split('/');
  const bytes = ptonV4(address) ?? ptonV6(address);
  if (!bytes || more !== undefined || (length !== undefined && !/^\d{1,3}$/.test(length))) return null;
  const len = length === undefined ? bytes.length * 8 : Number(length);
  return len > bytes.length * 8 ? null : { net: maskTo(bytes, len), len };
}

/** Hosts outside: the nearest network that was spoken of decides, all others are open. */
export class Peers {
  readonly #all: readonly Peer[];

  constructor(all: readonly Peer[]) {
    this.#all = [...all].sort((a, b) => b.len - a.len);
  }

  #of(addr: Uint8Array): Peer | undefined {
    return this.#all.find((p) => p.net.length === addr.length && prefixMatch(addr, p.net, p.len));
  }
  manner(addr: Uint8Array): Manner {
    return this.#of(addr)?.manner ?? 'open';
  }
  present(addr: Uint8Array): boolean {
    return this.manner(addr) !== 'absent';
  }
  /** What a packet to a port meets. */
  port(addr: Uint8Array, proto: 'tcp' | 'udp', port: number): Manner {
    const p = this.#of(addr);
    if (!p) return 'open';
    const named = p.ports.some((x) => x.proto === proto && x.port === port);
    if (!named) return p.manner;
    return p.manner === 'open' ? 'closed' : 'open';
  }
}
