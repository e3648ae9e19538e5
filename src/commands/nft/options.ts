import { NO_OPTIONS, type OutputOptions } from './datatype/index.ts';

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
  help: boolean;
  version: 'short' | 'long' | null;
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

export type Parsed = { readonly ok: true; readonly options: NftOptions } | { readonly ok: false; readonly message: string };

/** getopt_long over argv: options end at the first word that is none, as nft_options_check demands. */
export function parseOptions(argv: readonly string[]): Parsed {
  const output = { ...NO_OPTIONS } as { -readonly [K in keyof OutputOptions]: OutputOptions[K] };
  const o: NftOptions = {
    output,
    json: false,
    echo: false,
    check: false,
    optimize: false,
    interactive: false,
    includes: [],
    defines: [],
    debug: [],
    help: false,
    version: null,
    rest: [],
  };
  const words = argv.slice(1);
  let i = 0;
  const fail = (message: string): Parsed => ({ ok: false, message });
  for (; i < words.length; i++) {
    const w = words[i];
    if (w === '--') {
      i++;
      break;
    }
    if (!w.startsWith('-') || w === '-') break;
    const shorts: [string, string | undefined][] = [];
    if (w.startsWith('--')) {
      const [name, value] = w.includes('=') ? [w.slice(2, w.indexOf('=')), w.slice(w.indexOf('=') + 1)] : [w.slice(2), undefined];
      const matches = LONG.filter(([n]) => n === name).length ? LONG.filter(([n]) => n === name) : LONG.filter(([n]) => n.startsWith(name) && n !== ' ');
      if (!matches.length) return fail(`nft: unrecognized option '${w.includes('=') ? `--${name}=${value}` : w}'`);
      if (matches.length > 1) return fail(`nft: option '${w}' is ambiguous; possibilities: ${matches.map(([n]) => `'--${n}'`).join(' ')}`);
      const [full, short, argument] = matches[0];
      if (!argument && value !== undefined) return fail(`nft: option '--${full}' doesn't allow an argument`);
      let v = value;
      if (argument && v === undefined) {
        v = words[++i];
        if (v === undefined) return fail(`nft: option '--${full}' requires an argument`);
      }
      shorts.push([short, v]);
    } else {
      for (let k = 1; k < w.length; k++) {
        const found = LONG.find(([, s]) => s === w[k]);
        if (!found) return fail(`nft: invalid option -- '${w[k]}'`);
        if (!found[2]) {
          shorts.push([w[k], undefined]);
          continue;
        }
        const v = k + 1 < w.length ? w.slice(k + 1) : words[++i];
        if (v === undefined) return fail(`nft: option requires an argument -- '${w[k]}'`);
        shorts.push([w[k], v]);
        break;
      }
    }
    for (const [short, value] of shorts) {
      const bad = apply(o, output, short, value ?? '');
      if (bad !== null) return fail(bad);
    }
  }
  o.rest = words.slice(i);
  return { ok: true, options: o };
}

const DEBUG = ['scanner', 'parser', 'eval', 'netlink', 'mnl', 'proto-ctx', 'segtree', 'all'];

function apply(o: NftOptions, out: { -readonly [K in keyof OutputOptions]: OutputOptions[K] }, short: string, value: string): string | null {
  switch (short) {
    case 'h':
      o.help = true;
      return null;
    case 'v':
      o.version ??= 'short';
      return null;
    case 'V':
      o.version ??= 'long';
      return null;
    case 'f':
      if (o.file !== undefined) return 'Error: Only one file can be specified';
      o.file = value;
      return null;
    case 'D': {
      const at = value.indexOf('=');
      if (at < 0) return `Error: Failed to define variable '${value}'`;
      o.defines.push([value.slice(0, at), value.slice(at + 1)]);
      return null;
    }
    case 'i':
      o.interactive = true;
      return null;
    case 'I':
      o.includes.push(value);
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
        if (!DEBUG.includes(word)) return `Error: invalid debug parameter \`${value}'`;
        o.debug.push(word);
      }
      return null;
    }
    default:
      return `nft: invalid option -- '${short}'`;
  }
}
