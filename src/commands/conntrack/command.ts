import { protocols } from '../../kernel/net/names/database.ts';
import type { Call, Command, Running } from '../command.ts';
import { ConntrackError, parameter, PROGRAM } from './error.ts';
import { listenEvents } from './events.ts';
import { checkLoadable, commandLines } from './load-file.ts';
import { parseCommand } from './parse.ts';
import type { CtCommand, OutputFlag, ParseEnvironment } from './parse.ts';
import { runCommand, Session } from './run.ts';

const environment = (call: Call, output: Set<OutputFlag>): ParseEnvironment => ({
  output,
  err: call.err,
  protocolNumber: (name) => protocols().number(name),
  file: (path) => call.host.files.read(call.host.files.resolve(call.cwd, path)),
});

/** Said at the end of these commands, with how many; none at all is a failure but for lists. */
const SUMMARY: Readonly<Partial<Record<string, string>>> = {
  list: 'flow entries have been shown',
  create: 'flow entries have been created',
  update: 'flow entries have been updated',
  delete: 'flow entries have been deleted',
  get: 'flow entries have been shown',
  event: 'flow events have been shown',
  expList: 'expectations have been shown',
  expDelete: 'expectations have been shown',
  add: 'flow entries have been added',
};

function summary(call: Call, cmd: CtCommand, counter: number): number {
  const words = cmd.command === null ? undefined : SUMMARY[cmd.command];
  if (words === undefined) return 0;
  call.err(`${PROGRAM}${counter} ${words}.\n`);
  return counter === 0 && cmd.command !== 'list' && cmd.command !== 'expList' ? 1 : 0;
}

/** Runs what may end the tool, in its words. */
function guarded(call: Call, work: () => number): number {
  try {
    return work();
  } catch (e) {
    if (!(e instanceof ConntrackError)) throw e;
    call.err(`${PROGRAM}${e.message}\n`);
    if (e.status === 2) call.err("Try `conntrack -h' or 'conntrack --help' for more information.\n");
    return e.status;
  }
}

/** `-R FILE`: every line is read before the first runs. */
function loadFile(call: Call, path: string): number {
  const { files } = call.host,
    full = files.resolve(call.cwd, path);
  // A folder can be opened, and holds no line.
  const text = path === '-' || path === '/dev/stdin' ? call.stdin : (files.read(full) ?? (full === '/' || files.list(full) ? '' : undefined));
  if (text === undefined || path === '') throw parameter(`Failed to open file ${path} for reading`);
  const output = new Set<OutputFlag>();
  const env = environment(call, output);
  const commands = commandLines(text).map((words) => parseCommand([call.argv[0], ...words], env));
  for (const cmd of commands) checkLoadable(cmd.command);
  const last = commands.at(-1);
  if (!last) return 0;
  const session = new Session(call, output, last);
  for (const cmd of commands) runCommand(session, cmd);
  return 0;
}

const isLoad = (argv: readonly string[]): boolean => argv.length > 2 && (argv[1] === '-R' || argv[1] === '--load-file');

function run(call: Call): number {
  return guarded(call, () => {
    if (isLoad(call.argv)) return loadFile(call, call.argv[2]);
    const output = new Set<OutputFlag>();
    const cmd = parseCommand(call.argv, environment(call, output));
    const session = new Session(call, output, cmd);
    runCommand(session, cmd);
    return summary(call, cmd, session.counter);
  });
}

function listen(call: Call): Running | null {
  if (isLoad(call.argv)) return null;
  let running: Running | null = null;
  const status = guarded(call, () => {
    const output = new Set<OutputFlag>();
    const cmd = parseCommand(call.argv, environment(call, output));
    if (cmd.command === 'event' || cmd.command === 'expEvent') running = listenEvents(call, new Session(call, output, cmd), cmd);
    return 0;
  });
  return status === 0 ? running : { shown: 0, ended: true, stop: () => status };
}

export const commands: readonly Command[] = [{ names: ['conntrack'], run, listen }];
