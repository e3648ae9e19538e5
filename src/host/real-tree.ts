import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Files of a real tree: the machine's own, or what a sandboxed script sees, reached through /proc/PID/root. */
export class RealTree {
  readonly #root: string;
  constructor(root: string) {
    this.#root = root;
  }

  read(path: string): string | undefined {
    try {
      return statSync(this.#root + path).isFile() ? readFileSync(this.#root + path, 'utf8') : undefined;
    } catch {
      return undefined; // no such file, or not ours to read: the tool words it
    }
  }

  exists(path: string): boolean {
    return existsSync(this.#root + path);
  }

  list(path: string): readonly string[] | undefined {
    try {
      return readdirSync(this.#root + path).sort();
    } catch {
      return undefined;
    }
  }

  write(path: string, text: string, append: boolean): 'EACCES' | 'ENOENT' | 'EISDIR' | 'EINVAL' | null {
    try {
      mkdirSync(dirname(this.#root + path), { recursive: true });
      (append ? appendFileSync : writeFileSync)(this.#root + path, text);
      return null;
    } catch (e) {
      const code = e instanceof Error && 'code' in e ? e.code : '';
      return code === 'EACCES' || code === 'ENOENT' || code === 'EISDIR' ? code : 'EINVAL';
    }
  }

  remove(path: string): boolean {
    if (!this.exists(path)) return false;
    rmSync(this.#root + path, { force: true });
    return true;
  }
}
