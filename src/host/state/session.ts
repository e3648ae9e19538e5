import { deserialize, serialize } from 'node:v8';
import { Netns } from '../../kernel/netns.ts';
import { seededRandom } from '../random.ts';
import type { Store } from './store.ts';

/** What a subsystem of the kernel model gives to be kept: plain data that structured clone can carry. */
export interface Persistent {
  export(): unknown;
  /** `read`: a list that was stored apart, empty where there is none. */
  import(data: never, read: (key: string) => Uint8Array): void;
  /** Big lists, each in a row of its own; written when its stamp is another. */
  lists?(): Iterable<{ readonly key: string; readonly stamp: unknown; lines(): readonly Line[] }>;
}

interface Line {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

function joined(lines: readonly Line[]): Uint8Array {
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

const isPersistent = (x: unknown): x is Persistent =>
  typeof x === 'object' && x !== null && 'export' in x && typeof x.export === 'function' && 'import' in x && typeof x.import === 'function';

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

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && a.length === b.length && Buffer.compare(a, b) === 0;

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
  readonly #stamps = new Map<string, Map<string, unknown>>();
  readonly #read = new Map<string, Uint8Array | undefined>();

  private constructor(store: Store, host: HostRow) {
    this.store = store;
    this.#host = this.#hostBefore = host;
    this.#frozen = this.#elapsed();
    this.net = new Netns({
      clock: { now: () => this.#frozen, wall: () => this.#host.bootWall + this.#frozen },
      random: seededRandom(host.seed ^ host.pid),
      container: host.container,
    });
    for (const [name, part] of Object.entries(this.net)) if (isPersistent(part)) this.#readLater(name, part);
  }

  /** Null when the file holds no host yet. */
  static load(store: Store): Session | null {
    const row = store.read('host');
    return row === undefined ? null : new Session(store, row as HostRow);
  }

  static create(store: Store, host: Omit<HostRow, 'bootWall' | 'ahead' | 'pid' | 'seed'>): Session {
    store.clear();
    const row: HostRow = { ...host, bootWall: Date.now(), ahead: 0, pid: 1000, seed: 1 };
    store.write('host', row);
    return new Session(store, row);
  }

  get name(): string {
    return this.#host.name;
  }

  #elapsed(): number {
    return Math.max(0, Date.now() - this.#host.bootWall) + this.#host.ahead;
  }

  /** Replaces a subsystem's field by one that reads the state at first use. */
  #readLater(name: string, part: Persistent): void {
    Object.defineProperty(this.net, name, {
      configurable: true,
      enumerable: true,
      get: () => {
        Object.defineProperty(this.net, name, { value: part, enumerable: true, configurable: true, writable: false });
        const bytes = this.store.readRaw(name);
        this.#read.set(name, bytes);
        if (bytes !== undefined) part.import(deserialize(bytes) as never, (key) => this.store.readRaw(name, key) ?? new Uint8Array());
        this.#stamps.set(name, new Map([...(part.lists?.() ?? [])].map((l) => [l.key, l.stamp])));
        return part;
      },
    });
  }

  #saveLists(name: string, part: Persistent): void {
    const before = this.#stamps.get(name) ?? new Map<string, unknown>();
    const now = new Map<string, unknown>();
    for (const list of part.lists?.() ?? []) {
      now.set(list.key, list.stamp);
      if (before.get(list.key) !== list.stamp) this.store.writeRaw(name, joined(list.lines()), list.key);
    }
    for (const key of before.keys()) if (!now.has(key)) this.store.remove(name, key);
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
    if (this.#host !== this.#hostBefore) this.store.write('host', this.#host);
    this.#hostBefore = this.#host;
    for (const [name, before] of this.#read) {
      const part: unknown = Reflect.get(this.net, name);
      if (!isPersistent(part)) continue;
      this.#saveLists(name, part);
      const bytes = serialize(part.export());
      if (sameBytes(before, bytes)) continue;
      this.store.writeRaw(name, bytes);
      this.#read.set(name, bytes);
    }
  }
}
