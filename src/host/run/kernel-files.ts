import { type FSWatcher, mkdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Files } from '../files.ts';
import { WRITTEN } from './prelude.ts';

/** What of the kernel's file trees a script sees as the host's. */
const SETTINGS = '/proc/sys/net';
const TABLES = '/proc/net';
const TREES = [SETTINGS, TABLES];

/** One round of the event loop. */
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** A write that the kernel would not take. */
interface Refusal {
  readonly path: string;
  readonly errno: 'EINVAL' | 'EACCES' | 'ENOENT' | 'EISDIR';
}

const WORDS: Readonly<Record<Refusal['errno'], string>> = {
  EINVAL: 'Invalid argument',
  EACCES: 'Permission denied',
  ENOENT: 'No such file or directory',
  EISDIR: 'Is a directory',
};

/**
 * The host's /proc/sys/net and /proc/net as ordinary files of the run's folder, which the sandbox binds over the real ones.
 * A write by a script is carried into the model; what the model changes is written out again.
 */
export class KernelFiles {
  readonly #base: string;
  readonly #files: Files;
  readonly #written = new Map<string, string>();
  readonly #watchers: FSWatcher[] = [];
  readonly #touched = new Set<string>();
  #paths: readonly string[] = [];
  #devices = '';

  constructor(base: string, files: Files) {
    this.#base = base;
    this.#files = files;
    for (const tree of TREES) mkdirSync(join(base, tree), { recursive: true });
    this.refresh();
    const folders = new Set([...this.#written.keys()].map((p) => dirname(p)).filter((f) => f.startsWith(SETTINGS)));
    for (const folder of folders) this.#watch(folder);
  }

  #watch(folder: string): void {
    const watcher = watch(join(this.#base, folder), (_, name) => {
      if (name !== null) this.#touched.add(join(folder, name));
    });
    this.#watchers.push(watcher);
  }

  *#walk(folder: string): Generator<string> {
    for (const name of this.#files.list(folder) ?? []) {
      const path = `${folder}/${name}`;
      if (this.#files.list(path) !== undefined) yield* this.#walk(path);
      else yield path;
    }
  }

  /** Settings there are: new with each device, else always the same. */
  #settings(): readonly string[] {
    const devices = (this.#files.list(`${SETTINGS}/ipv4/conf`) ?? []).join(' ');
    if (devices !== this.#devices) this.#paths = [...this.#walk(SETTINGS)];
    this.#devices = devices;
    return this.#paths;
  }

  /** Writes out what differs from what the script can see. */
  refresh(only?: 'settings' | 'tables'): void {
    if (only !== 'tables') for (const path of this.#settings()) this.#show(path);
    if (only !== 'settings') for (const path of this.#walk(TABLES)) this.#show(path);
  }

  #show(path: string): void {
    const text = this.#files.read(path);
    if (text === undefined || this.#written.get(path) === text) return;
    if (!this.#written.has(path)) mkdirSync(dirname(join(this.#base, path)), { recursive: true });
    writeFileSync(join(this.#base, path), text, { mode: this.#files.mode?.(path) });
    this.#written.set(path, text);
  }

  /**
   * Waits for the notices of writes that came before a request: those that are ready when the event loop comes to them,
   * in whatever order. After a builtin's write the loop has not yet looked.
   */
  async settled(r: { readonly argv: readonly string[]; readonly atOnce: boolean }): Promise<void> {
    const written = r.argv[0] === WRITTEN;
    if (r.atOnce && !written) return;
    await turn();
    if (r.atOnce) await turn();
  }

  /** Carries writes of the script into the model; call it before each command and at the end. What was refused is undone. */
  absorb(): readonly Refusal[] {
    if (this.#touched.size === 0) return [];
    const refused: Refusal[] = [];
    let any = false;
    for (const path of this.#touched) {
      const text = readFileSync(join(this.#base, path), 'utf8');
      if (text === this.#written.get(path)) continue;
      any = true;
      const errno = this.#files.write(path, text);
      if (errno) refused.push({ path, errno });
      const now = this.#files.read(path) ?? '';
      writeFileSync(join(this.#base, path), now);
      this.#written.set(path, now);
    }
    this.#touched.clear();
    if (any) this.refresh('settings');
    return refused;
  }

  /** What a builtin of the shell says of a write just made; `where`: script and line. */
  written(where: string, tool: string): { readonly status: number; readonly stdout: string; readonly stderr: string } {
    const refused = this.absorb();
    const line = ({ path, errno }: Refusal): string => {
      if (tool === 'tee') return `tee: ${path}: ${WORDS[errno]}\n`;
      return errno === 'EINVAL' ? `${where}: ${tool}: write error: ${WORDS[errno]}\n` : `${where}: ${path}: ${WORDS[errno]}\n`;
    };
    return { status: refused.length ? 1 : 0, stdout: '', stderr: refused.map(line).join('') };
  }

  close(): void {
    for (const w of this.#watchers) w.close();
    rmSync(this.#base, { recursive: true, force: true });
  }
}

/** What is said of writes that no one waits for: those of other programs. */
export const complaint = (refused: readonly Refusal[]): string => refused.map((r) => `${r.path}: write error: ${WORDS[r.errno]}\n`).join('');
