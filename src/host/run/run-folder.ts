import { accessSync, constants, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder for a run. /dev/shm comes first: an overlay may not have its upper layer inside its lower one. */
export function runFolder(): string {
  for (const base of ['/dev/shm', tmpdir()]) {
    try {
      accessSync(base, constants.W_OK);
      return mkdtempSync(join(base, 'drywall-'));
    } catch {
      // not here: the next one
    }
  }
  throw new Error('no folder for temporary files can be written');
}
