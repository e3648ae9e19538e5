import type { XtInfo } from '../expr/expression.ts';
import type { Skb } from '../net/skb.ts';
import type { Netns } from '../netns.ts';
import type { NetDevice } from '../stack/device.ts';
import type { RouteType } from '../stack/fib.ts';
import { destination, source } from './packet.ts';

/** What extensions ask of the rest of the namespace. */

const RTN: Readonly<Record<RouteType, number>> = { unicast: 1, local: 2, broadcast: 3, anycast: 4, multicast: 5, blackhole: 6, unreachable: 7, prohibit: 8, throw: 9 };
const BIT = { unspec: 1, unicast: 2, local: 4, anycast: 16, multicast: 32, unreachable: 128 } as const;

/** xt_addrtype.c: match_type, match_type6. */
export function addressTypeIs(net: Netns, address: Uint8Array, dev: NetDevice | null, mask: number): boolean {
  if (address.length === 4) return ((1 << RTN[net.stack.fib.addrType4(address, dev)]) & mask) !== 0;
  const multicast = address[0] === 0xff;
  const any = address.every((b) => b === 0);
  if (mask & BIT.multicast && !multicast) return false;
  if (mask & BIT.unicast && (multicast || any)) return false;
  if (mask & BIT.unspec && !any) return false;
  if (!(mask & (BIT.local | BIT.anycast | BIT.unreachable))) return true;
  return (mask & routeTypes6(net, address, dev)) !== 0;
}

function routeTypes6(net: Netns, address: Uint8Array, dev: NetDevice | null): number {
  let types = 0;
  if (dev && net.stack.fib.table(255, 6).some((r) => r.type === 'local' && r.dev === dev.index && r.dst.every((b, n) => b === address[n]))) types |= BIT.local;
  const hit = net.stack.fib.lookup(6, { daddr: address, saddr: null, mark: 0, iif: 0, oif: dev?.index ?? 0, tos: 0 });
  if ('error' in hit) return types | BIT.unreachable;
  if (!dev && hit.route.type === 'local') types |= BIT.local;
  if (hit.route.type === 'anycast') types |= BIT.anycast;
  return types;
}

/** nf_ct_set_acct: extensions that need counters switch accounting on. */
export function enableAccounting(net: Netns): void {
  net.conntrack.conf.acct = 1;
}

/** rpfilter_lookup_reverse: would an answer to the packet leave by the device it came in by? */
export function reversePath(net: Netns, skb: Skb, dev: NetDevice, o: { readonly loose: boolean; readonly validmark: boolean; readonly acceptLocal: boolean }): boolean {
  const src = source(skb);
  const v6 = src.length === 16;
  const flow = { daddr: src, saddr: destination(skb), mark: o.validmark ? skb.mark : 0, iif: 0, oif: v6 && !o.loose ? dev.index : 0, tos: 0 };
  const hit = net.stack.fib.lookup(v6 ? 6 : 4, flow);
  if ('error' in hit) return false;
  const type = hit.route.type;
  if (type !== 'unicast' && (type !== 'local' || !o.acceptLocal) && !(v6 && type === 'anycast' && o.acceptLocal)) return false;
  return o.loose || hit.hop.dev === dev.index || hit.route.hops.some((h) => h.dev === dev.index);
}

/** Infos of every rule in the namespace that uses an extension, by the kernel's name. */
export function* infosOf(net: Netns, kind: 'match' | 'target', name: string): Generator<XtInfo> {
  for (const table of net.nft.ruleset.tables)
    for (const chain of table.chains)
      for (const rule of chain.rules)
        for (const e of rule.exprs) {
          if (e.kind === kind && e.name === name) yield e.info;
        }
}
