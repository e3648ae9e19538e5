import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Changes } from '../machine-files.ts';
import { layerName, type Piece } from './sandbox.ts';

/** Overlayfs marks a removed file by a character device 0,0. */
const isWhiteout = (s: ReturnType<typeof lstatSync>): boolean => s?.isCharacterDevice() === true && s.rdev === 0;

/** What a script changed, read from the upper layers of its overlays. */
export function readUpper(run: string, pieces: readonly Piece[]): Changes {
  const changes: Changes = new Map();
  const walk = (folder: string, path: string): void => {
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      const s = lstatSync(file);
      if (isWhiteout(s)) changes.set(`${path}/${name}`, null);
      else if (s.isDirectory()) walk(file, `${path}/${name}`);
      else if (s.isFile()) changes.set(`${path}/${name}`, readFileSync(file, 'utf8'));
    }
  };
  for (const p of pieces) if (p.kind === 'overlay') walk(join(run, 'upper', layerName(p.path)), p.path);
  return changes;
}

/** Puts the host's files from earlier runs into a layer over the machine's own. */
export function writeLayer(run: string, changes: Changes): void {
  for (const [path, text] of changes) {
    if (text === null) continue;
    const file = join(run, 'layer', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
