import type { Expression, ObjectKind, Verdict } from '../expr/expression.ts';
import type { Family } from '../net/hook.ts';
import type { NfTables } from './nf-tables.ts';
import type { KeptRule } from './kept-rule.ts';
import type { Chain, Flowtable, NftObject, NftSet, Ruleset, SetElement, Table } from './objects.ts';
import type { ElementStore } from './elements.ts';
import type { ManyElements, NftEvent } from './message.ts';

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type DraftChain = Mutable<Omit<Chain, 'rules'>> & { rules: KeptRule[] };
export type Owned<T> = Omit<T, 'rules'>;

/** A table while a batch works on it: the same records by name, those already touched being private copies. */
export class DraftTable {
  readonly base: Table | null;
  readonly family: Family;
  readonly name: string;
  readonly handle: bigint;
  flags: Table['flags'];
  ownerPort: number;
  /** __NFT_TABLE_F_UPDATE: its flags change in this transaction. */
  updated = false;
  comment: string | undefined;
  readonly chains: Map<string, Chain>;
  readonly sets: Map<string, NftSet>;
  readonly objects: Map<string, NftObject>;
  readonly flowtables: Map<string, Flowtable>;
  /** Rules of private copies, and those that they were copied from. */
  readonly origins = new Map<readonly KeptRule[], readonly KeptRule[]>();
  readonly #touched = new Set<Chain>();

  constructor(base: Table | null, own: Pick<Table, 'family' | 'name' | 'handle' | 'flags' | 'ownerPort' | 'comment'>) {
    this.base = base;
    this.family = own.family;
    this.name = own.name;
    this.handle = own.handle;
    this.flags = own.flags;
    this.ownerPort = own.ownerPort;
    this.comment = own.comment;
    this.chains = new Map(base?.chains.map((c) => [c.name, c]));
    this.sets = new Map(base?.sets.map((s) => [s.name, s]));
    this.objects = new Map(base?.objects.map((o) => [`${o.kind}/${o.name}`, o]));
    this.flowtables = new Map(base?.flowtables.map((f) => [f.name, f]));
  }

  addChain(chain: DraftChain): DraftChain {
    this.chains.set(chain.name, chain);
    this.#touched.add(chain);
    return chain;
  }

  /** A private copy of a chain, in its place. */
  edit(chain: Chain): DraftChain {
    if (this.#touched.has(chain)) return chain as DraftChain;
    const copy: DraftChain = { ...chain, rules: [...chain.rules] };
    this.chains.set(copy.name, copy);
    this.origins.set(copy.rules, chain.rules);
    this.#touched.add(copy);
    return copy;
  }

  /** Names that chains get with the commit (nft_chain_commit_update): the rest of the batch knows the old ones. */
  readonly renames = new Map<string, string>();

  #rename(chain: Chain, name: string): void {
    const copy = this.edit(chain);
    const all = [...this.chains.values()];
    const old = copy.name;
    copy.name = name;
    this.chains.clear();
    for (const c of all) this.chains.set(c.name, c);
    // The kernel's verdicts point at the chain; here they name it.
    for (const c of all)
      if (c.rules.some((r) => jumpsTo(r, old))) {
        const edited = this.edit(c);
        edited.rules = edited.rules.map((r) => (jumpsTo(r, old) ? r.with(r.exprs.map((e) => (namesChain(e, old) ? renamed(e, name) : e))) : r));
      }
  }

  object(kind: ObjectKind, name: string): NftObject | undefined {
    return this.objects.get(`${kind}/${name}`);
  }

  freeze(): Table {
    for (const [old, name] of this.renames) {
      const chain = this.chains.get(old);
      if (chain) this.#rename(chain, name);
    }
    for (const c of this.#touched) {
      Object.freeze(c.rules);
      Object.freeze(c);
    }
    return Object.freeze({
      family: this.family,
      name: this.name,
      handle: this.handle,
      flags: this.flags,
      ownerPort: this.ownerPort,
      ...(this.comment !== undefined && { comment: this.comment }),
      chains: Object.freeze([...this.chains.values()]),
      sets: Object.freeze([...this.sets.values()]),
      objects: Object.freeze([...this.objects.values()]),
      flowtables: Object.freeze([...this.flowtables.values()]),
    });
  }
}

/** One batch at work: drafts of what it touches, what to undo in live parts, and what to tell listeners. */
export class Transaction {
  readonly nft: NfTables;
  readonly port: number;
  /** Somebody wants to know what happens. */
  readonly heard: boolean;
  readonly events: (NftEvent | ManyElements)[] = [];
  /** Rules or verdict maps changed: chains must be walked again (NFT_VALIDATE_NEED). */
  readonly dirty = new Set<DraftTable>();
  /** Names of sets and chains by their number in this batch. */
  readonly setIds = new Map<number, string>();
  readonly chainIds = new Map<number, string>();
  readonly ruleIds = new Map<number, number>();
  /** Rules, elements and objects that are deleted: what packets have changed of them goes. */
  readonly gone: number[] = [];
  readonly #tables: (Table | DraftTable)[];
  readonly #undo: (() => void)[] = [];
  #inserted: { readonly store: ElementStore; readonly elements: SetElement[]; readonly undo: () => void } | undefined;
  changed = false;
  /** Index of the message at work. */
  current = 0;
  /** NLM_F_EXCL of it. */
  excl = false;
  /** Made by the last message that makes rules. */
  lastRule: KeptRule | null = null;

  constructor(nft: NfTables, port: number, heard: boolean) {
    this.nft = nft;
    this.port = port;
    this.heard = heard;
    this.#tables = [...nft.ruleset.tables];
  }

  get tables(): readonly (Table | DraftTable)[] {
    return this.#tables;
  }

  #draft(index: number): DraftTable {
    const t = this.#tables[index];
    if (t instanceof DraftTable) return t;
    const draft = new DraftTable(t, t);
    this.#tables[index] = draft;
    return draft;
  }

  table(family: Family | 'unspec', name: string): DraftTable | undefined {
    const i = this.#tables.findIndex((t) => t.name === name && (t.family === family || family === 'unspec'));
    return i < 0 ? undefined : this.#draft(i);
  }

  tableByHandle(family: Family | 'unspec', handle: bigint): DraftTable | undefined {
    const i = this.#tables.findIndex((t) => t.handle === handle && (t.family === family || family === 'unspec'));
    return i < 0 ? undefined : this.#draft(i);
  }

  everyTable(family: Family | 'unspec'): DraftTable[] {
    return this.#tables.flatMap((t, i) => (family === 'unspec' || t.family === family ? [this.#draft(i)] : []));
  }

  addTable(table: DraftTable): void {
    this.#tables.push(table);
  }
  removeTable(table: DraftTable): void {
    this.#tables.splice(this.#tables.indexOf(table), 1);
  }

  onAbort(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Counts a reference to a chain, set or object (nft_use_inc / nft_use_dec). */
  use(id: number, by: 1 | -1): void {
    const { refs } = this.nft;
    refs.set(id, (refs.get(id) ?? 0) + by);
    this.#undo.push(() => refs.set(id, (refs.get(id) ?? 0) - by));
  }

  /** Live numbers of a chain, with those before them back when the batch is refused. */
  setCounters(chain: Pick<Chain, 'id'>, counters: { readonly packets: bigint; readonly bytes: bigint }): void {
    const { live } = this.nft;
    const before = { ...live.chain(chain) };
    live.setCounters(chain.id, counters);
    this.#undo.push(() => live.setCounters(chain.id, before));
  }

  uses(id: number): number {
    return this.nft.refs.get(id) ?? 0;
  }

  /** Elements that follow each other into one set are undone together. */
  insertElement(store: ElementStore, element: SetElement): void {
    const last = this.#inserted;
    if (last?.store === store && this.#undo.at(-1) === last.undo) {
      last.elements.push(element);
      return;
    }
    const elements = [element];
    const undo = (): void => {
      for (let i = elements.length - 1; i >= 0; i--) store.remove(elements[i]);
    };
    this.#inserted = { store, elements, undo };
    this.#undo.push(undo);
  }

  removeElement(store: ElementStore, element: SetElement): void {
    store.remove(element);
    this.#undo.push(() => store.restore(element));
  }

  changeElement(store: ElementStore, from: SetElement, to: SetElement): void {
    store.restore(to);
    this.#undo.push(() => store.restore(from));
  }

  event(event: Exclude<NftEvent, { event: 'newgen' }>): void {
    this.changed = true;
    if (event.event === 'delrule') this.gone.push(event.payload.rule.id);
    else if (event.event === 'delsetelem') this.gone.push(event.payload.element.id);
    else if (event.event === 'delobj') this.gone.push(event.payload.id);
    if (this.heard) this.events.push({ ...event, message: this.current, ...(this.excl && { excl: true }) });
  }

  abort(): void {
    for (let i = this.#undo.length - 1; i >= 0; i--) this.#undo[i]();
  }

  finish(generation: number): Ruleset {
    return Object.freeze({ tables: Object.freeze(this.#tables.map((t) => (t instanceof DraftTable ? t.freeze() : t))), generation });
  }
}

/** Every verdict that an expression carries, and the set it names: what a rule holds on to. */
export function verdictOf(e: Expression): Verdict | null {
  return e.kind === 'immediate' && 'verdict' in e.data ? e.data.verdict : null;
}

const namesChain = (e: Expression, chain: string): boolean => e.kind === 'immediate' && 'verdict' in e.data && 'chain' in e.data.verdict && e.data.verdict.chain === chain;
const jumpsTo = (r: KeptRule, chain: string): boolean => r.facts.edges.includes(chain);
const renamed = (e: Expression, chain: string): Expression =>
  e.kind === 'immediate' && 'verdict' in e.data && 'chain' in e.data.verdict ? { ...e, data: { verdict: { ...e.data.verdict, chain } } } : e;
