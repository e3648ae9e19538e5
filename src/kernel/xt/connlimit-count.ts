import type { Conntrack, Tuple } from '../conntrack/entry.ts';
import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import type { XtKeep } from './definition.ts';
import { destination, isIp6, source, transport, u8, u16 } from './packet.ts';

type Zone = Parameters<HookState['net']['conntrack']['find']>[0];
interface Counted {
  readonly tuple: Tuple;
  readonly zone: Zone;
}

/** CONNCOUNT_GC_MAX_NODES */
const MAX_COLLECT = 8;
const NO_ZONE: Zone = { id: 0, dir: 'both' };
const TCP_TIME_WAIT = 7;
const TCP_CLOSE = 8;

/**
 * net/netfilter/nf_conncount.c: connections seen by one rule, by masked address and zone. 0: the packet is to be dropped.
 * A packet walks the list of its key, which loses what is gone or closed, and stops where it finds its own connection.
 * Asked of Linux 6.18: a connection that is closed by the packet leaves as well and is not counted again.
 */
export function countConnections(i: { readonly mask: Uint8Array; readonly daddr: boolean }, skb: Skb, state: HookState, keep: XtKeep): number {
  const tree = keep.own(() => new Map<string, Counted[]>());
  const tuple = skb.ct?.original ?? packetTuple(skb);
  if (!tuple) return 0;
  const zone: Zone = skb.ct?.zone ?? NO_ZONE;
  const address = (i.daddr ? destination(skb) : source(skb)).map((b, n) => b & i.mask[n]);
  const key = `${address.join('.')}/${zone.id}`;
  const known = tree.get(key);
  const find = (c: Counted): Conntrack | undefined => state.net.conntrack.find(c.zone, c.tuple)?.ct;
  const refused = known !== undefined && skb.ct !== null && closed(skb.ct) && find({ tuple, zone }) !== undefined;
  const { list, met } = walk(known ?? [], tuple, zone, find);
  if (!met && !refused) list.push({ tuple: { ...tuple, src: tuple.src.slice(), dst: tuple.dst.slice() }, zone: { ...zone } });
  tree.set(key, list);
  return list.length;
}

const closed = (ct: Conntrack): boolean => ct.proto.kind === 'tcp' && (ct.proto.state === TCP_TIME_WAIT || ct.proto.state === TCP_CLOSE);

/** __nf_conncount_add without the adding; `met`: the packet's own connection is in the list. */
function walk(list: readonly Counted[], tuple: Tuple, zone: Zone, find: (c: Counted) => Conntrack | undefined): { readonly list: Counted[]; readonly met: boolean } {
  const kept: Counted[] = [];
  let collected = 0;
  for (const [at, c] of list.entries()) {
    if (collected > MAX_COLLECT) return { list: [...kept, ...list.slice(at)], met: false };
    const ct = find(c);
    if (!ct || closed(ct)) {
      collected++;
      continue;
    }
    if (c.zone.id === zone.id && sameTuple(c.tuple, tuple)) return { list: [...kept, ...list.slice(at)], met: true };
    kept.push(c);
  }
  return { list: kept, met: false };
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, n) => x === b[n]);
const sameTuple = (a: Tuple, b: Tuple): boolean =>
  a.protonum === b.protonum &&
  a.sport === b.sport &&
  a.dport === b.dport &&
  a.icmp?.type === b.icmp?.type &&
  a.icmp?.code === b.icmp?.code &&
  sameBytes(a.src, b.src) &&
  sameBytes(a.dst, b.dst);

/** nf_ct_get_tuplepr for packets that tracking left alone. */
function packetTuple(skb: Skb): Tuple | null {
  if (skb.fragOffset !== 0 || skb.transport < 0) return null;
  const v6 = isIp6(skb);
  const base = { l3num: v6 ? (10 as const) : (2 as const), protonum: skb.l4proto, src: source(skb), dst: destination(skb) };
  if (skb.l4proto === (v6 ? 58 : 1)) {
    const at = transport(skb, 8);
    return at < 0 ? null : { ...base, sport: u16(skb, at + 4), dport: 0, icmp: { type: u8(skb, at), code: u8(skb, at + 1) } };
  }
  if (![6, 17, 132, 136].includes(skb.l4proto)) return { ...base, sport: 0, dport: 0 };
  const at = transport(skb, 4);
  return at < 0 ? null : { ...base, sport: u16(skb, at), dport: u16(skb, at + 2) };
}
