import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { History, type PartRow } from './history.ts';

/** Marks a database as drywall's own: "DRYW". */
const APPLICATION_ID = 0x44525957;
/** Layout of the tables below. A file with a higher number comes from a newer drywall and is left alone. */
const LAYOUT = 3;
/** How long a command waits for another that is writing. Locks are the kernel's, so a dead writer's is gone at once. */
const BUSY_MS = 10_000;

/** Exit status when the state cannot be used: sysexits(3) EX_IOERR, which no cloned tool gives. */
export const STATE_FAILED = 74;

/** A state file that cannot be used as it is; the message is for the user. Nothing has been written to it. */
export class StateError extends Error {}

/** Node's module is loaded where the environment does not say it. */
const home = (env: Readonly<Record<string, string | undefined>>): string => (process.platform !== 'win32' && env.HOME) || process.getBuiltinModule('node:os').homedir();

/** Where the state lies when nobody says otherwise (XDG base directories; %LOCALAPPDATA% on Windows). */
export function defaultStatePath(env: Readonly<Record<string, string | undefined>>): string {
  if (env.DRYWALL_STATE) return env.DRYWALL_STATE;
  const base = env.XDG_STATE_HOME || (process.platform === 'win32' && env.LOCALAPPDATA) || join(home(env), '.local', 'state');
  return join(base, 'drywall', 'state.db');
}

const sqliteCode = (e: unknown): number => (typeof e === 'object' && e !== null && 'errcode' in e && typeof e.errcode === 'number' ? e.errcode & 0xff : -1);

/** SQLite's primary result codes in the user's words. */
const REASONS: Readonly<Record<number, string>> = {
  5: 'another command holds it',
  8: 'it is read-only',
  10: 'reading or writing failed',
  11: 'it is damaged',
  13: 'the disk is full',
  14: 'it cannot be opened',
  26: 'it is not a drywall state file',
  23: 'access is denied',
};

/**
 * The log is copied back into the file by `commit` alone. In step with the machine's disk the file is only then: a power
 * failure may take the last commands with it, a killed process none.
 */
const SETTINGS = 'PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0';
/** Length of the log in bytes from which it is copied back. Whoever opens the file alone reads the whole log first. */
const LOG_LIMIT = 1 << 18;

const WRITE = 'INSERT INTO part (name, key, data) VALUES (?, ?, ?) ON CONFLICT (name, key) DO UPDATE SET data = excluded.data';

export interface StoredListener {
  readonly id: number;
  readonly pid: number;
  readonly argv: readonly string[];
  readonly shown: number;
}

/**
 * The state file: an SQLite database in WAL mode. `part` holds what each subsystem of the kernel model exports: its text under
 * the empty key, and rows of its own choice under others; a command loads the parts that it touches and writes back those that changed, in one transaction.
 */
export class Store {
  readonly path: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** The state's past, where it is kept. */
  readonly history: History;

  private constructor(path: string, db: DatabaseSync) {
    this.path = path;
    this.#db = db;
    this.history = new History(db);
  }

  /** Opens a state file, making an empty one where there is none. Throws StateError. */
  static open(path: string): Store {
    return guarded(path, () => {
      mkdirSync(dirname(path), { recursive: true });
      const db = new DatabaseSync(path, { timeout: BUSY_MS });
      try {
        prepare(path, db);
      } catch (e) {
        db.close();
        throw e;
      }
      return new Store(path, db);
    });
  }

  /** From here on the caller alone writes; others wait. Ends with commit or rollback. */
  begin(): void {
    this.#run(() => this.#db.exec('BEGIN IMMEDIATE'));
  }
  commit(): void {
    this.#run(() => {
      this.#db.exec('COMMIT');
      if ((statSync(`${this.path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT) this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    });
  }
  rollback(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
  }

  /** Changes whenever another connection has committed something. */
  get version(): number {
    return this.#run(() => Number(Object.values(this.#sql('PRAGMA data_version').get() ?? {})[0]));
  }

  /** The text of a part. */
  read(part: string): string | undefined {
    return this.#run(() => {
      const data = this.#sql('SELECT data FROM part WHERE name = ? AND key = ?').get(part, '')?.data;
      return data === undefined ? undefined : String(data);
    });
  }

  write(part: string, text: string): void {
    this.#run(() => this.#sql(WRITE).run(part, '', text));
  }

  /** The bytes of a part's row. */
  row(part: string, key: string): Uint8Array | undefined {
    return this.#run(() => {
      const data = this.#sql('SELECT data FROM part WHERE name = ? AND key = ?').get(part, key)?.data;
      return data instanceof Uint8Array ? data : undefined;
    });
  }

  /** Rows of a part whose key begins with `prefix`, in order of their keys. */
  rows(part: string, prefix = ''): (readonly [key: string, bytes: Uint8Array])[] {
    return this.#run(() =>
      this.#sql("SELECT key, data FROM part WHERE name = ? AND key >= ? AND key < ? AND key <> '' ORDER BY key")
        .all(part, prefix, `${prefix}\u{10ffff}`)
        .map((r) => [String(r.key), r.data as Uint8Array] as const),
    );
  }

  writeRow(part: string, key: string, bytes: Uint8Array): void {
    this.#run(() => this.#sql(WRITE).run(part, key, bytes));
  }

  removeRow(part: string, key: string): void {
    this.#run(() => this.#sql('DELETE FROM part WHERE name = ? AND key = ?').run(part, key));
  }

  /** Every part with its size in bytes. */
  parts(): { readonly name: string; readonly key: string; readonly bytes: number }[] {
    return this.#run(() =>
      this.#sql('SELECT name, key, length(data) AS bytes FROM part ORDER BY name, key')
        .all()
        .map((r) => ({ name: String(r.name), key: String(r.key), bytes: Number(r.bytes) })),
    );
  }

  clear(): void {
    this.#run(() => this.#db.exec('DELETE FROM part'));
  }

  /** Puts these rows in place of all. */
  replace(rows: readonly PartRow[]): void {
    this.#run(() => {
      const wanted = new Set(rows.map((r) => `${r.name}\0${r.key}`));
      for (const p of this.parts()) if (!wanted.has(`${p.name}\0${p.key}`)) this.removeRow(p.name, p.key);
      for (const r of rows) this.#sql(WRITE).run(r.name, r.key, r.data);
    });
  }

  /** Registers a command that listens to events; while its process lives, other commands print for it what it would print. */
  addListener(pid: number, argv: readonly string[]): number {
    return this.#run(() => Number(this.#sql('INSERT INTO listener (pid, argv, shown) VALUES (?, ?, 0)').run(pid, JSON.stringify(argv)).lastInsertRowid));
  }

  removeListener(id: number): void {
    this.#run(() => {
      this.#sql('DELETE FROM listener WHERE id = ?').run(id);
      this.#sql('DELETE FROM event WHERE listener = ?').run(id);
    });
  }

  listeners(): StoredListener[] {
    return this.#run(() =>
      this.#sql('SELECT id, pid, argv, shown FROM listener')
        .all()
        .map((r) => ({ id: Number(r.id), pid: Number(r.pid), argv: JSON.parse(String(r.argv)), shown: Number(r.shown) })),
    );
  }

  /** What a listener is to print, and how many events it has shown by then. */
  addOutput(id: number, text: string, shown: number): void {
    this.#run(() => {
      this.#sql('INSERT INTO event (listener, text) VALUES (?, ?)').run(id, text);
      this.#sql('UPDATE listener SET shown = ? WHERE id = ?').run(shown, id);
    });
  }

  /** Output for a listener after number `after`, oldest first. */
  outputSince(id: number, after: number): { readonly seq: number; readonly text: string }[] {
    return this.#run(() =>
      this.#sql('SELECT seq, text FROM event WHERE listener = ? AND seq > ? ORDER BY seq')
        .all(id, after)
        .map((r) => ({ seq: Number(r.seq), text: String(r.text) })),
    );
  }

  close(): void {
    this.#db.close();
  }

  /** A statement is prepared once. */
  #sql(text: string): StatementSync {
    let made = this.#statements.get(text);
    if (!made) this.#statements.set(text, (made = this.#db.prepare(text)));
    return made;
  }

  #run<T>(work: () => T): T {
    return guarded(this.path, work);
  }
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (e) {
    if (e instanceof StateError) throw e;
    const reason = REASONS[sqliteCode(e)] ?? (e instanceof Error ? e.message : String(e));
    throw new StateError(`state file ${path}: ${reason}`);
  }
}

const pragma = (db: DatabaseSync, name: string): number => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);

/** Looks before it writes: a database that is not ours, or newer than we are, stays byte for byte as it was. */
function prepare(path: string, db: DatabaseSync): void {
  if (pragma(db, 'application_id') !== APPLICATION_ID) {
    if (Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n) !== 0) throw new StateError(`state file ${path}: it is a database of another program`);
  } else {
    const layout = pragma(db, 'user_version');
    if (layout > LAYOUT) throw new StateError(`state file ${path}: it was written by a newer drywall (layout ${layout}, this one knows ${LAYOUT})`);
    if (layout < LAYOUT) throw new StateError(`state file ${path}: it was written by an older drywall (layout ${layout}, this one knows ${LAYOUT}): remove it to begin anew`);
    db.exec(SETTINGS);
    return;
  }
  db.exec('PRAGMA journal_mode = WAL');
  db.exec(`${SETTINGS}; BEGIN IMMEDIATE`);
  if (pragma(db, 'user_version') === 0) {
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${LAYOUT};
      CREATE TABLE part (id INTEGER PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL, data BLOB NOT NULL, UNIQUE (name, key));
      CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, listener INTEGER NOT NULL, text TEXT NOT NULL);
      CREATE TABLE listener (id INTEGER PRIMARY KEY AUTOINCREMENT, pid INTEGER NOT NULL, argv TEXT NOT NULL, shown INTEGER NOT NULL)`);
  }
  db.exec('COMMIT');
}
