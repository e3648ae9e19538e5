import { completer } from '../commands/generated/complete.ts';
import type { Completer } from '../commands/completer.ts';
import type { Host } from '../host/host.ts';

/** Lines of words that can stand for `current` after `before` (the program's name first). */
export function completions(before: readonly string[], current: string, host: Host): string {
  const name = (before[0] ?? '').replace(/^.*\//, '');
  const found = (completer as readonly Completer[]).find((c) => c.knows(name));
  const words = new Set(found ? found.complete([name, ...before.slice(1)], host) : []);
  return [...words]
    .filter((w) => w.startsWith(current))
    .sort()
    .map((w) => `${w}\n`)
    .join('');
}
