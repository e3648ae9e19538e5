import { createHost } from 'drywall';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RecordedCase } from './play.ts';

const file = resolve(import.meta.dirname, '../../../shared/cases/nft/cases.jsonl');

/** Every listing of a whole ruleset that the recorded cases hold, text and JSON; nothing where the cases are not there. */
export function recordedListings(): { text: string[]; json: string[] } {
  const text = new Set<string>(),
    json = new Set<string>();
  if (!existsSync(file)) return { text: [], json: [] };
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const c: RecordedCase = JSON.parse(line);
    for (const s of c.steps) {
      const words = s.argv?.join(' ');
      if (s.status !== 0 || !s.stdout) continue;
      if (words === 'nft list ruleset') text.add(s.stdout);
      else if (words === 'nft -j list ruleset') json.add(s.stdout);
    }
  }
  return { text: [...text], json: [...json] };
}

/** Handles count on, and a time left is told as it was recorded. */
const settled = (listing: string): string => listing.replace(/ # handle \d+|"handle": \d+/g, '').replace(/expires \w+|"expires": ("TIME"|\d+)/g, 'expires');

/** Whether a listing read again is listed the same. */
export const isFixed = (listing: string, second: Again): boolean => second.status === 0 && settled(second.listing) === settled(listing);

/** By what a golden file names a listing. */
export const nameOf = (listing: string): string => createHash('sha256').update(listing).digest('hex').slice(0, 16);

export interface Again {
  readonly status: number;
  readonly listing: string;
}

/** Reads a listing into an empty ruleset and lists that. */
export async function again(listing: string, json: boolean): Promise<Again> {
  const host = await createHost({ container: true });
  const flags = json ? ['-j'] : [];
  const { status } = await host.exec(['nft', ...flags, '-f', '-'], { stdin: listing });
  const { stdout } = await host.exec(['nft', ...flags, 'list', 'ruleset']);
  await host.close();
  return { status, listing: stdout };
}
