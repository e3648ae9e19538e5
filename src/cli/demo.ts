import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import chalk from 'chalk';
import { jobFor, ScriptRun } from './run.ts';
import { summary } from './summary.ts';

export const examplesFolder = (): string => join(dirname(fileURLToPath(import.meta.url)), '..', 'examples', 'documents');

/** Runs the example scripts in order on a fresh host of their own, then shows what the firewall has become. */
export async function demonstrate(): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'drywall-demo-'));
  const state = join(dir, 'state.db');
  try {
    for (const name of readdirSync(examplesFolder()).sort()) {
      process.stdout.write(`${chalk.bold(`── ${name}`)}\n`);
      const status = await ScriptRun.run(jobFor(join(examplesFolder(), name), []), { state, trace: false, explain: true, isolate: true, confirm: async () => true });
      process.stdout.write(chalk.dim(`exit status ${status}\n`));
    }
    process.stdout.write(`${chalk.bold('── what each hook now does')}\n${await summary(state)}`);
    return 0;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
