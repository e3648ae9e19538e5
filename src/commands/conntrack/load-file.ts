import { parameter } from './error.ts';
import { COMMAND_OF } from './options.ts';
import type { CommandName } from './options.ts';

/** Words of a line, as the tool cuts them: blanks separate, double quotes keep together, a backslash escapes within quotes. */
export function splitLine(line: string): string[] {
  const out: string[] = [];
  let word = '',
    quoted = false,
    escaped = false;
  for (const c of line) {
    if (quoted) {
      if (escaped) {
        word += c;
        escaped = false;
        continue;
      }
      if (c === '\\') {
        escaped = true;
        continue;
      }
      if (c !== '"') {
        word += c;
        continue;
      }
      quoted = false;
    } else if (c === '"') {
      quoted = true;
      continue;
    } else if (c !== ' ' && c !== '\t' && c !== '\n') {
      word += c;
      continue;
    } else if (word === '') continue;
    // A closing quote ends the word as a blank does.
    out.push(word);
    word = '';
  }
  if (word !== '') out.push(word);
  return out;
}

/** Lines of a file that hold a command. */
export function commandLines(text: string): string[][] {
  return text
    .split(/(?<=\n)/)
    .map((l) => l.replace(/^[ \t]+/, ''))
    .filter((l) => l !== '' && l[0] !== '\n' && l[0] !== '#')
    .map(splitLine);
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
