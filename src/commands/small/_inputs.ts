import type { Call } from '../command.ts';

export interface Input {
  readonly name: string;
  readonly text: string;
}

/** The texts that a coreutil's file words name; none: standard input. What cannot be read is said, and gives status 1. */
export function readInputs(call: Call, words: readonly string[]): { readonly texts: readonly Input[]; readonly status: number } {
  const { files } = call.host;
  const texts: Input[] = [];
  let status = 0;
  for (const word of words.length ? words : ['-']) {
    const path = files.resolve(call.cwd, word);
    const text = word === '-' ? call.stdin : files.read(path);
    if (text !== undefined) {
      texts.push({ name: word, text });
      continue;
    }
    call.err(`${call.argv[0]}: ${word}: ${files.list(path) ? 'Is a directory' : 'No such file or directory'}\n`);
    status = 1;
  }
  return { texts, status };
}
