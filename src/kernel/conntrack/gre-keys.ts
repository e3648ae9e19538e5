import type { Netns } from '../netns.ts';
import { IPS } from './entry.ts';
import type { Conntrack, Tuple } from './entry.ts';
import { sameBytes } from './tuple.ts';

interface Entry {
  readonly master: Conntrack;
  readonly tuple: Tuple;
}

/** The list by which GRE packets of PPTP calls find their source key (nf_conntrack_proto_gre.c: gre_keymap). */
const maps = new WeakMap<Netns, Entry[]>();

export function addGreKey(net: Netns, master: Conntrack, tuple: Tuple): void {
  const list = (maps.get(net) ?? []).filter((e) => !(e.master.status & IPS.DYING));
  list.push({ master, tuple });
  maps.set(net, list);
}

export function dropGreKeys(net: Netns, master: Conntrack): void {
  maps.set(
    net,
    (maps.get(net) ?? []).filter((e) => e.master !== master),
  );
}

/** gre_keymap_lookup */
export function greKeyOf(net: Netns, t: Tuple): number {
  for (const { master, tuple: k } of maps.get(net) ?? []) {
    if (!(master.status & IPS.DYING) && k.l3num === t.l3num && k.dport === t.dport && sameBytes(k.src, t.src) && sameBytes(k.dst, t.dst)) return k.sport;
  }
  return 0;
}
