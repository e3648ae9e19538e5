import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { defaultStatePath, STATE_FAILED, StateError, Store } from '../host/state/store.ts';
import { envOff, envOn } from './env.ts';
import { type HostPlan, parseDevice, ROUTER, SINGLE } from '../host/plan.ts';
import type { Job } from './run.ts';
import { addPacketCommands } from './packets.ts';
import type { TestOptions } from './suite/command.ts';
import { FORMAT_NAMES } from './suite/formats.ts';
import { addHistoryCommands } from './history.ts';
import type { TraceOptions } from './trace.ts';

const packageFile = join(dirname(fileURLToPath(import.meta.url)), '..', 'package.json');

interface Options {
  readonly state: string;
}

async function confirm(question: string): Promise<boolean> {
  process.stderr.write(`drywall: ${question}\n`);
  if (!process.stdin.isTTY) {
    process.stderr.write('drywall: not run; --no-isolation runs it all the same.\n');
    return false;
  }
  const rl = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await rl.question('Run it all the same? [y/N] ');
  rl.close();
  return /^y(es)?$/i.test(answer.trim());
}

const deviceOption = (text: string, before: HostPlan['devices']): HostPlan['devices'] => {
  const device = parseDevice(text);
  if (!device) throw new InvalidArgumentError('wanted NAME[:tun][=ADDRESS/LENGTH[,…]]');
  return [...before, device];
};

// What an action needs is loaded when it runs: most of drywall is not needed to say its version or its help.
const stateCommands = () => import('./state.ts');

function program(): Command {
  const cli = new Command('drywall')
    .description('A Linux firewall to try things on: real command lines, simulated kernel.')
    .version(String(JSON.parse(readFileSync(packageFile, 'utf8')).version))
    .option('--state <file>', 'state file of the simulated host', defaultStatePath(process.env))
    .enablePositionalOptions();
  const state = (): string => cli.opts<Options>().state;

  cli
    .command('run')
    .description('run a firewall script, unchanged, against the simulated host')
    .argument('[script]', 'script file; or a command line after --')
    .argument('[args...]')
    .option('--trace', 'print each command with its exit status')
    .option('--explain', "explain failed commands beyond the tool's own words")
    .option('--summary', 'show at the end what each hook now does')
    .option('--no-isolation', 'run without a sandbox, without asking')
    .passThroughOptions()
    .action(async (script: string | undefined, args: string[], o: { trace?: boolean; explain?: boolean; summary?: boolean; isolation: boolean }) => {
      if (script === undefined) return cli.error('drywall run: a script, or -- and a command line, is wanted', { exitCode: 2 });
      const { findScript, jobFor, ScriptRun } = await import('./run.ts');
      const commandLine = process.argv.includes('--');
      const file = commandLine ? null : findScript(script);
      if (file === null && !commandLine) cli.error(`drywall run: ${script}: No such file or directory`, { exitCode: 127 });
      const job: Job = file !== null ? jobFor(file, args) : { kind: 'shell', argv: ['-c', '"$0" "$@"', script, ...args], posix: false };
      process.exitCode = await ScriptRun.run(job, {
        state: state(),
        trace: o.trace === true,
        explain: o.explain === true,
        isolate: o.isolation,
        confirm: o.isolation ? confirm : async () => true,
      });
      if (o.summary) process.stdout.write(await (await import('./summary.ts')).summary(state()));
    });

  cli
    .command('shell')
    .description('an interactive shell on the simulated host')
    .option('--no-isolation', 'without a sandbox')
    .action(async (o: { isolation: boolean }) => {
      const { runShell } = await import('./shell.ts');
      process.exitCode = await runShell(state(), o.isolation, confirm);
    });

  addPacketCommands(cli, state);

  cli
    .command('trace')
    .description("a packet's way: hooks, chains, rules and the first test that failed, sets, connection, NAT, routing, what left")
    .argument('<packet...>', "a packet in words ('ip saddr 203.0.113.7 tcp dport 22 flags syn'), a hex dump, a file of either, or a capture")
    .option('--in <device>', 'the device on which it arrives; default: that of the route to its source, or the host sends it')
    .option('--hex', 'the packet is a hex dump: a frame of an ethernet device, else an IP packet')
    .option('--all', 'every chain, rule and lookup')
    .option('--json', 'everything as JSON')
    .addOption(
      new Option('--format <name>', 'text, json; as nft monitor trace (nft), xtables-monitor --trace (xtables), the TRACE target in the kernel log (log)')
        .choices(['text', 'json', 'nft', 'xtables', 'log'])
        .default('text'),
    )
    .option('--keep', 'the host keeps what the packet changes: connections, counters')
    .addHelpText('after', '\nExit status: 0 every packet got where it was going, 1 one did not, 2 the packet cannot be read.')
    .action(async (words: string[], o: Omit<TraceOptions, 'state'>) => {
      const { trace } = await import('./trace.ts');
      process.exitCode = await trace(words, { ...o, state: state() });
    });

  cli
    .command('test')
    .description('run suites of firewall tests')
    .argument('[suites...]', 'suite files; default: every *.suite.yaml below here')
    .addOption(new Option('--format <name>', 'how to tell the results').choices(FORMAT_NAMES).default('pretty'))
    .option('--filter <text>', 'only tests whose name has this')
    .option('--coverage', 'which rules, tests, policies and set elements the tests reach')
    .option('--lcov <file>', 'write coverage over the lines of the rule files')
    .option('--html <file>', 'write coverage as a page')
    .option('--min <percent>', 'fail when fewer of the rules are hit', Number)
    .option('--watch', 'run again when a file changes')
    .option('--schema', 'print the JSON schema of suite files')
    .action(async (files: string[], o: TestOptions) => {
      const { runTests } = await import('./suite/command.ts');
      process.exitCode = await runTests(files, o);
    });

  cli
    .command('graph')
    .description('hooks, chains, jumps and counters')
    .option('--svg <file>', 'as a picture into a file')
    .action(async (o: { svg?: string }) => {
      const { graph } = await import('./graph.ts');
      await graph(state(), o);
    });

  cli
    .command('report')
    .description('one page with picture, rules, connections, ways of packets and coverage')
    .argument('<file>', 'HTML file to write')
    .option('--suite <files...>', 'suites whose coverage is shown', [])
    .option('--send <packets...>', 'packets whose way is shown; the state stays as it is', [])
    .option('--in <device>', 'where these packets arrive; without it the host sends them')
    .action(async (out: string, o: { suite: string[]; send: string[]; in?: string }) => {
      const { report } = await import('./page.ts');
      await report({ ...o, state: state(), out });
    });

  cli
    .command('demo')
    .description('run the example firewall scripts on a fresh host and show what came of it')
    .action(async () => {
      const { demonstrate } = await import('./demo.ts');
      process.exitCode = await demonstrate();
    });

  cli
    .command('summary')
    .description('what each hook of the host does')
    .action(async () => {
      const { summary } = await import('./summary.ts');
      process.stdout.write(await summary(state()));
    });

  cli
    .command('init')
    .description('make another host in place of the one in the state')
    .argument('[kind]', 'single (one card) or router (wan, lan, dmz)', 'single')
    .option('--device <spec>', 'instead of a kind: NAME[:tun][=ADDRESS/LENGTH[,…]]; may be repeated', deviceOption, [] as HostPlan['devices'])
    .option('--gateway <address...>', 'default routes')
    .option('--forward', 'forward packets', false)
    .action(async (kind: string, o: { device: HostPlan['devices']; gateway?: string[]; forward: boolean }) => {
      const known: Readonly<Record<string, HostPlan>> = { single: SINGLE, router: ROUTER };
      const plan: HostPlan | undefined = o.device.length ? { name: 'custom', devices: o.device, gateways: o.gateway ?? [], forward: o.forward } : known[kind];
      if (!plan) cli.error(`drywall init: no such kind of host: ${kind}`, { exitCode: 2 });
      const { StateHost } = await import('../host/state/state-host.ts');
      const store = Store.open(state());
      store.begin();
      const host = await StateHost.make(store, plan);
      host.commit();
      store.close();
    });

  addHistoryCommands(cli, state);

  const st = cli
    .command('state')
    .description('where the state is and what it holds')
    .action(async () => {
      const [{ describeState }, { default: chalk }, { default: Table }] = await Promise.all([stateCommands(), import('chalk'), import('cli-table3')]);
      const { path, parts } = describeState(state());
      const table = new Table({ head: ['part', 'bytes'].map((h) => chalk.bold(h)), style: { head: [], border: [] } });
      for (const p of parts) table.push([p.name, p.bytes]);
      process.stdout.write(`${path}\n${parts.length ? `${table.toString()}\n` : 'empty: the first command makes a host\n'}`);
    });
  st.command('reset')
    .description('a fresh host')
    .action(async () => (await stateCommands()).resetState(state()));
  st.command('export')
    .description('the whole state as text on standard output')
    .action(async () => {
      process.stdout.write((await stateCommands()).exportState(state()));
    });
  st.command('import')
    .description('the state from an exported text')
    .argument('[file]', 'default: standard input')
    .action(async (file?: string) => (await stateCommands()).importState(state(), readFileSync(file ?? 0, 'utf8')));

  cli
    .command('env')
    .description('shell text that puts the clones first: eval "$(drywall env)"')
    .option('--off', 'undo it')
    .action((o: { off?: boolean }) => {
      process.stdout.write(o.off ? envOff() : envOn(process.env));
    });
  return cli;
}

/** The `drywall` program. */
export async function main(argv: readonly string[]): Promise<void> {
  // `drywall … | head`: whoever reads has seen enough.
  process.stdout.on('error', (e: NodeJS.ErrnoException) => {
    if (e.code !== 'EPIPE') throw e;
    process.exit(0);
  });
  try {
    await program().parseAsync([...argv]);
  } catch (e) {
    process.stderr.write(`drywall: ${e instanceof Error ? e.message : String(e)}\n`);
    process.exitCode = e instanceof StateError ? STATE_FAILED : 1;
    if (!(e instanceof StateError) && process.env.DRYWALL_DEBUG) throw e;
  }
}
