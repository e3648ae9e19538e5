import { type Command, InvalidArgumentError } from 'commander';

const stepNumber = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('wanted the number of a step');
  return Number(text);
};

/** The commands about a host's past: `record`, `history`, `at`, `fork`, `back`. Their code is loaded when one is run. */
export function addHistoryCommands(cli: Command, state: () => string): void {
  const load = () => import('./record.ts');

  cli
    .command('record')
    .description("keep the host's past from here on, or stop and forget it; alone: how it is")
    .argument('[on|off]')
    .action(async (what: string | undefined) => {
      if (what !== undefined && what !== 'on' && what !== 'off') cli.error(`drywall record: on or off is wanted, not ${what}`, { exitCode: 2 });
      process.stdout.write(await (await load()).record(state(), what));
    });

  cli
    .command('history')
    .description('the steps that were recorded: number, time, commands, what they changed')
    .option('--json', 'as JSON')
    .action(async (o: { json?: boolean }) => {
      process.stdout.write((await load()).history(state(), o.json === true));
    });

  cli
    .command('at')
    .description('run a tool on the host as it was after a step: drywall at 3 nft list ruleset')
    .argument('<step>', 'its number in drywall history', stepNumber)
    .argument('<command...>')
    .passThroughOptions()
    .action(async (step: number, command: string[]) => {
      const r = await (await load()).at(state(), step, command);
      process.stdout.write(r.stdout);
      process.stderr.write(r.stderr);
      process.exitCode = r.status;
    });

  cli
    .command('fork')
    .description('a state file that begins as the host was after a step')
    .argument('<step>', 'its number in drywall history', stepNumber)
    .argument('<file>')
    .action(async (step: number, file: string) => {
      process.stdout.write((await load()).fork(state(), step, file));
    });

  cli
    .command('back')
    .description('make the host what it was after a step; that can be undone in the same way')
    .argument('<step>', 'its number in drywall history', stepNumber)
    .action(async (step: number) => {
      process.stdout.write((await load()).back(state(), step));
    });
}
