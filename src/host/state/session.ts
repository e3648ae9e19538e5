import type { Clock } from '../../kernel/clock.ts';
import { Netns, SUBSYSTEMS, type Subsystem } from '../../kernel/netns.ts';
import { fromText, toLine } from '../../kernel/net/plain-text.ts';
import { seededRandom } from '../random.ts';
import type { Store } from './store.ts';

/** Rows that a subsystem keeps beside its data, by key: UTF-8 text in lines, or any bytes. Read from the state when asked. */
export interface StoredRows {
  /** Empty where there is none. */
  get(key: string): Uint8Array;
  /** All whose key begins with `prefix`, in order of their keys. */
  all(prefix: string): Iterable<readonly [key: string, bytes: Uint8Array]>;
  /** What was given by `changes` stays and can be read later; otherwise it is read now or never. */
  readonly stays?: boolean;
}

/** What a subsystem of the kernel model gives to be kept: plain data as net/plain-text.ts writes it. */
export interface Persistent {
  export(): unknown;
  import(data: never, rows: StoredRows): void;
  /** Big lists, each in a row of its own; written when its stamp is another. */
  lists?(): Iterable<{ readonly key: string; readonly stamp: unknown; lines(): readonly Line[] }>;
  /** Every row but those of lists; where this is not there, `changes` gives all while rows do not stay. */
  rows?(): Iterable<readonly [key: string, bytes: Uint8Array]>;
  /** Rows that are other than when they were read or last given here; null: it is gone. */
  changes?(): Iterable<readonly [key: string, bytes: Uint8Array | null]>;
}

/** A piece of bytes. */
export interface Line {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export function joined(lines: readonly Line[]): Uint8Array {
  let size = 0;
  for (const l of lines) size += l.end - l.start;
  const out = new Uint8Array(size);
  let at = 0;
  // Neighbours that were neighbours before are copied together.
  for (let i = 0; i < lines.length; ) {
    const { bytes, start } = lines[i];
    let { end } = lines[i];
    for (i++; i < lines.length && lines[i].bytes === bytes && lines[i].start === end; i++) end = lines[i].end;
    out.set(bytes.subarray(start, end), at);
    at += end - start;
  }
  return out;
}

const NOTHING = new Uint8Array();

/** A subsystem as it was exported, apart from any store. */
export interface StoredPart {
  /** Undefined: it had nothing to say. */
  readonly text: string | undefined;
  readonly rows: ReadonlyMap<string, Uint8Array>;
}

/** Fills the subsystems of a namespace as they are made (`NetnsOptions.made`). */
export const filler =
  (parts: ReadonlyMap<Subsystem, StoredPart>) =>
  (name: Subsystem, net: Netns): void => {
    const { text, rows } = parts.get(name) ?? {};
    if (text === undefined || !rows) return;
    const part: Persistent = net[name];
    const inOrder = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
    part.import(fromText(text) as never, { get: (key) => rows.get(key) ?? NOTHING, all: (prefix) => inOrder.filter(([key]) => key.startsWith(prefix)) });
  };

/** The host's own row: its clock, its process numbers, and what kind of machine it is. */
export interface HostRow {
  readonly bootWall: number;
  /** Milliseconds by which `sleep` and `advance` have moved the clock ahead of the machine's. */
  readonly ahead: number;
  readonly pid: number;
  readonly seed: number;
  readonly container: boolean;
  readonly name: string;
}

/**
 * A host as it lies in a state file, opened for one command or a stretch of them. Subsystems are read when something first
 * touches them and written back when they changed, within the transaction of the store.
 */
export class Session {
  readonly net: Netns;
  readonly store: Store;
  #host: HostRow;
  #hostBefore: HostRow;
  #frozen: number;
  readonly #stamps = new Map<Subsystem, Map<string, unknown>>();
  /** Subsystems that were touched, with the text that was read or written. */
  readonly #touched = new Map<Subsystem, string | undefined>();

  private constructor(store: Store, host: HostRow) {
    this.store = store;
    this.#host = this.#hostBefore = host;
    this.#frozen = this.#elapsed();
    this.net = new Netns({
      clock: { now: () => this.#frozen, wall: () => this.#host.bootWall + this.#frozen },
      random: seededRandom(host.seed ^ host.pid),
      container: host.container,
      made: (name, net) => this.#fill(name, net[name]),
    });
  }

  /** Null when the file holds no host yet. */
  static load(store: Store): Session | null {
    const row = store.read('host');
    return row === undefined ? null : new Session(store, fromText(row) as HostRow);
  }

  /**
   * A copy of a state's host in memory, with a clock of its own that `clock` makes from the host's time (milliseconds since
   * it booted). Nothing is written back. Null when the file holds no host yet.
   */
  static copy(store: Store, clock: (now: number) => Clock): Netns | null {
    const session = Session.load(store);
    if (!session) return null;
    const parts = new Map(SUBSYSTEMS.map((name) => [name, { text: store.read(name), rows: new Map(store.rows(name)) }] as const));
    return new Netns({
      clock: clock(session.#frozen),
      random: seededRandom(session.#host.seed),
      container: session.#host.container,
      made: filler(parts),
    });
  }

  static create(store: Store, host: Omit<HostRow, 'bootWall' | 'ahead' | 'pid' | 'seed'>): Session {
    store.clear();
    const row: HostRow = { ...host, bootWall: Date.now(), ahead: 0, pid: 1000, seed: 1 };
    store.write('host', toLine(row));
    return new Session(store, row);
  }

  get name(): string {
    return this.#host.name;
  }

  /** Milliseconds since the host booted, at this command. */
  get now(): number {
    return this.#frozen;
  }

  #elapsed(): number {
    return Math.max(0, Date.now() - this.#host.bootWall) + this.#host.ahead;
  }

  #fill(name: Subsystem, part: Persistent): void {
    const text = this.store.read(name);
    this.#touched.set(name, text);
    const rows: StoredRows = { get: (key) => this.store.row(name, key) ?? NOTHING, all: (prefix) => this.store.rows(name, prefix), stays: true };
    if (text !== undefined) part.import(fromText(text) as never, rows);
    this.#stamps.set(name, new Map([...(part.lists?.() ?? [])].map((l) => [l.key, l.stamp])));
  }

  #saveLists(name: Subsystem, part: Persistent): void {
    const before = this.#stamps.get(name) ?? new Map<string, unknown>();
    const now = new Map<string, unknown>();
    for (const list of part.lists?.() ?? []) {
      now.set(list.key, list.stamp);
      if (before.get(list.key) !== list.stamp) this.store.writeRow(name, list.key, joined(list.lines()));
    }
    for (const key of before.keys()) if (!now.has(key)) this.store.removeRow(name, key);
    this.#stamps.set(name, now);
  }

  /** A command begins: its time stands still, as a command takes no time on the host. */
  tick(): void {
    this.#frozen = Math.max(this.#frozen, this.#elapsed());
  }

  advance(seconds: number): void {
    this.#host = { ...this.#host, ahead: this.#host.ahead + seconds * 1000 };
    this.net.stack.advance(this.#elapsed(), (now) => {
      this.#frozen = Math.max(this.#frozen, now);
    });
  }

  nextPid(): number {
    this.#host = { ...this.#host, pid: this.#host.pid + 1 };
    return this.#host.pid;
  }

  /** Writes what changed; the caller commits. */
  save(): void {
    if (this.#host !== this.#hostBefore) this.store.write('host', toLine(this.#host));
    this.#hostBefore = this.#host;
    for (const [name, before] of this.#touched) {
      const part: Persistent = this.net[name];
      this.#saveLists(name, part);
      for (const [key, bytes] of part.changes?.() ?? [])
        if (bytes) this.store.writeRow(name, key, bytes);
        else this.store.removeRow(name, key);
      const text = toLine(part.export());
      if (text === before) continue;
      this.store.write(name, text);
      this.#touched.set(name, text);
    }
  }
}
