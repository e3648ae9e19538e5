import type { Netns } from '../kernel/netns.ts';
import { ProcTree } from '../kernel/proc/tree.ts';
import type { Files } from './files.ts';
import type { RealTree } from './real-tree.ts';

const normal = (path: string): string => {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') out.pop();
    else if (part !== '' && part !== '.') out.push(part);
  }
  return `/${out.join('/')}`;
};

const DESCRIPTOR = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/;

/** Files kept in memory, over the kernel's own trees. */
export class MemoryFiles implements Files {
  readonly #files = new Map<string, string>();
  readonly net: Netns;
  readonly #proc: ProcTree;
  /** While a script runs in a sandbox, what it sees stands for all but the kernel's files. */
  within: RealTree | null = null;
  /** While a program of a script runs, what its open descriptors give to their end. */
  descriptor: ((fd: number) => string) | null = null;

  constructor(files: Readonly<Record<string, string>>, net: Netns) {
    this.net = net;
    this.#proc = new ProcTree(net);
    for (const [path, text] of Object.entries(files)) this.#files.set(this.resolve('/root', path), text);
  }

  resolve(cwd: string, path: string): string {
    return normal(path.startsWith('/') ? path : `${cwd}/${path}`);
  }
  read(path: string): string | undefined {
    const fd = this.descriptor && DESCRIPTOR.exec(path);
    if (this.descriptor && fd) return this.descriptor(Number(fd[1]));
    return path === '/dev/null' ? '' : this.#proc.owns(path) ? this.#proc.read(path) : this.within ? this.within.read(path) : this.#files.get(path);
  }
  writable(path: string): boolean {
    return !this.#proc.owns(path) || this.#proc.writable(path);
  }
  mode(path: string): number | undefined {
    return this.#proc.owns(path) ? this.#proc.mode(path) : undefined;
  }
  exists(path: string): boolean {
    return this.read(path) !== undefined || this.list(path) !== undefined;
  }
  remove(path: string): boolean {
    return this.within ? this.within.remove(path) : this.#files.delete(path);
  }
  /** The host's own files. */
  entries(): Iterable<[string, string]> {
    return this.#files;
  }

  write(path: string, text: string, append = false): 'EACCES' | 'ENOENT' | 'EISDIR' | 'EINVAL' | null {
    if (path === '/dev/null') return null;
    if (this.#proc.owns(path)) {
      const errno = this.#proc.write(path, text);
      return errno === 'EACCES' || errno === 'ENOENT' || errno === null ? errno : 'EINVAL';
    }
    if (this.within) return this.within.write(path, text, append);
    this.#files.set(path, append ? (this.#files.get(path) ?? '') + text : text);
    return null;
  }

  list(path: string): readonly string[] | undefined {
    if (this.#proc.owns(path)) return this.#proc.list(path);
    if (this.within) return this.within.list(path);
    const prefix = path === '/' ? '/' : `${path}/`;
    const names = new Set<string>();
    for (const file of this.#files.keys()) if (file.startsWith(prefix)) names.add(file.slice(prefix.length).split('/')[0]);
    return names.size ? [...names].sort() : undefined;
  }
}
