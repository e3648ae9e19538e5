import type { Netns } from '../netns.ts';
import { IPS } from './entry.ts';
import type { Conntrack, Dir, Tuple } from './entry.ts';
import { sameBytes } from './tuple.ts';

/** What a connection keeps that announces GRE tunnels: a tuple for each direction (nf_ct_pptp_master.keymap). */
export interface GreKeys {
  keys: [Tuple | null, Tuple | null];
}

/** The connections of a namespace that keep keys (nf_conntrack_proto_gre.c: keymap_list), in order; found in its table when first wanted. */
const masters = new WeakMap<Netns, Conntrack[]>();

const keysOf = (ct: Conntrack): GreKeys['keys'] => (ct.helperData as Partial<GreKeys> | null)?.keys ?? [null, null];

function mastersOf(net: Netns): Conntrack[] {
  let list = masters.get(net);
  if (!list) {
    list = net.conntrack.entries().filter((ct) => keysOf(ct).some((k) => k));
    masters.set(net, list);
  }
  return list;
}

/** gre_key_cmpfn: all but the source key. */
const sameTunnel = (k: Tuple, t: Tuple): boolean => k.l3num === t.l3num && k.dport === t.dport && sameBytes(k.src, t.src) && sameBytes(k.dst, t.dst);

/** nf_ct_gre_keymap_add: false when this direction has another already. */
export function addGreKey(net: Netns, master: Conntrack, dir: Dir, tuple: Tuple): boolean {
  const { keys } = master.helperData as GreKeys,
    old = keys[dir];
  if (old) return sameTunnel(old, tuple);
  const list = mastersOf(net);
  if (!list.includes(master)) list.push(master);
  keys[dir] = tuple;
  return true;
}

/** nf_ct_gre_keymap_destroy */
export function dropGreKeys(net: Netns, master: Conntrack): void {
  const list = masters.get(net);
  if (list)
    masters.set(
      net,
      list.filter((ct) => ct !== master),
    );
  const data = master.helperData as GreKeys | null;
  if (data) data.keys = [null, null];
}

/** gre_keymap_lookup */
export function greKeyOf(net: Netns, t: Tuple): number {
  for (const ct of mastersOf(net)) {
    if (ct.status & IPS.DYING) continue;
    for (const k of keysOf(ct)) if (k && sameTunnel(k, t)) return k.sport;
  }
  return 0;
}
