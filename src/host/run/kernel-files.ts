import { type FSWatcher, mkdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Files } from '../files.ts';

/** What of the kernel's file trees a script sees as the host's. */
const TREES = ['/proc/sys/net', '/proc/net'];

/**
 * The host's /proc/sys/net and /proc/net as ordinary files of the run's folder, which the sandbox binds over the real ones.
 * A write by a script is carried into the model; what the model changes is written out again.
 */
export class KernelFiles {
  readonly #base: string;
  readonly #files: Files;
  readonly #complain: (message: string) => void;
  readonly #written = new Map<string, string>();
  readonly #watchers: FSWatcher[] = [];
  readonly #touched = new Set<string>();

  constructor(base: string, files: Files, complain: (message: string) => void) {
    this.#base = base;
    this.#files = files;
    this.#complain = complain;
    for (const tree of TREES) mkdirSync(join(base, tree), { recursive: true });
    this.refresh();
    const folders = new Set([...this.#written.keys()].map((p) => dirname(p)).filter((f) => f.startsWith(TREES[0])));
    for (const folder of folders) {
      this.#watchers.push(
        watch(join(base, folder), (_, name) => {
          if (name !== null) this.#touched.add(join(folder, name));
        }),
      );
    }
  }

  *#walk(folder: string): Generator<string> {
    for (const name of this.#files.list(folder) ?? []) {
      const path = `${folder}/${name}`;
      if (this.#files.list(path) !== undefined) yield* this.#walk(path);
      else yield path;
    }
  }

  /** Writes out what differs from what the script can see. `only`: a tree to look at. */
  refresh(only?: string): void {
    for (const tree of TREES) {
      if (only !== undefined && only !== tree) continue;
      for (const path of this.#walk(tree)) {
        const text = this.#files.read(path);
        if (text === undefined || this.#written.get(path) === text) continue;
        if (!this.#written.has(path)) mkdirSync(dirname(join(this.#base, path)), { recursive: true });
        writeFileSync(join(this.#base, path), text, { mode: this.#files.mode?.(path) });
        this.#written.set(path, text);
      }
    }
  }

  /** Carries writes of the script into the model. Call it before each command and at the end. */
  absorb(): boolean {
    let any = false;
    for (const path of this.#touched) {
      const text = readFileSync(join(this.#base, path), 'utf8');
      if (text === this.#written.get(path)) continue;
      any = true;
      const refused = this.#files.write(path, text);
      if (refused) this.#complain(`${path}: write error: ${refused === 'EINVAL' ? 'Invalid argument' : 'Permission denied'}\n`);
      const now = this.#files.read(path) ?? '';
      writeFileSync(join(this.#base, path), now);
      this.#written.set(path, now);
    }
    this.#touched.clear();
    return any;
  }

  close(): void {
    for (const w of this.#watchers) w.close();
    rmSync(this.#base, { recursive: true, force: true });
  }
}
