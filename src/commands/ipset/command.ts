import type { Call, Command } from '../command.ts';
import { noOptions, parseLine, splitLine, takeOptions } from './arguments.ts';
import type { Options } from './arguments.ts';
import { IpsetError, usage } from './errors.ts';
import { Session } from './session.ts';
import { translateRestore } from './translate.ts';

const HINT = "Try `ipset help' for more information.\n";

/** Words an error as the tool does; `line`: in a restore. */
function complain(call: Call, e: unknown, quiet: boolean, line: number | null): number {
  if (!(e instanceof IpsetError)) throw e;
  if (!quiet) call.err(`ipset v7.22: ${line !== null && !e.usage ? `Error in line ${line}: ` : ''}${e.message}\n${e.usage ? HINT : ''}`);
  return e.usage ? 2 : 1;
}

function writeFile(call: Call, s: Session): number {
  const { file } = s.options;
  if (file === null || s.written === '') return 0;
  return call.host.files.write(call.host.files.resolve(call.cwd, file), s.written) === null ? 0 : 1;
}

/** Input of restore: the file of -f, else standard input. undefined: no such file. */
const input = (call: Call, o: Options): string | undefined => (o.file === null ? call.stdin : call.host.files.read(call.host.files.resolve(call.cwd, o.file)));

function restore(call: Call, options: Options): number {
  const text = input(call, options);
  if (text === undefined) return 255;
  const lines = text.split('\n');
  for (let n = 0; n < lines.length; n++) {
    const o: Options = { ...options, file: null };
    try {
      const words = takeOptions(splitLine(lines[n]), o);
      if (words.length === 0 || words[0].startsWith('#') || words[0] === 'COMMIT') continue;
      const line = parseLine(words);
      if (line.verb === 'restore' || line.verb === 'help' || line.verb === 'version') throw usage(`Command \`${line.verb}' is invalid in restore mode.`);
      if (line.verb === 'quit') return 0;
      const status = new Session(call, o).execute(line);
      if (status !== 0) return status;
    } catch (e) {
      return complain(call, e, o.quiet, n + 1);
    }
  }
  return 0;
}

/** `ipset -`: a prompt before each line; errors do not end it. */
function interactive(call: Call): number {
  call.out('ipset> ');
  for (const text of call.stdin === '' ? [] : call.stdin.replace(/\n$/, '').split('\n')) {
    const o = noOptions();
    try {
      const words = takeOptions(splitLine(text), o);
      if (words.length > 0) {
        const line = parseLine(words);
        if (line.verb === 'quit') return 0;
        if (line.verb === 'restore') throw new IpsetError('Restore command is not supported in interactive mode');
        new Session(call, o).execute(line);
      }
    } catch (e) {
      complain(call, e, o.quiet, null);
    }
    call.out('ipset> ');
  }
  return 0;
}

function run(call: Call): number {
  const o = noOptions();
  try {
    const words = takeOptions(call.argv.slice(1), o);
    if (words[0] === '-') return interactive(call);
    const line = parseLine(words);
    if (line.verb === 'restore') return restore(call, o);
    const s = new Session(call, o);
    return s.execute(line) || writeFile(call, s);
  } catch (e) {
    return complain(call, e, o.quiet, null);
  }
}

function translate(call: Call): number {
  const o = noOptions();
  try {
    const words = takeOptions(call.argv.slice(1), o);
    const line = parseLine(words);
    if (line.verb === 'help' || line.verb === 'version') return new Session(call, o).execute(line);
    if (line.verb !== 'restore') {
      call.out("This command is not supported, use `ipset-translate restore < file'\n");
      return 255;
    }
    const text = input(call, o);
    if (text === undefined) {
      call.err(`cannot open file \`${o.file}'\n`);
      return 255;
    }
    return translateRestore(call, text, (e, n) => complain(call, e, o.quiet, n));
  } catch (e) {
    return complain(call, e, o.quiet, null);
  }
}

export const commands: readonly Command[] = [
  { names: ['ipset'], rulesOnly: true, run },
  { names: ['ipset-translate'], rulesOnly: true, run: translate },
];
