import { NO_OPTIONS, type OutputOptions } from './datatype/index.ts';
import { HELP, VERSION, VERSION_LONG } from './help.ts';

export interface NftOptions {
  output: OutputOptions;
  json: boolean;
  echo: boolean;
  check: boolean;
  optimize: boolean;
  interactive: boolean;
  file?: string;
  includes: string[];
  defines: [string, string][];
  debug: string[];
  rest: string[];
}

/** struct option of src/main.c, in the order of the help text. */
const LONG: readonly (readonly [name: string, short: string, argument?: 'yes'])[] = [
  ['help', 'h'],
  ['version', 'v'],
  [' ', 'V'],
  ['file', 'f', 'yes'],
  ['define', 'D', 'yes'],
  ['interactive', 'i'],
  ['includepath', 'I', 'yes'],
  ['check', 'c'],
  ['optimize', 'o'],
  ['handle', 'a'],
  ['stateless', 's'],
  ['terse', 't'],
  ['service', 'S'],
  ['reversedns', 'N'],
  ['guid', 'u'],
  ['numeric', 'n'],
  ['numeric-priority', 'y'],
  ['numeric-protocol', 'p'],
  ['numeric-time', 'T'],
  ['echo', 'e'],
  ['json', 'j'],
  ['debug', 'd', 'yes'],
];

/** What the options ask for, or that they end the run: help, version, something wrong. */
export type Parsed = { readonly ok: true; readonly options: NftOptions } | { readonly ok: false; readonly status: number };

/** What main() of nft does with its options as it reads them. */
export interface OptionEnv {
  out(text: string): void;
  err(text: string): void;
  /** realpath(3) of a directory; null: there is none. */
  realpath(path: string): string | null;
}

const takesValue = (word: string): boolean => LONG.some(([name, short, argument]) => argument !== undefined && (word[1] === short || word === `--${name}`));

/** nft_options_check: an option after the first word of a command. The marks go to standard output. */
function misplaced(argv: readonly string[], env: OptionEnv): boolean {
  let pos = 0,
    skip = false,
    command = false;
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i];
    pos += argv[i - 1].length + 1;
    if (word.startsWith('{')) return false;
    if (skip) skip = false;
    else if (!word.startsWith('-')) command = true;
    else if (command) {
      env.err(`Error: syntax error, options must be specified before commands\n${argv.map((w) => `${w} `).join('')}`);
      env.out(`\n   ^${'~~'.padStart(pos - 2)}\n`);
      return true;
    } else skip = takesValue(word);
  }
  return false;
}

type Option = { readonly short: string; readonly value: string } | { readonly wrong: string };

/** getopt_long with a leading `+`: options end at the first word that is none. Gives them one by one, then where the rest begins. */
function* getopt(words: readonly string[]): Generator<Option, number> {
  for (let i = 0; i < words.length; i++) {
    const w = words[i];
    if (w === '--') return i + 1;
    if (!w.startsWith('-') || w === '-') return i;
    if (!w.startsWith('--')) {
      for (let k = 1; k < w.length; k++) {
        const found = LONG.find(([, s]) => s === w[k]);
        if (!found) yield { wrong: `invalid option -- '${w[k]}'` };
        else if (!found[2]) yield { short: w[k], value: '' };
        else {
          const value = k + 1 < w.length ? w.slice(k + 1) : words[++i];
          yield value === undefined ? { wrong: `option requires an argument -- '${w[k]}'` } : { short: w[k], value };
          break;
        }
      }
      continue;
    }
    const [name, given] = w.includes('=') ? [w.slice(2, w.indexOf('=')), w.slice(w.indexOf('=') + 1)] : [w.slice(2), undefined];
    const exact = LONG.filter(([n]) => n === name),
      matches = exact.length ? exact : LONG.filter(([n]) => n.startsWith(name) && n !== ' ');
    if (!matches.length) yield { wrong: `unrecognized option '${w}'` };
    else if (matches.length > 1) yield { wrong: `option '${w}' is ambiguous; possibilities: ${matches.map(([n]) => `'--${n}'`).join(' ')}` };
    else {
      const [full, short, argument] = matches[0];
      if (!argument) yield given === undefined ? { short, value: '' } : { wrong: `option '--${full}' doesn't allow an argument` };
      else {
        const value = given ?? words[++i];
        yield value === undefined ? { wrong: `option '--${full}' requires an argument` } : { short, value };
      }
    }
  }
  return words.length;
}

/** The options of a run, in the order in which main() of nft takes and answers them. */
export function parseOptions(argv: readonly string[], env: OptionEnv): Parsed {
  const ended = (status: number, text = ''): Parsed => {
    if (text) (status ? env.err : env.out)(text);
    return { ok: false, status };
  };
  if (misplaced(argv, env)) return ended(1);
  const output = { ...NO_OPTIONS };
  const o: NftOptions = { output, json: false, echo: false, check: false, optimize: false, interactive: false, includes: [], defines: [], debug: [], rest: [] };
  const options = getopt(argv.slice(1));
  let next = options.next();
  for (; !next.done; next = options.next()) {
    const option = next.value;
    if ('wrong' in option) return ended(1, `${argv[0]}: ${option.wrong}\n`);
    if (option.short === 'h') return ended(0, HELP);
    if (option.short === 'v') return ended(0, VERSION);
    if (option.short === 'V') return ended(0, VERSION_LONG);
    const bad = apply(o, output, option.short, option.value, env);
    if (bad !== null) return ended(1, `${bad}\n`);
  }
  o.rest = argv.slice(1 + next.value);
  if (o.file === undefined && o.defines.length) return ended(1, 'Error: -D/--define can only be used with -f/--filename\n');
  return { ok: true, options: o };
}

const DEBUG = ['scanner', 'parser', 'eval', 'netlink', 'mnl', 'proto-ctx', 'segtree', 'all'];

const BOTH = 'Error: -i/--interactive and -f/--file options cannot be combined';
export const DEFAULT_INCLUDE_PATH = '/etc';

/** nft_ctx_add_include_path: each folder once, the default one comes last of itself; false: there is no such folder. */
export function addInclude(includes: string[], path: string | null): boolean {
  if (path !== null && path !== DEFAULT_INCLUDE_PATH && !includes.includes(path)) includes.push(path);
  return path !== null;
}

function apply(o: NftOptions, out: { -readonly [K in keyof OutputOptions]: OutputOptions[K] }, short: string, value: string, env: OptionEnv): string | null {
  switch (short) {
    case 'f':
      if (o.interactive) return BOTH;
      o.file = value;
      return null;
    case 'D': {
      const at = value.indexOf('=');
      if (at < 0) return `Error: Failed to define variable '${value}'`;
      o.defines.push([value.slice(0, at), value.slice(at + 1)]);
      return null;
    }
    case 'i':
      if (o.file !== undefined) return BOTH;
      o.interactive = true;
      return null;
    case 'I':
      if (!addInclude(o.includes, env.realpath(value))) env.err(`Warning: Cannot include path '${value}'\n`);
      return null;
    case 'c':
      o.check = true;
      return null;
    case 'o':
      o.optimize = true;
      return null;
    case 'a':
      out.handle = true;
      return null;
    case 's':
      out.stateless = true;
      return null;
    case 't':
      out.terse = true;
      return null;
    case 'S':
      out.service = true;
      return null;
    case 'N':
      out.reverseDns = true;
      return null;
    case 'u':
      out.guid = true;
      return null;
    case 'n':
      out.numericPrio = true;
      out.numericProto = true;
      out.numericTime = true;
      out.numericSymbol = true;
      return null;
    case 'y':
      out.numericPrio = true;
      return null;
    case 'p':
      out.numericProto = true;
      return null;
    case 'T':
      out.numericTime = true;
      return null;
    case 'e':
      o.echo = true;
      return null;
    case 'j':
      o.json = true;
      return null;
    case 'd': {
      for (const word of value.split(',')) {
        if (!DEBUG.includes(word)) return `Error: invalid debug parameter \`${word}'`;
        o.debug.push(word);
      }
      return null;
    }
    default:
      throw new Error(`option ${short}`);
  }
}
