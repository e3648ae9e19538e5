import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Changes } from '../machine-files.ts';
import { shim } from './prelude.ts';
import { fileMounts, type Piece, plan, setup } from './sandbox.ts';
import { readUpper, writeLayer } from './upper.ts';

/** Where bash lies: a shim names it by its path. */
const BASHES = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash', '/opt/homebrew/bin/bash'];

/** Folders in which scripts name the tools by absolute path. */
export const TOOL_FOLDERS = ['/sbin', '/usr/sbin', '/bin', '/usr/bin'];

let known: string | null | undefined;

/** What keeps a sandbox from being made here; null when nothing does. Asked of the machine once. */
export const whyNoSandbox = (): string | null => (known === undefined ? (known = trySandbox()) : known);

function trySandbox(): string | null {
  if (process.platform !== 'linux') return 'it needs Linux namespaces';
  const tried = spawnSync('unshare', ['-Urmn', 'sh', '-c', 'mount -t tmpfs none /mnt'], { encoding: 'utf8' });
  if (tried.error) return 'there is no unshare(1)';
  return tried.status === 0 ? null : `this kernel does not let users make namespaces (${tried.stderr.trim()})`;
}

/** Programs of the tools' names, for whoever is not bash. */
export function writeShims(folder: string, tools: readonly string[]): void {
  const bash = BASHES.find((b) => existsSync(b)) ?? '/bin/bash';
  mkdirSync(folder, { recursive: true });
  for (const name of [...tools, 'sudo']) writeFileSync(join(folder, name), shim(name, bash), { mode: 0o755 });
}

/** A sandbox in a run's folder, made ready for one program. */
export class Sandbox {
  readonly #dir: string;
  readonly #pieces: readonly Piece[];

  /** `changes`: files of the host over the machine's. */
  constructor(dir: string, tools: readonly string[], changes: Changes) {
    this.#dir = dir;
    this.#pieces = plan(fileMounts());
    writeShims(join(dir, 'layer/usr/sbin'), tools);
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
