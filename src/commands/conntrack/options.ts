import { parameter } from './error.ts';
import type { LongOption } from '../getopt.ts';

/** Commands, in the order of the tool's tables. */
export const COMMANDS = [
  'list',
  'create',
  'update',
  'delete',
  'get',
  'flush',
  'event',
  'version',
  'help',
  'expList',
  'expCreate',
  'expDelete',
  'expGet',
  'expFlush',
  'expEvent',
  'count',
  'expCount',
  'stats',
  'expStats',
  'add',
] as const;
export type CommandName = (typeof COMMANDS)[number];

/** Option words as messages name them, in the order in which the tool checks them. */
export const OPTION_NAMES = [
  'src',
  'dst',
  'reply-src',
  'reply-dst',
  'protonum',
  'timeout',
  'status',
  'zero',
  'event-mask',
  'tuple-src',
  'tuple-dst',
  'mask-src',
  'mask-dst',
  'nat-range',
  'mark',
  'id',
  'family',
  'src-nat',
  'dst-nat',
  'output',
  'secmark',
  'buffer-size',
  'any-nat',
  'zone',
  'label',
  'label-add',
  'label-del',
  'orig-zone',
  'reply-zone',
] as const;
export type OptionName = (typeof OPTION_NAMES)[number];

/**
 * Which option goes with which command: `.` refused, `!` needed, `?` allowed, `2` needed in pairs (addresses of one direction).
 * One character an option, in the order of OPTION_NAMES; commands that are absent take none.
 */
export const MATRIX: Readonly<Partial<Record<CommandName, string>>> = {
  list: '?????.??...??.?.?????.???..??',
  create: '2222!!?......??..??....?.?.??',
  update: '???????....??.??????....???..',
  delete: '???????....??.??????...??..??',
  get: '2222!..........?...?....?....',
  flush: '................?............',
  event: '?????...?..??.?.?????????..??',
  help: '....?........................',
  expList: '................?..?.........',
  expCreate: '!!??!!?..!!!!................',
  expDelete: '!!??!........................',
  expGet: '!!??!........................',
  expEvent: '...................?.........',
  add: '2222!!?......??..??....?.?.??',
};

/** The check of generic_opt_check: names in the table's order, then the pairs. Null, or which pair to complain of. */
export function checkOptions(row: string, names: readonly string[], has: (name: string) => boolean, pairs: readonly (readonly string[])[]): number | null {
  let special = false;
  for (const [i, name] of names.entries()) {
    const rule = row[i] ?? '.';
    if (!has(name)) {
      if (rule === '!') throw parameter(`You need to supply the \`--${name}' option for this command`);
    } else if (rule === '.') throw parameter(`Illegal option \`--${name}' with this command`);
    if (rule === '2') special = true;
  }
  if (!special) return null;
  if (pairs.some((pair) => pair.every(has))) return null;
  const partial = pairs.findIndex((pair) => pair.some(has));
  return Math.max(partial, 0);
}

const row = (name: string, arg: LongOption['arg'], val: string): LongOption => ({ name, arg, val });

export const SHORT = ':L::I::U::D::G::E::F::A::hVs:d:r:q:p:t:u:e:a:z[:]:{:}:m:i:f:o:n::g::c:b:C::Sj::w:l:<:>::(:):';

export const LONG: readonly LongOption[] = [
  ...(
    [
      ['dump', 'L'],
      ['create', 'I'],
      ['add', 'A'],
      ['delete', 'D'],
      ['update', 'U'],
      ['get', 'G'],
      ['flush', 'F'],
      ['event', 'E'],
      ['counter', 'C'],
    ] as const
  ).map(([n, v]) => row(n, 'optional', v)),
  row('stats', 'no', 'S'),
  row('version', 'no', 'V'),
  row('help', 'no', 'h'),
  ...(
    [
      ['orig-src', 's'],
      ['src', 's'],
      ['orig-dst', 'd'],
      ['dst', 'd'],
      ['reply-src', 'r'],
      ['reply-dst', 'q'],
      ['protonum', 'p'],
      ['timeout', 't'],
      ['status', 'u'],
    ] as const
  ).map(([n, v]) => row(n, 'required', v)),
  row('zero', 'no', 'z'),
  ...(
    [
      ['event-mask', 'e'],
      ['tuple-src', '['],
      ['tuple-dst', ']'],
      ['mask-src', '{'],
      ['mask-dst', '}'],
      ['nat-range', 'a'],
      ['mark', 'm'],
      ['secmark', 'c'],
    ] as const
  ).map(([n, v]) => row(n, 'required', v)),
  row('id', 'optional', 'i'),
  row('family', 'required', 'f'),
  row('src-nat', 'optional', 'n'),
  row('dst-nat', 'optional', 'g'),
  row('output', 'required', 'o'),
  row('buffer-size', 'required', 'b'),
  row('any-nat', 'optional', 'j'),
  row('zone', 'required', 'w'),
  row('label', 'required', 'l'),
  row('label-add', 'required', '<'),
  row('label-del', 'optional', '>'),
  row('orig-zone', 'required', '('),
  row('reply-zone', 'required', ')'),
];

/** The name by which messages know a short option. */
export const OPTION_OF: Readonly<Record<string, OptionName>> = {
  s: 'src',
  d: 'dst',
  r: 'reply-src',
  q: 'reply-dst',
  p: 'protonum',
  t: 'timeout',
  u: 'status',
  z: 'zero',
  e: 'event-mask',
  '[': 'tuple-src',
  ']': 'tuple-dst',
  '{': 'mask-src',
  '}': 'mask-dst',
  a: 'nat-range',
  m: 'mark',
  i: 'id',
  f: 'family',
  n: 'src-nat',
  g: 'dst-nat',
  o: 'output',
  c: 'secmark',
  b: 'buffer-size',
  j: 'any-nat',
  w: 'zone',
  l: 'label',
  '<': 'label-add',
  '>': 'label-del',
  '(': 'orig-zone',
  ')': 'reply-zone',
};

/** Command letters: what they mean for the conntrack table and for the expectation table. */
export const COMMAND_OF: Readonly<Record<string, readonly [CommandName, CommandName | null]>> = {
  L: ['list', 'expList'],
  I: ['create', 'expCreate'],
  D: ['delete', 'expDelete'],
  G: ['get', 'expGet'],
  F: ['flush', 'expFlush'],
  E: ['event', 'expEvent'],
  V: ['version', 'version'],
  h: ['help', 'help'],
  C: ['count', 'expCount'],
  S: ['stats', 'expStats'],
  U: ['update', null],
  A: ['add', null],
};

export const TABLES = ['expect', 'conntrack', 'dying', 'unconfirmed'] as const;
export type TableName = (typeof TABLES)[number];
