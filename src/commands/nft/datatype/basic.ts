import type { Datatype, NameContext, Parsed, PrintContext, SymbolTable, Valued } from './types.ts';
import { bytesToValue, cString, valueToBytes } from './bytes.ts';

export const table = (base: SymbolTable['base'], ...symbols: (readonly [string, number])[]): ((c: NameContext) => SymbolTable) => {
  const made: SymbolTable = { base, symbols: symbols.map(([n, v]) => [n, BigInt(v)] as const) };
  return () => made;
};

/** mpz_set_str with base 0. */
export function parseNumber(word: string, self: Datatype): Parsed | null {
  const m = /^(-?)(?:(\d+)|(0x[\da-f]+|0b[01]+))$/i.exec(word);
  if (!m) return null;
  const octal = m[2] !== undefined && /^0[0-7]+$/.test(m[2]);
  if (!octal && m[2] !== undefined && /^0\d/.test(m[2])) return null;
  const value = BigInt(octal ? `0o${(m[2] as string).slice(1)}` : (m[2] ?? (m[3] as string).toLowerCase()));
  return { kind: 'value', dtype: self.id, constant: { value: m[1] ? -value : value, byteorder: 'host', len: 1 } };
}

export const error = (message: string): Parsed => ({ kind: 'error', message });

export const invalid: Datatype = {
  id: 'invalid',
  name: 'invalid',
  number: 0,
  desc: 'invalid',
  byteorder: 'invalid',
  size: 0,
  print: (v) => `0x${v.value.toString(16)} [invalid type]`,
};

export const verdict: Datatype = {
  id: 'verdict',
  name: 'verdict',
  number: 1,
  desc: 'netfilter verdict',
  byteorder: 'invalid',
  size: 0,
  parse: (word) => error(`Could not parse netfilter verdict; did you mean \`jump ${word}'?`),
};

/** `%Zu`, or the hexadecimal format of the nearest type that has one. */
export function printInteger(value: Valued, type: Datatype): string {
  for (let t: Datatype | undefined = type; t; t = t.base) if (t.hex !== undefined) return `0x${value.value.toString(16).padStart(Math.max(t.hex, 0), '0')}`;
  return value.value.toString();
}

export const integer: Datatype = {
  id: 'integer',
  name: 'integer',
  number: 4,
  desc: 'integer',
  byteorder: 'invalid',
  size: 0,
  parse: (word, _c, self) => parseNumber(word, self) ?? error(`Could not parse ${self.desc}`),
  print: (v) => printInteger(v, integer),
};

/** Printed in hexadecimal, for raw expressions (xinteger_type). */
export const xinteger: Datatype = { ...integer, id: 'xinteger', hex: -1, base: integer, print: (v) => printInteger(v, xinteger) };

export const string: Datatype = {
  id: 'string',
  name: 'string',
  number: 5,
  desc: 'string',
  byteorder: 'host',
  size: 0,
  parse: (word, _c, self) => {
    const bytes = cString(word);
    return { kind: 'value', dtype: self.id, constant: { value: bytesToValue(bytes, 'host'), byteorder: 'host', len: bytes.length * 8 } };
  },
  print: (v) => `"${stringOf(v)}"`,
  json: (v) => stringOf(v),
};

/** Text of a string value: up to its first zero byte. */
export function stringOf(v: Valued): string {
  const bytes = valueToBytes(v.value, Math.ceil(v.len / 8), 'host');
  const end = bytes.indexOf(0);
  let text = '';
  for (const b of end < 0 ? bytes : bytes.subarray(0, end)) text += String.fromCharCode(b);
  return text;
}

export const ifname: Datatype = { ...string, id: 'ifname', name: 'ifname', number: 41, desc: 'network interface name', size: 128, base: string };

export const bitmask: Datatype = { id: 'bitmask', name: 'bitmask', number: 3, desc: 'bitmask', byteorder: 'invalid', size: 0, base: integer, hex: -1 };

export const boolean: Datatype = {
  id: 'boolean',
  name: 'boolean',
  number: 39,
  desc: 'boolean type',
  byteorder: 'invalid',
  size: 1,
  base: integer,
  // boolean_type_parse: any number that is not zero
  parse: (word, _c, self) => {
    const n = word === 'exists' ? parseNumber('1', self) : word === 'missing' ? parseNumber('0', self) : parseNumber(word, self);
    return n?.kind === 'value' ? { ...n, constant: { ...n.constant, value: n.constant.value ? 1n : 0n } } : error(`Could not parse ${self.desc}`);
  },
  print: (v, c) => (v.value && v.byteorder === 'big' && v.len > 8 ? v.value.toString() : symbolic({ ...v, value: v.value ? 1n : 0n }, boolean, c, false)),
  symbols: table('decimal', ['exists', 1], ['missing', 0]),
  json: (v) => v.value !== 0n,
};

export const mark: Datatype = {
  id: 'mark',
  name: 'mark',
  number: 19,
  desc: 'packet mark',
  byteorder: 'host',
  size: 32,
  base: integer,
  hex: 8,
  symbols: (c) => fileTable(c, 'rt_marks', 'hexadecimal'),
  print: (v, c) => symbolic(v, mark, c, true),
};

/** Words are compared as bytes: a value turned to network order has the name of the number that its bytes make in the host's. */
export const asWord = (v: Valued, type: Datatype): bigint =>
  v.byteorder === 'big' && type.byteorder === 'host' && v.len > 8 ? bytesToValue(valueToBytes(v.value, Math.ceil(v.len / 8), 'big'), 'host') : v.value;

/** `name` by which a value is printed, or its number (symbolic_constant_print). */
export function symbolic(v: Valued, type: Datatype, c: PrintContext, quotes: boolean): string {
  const word = asWord(v, type);
  const found = c.options.numericSymbol ? undefined : type.symbols?.(c).symbols.find(([, value]) => value === word);
  return found ? (quotes ? `"${found[0]}"` : found[0]) : printInteger(v, type);
}

/** What Debian's iproute2 ships, where the machine has no such file of its own. */
const SHIPPED_FOLDER = '/usr/share/iproute2/';
const SHIPPED: Readonly<Record<string, string>> = { rt_realms: '0\tcosmos\n', group: '0\tdefault\n' };

/** rt_symbol_table_init: files of iproute2, `number name` a line, number in any base. */
export function fileTable(c: NameContext, file: string, base: SymbolTable['base']): SymbolTable {
  for (const folder of ['/etc/iproute2/', '/usr/share/iproute2/']) {
    const text = c.names.file(folder + file) ?? (folder === SHIPPED_FOLDER ? SHIPPED[file] : undefined);
    if (text === undefined) continue;
    return { base, symbols: symbolsIn(text), file: folder + file };
  }
  return { base, symbols: [] };
}

const read = new Map<string, [string, bigint][]>();

function symbolsIn(text: string): [string, bigint][] {
  let symbols = read.get(text);
  if (symbols) return symbols;
  symbols = [];
  for (const line of text.split('\n')) {
    const m = /^\s*(0x[0-9a-f]+|\d+)\s+([^\s#]+)/i.exec(line);
    if (m) symbols.push([m[2] as string, BigInt(m[1] as string)]);
  }
  if (read.size > 16) read.clear();
  read.set(text, symbols);
  return symbols;
}
