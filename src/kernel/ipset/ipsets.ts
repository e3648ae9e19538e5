import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import type { Netns } from '../netns.ts';
import type { Adt, Entry, Operation, SetError } from './entry.ts';
import type { SetType } from './definition.ts';
import { setType as registered } from './generated/index.ts';
import { ListSet } from './list.ts';
import type { CreateData, IpSet, PacketOptions } from './set.ts';

const types = registered as readonly SetType[];
const _setTypes: readonly SetType[] = types;
export const findType = (name: string): SetType | undefined => types.find((t) => t.name === name || t.aliases.includes(name));

/** Indexes of the sets that rules hold: one for `-m set`, one for each set that `-j SET` names. */
function* heldByRules(net: Netns): Generator<number> {
  for (const table of net.nft.ruleset.tables)
    for (const chain of table.chains)
      for (const rule of chain.rules) {
        for (const e of rule.exprs) {
          if ((e.kind !== 'match' || e.name !== 'set') && (e.kind !== 'target' || e.name !== 'SET')) continue;
          for (const v of Object.values(e.info)) if (v && typeof v === 'object' && 'dim' in v && 'index' in v && Number(v.dim) > 0) yield Number(v.index);
        }
      }
}

export type SavedSets = readonly ({ readonly name: string; readonly type: string; readonly create: CreateData; readonly entries: readonly Entry[] } | null)[];

/** The sets of a namespace (net/netfilter/ipset/ip_set_core.c). Sets are held by index; names can move between them. */
export class IpSets {
  readonly #net: Netns;
  #sets: (IpSet | undefined)[] = [];

  constructor(net: Netns) {
    this.#net = net;
  }

  now(): number {
    return this.#net.clock.now();
  }
  byName(name: string): IpSet | undefined {
    return this.#sets.find((s) => s?.name === name);
  }
  at(index: number): IpSet | undefined {
    return this.#sets[index];
  }
  indexOf(set: IpSet): number {
    return this.#sets.indexOf(set);
  }
  nameOf(index: number): string | undefined {
    return this.#sets[index]?.name;
  }

  /** In the order of a dump: by index, lists of sets last. */
  all(): IpSet[] {
    const sets = this.#sets.filter((s) => s !== undefined);
    return [...sets.filter((s) => s.type.method !== 'list'), ...sets.filter((s) => s.type.method === 'list')];
  }

  references(set: IpSet): number {
    const index = this.indexOf(set);
    let n = 0;
    for (const s of this.#sets) if (s instanceof ListSet) n += s.indexes().filter((i) => i === index).length;
    for (const i of heldByRules(this.#net)) if (i === index) n++;
    return n;
  }

  create(name: string, type: SetType, data: CreateData, exist: boolean): SetError | null {
    const made = type.make(this, name, data);
    if (typeof made === 'string') return made;
    const clash = this.byName(name);
    if (clash) return exist && clash.type === type && clash.family === made.family && clash.sameAs(made.create) ? null : 'EEXIST';
    let index = this.#sets.indexOf(undefined);
    if (index < 0) index = this.#sets.length;
    this.#sets[index] = made;
    return null;
  }

  destroy(name: string | null): SetError | null {
    if (name === null) {
      // ip_set_destroy checks all before it takes any; members of lists hold references too.
      for (const s of this.all()) if (this.references(s) > 0) return 'BUSY';
      this.#sets = [];
      return null;
    }
    const set = this.byName(name);
    if (!set) return 'ENOENT';
    if (this.references(set) > 0) return 'BUSY';
    this.#sets[this.indexOf(set)] = undefined;
    return null;
  }

  flush(name: string | null): SetError | null {
    if (name === null) {
      for (const s of this.all()) s.flush();
      return null;
    }
    const set = this.byName(name);
    if (!set) return 'ENOENT';
    set.flush();
    return null;
  }

  rename(from: string, to: string): SetError | null {
    const set = this.byName(from);
    if (!set) return 'ENOENT';
    if (this.references(set) > 0) return 'REFERENCED';
    if (this.byName(to)) return 'EXIST_SETNAME2';
    set.name = to;
    return null;
  }

  swap(from: string, to: string): SetError | null {
    const a = this.byName(from);
    if (!a) return 'ENOENT';
    const b = this.byName(to);
    if (!b) return 'EXIST_SETNAME2';
    if (a.type !== b.type || a.family !== b.family) return 'TYPE_MISMATCH';
    const [i, j] = [this.indexOf(a), this.indexOf(b)];
    [a.name, b.name] = [b.name, a.name];
    this.#sets[i] = b;
    this.#sets[j] = a;
    return null;
  }

  operate(op: Operation, name: string, adt: Adt, exist: boolean): SetError | null {
    return this.byName(name)?.operate(op, adt, exist) ?? (this.byName(name) ? null : 'ENOENT');
  }

  #fits(set: IpSet | undefined, state: HookState, dim: number): set is IpSet {
    const family = state.pf === 'ip6' ? 'inet6' : 'inet';
    const own = set?.type.family === 'inet4' ? 'inet' : set?.family;
    return set !== undefined && dim >= dimension(set.type) && (own === family || own === 'unspec');
  }

  /** ip_set_test */
  test(index: number, skb: Skb, state: HookState, o: PacketOptions): boolean {
    const set = this.#sets[index];
    if (!this.#fits(set, state, o.dim)) return false;
    const found = set.packetTest(skb, state, o);
    if (found === 'fill') {
      // bitmap:ip,mac: the address is there, its MAC is learnt from this packet.
      set.packetChange('add', skb, state, { ...o, exist: true });
      return true;
    }
    // --return-nomatch: what a nomatch element covers matches, everything else does not.
    return o.returnNomatch && set.type.nomatch ? found === 'nomatch' : found === true;
  }

  /** ip_set_add, ip_set_del. false: the set does not fit the packet. */
  packetChange(op: 'add' | 'del', index: number, skb: Skb, state: HookState, o: PacketOptions): boolean {
    const set = this.#sets[index];
    if (!this.#fits(set, state, o.dim)) return false;
    set.packetChange(op, skb, state, o);
    return true;
  }

  random(): number {
    return this.#net.random.u32();
  }

  /** All sets as plain data, by index; times are the host's milliseconds. */
  export(): SavedSets {
    return this.#sets.map((s) => (s ? { name: s.name, type: s.type.name, create: s.create, entries: s.entries() } : null));
  }

  import(saved: SavedSets): void {
    this.#sets = saved.map((s) => {
      const made = s && findType(s.type)?.make(this, s.name, s.create);
      if (!made || typeof made === 'string') return undefined;
      made.restore(s.entries);
      return made;
    });
  }
}

/** set_type.dimension: how many src/dst words a rule must give. */
export const dimension = (type: SetType): number => (type.method === 'list' ? 1 : type.parts.length);
