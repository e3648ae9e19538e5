import { restoreWords } from '../../parsers/xtables/words.ts';
import { parameter } from './error.ts';
import { COMMAND_OF } from './options.ts';
import type { CommandName } from './options.ts';

/** Lines of a file that hold a command. */
export function commandLines(text: string): string[][] {
  return text
    .split(/(?<=\n)/)
    .map((l) => l.replace(/^[ \t]+/, ''))
    .filter((l) => l !== '' && l[0] !== '\n' && l[0] !== '#')
    .map(restoreWords);
}

const LOADABLE: ReadonlySet<CommandName> = new Set(['create', 'add', 'update', 'delete', 'flush']);
const LETTERS = Object.entries(COMMAND_OF);

export function checkLoadable(command: CommandName | null): void {
  if (command !== null && LOADABLE.has(command)) return;
  throw parameter(`Cannot use command \`${commandWord(command)}' with --load-file`);
}

function commandWord(command: CommandName | null): string {
  if (command === null) return 'unknown';
  if (command === 'expCreate') return '-C expect';
  for (const [letter, [flow, expect]] of LETTERS) {
    if (flow === command) return `-${letter}`;
    if (expect === command && expect !== null) return `-${letter} expect`;
  }
  return 'unknown';
}
