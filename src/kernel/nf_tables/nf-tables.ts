import type { Netns } from '../netns.ts';
import { Evaluator } from '../expr/run.ts';
import type { PacketServices } from '../expr/services.ts';
import { Batch } from './batch.ts';
import { Kept } from './kept.ts';
import type { KeptRule } from './kept-rule.ts';
import { LiveState } from './live.ts';
import { eachEvent, type MessageError, type NftEvent, type NftMessage } from './message.ts';
import type { Chain, NftSet, Ruleset, Table } from './objects.ts';
import type { Transaction } from './transaction.ts';
import type { Family } from '../net/hook.ts';
import { listsOf, type PlainNfTables, rebuildRuleset, skeletonOf, type StoredList } from './persist.ts';
import { type Rows, StoredRules } from './stored-rules.ts';

/** Where a rule was written: a file that was loaded, and a line of it counted from 1. */
export interface RuleOrigin {
  readonly file: string;
  readonly line: number;
}

export interface CommitOptions {
  readonly pid: number;
  /** Name of the process, as `newgen` events show it. */
  readonly name: string;
  /** nft -c: everything but the swap. */
  readonly check?: boolean;
  /** The result tells the events (NLM_F_ECHO). */
  readonly echo?: boolean;
  /** Where the rule of a message of the batch was written; asked only while `origins` keeps it. */
  readonly origin?: (message: number) => RuleOrigin | undefined;
}

export type CommitResult = { readonly ok: true; readonly events: readonly NftEvent[] } | { readonly ok: false; readonly errors: readonly MessageError[] };

/** net/netfilter/nf_tables_api.c: the ruleset of a namespace and the batches that change it. */
export class NfTables {
  readonly net: Netns;
  /** Where rules were written, by `Rule.id`; null: nobody wants to know. */
  origins: Map<number, RuleOrigin> | null = null;
  ruleset: Ruleset = Object.freeze({ tables: Object.freeze([]), generation: 1 });
  readonly live: LiveState;
  #evaluator: Evaluator | null = null;
  /** What expressions ask of the packet path: NAT, routes, answers. The stack sets it. */
  services: PacketServices | null = null;
  readonly kept: Kept;
  /** References to chains, sets and objects by id. */
  readonly refs = new Map<number, number>();
  readonly #listeners = new Set<(events: readonly NftEvent[]) => void>();
  readonly #handles = new Map<bigint, bigint>();
  readonly stored = new StoredRules();
  #tableHandle = 0n;
  #chainNumber = 0;
  #id = 0;

  constructor(net: Netns) {
    this.net = net;
    this.live = new LiveState(() => net.clock.now());
    this.kept = new Kept(net);
  }

  /** Judges packets; made for the first. */
  get evaluator(): Evaluator {
    return (this.#evaluator ??= new Evaluator(this));
  }

  /** Begins a batch. */
  begin(options: CommitOptions): Batch {
    return new Batch(this, options);
  }

  /** Applies a batch whole or not at all. */
  commit(messages: readonly NftMessage[], options: CommitOptions): CommitResult {
    const batch = this.begin(options);
    for (const m of messages) batch.add(m);
    return batch.end();
  }

  /** What the ruleset would be after these messages, while `look` runs; then it is as before. */
  preview<T>(messages: readonly NftMessage[], options: CommitOptions, look: () => T): T {
    const batch = this.begin(options);
    for (const m of messages) batch.add(m);
    return batch.preview(look);
  }

  /** Notes where a rule was written, if anybody wants to know. */
  tellOrigin(rule: KeptRule, origin: () => RuleOrigin | undefined): void {
    const found = this.origins && origin();
    if (found) this.origins?.set(rule.id, found);
  }

  /** The numbers given so far; the result takes back those given since. */
  numbers(): () => void {
    const table = this.#tableHandle;
    const handles = new Map(this.#handles);
    return () => {
      this.#tableHandle = table;
      this.#handles.clear();
      for (const [t, n] of handles) this.#handles.set(t, n);
    };
  }

  /** Puts a batch's work in place. */
  swap(tx: Transaction, options: CommitOptions): readonly NftEvent[] {
    if (!tx.changed) return [];
    const generation = this.ruleset.generation + 1;
    this.ruleset = tx.finish(generation);
    for (const id of tx.gone) this.live.forget(id);
    if (!tx.heard) return [];
    const events: readonly NftEvent[] = [...eachEvent(tx.events), { event: 'newgen', generation, pid: options.pid, name: options.name }];
    for (const listener of [...this.#listeners]) listener(events);
    return events;
  }

  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  /** Hears the events of each commit; the result ends it. */
  listen(listener: (events: readonly NftEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** nft_rcv_nl_event: the owner's socket closes; its tables go, persistent ones lose their owner. Nobody is told. */
  release(port: number): void {
    if (!this.ruleset.tables.some((t) => t.flags.owner && t.ownerPort === port)) return;
    const tables = this.ruleset.tables.flatMap((t) => {
      if (!t.flags.owner || t.ownerPort !== port) return [t];
      return t.flags.persist ? [Object.freeze({ ...t, ownerPort: 0, flags: { ...t.flags, owner: false } })] : [];
    });
    this.ruleset = Object.freeze({ tables: Object.freeze(tables), generation: this.ruleset.generation });
    this.#evaluator?.forget();
  }

  table(family: Family, name: string): Table | undefined {
    return this.ruleset.tables.find((t) => t.family === family && t.name === name);
  }

  chain(family: Family, table: string, name: string): Chain | undefined {
    return this.table(family, table)?.chains.find((c) => c.name === name);
  }

  set(family: Family, table: string, name: string): NftSet | undefined {
    return this.table(family, table)?.sets.find((s) => s.name === name);
  }

  tableHandle(): bigint {
    return ++this.#tableHandle;
  }

  nextHandle(table: bigint): bigint {
    const next = (this.#handles.get(table) ?? 0n) + 1n;
    this.#handles.set(table, next);
    return next;
  }

  chainNumber(): number {
    return ++this.#chainNumber;
  }

  nextId(): number {
    return ++this.#id;
  }

  /** What outlives a process, as plain data; elements are in `lists`, rules in `changes`. */
  export(): PlainNfTables {
    return {
      ruleset: skeletonOf(this.ruleset, this.stored),
      live: this.live.export(),
      refs: this.refs,
      handles: this.#handles,
      counters: { tableHandle: this.#tableHandle, chainNumber: this.#chainNumber, id: this.#id },
    };
  }

  lists(): Iterable<StoredList> {
    return listsOf(this.ruleset);
  }

  *rows(): ReturnType<StoredRules['rows']> {
    yield* this.stored.rows(this.ruleset);
    yield* this.kept.rows();
  }

  *changes(): ReturnType<StoredRules['changes']> {
    yield* this.stored.changes(this.ruleset);
    yield* this.kept.changes(() => {
      const ids = new Set(this.ruleset.tables.flatMap((t) => t.chains.flatMap((c) => c.rules.map((r) => r.id))));
      return (rule) => ids.has(rule);
    });
  }

  import(data: PlainNfTables, rows: Rows): void {
    this.ruleset = rebuildRuleset(data.ruleset, rows, this.stored, () => this.net.clock.now());
    this.live.import(data.live);
    this.kept.attach(rows);
    for (const [id, n] of data.refs) this.refs.set(id, n);
    for (const [table, n] of data.handles) this.#handles.set(table, n);
    this.#tableHandle = data.counters.tableHandle;
    this.#chainNumber = data.counters.chainNumber;
    this.#id = data.counters.id;
  }
}
