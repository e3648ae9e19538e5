import type { Call, Command } from '../command.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86400 };

/** sleep(1) of GNU coreutils, which moves the host's clock instead of waiting. */
async function run({ argv, err, host }: Call): Promise<number> {
  const words = argv.slice(1);
  if (words.length === 0) {
    err("sleep: missing operand\nTry 'sleep --help' for more information.\n");
    return 1;
  }
  let seconds = 0;
  for (const w of words) {
    const m = /^(\d+\.?\d*|\.\d+)([smhd]?)$/.exec(w);
    if (!m) {
      err(`sleep: invalid time interval '${w}'\nTry 'sleep --help' for more information.\n`);
      return 1;
    }
    seconds += Number(m[1]) * UNITS[m[2]];
  }
  await host.advance(seconds);
  return 0;
}

export const commands: readonly Command[] = [{ names: ['sleep'], bin: true, run }];
