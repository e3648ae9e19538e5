import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { MemoryFiles } from './memory-files.ts';
import type { Netns } from '../kernel/netns.ts';

/** A file of the host that differs from the machine's: its text, or null where it was removed. */
export type Changes = Map<string, string | null>;

/**
 * The files that a command on a real machine sees: the host's own over the machine's. Writing goes to the host alone.
 * `root`: folder that stands for / (of a sandboxed script, /proc/PID/root).
 */
export class MachineFiles extends MemoryFiles {
  readonly changes: Changes;
  readonly root: string;

  constructor(net: Netns, changes: Changes, root = '') {
    super({}, net);
    this.changes = changes;
    this.root = root;
  }

  override read(path: string): string | undefined {
    const kernel = super.read(path);
    if (kernel !== undefined) return kernel;
    const changed = this.changes.get(path);
    if (changed !== undefined) return changed ?? undefined;
    const real = this.root + path;
    try {
      return statSync(real).isFile() ? readFileSync(real, 'utf8') : undefined;
    } catch {
      return undefined; // no such file, or not ours to read: the tool words it
    }
  }

  override exists(path: string): boolean {
    return super.exists(path) || (this.changes.has(path) ? this.changes.get(path) !== null : existsSync(this.root + path));
  }

  override list(path: string): readonly string[] | undefined {
    const names = new Set(super.list(path) ?? []);
    const prefix = path === '/' ? '/' : `${path}/`;
    try {
      for (const name of readdirSync(this.root + path)) names.add(name);
    } catch {
      // no such folder on the machine: the host's own files may still make one
    }
    for (const [file, text] of this.changes) {
      if (!file.startsWith(prefix)) continue;
      const name = file.slice(prefix.length).split('/')[0];
      if (text !== null) names.add(name);
      else if (file === prefix + name) names.delete(name);
    }
    return names.size ? [...names].sort() : undefined;
  }

  override write(path: string, text: string, append = false): ReturnType<MemoryFiles['write']> {
    if (super.read(path) !== undefined) return super.write(path, text, append);
    this.changes.set(path, append ? (this.read(path) ?? '') + text : text);
    return null;
  }

  override remove(path: string): boolean {
    if (!this.exists(path)) return false;
    this.changes.set(path, null);
    return true;
  }
}
