import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import type { Adt, Entry, GivenExtension, SetError, Tested } from './entry.ts';
import { IpSet } from './set.ts';
import type { CreateData, PacketOptions } from './set.ts';

type Member = Entry & { readonly index: number };

/** list:set (net/netfilter/ipset/ip_set_list_set.c): other sets in order, known by their index. */
export class ListSet extends IpSet {
  #members: Member[] = [];

  #live(): Member[] {
    this.#members = this.#members.filter((m) => !this.expired(m));
    return this.#members;
  }

  entries(): Entry[] {
    return this.#live();
  }
  restore(entries: readonly Entry[]): void {
    this.#members = entries.flatMap((e) => {
      const [v] = e.values;
      return v.kind === 'set' ? [{ ...e, index: v.index }] : [];
    });
  }

  flush(): void {
    this.#members = [];
  }
  memsize(): number {
    return 80 + this.#members.length * 48;
  }
  sameAs(o: CreateData): boolean {
    const flags = (x: CreateData): string => [x.counters, x.comment, x.skbinfo].map(Boolean).join();
    return this.create.size === o.size && this.create.timeout === o.timeout && flags(this.create) === flags(o);
  }

  /** Indexes of the members: each is a reference. */
  indexes(): number[] {
    return this.#live().map((m) => m.index);
  }

  #resolve(adt: Adt): { readonly index: number; readonly ref: number | null } | SetError {
    const set = adt.name === undefined ? undefined : this.sets.byName(adt.name);
    if (!set) return 'NAME';
    if (set.type.method === 'list') return 'LOOP';
    if (!adt.before) return { index: this.sets.indexOf(set), ref: null };
    const ref = adt.nameref === undefined ? undefined : this.sets.byName(adt.nameref);
    return ref ? { index: this.sets.indexOf(set), ref: this.sets.indexOf(ref) } : 'NAMEREF';
  }

  #add(index: number, ref: number | null, before: Adt['before'], given: GivenExtension, exist: boolean): SetError | null {
    const live = this.#live();
    const old = live.find((m) => m.index === index);
    const at = live.findIndex((m) => m.index === ref);
    if (before && at < 0) return 'REF_EXIST';
    if (old) {
      if (!exist) return 'EXIST';
      Object.assign(old, this.extend(old, given));
      return null;
    }
    const member: Member = { index, values: [{ kind: 'set', index }], nomatch: false, ...this.extend(null, given) };
    live.splice(before === 'before' ? at : before === 'after' ? at + 1 : live.length, 0, member);
    return null;
  }

  #placed(index: number, ref: number | null, before: Adt['before']): boolean | null {
    const live = this.#live();
    const at = live.findIndex((m) => m.index === index);
    if (at < 0) return null;
    if (!before) return true;
    return live[before === 'before' ? at + 1 : at - 1]?.index === ref;
  }

  change(op: 'add' | 'del', adt: Adt, exist: boolean): SetError | null {
    const refused = this.refuses(adt);
    if (refused) return refused;
    const r = this.#resolve(adt);
    if (typeof r === 'string') return r;
    if (op === 'add') {
      const error = this.#add(r.index, r.ref, adt.before, adt, exist);
      return error === 'EXIST' && exist ? null : error;
    }
    const placed = this.#placed(r.index, r.ref, adt.before);
    if (placed === false) return 'REF_EXIST';
    if (placed === null) return adt.before ? 'REF_EXIST' : exist ? null : 'EXIST';
    this.#members = this.#members.filter((m) => m.index !== r.index);
    return null;
  }

  test(adt: Adt): boolean {
    const r = this.#resolve(adt);
    return typeof r !== 'string' && this.#placed(r.index, r.ref, adt.before) === true;
  }

  packetTest(skb: Skb, state: HookState, o: PacketOptions): Tested {
    // Counter conditions are the list's own, not its members'.
    const inner: PacketOptions = { ...o, packets: undefined, bytes: undefined, skipCounterUpdate: o.skipCounterUpdate || o.skipSubcounterUpdate };
    for (const m of this.#live()) {
      if (this.sets.test(m.index, skb, state, inner) && this.matchExtension(m, skb, o)) return true;
    }
    return false;
  }

  packetChange(op: 'add' | 'del', skb: Skb, state: HookState, o: PacketOptions): void {
    for (const m of this.#live()) if (this.sets.packetChange(op, m.index, skb, state, o)) return;
  }
}
