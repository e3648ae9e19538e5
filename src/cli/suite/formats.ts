import { format } from './generated/format.ts';
import type { Format } from './report.ts';

const all: readonly Format[] = format;

export const FORMAT_NAMES: readonly string[] = all.map((f) => f.name);

/** One of `FORMAT_NAMES`: the command line takes no other. */
export function formatNamed(name: string): Format {
  const found = all.find((f) => f.name === name);
  if (!found) throw new Error(`no such format: ${name}`);
  return found;
}
