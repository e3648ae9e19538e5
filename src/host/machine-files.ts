import type { Netns } from '../kernel/netns.ts';
import { MemoryFiles } from './memory-files.ts';
import { RealTree } from './real-tree.ts';

/** A file of the host that differs from the machine's: its text, or null where it was removed. */
export type Changes = Map<string, string | null>;

/** What of /proc is the host's alone: the machine's own network is not its business. */
const MODELLED = /^\/proc\/(?:sys\/net|(?:self\/|thread-self\/|1\/)?net)(?:\/|$)/;

/** The files that a command on a real machine sees: the host's own over the machine's. Writing goes to the host alone. */
export class MachineFiles extends MemoryFiles {
  readonly changes: Changes;
  readonly #machine = new RealTree('');

  constructor(net: Netns, changes: Changes) {
    super({}, net);
    this.changes = changes;
  }

  override read(path: string): string | undefined {
    const own = super.read(path);
    if (own !== undefined || this.within || MODELLED.test(path)) return own;
    const changed = this.changes.get(path);
    return changed === undefined ? this.#machine.read(path) : (changed ?? undefined);
  }

  override exists(path: string): boolean {
    if (super.exists(path) || this.within || MODELLED.test(path)) return super.exists(path);
    return this.changes.has(path) ? this.changes.get(path) !== null : this.#machine.exists(path);
  }

  override list(path: string): readonly string[] | undefined {
    if (this.within || MODELLED.test(path)) return super.list(path);
    const names = new Set([...(super.list(path) ?? []), ...(this.#machine.list(path) ?? [])]);
    const prefix = path === '/' ? '/' : `${path}/`;
    for (const [file, text] of this.changes) {
      if (!file.startsWith(prefix)) continue;
      const name = file.slice(prefix.length).split('/')[0];
      if (text !== null) names.add(name);
      else if (file === prefix + name) names.delete(name);
    }
    return names.size ? [...names].sort() : undefined;
  }

  override write(path: string, text: string, append = false): ReturnType<MemoryFiles['write']> {
    if (this.within || MODELLED.test(path) || super.read(path) !== undefined) return super.write(path, text, append);
    this.changes.set(path, append ? (this.read(path) ?? '') + text : text);
    return null;
  }

  override entries(): Iterable<[string, string]> {
    return [...this.changes].flatMap(([path, text]): [string, string][] => (text === null ? [] : [[path, text]]));
  }

  override remove(path: string): boolean {
    if (this.within) return super.remove(path);
    if (!this.exists(path)) return false;
    this.changes.set(path, null);
    return true;
  }
}
