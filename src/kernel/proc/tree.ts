import type { Errno } from '../errno.ts';
import type { Netns } from '../netns.ts';
import { procFile as registered } from './generated/index.ts';
import type { ProcFile } from './definition.ts';

/** Asked for when one is wanted: most commands look at none. */
const files = (): readonly ProcFile[] => registered;
const SYS = '/proc/sys/';

/** /proc/self/net is where /proc/net leads. */
const canonical = (path: string): string => path.replace(/^\/proc\/(self|thread-self|1)\/net(?=\/|$)/, '/proc/net');

function find(path: string): { readonly file: ProcFile; readonly name: string } | undefined {
  for (const file of files()) {
    if (!file.names && file.path === path) return { file, name: '' };
    if (file.names && path.startsWith(`${file.path}/`)) return { file, name: path.slice(file.path.length + 1) };
  }
  return undefined;
}

/** The kernel's own files as a program sees them under /proc. */
export class ProcTree {
  readonly #net: Netns;
  constructor(net: Netns) {
    this.#net = net;
  }

  owns(path: string): boolean {
    return path === '/proc' || path.startsWith('/proc/');
  }

  /** Files that are not settings: all, or those that rules change. `passing`: it comes and goes. */
  *files(which: 'all' | 'rules'): Generator<{ readonly path: string; readonly passing: boolean }> {
    for (const f of files()) {
      if (which === 'rules' && !f.ofRules) continue;
      if (!f.names) yield { path: f.path, passing: false };
      else for (const name of f.names(this.#net)) yield { path: `${f.path}/${name}`, passing: true };
    }
  }

  read(given: string): string | undefined {
    const path = canonical(given);
    if (path.startsWith(SYS)) {
      const value = this.#net.sysctl.read(path.slice(SYS.length));
      return value === undefined ? undefined : `${value}\n`;
    }
    const found = find(path);
    return found?.file.read(this.#net, found.name);
  }

  /** May it be opened for writing? What is not there is found out later. */
  writable(given: string): boolean {
    const path = canonical(given);
    if (this.read(path) === undefined) return true;
    if (path.startsWith(SYS)) return this.#net.sysctl.writable(path.slice(SYS.length));
    return find(path)?.file.write !== undefined;
  }

  write(given: string, text: string): Errno | null {
    const path = canonical(given);
    if (path.startsWith(SYS)) return this.#net.sysctl.write(path.slice(SYS.length), text);
    const found = find(path);
    if (!found || found.file.read(this.#net, found.name) === undefined) return 'ENOENT';
    return found.file.write ? found.file.write(this.#net, found.name, text) : 'EACCES';
  }

  /** Permission bits; undefined: no such file. */
  mode(given: string): number | undefined {
    const path = canonical(given);
    if (this.read(path) === undefined) return undefined;
    return path.startsWith(SYS) ? (this.writable(path) ? 0o644 : 0o444) : find(path)?.file.mode;
  }

  list(given: string): readonly string[] | undefined {
    const path = canonical(given);
    const names = new Set<string>();
    const prefix = `${path}/`;
    for (const f of files()) {
      if (f.path.startsWith(prefix)) names.add(f.path.slice(prefix.length).split('/')[0]);
      if (f.path === path && f.names) for (const n of f.names(this.#net)) names.add(n);
    }
    if (path === '/proc') names.add('sys');
    if (`${path}/` === SYS || path.startsWith(SYS)) for (const n of this.#net.sysctl.list(path.slice(SYS.length)) ?? []) names.add(n);
    return names.size ? [...names].sort() : undefined;
  }
}
