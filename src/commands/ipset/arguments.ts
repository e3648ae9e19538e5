import { syntax, usage } from './errors.ts';
import type { Verb } from './errors.ts';
import type { Mode } from './print.ts';

export interface Options {
  mode: Mode | null;
  sorted: boolean;
  quiet: boolean;
  resolve: boolean;
  exist: boolean;
  namesOnly: boolean;
  terse: boolean;
  file: string | null;
}
export const noOptions = (): Options => ({ mode: null, sorted: false, quiet: false, resolve: false, exist: false, namesOnly: false, terse: false, file: null });

type Setter = (o: Options, value: string) => void;
const parseMode: Setter = (o, value) => {
  if (value !== 'plain' && value !== 'save' && value !== 'xml' && value !== 'json') throw syntax(`unknown output mode '${value}'`);
  o.mode = value;
};
/** lib/ipset.c: ipset_envopts; they may stand anywhere. */
const OPTIONS: readonly (readonly [string, string, boolean, Setter])[] = [
  ['-o', '-output', true, parseMode],
  [
    '-s',
    '-sorted',
    false,
    (o) => {
      o.sorted = true;
    },
  ],
  [
    '-q',
    '-quiet',
    false,
    (o) => {
      o.quiet = true;
    },
  ],
  [
    '-r',
    '-resolve',
    false,
    (o) => {
      o.resolve = true;
    },
  ],
  [
    '-!',
    '-exist',
    false,
    (o) => {
      o.exist = true;
    },
  ],
  [
    '-n',
    '-name',
    false,
    (o) => {
      o.namesOnly = true;
    },
  ],
  [
    '-t',
    '-terse',
    false,
    (o) => {
      o.terse = true;
    },
  ],
  [
    '-f',
    '-file',
    true,
    (o, value) => {
      o.file = value;
    },
  ],
];

interface Form {
  readonly verb: Verb;
  readonly names: readonly string[] /** Arguments it must and may have; rest: any number more. */;
  readonly must: number;
  readonly may: number;
  readonly rest?: true;
}
/** lib/ipset.c: ipset_commands; a beginning of the first name will do. */
export const COMMANDS: readonly Form[] = [
  { verb: 'create', names: ['create', 'n', 'new', '-N'], must: 2, may: 2, rest: true },
  { verb: 'add', names: ['add', '-A'], must: 2, may: 2, rest: true },
  { verb: 'del', names: ['del', '-D'], must: 2, may: 2, rest: true },
  { verb: 'test', names: ['test', '-T'], must: 2, may: 2, rest: true },
  { verb: 'destroy', names: ['destroy', 'x', '-X'], must: 0, may: 1 },
  { verb: 'list', names: ['list', '-L'], must: 0, may: 1 },
  { verb: 'save', names: ['save', '-S'], must: 0, may: 1 },
  { verb: 'restore', names: ['restore', '-R'], must: 0, may: 0 },
  { verb: 'flush', names: ['flush', '-F'], must: 0, may: 1 },
  { verb: 'rename', names: ['rename', 'e', '-E'], must: 2, may: 2 },
  { verb: 'swap', names: ['swap', 'w', '-W'], must: 2, may: 2 },
  { verb: 'help', names: ['help', '-h', '-H', '--help'], must: 0, may: 1 },
  { verb: 'version', names: ['version', '-v', '-V', '--version'], must: 0, may: 0 },
  { verb: 'quit', names: ['quit'], must: 0, may: 0 },
];

/** Takes the options out of the words. */
export function takeOptions(words: readonly string[], o: Options): string[] {
  let rest = [...words];
  for (const [short, long, takes, set] of OPTIONS) {
    for (let i = 0; i < rest.length; ) {
      const word = rest[i];
      if (word !== short && word !== long && word !== `-${long}`) {
        i++;
        continue;
      }
      if (takes && i + 1 >= rest.length) throw usage(`Missing mandatory argument to option ${short}`);
      set(o, rest[i + 1] ?? '');
      rest = [...rest.slice(0, i), ...rest.slice(takes ? i + 2 : i + 1)];
    }
  }
  return rest;
}

export interface Line {
  readonly verb: Verb;
  readonly args: readonly string[];
}

export function parseLine(words: readonly string[]): Line {
  if (words.length === 0) throw usage('No command specified.');
  const [word, ...args] = words;
  const form = word === '' ? undefined : COMMANDS.find((c) => c.names[0].startsWith(word) || c.names.includes(word));
  if (!form) throw usage(`No command specified: unknown argument ${word}`);
  if (args.length < form.must) throw usage(`Missing ${args.length === 1 ? 'second ' : ''}mandatory argument to command ${form.names[0]}`);
  if (!form.rest && args.length > form.may) throw usage(`Unknown argument ${args[form.may]}`);
  return { verb: form.verb, args };
}

/** Words of a restore line: blanks separate, double quotes hold together. */
export function splitLine(line: string): string[] {
  const out: string[] = [];
  const re = /"([^"]*)"|([^\s"]+)/g;
  for (let m = re.exec(line); m; m = re.exec(line)) out.push(m[1] ?? m[2]);
  return out;
}
