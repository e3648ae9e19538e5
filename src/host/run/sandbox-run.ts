import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Changes } from '../machine-files.ts';
import { PROCESS_PROGRAMS, processShim, shim } from './posix.ts';
import type { Tool } from './protocol.ts';
import { fileMounts, type Piece, plan, setup } from './sandbox.ts';
import { readUpper, writeLayer } from './upper.ts';

let known: string | null | undefined;

/** What keeps a sandbox from being made here; null when nothing does. Asked of the machine once. */
export const whyNoSandbox = (): string | null => (known === undefined ? (known = trySandbox()) : known);

function trySandbox(): string | null {
  if (process.platform !== 'linux') return 'it needs Linux namespaces';
  const tried = spawnSync('unshare', ['-Urmn', 'sh', '-c', 'mount -t tmpfs none /mnt'], { encoding: 'utf8' });
  if (tried.error) return 'there is no unshare(1)';
  return tried.status === 0 ? null : `this kernel does not let users make namespaces (${tried.stderr.trim()})`;
}

const SUDO: Tool = { name: 'sudo', folder: '/usr/bin' };

/** Programs of the tools' names, for whoever is not bash, in the folder that `place` gives for each. */
export function writeShims(dir: string, tools: readonly Tool[], place: (t: Tool) => string): void {
  for (const t of [...tools, SUDO]) {
    mkdirSync(place(t), { recursive: true });
    writeFileSync(join(place(t), t.name), shim(t.name, dir), { mode: 0o755 });
  }
}

/** A sandbox in a run's folder, made ready for one program. */
export class Sandbox {
  readonly #dir: string;
  readonly #pieces: readonly Piece[];

  /** `changes`: files of the host over the machine's. */
  constructor(dir: string, tools: readonly Tool[], changes: Changes) {
    this.#dir = dir;
    this.#pieces = plan(fileMounts());
    writeShims(dir, tools, (t) => join(dir, 'layer', t.folder));
    for (const name of PROCESS_PROGRAMS) if (existsSync(join('/usr/bin', name))) writeFileSync(join(dir, 'layer/usr/bin', name), processShim(name), { mode: 0o755 });
    for (const n of ['root', 'upper', 'work']) mkdirSync(join(dir, n), { recursive: true });
    writeLayer(dir, changes);
    writeFileSync(join(dir, 'setup'), setup(dir, this.#pieces));
  }

  argv(inner: readonly string[]): string[] {
    return ['unshare', '-Urmn', 'sh', join(this.#dir, 'setup'), ...inner];
  }

  /** What the program has changed. */
  changes(): Changes {
    return readUpper(this.#dir, this.#pieces);
  }
}
