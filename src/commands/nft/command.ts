import type { Call, Command, Running } from '../command.ts';
import { Dialogue } from './interactive.ts';
import { parseOptions, type NftOptions, type OptionEnv } from './options.ts';
import { folder, Session } from './session.ts';

function run(call: Call): number {
  const parsed = parseOptions(call.argv, optionEnv(call));
  if (!parsed.ok) return parsed.status;
  const { options } = parsed;
  const session = new Session(call, options);
  try {
    return work(call, options, session);
  } finally {
    call.host.net.nft.release(session.pid);
  }
}

const optionEnv = (call: Call): OptionEnv => ({ out: call.out, err: call.err, realpath: (path) => folder(call, path) });

function work(call: Call, options: NftOptions, session: Session): number {
  if (options.rest.length) return session.buffer(options.rest.join(' '));
  if (options.file !== undefined) return session.file(options.file);
  if (options.interactive) {
    const dialogue = new Dialogue();
    for (const line of call.stdin.replace(/\n$/, '').split('\n')) {
      const typed = dialogue.line(line);
      if (typed === 'quit') break;
      if (typed !== null && typed !== 'more') session.buffer(typed.run);
    }
    return 0;
  }
  call.err(`${call.argv[0]}: no command specified\n`);
  return 1;
}

/** `nft monitor` goes on; its errors are said, and it has ended. */
function listen(call: Call): Running | null {
  // Its word is looked for first: most commands have none, and are not parsed twice.
  if (!call.argv.some((w) => w.includes('monitor'))) return null;
  const parsed = parseOptions(call.argv, { ...optionEnv(call), out: () => {}, err: () => {} });
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

export const commands: readonly Command[] = [{ names: ['nft'], rulesOnly: true, run, listen }];
