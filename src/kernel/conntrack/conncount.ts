import type { Skb } from '../net/skb.ts';
import type { Netns } from '../netns.ts';
import { type Conntrack, DEFAULT_ZONE, IPS, type Tuple, type Zone } from './entry.ts';
import { greKeyOf } from './gre-keys.ts';
import { findL4, tupleOf } from './l4.ts';
import { sameTuple } from './tuple.ts';

/** One connection in a list (struct nf_conncount_tuple). */
export interface Counted {
  readonly tuple: Tuple;
  readonly zone: Zone;
}

/** CONNCOUNT_GC_MAX_NODES */
const MAX_COLLECT = 8;
const TIME_WAIT = 7,
  CLOSE = 8;
/** already_closed: TCP in TIME_WAIT or CLOSE does not count. */
const closed = (ct: Conntrack): boolean => ct.proto.kind === 'tcp' && (ct.proto.state === TIME_WAIT || ct.proto.state === CLOSE);

/** nf_ct_get_tuplepr: of packets that tracking left alone. */
function packetTuple(skb: Skb, net: Netns): Tuple | null {
  const b = skb.data,
    o = skb.network,
    family = b[o] >> 4 === 4 ? 4 : 6;
  const l4 = findL4(b, o, family);
  return l4 && tupleOf(b, o, family, l4.at, l4.protonum, (t) => greKeyOf(net, t));
}

interface Own extends Counted {
  readonly ct: Conntrack | null;
}

/**
 * get_ct_or_tuple_from_skb: of a packet that tracking did not take, its own tuple, and the connection that has it; null: it
 * has no tuple. The zone is that of the packet's own connection only.
 */
function ownOf(skb: Skb, net: Netns): Own | null {
  const seen = skb.ct ? null : packetTuple(skb, net);
  const ct = skb.ct ?? (seen && net.conntrack.find(DEFAULT_ZONE, seen)?.ct) ?? null;
  const tuple = seen ?? ct?.original;
  return tuple ? { tuple: { ...tuple, src: tuple.src.slice(), dst: tuple.dst.slice() }, zone: { ...(skb.ct?.zone ?? DEFAULT_ZONE) }, ct } : null;
}

/** insert_tree: a list of this packet's connection alone, whatever its state; null: it has none. */
export function firstCounted(skb: Skb, net: Netns): Counted[] | null {
  const own = ownOf(skb, net);
  if (!own) return null;
  const list = [{ tuple: own.tuple, zone: own.zone }];
  net.stack.countedIn.set(list, net.stack.jiffy);
  return list;
}

/**
 * nf_conncount_add_skb (net/netfilter/nf_conncount.c of Linux 6.18): counts the packet's connection in a list, which loses
 * what is gone or closed. False: the packet has nothing to count. Asked of the kernel: an assured connection is never added
 * again, the list is only cleaned, so one that its own packet closes leaves it; any other is looked for, and cleaning ends
 * where it is found. In the jiffy in which one was added nothing is looked at: what a packet makes the host answer is
 * counted again.
 */
export function countConnection(list: Counted[], skb: Skb, net: Netns): boolean {
  const own = ownOf(skb, net);
  if (!own) return false;
  const { tuple, zone } = own;
  const assured = own.ct !== null && (own.ct.status & (IPS.CONFIRMED | IPS.ASSURED)) === (IPS.CONFIRMED | IPS.ASSURED);
  if (net.stack.countedIn.get(list) !== net.stack.jiffy && known(list, assured ? null : own, net)) return true;
  if (assured) return true;
  list.push({ tuple, zone });
  net.stack.countedIn.set(list, net.stack.jiffy);
  return true;
}

/** Cleans the list until `own` is met (null: to the end); true: it is there. */
function known(all: Counted[], own: Own | null, net: Netns): boolean {
  for (let i = 0, gone = 0; i < all.length && gone <= MAX_COLLECT; ) {
    const c = all[i],
      ct = net.conntrack.find(c.zone, c.tuple)?.ct;
    if (ct && own && ct.zone.id === own.zone.id && sameTuple(c.tuple, own.tuple)) return true;
    if (ct && !closed(ct)) i++;
    else {
      all.splice(i, 1);
      gone++;
    }
  }
  return false;
}
