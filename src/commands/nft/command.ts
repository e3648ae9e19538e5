import type { Call, Command, Running } from '../command.ts';
import { HELP, VERSION, VERSION_LONG } from './help.ts';
import { parseOptions, type NftOptions } from './options.ts';
import { Session } from './session.ts';

function run(call: Call): number {
  const parsed = parseOptions(call.argv);
  if (!parsed.ok) {
    call.err(`${parsed.message}\n`);
    return 1;
  }
  const { options } = parsed;
  if (options.help) {
    call.out(HELP);
    return 0;
  }
  if (options.version) {
    call.out(options.version === 'long' ? VERSION_LONG : VERSION);
    return 0;
  }
  const session = new Session(call, options);
  try {
    return work(call, options, session);
  } finally {
    call.host.net.nft.release(session.pid);
  }
}

/** nft_options_check: an option after the first word of a command. The marks go to standard output. */
function misplaced(call: Call, late: string): void {
  const words = [...call.argv];
  let at = 0;
  for (const w of words) {
    if (w === late && at > 0) break;
    at += w.length + 1;
  }
  call.err(`Error: syntax error, options must be specified before commands\n${words.map((w) => `${w} `).join('')}`);
  call.out(`\n${' '.repeat(words[0].length)}^${' '.repeat(Math.max(0, at - words[0].length - 1))}~~\n`);
}

function work(call: Call, options: NftOptions, session: Session): number {
  if (options.defines.length && options.file === undefined) {
    call.err('Error: -D/--define can only be used with -f/--filename\n');
    return 1;
  }
  const block = options.rest.findIndex((w) => w.startsWith('{'));
  const late = (block < 0 ? options.rest : options.rest.slice(0, block)).find((w) => w.startsWith('-'));
  if (late !== undefined) {
    misplaced(call, late);
    return 1;
  }
  if (options.rest.length) return session.buffer(options.rest.join(' '));
  if (options.file !== undefined) return session.file(options.file);
  if (options.interactive) {
    for (const line of call.stdin.split('\n')) {
      if (line.trim() === 'quit') break;
      if (line.trim()) session.buffer(line);
    }
    return 0;
  }
  call.err(`${call.argv[0]}: no command specified\n`);
  return 1;
}

/** `nft monitor` goes on; its errors are said, and it has ended. */
function listen(call: Call): Running | null {
  const parsed = parseOptions(call.argv);
  // Its word is looked for first: most commands have none, and are not parsed twice.
  if (!parsed.ok || parsed.options.file !== undefined || !parsed.options.rest.join(' ').includes('monitor')) return null;
  const session = new Session(call, parsed.options),
    begun = session.monitor(parsed.options.rest.join(' '));
  if (begun === null) return null;
  return typeof begun === 'number'
    ? { shown: 0, ended: true, stop: () => begun }
    : {
        shown: 0,
        stop: () => {
          begun();
          return 0;
        },
      };
}

export const commands: readonly Command[] = [{ names: ['nft'], run, listen }];
