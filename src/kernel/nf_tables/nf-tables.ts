import type { Netns } from '../netns.ts';
import { Evaluator } from '../expr/run.ts';
import type { PacketServices } from '../expr/services.ts';
import { delChain, newChain } from './chain.ts';
import { delElements, newElements } from './element.ts';
import { delFlowtable, newFlowtable } from './flowtable.ts';
import { Kept } from './kept.ts';
import { LiveState } from './live.ts';
import { eachEvent, type MessageError, type NftEvent, type NftMessage } from './message.ts';
import { delObject, newObject } from './object.ts';
import type { Chain, NftSet, Ruleset, Table } from './objects.ts';
import type { Outcome } from './refusal.ts';
import { delRule, newRule } from './rule.ts';
import { delSet, newSet } from './set.ts';
import { delTable, newTable } from './table.ts';
import { Transaction } from './transaction.ts';
import { validateTable } from './validate.ts';
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
  readonly #stored = new StoredRules();
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

  /** Applies a batch whole or not at all; all errors of it are reported, as nfnetlink_rcv_batch does. */
  commit(messages: readonly NftMessage[], options: CommitOptions): CommitResult {
    let tx = this.#run(messages, options, false);
    // what a batch without its end finds wrong in chains is lost with the replay (nfnetlink_rcv_batch, NFNL_ABORT_VALIDATE)
    if (!options.check && !tx.errors.length && [...tx.tx.dirty].some((t) => validateTable(this.net, t, true))) {
      tx.tx.abort();
      tx = this.#run(messages, options, true);
    }
    if (tx.errors.length || options.check) {
      tx.tx.abort();
      return tx.errors.length ? { ok: false, errors: tx.errors } : { ok: true, events: [] };
    }
    const events = this.#swap(tx.tx, options);
    let told: readonly NftEvent[] | undefined;
    return {
      ok: true,
      get events() {
        return (told ??= eachEvent(events));
      },
    };
  }

  /** `strict` is the replay of a batch whose chains did not validate: after each rule, to find the one at fault (NFT_VALIDATE_DO). */
  #run(messages: readonly NftMessage[], options: CommitOptions, strict: boolean): { tx: Transaction; errors: MessageError[] } {
    const tx = new Transaction(this, options.pid),
      errors: MessageError[] = [];
    for (const [index, m] of messages.entries()) {
      tx.current = index;
      tx.excl = 'excl' in m && m.excl;
      let bad = apply(tx, m);
      if (m.op === 'newrule' && this.origins && tx.lastRule) {
        const origin = options.origin?.(index);
        if (origin) this.origins.set(tx.lastRule.id, origin);
      }
      if (!bad && strict && (m.op === 'newrule' || m.op === 'newsetelem' || m.op === 'newchain')) {
        for (const t of tx.dirty) {
          const errno = validateTable(this.net, t, false);
          if (errno) {
            bad = { errno };
            break;
          }
        }
      }
      if (bad) errors.push({ index, ...bad });
    }
    return { tx, errors };
  }

  /** What the ruleset would be after these messages, while `look` runs; then it is as before. */
  preview<T>(messages: readonly NftMessage[], options: CommitOptions, look: () => T): T {
    const before = this.ruleset,
      handles = [this.#tableHandle, new Map(this.#handles)] as const,
      { tx } = this.#run(messages, options, false);
    this.ruleset = tx.finish(before.generation);
    try {
      return look();
    } finally {
      this.ruleset = before;
      tx.abort();
      this.#tableHandle = handles[0];
      this.#handles.clear();
      for (const [table, n] of handles[1]) this.#handles.set(table, n);
    }
  }

  #swap(tx: Transaction, options: CommitOptions): Transaction['events'] {
    const { events } = tx;
    if (!tx.changed) return events;
    const generation = this.ruleset.generation + 1;
    this.ruleset = tx.finish(generation);
    for (const e of events) {
      if (e.event === 'delrule') this.live.forget(e.payload.rule.id);
      else if (e.event === 'delsetelem') this.live.forget(e.payload.element.id);
      else if (e.event === 'delobj') this.live.forget(e.payload.id);
    }
    events.push({ event: 'newgen', generation, pid: options.pid, name: options.name });
    if (this.#listeners.size) {
      const told = eachEvent(events);
      for (const listener of [...this.#listeners]) listener(told);
    }
    return events;
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
      ruleset: skeletonOf(this.ruleset, this.#stored),
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
    yield* this.#stored.rows(this.ruleset);
    yield* this.kept.rows();
  }

  *changes(): ReturnType<StoredRules['changes']> {
    yield* this.#stored.changes(this.ruleset);
    yield* this.kept.changes(() => {
      const ids = new Set(this.ruleset.tables.flatMap((t) => t.chains.flatMap((c) => c.rules.map((r) => r.id))));
      return (rule) => ids.has(rule);
    });
  }

  import(data: PlainNfTables, rows: Rows): void {
    this.ruleset = rebuildRuleset(data.ruleset, rows, this.#stored, () => this.net.clock.now());
    this.live.import(data.live);
    this.kept.attach(rows);
    for (const [id, n] of data.refs) this.refs.set(id, n);
    for (const [table, n] of data.handles) this.#handles.set(table, n);
    this.#tableHandle = data.counters.tableHandle;
    this.#chainNumber = data.counters.chainNumber;
    this.#id = data.counters.id;
  }
}

function apply(tx: Transaction, m: NftMessage): Outcome {
  switch (m.op) {
    case 'newtable':
      return newTable(tx, m);
    case 'deltable':
    case 'destroytable':
      return delTable(tx, m);
    case 'newchain':
      return newChain(tx, m);
    case 'delchain':
    case 'destroychain':
      return delChain(tx, m);
    case 'newrule':
      return newRule(tx, m);
    case 'delrule':
    case 'destroyrule':
      return delRule(tx, m);
    case 'newset':
      return newSet(tx, m);
    case 'delset':
    case 'destroyset':
      return delSet(tx, m);
    case 'newsetelem':
      return newElements(tx, m);
    case 'delsetelem':
    case 'destroysetelem':
      return delElements(tx, m);
    case 'newobj':
      return newObject(tx, m);
    case 'delobj':
    case 'destroyobj':
      return delObject(tx, m);
    case 'newflowtable':
      return newFlowtable(tx, m);
    case 'delflowtable':
    case 'destroyflowtable':
      return delFlowtable(tx, m);
  }
}
