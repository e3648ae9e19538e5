import type { DatabaseSync } from 'node:sqlite';

/** One recorded command, or several that were committed together. */
export interface HistoryStep {
  /** Counts from 1; 0 is the state as it was when recording began. */
  readonly step: number;
  /** Milliseconds since the host booted. */
  readonly at: number;
  /** Command lines, in order. */
  readonly commands: readonly string[];
  /** Parts that it changed. */
  readonly changed: readonly string[];
}

/** A row of table `part`: text under the empty key, else bytes. */
export interface PartRow {
  readonly name: string;
  readonly key: string;
  readonly data: string | Uint8Array;
}

const TABLES = `
  CREATE TABLE step (id INTEGER PRIMARY KEY, at REAL NOT NULL, commands TEXT NOT NULL);
  CREATE TABLE past (step INTEGER NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, data BLOB, PRIMARY KEY (step, name, key)) WITHOUT ROWID`;
const NOW = '(SELECT coalesce(max(id), 0) FROM step)';
/** What a row was before the step that changes it: kept by the database itself, whoever writes. */
const TRIGGERS = `
  CREATE TRIGGER past_update AFTER UPDATE ON part WHEN OLD.data IS NOT NEW.data
    BEGIN INSERT OR IGNORE INTO past VALUES (${NOW}, OLD.name, OLD.key, OLD.data); END;
  CREATE TRIGGER past_delete AFTER DELETE ON part
    BEGIN INSERT OR IGNORE INTO past VALUES (${NOW}, OLD.name, OLD.key, OLD.data); END;
  CREATE TRIGGER past_insert AFTER INSERT ON part
    BEGIN INSERT OR IGNORE INTO past VALUES (${NOW}, NEW.name, NEW.key, NULL); END`;
const STOP = `
  DROP TRIGGER IF EXISTS past_update;
  DROP TRIGGER IF EXISTS past_delete;
  DROP TRIGGER IF EXISTS past_insert;
  DROP TABLE IF EXISTS past;
  DROP TABLE IF EXISTS step`;

/**
 * What a state file keeps of its own past, while asked to (`drywall record`): for each step the rows that it changed, as
 * they were before. The state after step N is the present with the later steps undone, latest first.
 */
export class History {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Are steps being kept? */
  get recording(): boolean {
    return this.#db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND name = 'past_update'").get() !== undefined;
  }
  start(at: number): void {
    if (this.recording) return;
    this.#db.exec(TABLES);
    this.#db.exec(TRIGGERS);
    this.#db.prepare('INSERT INTO step (id, at, commands) VALUES (0, ?, ?)').run(at, '[]');
  }

  /** Ends recording. The past goes too: what comes now is not kept, so nothing could lead back there. */
  stop(): void {
    this.#db.exec(STOP);
  }

  /** A step begins: what is written from here on belongs to it. */
  begin(at: number, commands: readonly string[]): number {
    const id = Number(this.#db.prepare(`SELECT ${NOW} + 1 AS id`).get()?.id);
    this.#db.prepare('INSERT INTO step (id, at, commands) VALUES (?, ?, ?)').run(id, at, JSON.stringify(commands));
    return id;
  }

  /** What a row was before a step; undefined: the step has not changed it. */
  before(step: number, name: string): string | null | undefined {
    const row = this.#db.prepare("SELECT data FROM past WHERE step = ? AND name = ? AND key = ''").get(step, name);
    return row === undefined ? undefined : row.data === null ? null : String(row.data);
  }

  /** Parts that a step changed. */
  changed(step: number): string[] {
    return this.#db
      .prepare('SELECT DISTINCT name FROM past WHERE step = ? ORDER BY name')
      .all(step)
      .map((r) => String(r.name));
  }

  /** A step that was none. */
  drop(step: number): void {
    this.#db.prepare('DELETE FROM past WHERE step = ?').run(step);
    this.#db.prepare('DELETE FROM step WHERE id = ?').run(step);
  }

  steps(): HistoryStep[] {
    if (!this.recording) return [];
    return this.#db
      .prepare('SELECT id, at, commands FROM step ORDER BY id')
      .all()
      .map((r) => ({ step: Number(r.id), at: Number(r.at), commands: JSON.parse(String(r.commands)) as string[], changed: this.changed(Number(r.id)) }));
  }

  /** Bytes that the past takes. */
  get size(): number {
    return this.recording ? Number(this.#db.prepare('SELECT coalesce(sum(length(data)), 0) AS n FROM past').get()?.n) : 0;
  }

  /** All rows of the state as it was after a step. */
  partsAt(step: number): PartRow[] {
    const rows = new Map<string, PartRow>();
    const id = (name: string, key: string): string => `${name}\0${key}`;
    const put = (r: Record<string, unknown>): void => {
      const [name, key, data] = [String(r.name), String(r.key), r.data];
      if (data === null) rows.delete(id(name, key));
      else rows.set(id(name, key), { name, key, data: data instanceof Uint8Array ? data : String(data) });
    };
    for (const r of this.#db.prepare('SELECT name, key, data FROM part').all()) put(r);
    for (const r of this.#db.prepare('SELECT name, key, data FROM past WHERE step > ? ORDER BY step DESC').all(step)) put(r);
    return [...rows.values()];
  }
}
