import { type FSWatcher, mkdirSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Netns } from '../../kernel/netns.ts';
import { ProcTree } from '../../kernel/proc/tree.ts';
import type { MemoryFiles } from '../memory-files.ts';
import { WRITTEN } from './protocol.ts';

/** What of the kernel's file trees a script sees as the host's. */
const SETTINGS = '/proc/sys/net';
const TABLES = '/proc/net';
const SYS = '/proc/sys/';
const TREES = [SETTINGS, TABLES];
const WRITABLE = 0o222;

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
  readonly #of: () => MemoryFiles;
  readonly #written = new Map<string, string>();
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #touched = new Set<string>();
  /** Folders with files that can be written. */
  readonly #unwatched = new Set<string>();
  /** Files that come and go: those below /proc/net that rules make. */
  readonly #passing = new Set<string>();
  /** The settings that are shown, and of what namespace, with what devices and which version of them. */
  #paths: readonly string[] = [];
  #net: Netns | null = null;
  #devices = '';
  #version = -1;

  /** `of`: the host's files as they are now; the host may be read anew. */
  constructor(base: string, of: () => MemoryFiles) {
    this.#base = base;
    this.#of = of;
    for (const tree of TREES) mkdirSync(join(base, tree), { recursive: true });
    this.refresh();
  }

  #watch(folder: string): void {
    if (this.#watchers.has(folder)) return;
    const watcher = watch(join(this.#base, folder), (_, name) => {
      if (name !== null) this.#touched.add(join(folder, name));
    });
    this.#watchers.set(folder, watcher);
  }

  *#walk(files: MemoryFiles, folder: string): Generator<string> {
    for (const name of files.list(folder) ?? []) {
      const path = `${folder}/${name}`;
      if (files.list(path) !== undefined) yield* this.#walk(files, path);
      else yield path;
    }
  }

  /** Settings that may read otherwise than they are shown: all after a write; else those that live elsewhere. */
  #settings(files: MemoryFiles, net: Netns): readonly string[] {
    const devices = net.sysctl.deviceNames();
    const isNew = net !== this.#net || devices !== this.#devices;
    if (isNew) this.#paths = [...this.#walk(files, SETTINGS)];
    const changed = net.sysctl.changed().map((path) => `/proc/sys/${path}`);
    const all = isNew || net.sysctl.version !== this.#version;
    [this.#net, this.#devices, this.#version] = [net, devices, net.sysctl.version];
    return all ? this.#paths : changed;
  }

  /** Writes out what differs from what the script can see; after a command that changes rules alone, what they can change. */
  refresh(after: 'all' | 'rules' = 'all'): void {
    const files = this.#of();
    const { net } = files;
    if (after === 'all')
      for (const path of this.#settings(files, net)) {
        const value = net.sysctl.read(path.slice(SYS.length));
        if (value !== undefined) this.#show(files, path, `${value}\n`);
      }
    const gone = new Set(this.#passing);
    for (const { path, passing } of new ProcTree(net).files(after)) {
      if (!path.startsWith(TABLES)) continue;
      this.#show(files, path, files.read(path) ?? '');
      gone.delete(path);
      if (passing) this.#passing.add(path);
    }
    for (const path of gone) this.#hide(path);
    // Only now: what was just written is no news.
    for (const folder of this.#unwatched) this.#watch(folder);
    this.#unwatched.clear();
  }

  #show(files: MemoryFiles, path: string, text: string): void {
    const before = this.#written.get(path);
    if (before === text) return;
    if (before === undefined) mkdirSync(dirname(join(this.#base, path)), { recursive: true });
    const mode = files.mode(path) ?? 0;
    writeFileSync(join(this.#base, path), text, { mode });
    this.#written.set(path, text);
    if (mode & WRITABLE) this.#unwatched.add(dirname(path));
  }

  #hide(path: string): void {
    rmSync(join(this.#base, path), { force: true });
    this.#written.delete(path);
    this.#passing.delete(path);
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
    const files = this.#of();
    const refused: Refusal[] = [];
    let any = false;
    for (const path of this.#touched) {
      const file = join(this.#base, path);
      const text = statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file, 'utf8') : undefined;
      if (text === this.#written.get(path) || text === undefined) continue;
      any = true;
      const errno = files.write(path, text);
      if (errno) refused.push({ path, errno });
      const now = files.read(path);
      if (now === undefined) this.#hide(path);
      else {
        writeFileSync(file, now);
        this.#written.set(path, now);
      }
    }
    this.#touched.clear();
    if (any) this.refresh();
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
    for (const w of this.#watchers.values()) w.close();
    rmSync(this.#base, { recursive: true, force: true });
  }
}

/** What is said of writes that no one waits for: those of other programs. */
export const complaint = (refused: readonly Refusal[]): string => refused.map((r) => `${r.path}: write error: ${WORDS[r.errno]}\n`).join('');
