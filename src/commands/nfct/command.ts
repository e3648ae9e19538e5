import type { Call, Command } from '../command.ts';
import { NfctError } from './error.ts';
import { helper } from './helper.ts';
import { timeout } from './timeout.ts';

const USAGE = 'Usage: nfct command subsystem [parameters]...\n';
const COMMANDS = ['list', 'add', 'delete', 'get', 'flush', 'disable', 'default-set', 'default-get'];
const SUBSYSTEMS = ['timeout', 'helper'];
/** strncmp over the length of the word: a beginning is enough, even an empty one. */
const pick = (words: readonly string[], text: string): string | undefined => words.find((w) => w.startsWith(text));

function run(call: Call): number {
  const [, first, second, ...args] = call.argv;
  if (first === undefined || second === undefined) {
    call.err(USAGE);
    return 1;
  }
  try {
    // The words may come the old way round: the first is a subsystem then, if it is no command.
    const turned = pick(COMMANDS, first) === undefined;
    const subsystem = pick(SUBSYSTEMS, turned ? first : second);
    if (subsystem === undefined) {
      call.err(`nfct v1.4.8: Unknown subsystem: ${first}\n${USAGE}`);
      return 1;
    }
    const command = pick(COMMANDS, turned ? second : first);
    if (command === undefined) {
      call.err(`nfct v1.4.8: Unknown command: ${first}\n${USAGE}`);
      return 1;
    }
    if (subsystem === 'helper') helper(command, second, args);
    else call.out(timeout(call.host.net, command, args));
    return 0;
  } catch (e) {
    if (!(e instanceof NfctError)) throw e;
    call.err(`nfct v1.4.8: ${e.message}\n${e.after === null ? '' : `${e.after}\n`}`);
    return 1;
  }
}

export const commands: readonly Command[] = [{ names: ['nfct'], run }];
