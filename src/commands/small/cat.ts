import type { Call, Command } from '../command.ts';

function run(call: Call): number {
  const { files } = call.host;
  const words = call.argv.slice(1).filter((w) => w === '-' || !w.startsWith('-'));
  let status = 0;
  for (const word of words.length ? words : ['-']) {
    if (word === '-') { call.out(call.stdin); continue; }
    const path = files.resolve(call.cwd, word);
    const text = files.read(path);
    if (text !== undefined) { call.out(text); continue; }
    call.err(`cat: ${word}: ${files.list(path) ? 'Is a directory' : 'No such file or directory'}\n`);
    status = 1;
  }
  return status;
}

/** cat without options of its own: what scripts read /proc with. */
export const commands: readonly Command[] = [{ names: ['cat'], run }];
