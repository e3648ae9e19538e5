import type { Netns } from '../kernel/netns.ts';
import type { Files } from './files.ts';

const normal = (path: string): string => {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') out.pop();
    else if (part !== '' && part !== '.') out.push(part);
  }
  return `/${out.join('/')}`;
};

/** Files kept in memory, over the kernel's own trees. */
export class MemoryFiles implements Files {
  readonly #files = new Map<string, string>();

  constructor(files: Readonly<Record<string, string>>, _net: Netns) {
    for (const [path, text] of Object.entries(files)) this.#files.set(this.resolve('/root', path), text);
  }

  resolve(cwd: string, path: string): string { return normal(path.startsWith('/') ? path : `${cwd}/${path}`); }
  read(path: string): string | undefined { return this.#files.get(path); }
  exists(path: string): boolean { return this.#files.has(path) || this.list(path) !== undefined; }
  remove(path: string): boolean { return this.#files.delete(path); }

  write(path: string, text: string, append = false): 'EACCES' | 'ENOENT' | 'EISDIR' | 'EINVAL' | null {
    this.#files.set(path, append ? (this.#files.get(path) ?? '') + text : text);
    return null;
  }

  list(path: string): readonly string[] | undefined {
    const prefix = path === '/' ? '/' : `${path}/`;
    const names = new Set<string>();
    for (const file of this.#files.keys()) if (file.startsWith(prefix)) names.add(file.slice(prefix.length).split('/')[0]);
    return names.size ? [...names].sort() : undefined;
  }
}
