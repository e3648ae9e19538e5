import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Dialogue } from '../commands/nft/interactive.ts';
import type { StateHost } from '../host/state/state-host.ts';
import { completions } from './complete.ts';

const HEAD = '_HiStOrY_V2_';
const PROMPT = 'nft> ';
const KEPT = 1000;

/** Lines of an editline history file: blanks and what cannot be seen stand there as octal numbers. */
function readHistory(path: string): string[] {
  if (!existsSync(path)) return [];
  const [head, ...lines] = readFileSync(path, 'latin1').split('\n');
  if (head !== HEAD) return [];
  const bytes = (line: string): string => line.replace(/\\([0-7]{3})|\\\\/g, (_, n?: string) => (n === undefined ? '\\' : String.fromCharCode(Number.parseInt(n, 8))));
  return lines.filter((l) => l !== '').map((l) => Buffer.from(bytes(l), 'latin1').toString());
}

function writeHistory(path: string, lines: readonly string[]): void {
  const coded = (line: string): string =>
    Buffer.from(line)
      .toString('latin1')
      .replace(/[^!-~]|\\/g, (c) => (c === '\\' ? '\\\\' : `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`));
  try {
    writeFileSync(path, `${[HEAD, ...lines.map(coded)].join('\n')}\n`, { mode: 0o600 });
  } catch {
    // as the real one, which does not look whether its history was saved
  }
}

/** Only defines: what must be known to later lines. */
const DEFINITION = /^\s*(define|redefine|undefine)\b[^;]*$/;

/**
 * `nft -i` on a terminal: a prompt, history in ~/.nft.history, words completed from the grammar. Each line is a command of its own
 * for the state, so that others see what it did.
 */
export async function converse(host: StateHost, argv: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const file = join(env.HOME ?? '', '.nft.history'),
    past = readHistory(file),
    dialogue = new Dialogue(),
    known: string[] = [];
  const within = async <T>(work: () => T | Promise<T>): Promise<T> => {
    await host.resume();
    const done = await work();
    host.commit();
    return done;
  };
  const complete = async (line: string): Promise<[string[], string]> => {
    const at = line.lastIndexOf(' ') + 1,
      words = line
        .slice(0, at)
        .split(' ')
        .filter((w) => w !== ''),
      current = line.slice(at);
    const found = await within(() => completions(['nft', ...words], current, host.host));
    return [found.split('\n').filter((w) => w !== '' && !w.startsWith('-')), current];
  };
  host.commit();
  const terminal = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: PROMPT,
    history: past.slice(-KEPT).reverse(),
    historySize: KEPT,
    completer: (line: string, answer: (e: Error | null, r: [string[], string]) => void) => void complete(line).then((r) => answer(null, r)),
  });
  terminal.prompt();
  for await (const line of terminal) {
    const typed = dialogue.line(line);
    if (typed === 'quit') break;
    if (typed !== null && typed !== 'more') {
      if (past.at(-1) !== typed.run) past.push(typed.run);
      const r = await within(() => host.exec(argv, { stdin: [...known, typed.run].join('\n'), env, cwd: process.cwd(), tty: true }));
      if (DEFINITION.test(typed.run) && r.stderr === '') known.push(typed.run);
      process.stdout.write(r.stdout);
      process.stderr.write(r.stderr);
    }
    terminal.setPrompt(typed === 'more' ? '.... ' : PROMPT);
    terminal.prompt();
  }
  terminal.close();
  writeHistory(file, past.slice(-KEPT));
  await host.resume();
  return 0;
}
