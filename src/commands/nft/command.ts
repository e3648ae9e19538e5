import type { Call, Command, Running } from '../command.ts';
import { HELP, VERSION, VERSION_LONG } from './help.ts';
import { parseOptions } from './options.ts';
import { Session } from './session.ts';

function run(call: Call): number {
  const parsed = parseOptions(call.argv);
  if (!parsed.ok) { call.err(`${parsed.message}\n`); return 1; }
  const { options } = parsed;
  if (options.help) { call.out(HELP); return 0; }
  if (options.version) { call.out(options.version === 'long' ? VERSION_LONG : VERSION); return 0; }
  const session = new Session(call, options);
  if (options.defines.length && options.file === undefined) { call.err('Error: -D/--define can only be used with -f/--filename\n'); return 1; }
  if (options.rest.length) return session.buffer(options.rest.join(' '));
  if (options.file !== undefined) return session.file(options.file);
  if (options.interactive) {
    for (const line of call.stdin.split('\n')) { if (line.trim() === 'quit') break; if (line.trim()) session.buffer(line); }
    return 0;
  }
  call.err(`${call.argv[0]}: no command specified\n`);
  return 1;
}

function listen(_call: Call): Running | null { return null; }

export const commands: readonly Command[] = [{ names: ['nft'], run, listen }];
