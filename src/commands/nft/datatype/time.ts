import type { Datatype, OutputOptions } from './types.ts';
import { error, integer } from './basic.ts';

/** time_print: `1h2m3s4ms`, or whole seconds with -T. */
export function printTime(ms: bigint, options: Pick<OutputOptions, 'numericTime'>): string {
  if (options.numericTime) return `${ms / 1000n}s`;
  const parts: [bigint, string][] = [
    [ms / 86400000n, 'd'],
    [(ms / 3600000n) % 24n, 'h'],
    [(ms / 60000n) % 60n, 'm'],
    [(ms / 1000n) % 60n, 's'],
    [ms % 1000n, 'ms'],
  ];
  return (
    parts
      .filter(([n]) => n > 0n)
      .map(([n, unit]) => `${n}${unit}`)
      .join('') || '0s'
  );
}

/** time_parse: units in any order, each once; plain digits are seconds, digits after the last unit are not looked at. Milliseconds, or the message. */
export function parseTime(word: string): bigint | string {
  const units: Record<string, [name: string, factor: bigint]> = {
    d: ['Day', 86400000n],
    h: ['Hour', 3600000n],
    m: ['Minute', 60000n],
    s: ['Second', 1000n],
    ms: ['Millisecond', 1n],
  };
  const seen = new Set<string>();
  let digits = '';
  let total = 0n;
  for (let i = 0; i < word.length; i++) {
    const c = word[i] as string;
    if (c >= '0' && c <= '9') {
      digits += c;
      if (digits.length > 10) return 'value too large';
      continue;
    }
    const unit = c === 'm' && word.slice(i) === 'ms' ? 'ms' : c;
    const known = Object.hasOwn(units, unit) ? units[unit] : undefined;
    if (!known) return 'wrong time format';
    if (seen.has(unit)) return `${known[0]} has been specified twice`;
    seen.add(unit);
    total += BigInt(digits || '0') * known[1];
    digits = '';
    i += unit.length - 1;
  }
  return seen.size ? total : BigInt(digits || '0') * 1000n;
}

export const time: Datatype = {
  id: 'time',
  name: 'time',
  number: 18,
  desc: 'relative time',
  byteorder: 'host',
  size: 64,
  base: integer,
  parse: (word, _c, self) => {
    const ms = parseTime(word);
    if (typeof ms === 'string') return error(ms);
    return ms > 0xffffffffn ? error('value too large') : { kind: 'value', dtype: self.id, constant: { value: ms, byteorder: 'host', len: 64 } };
  },
  print: (v, c) => printTime(v.value, c.options),
  json: (v) => v.value / 1000n,
};

const two = (n: number): string => String(n).padStart(2, '0');

/** date_type_print: local time (the machine's zone is UTC) of a value in nanoseconds. */
function formatDate(ns: bigint): string {
  const d = new Date(Number(BigInt.asIntN(64, ns) / 1000000000n) * 1000);
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
}

/** parse_iso_date: `YYYY-MM-DD[ HH:MM[:SS]]`; mktime normalises days beyond the month's end. */
function parseDate(word: string): bigint | null {
  const m = /^(\d{1,4})-(\d{1,2})-(\d{1,2})(?:\s+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?)?$/.exec(word);
  if (!m) return null;
  const [y, mo, d, h, mi, s] = m.slice(1).map((x) => Number(x ?? 0)) as [number, number, number, number, number, number];
  if (mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || s > 60) return null;
  return BigInt(Date.UTC(y, mo - 1, d, h, mi, s) / 1000) * 1000000000n;
}

export const date: Datatype = {
  id: 'date',
  name: 'time',
  number: 43,
  desc: 'Relative time of packet reception',
  byteorder: 'host',
  size: 64,
  base: integer,
  parse: (word, _c, self) => {
    let value = parseDate(word);
    if (value === null && /^\d+$/.test(word)) value = BigInt(word) * 1000000000n;
    return value === null ? error('Cannot parse date') : { kind: 'value', dtype: self.id, constant: { value, byteorder: 'host', len: 64 } };
  },
  print: (v) => `"${formatDate(v.value)}"`,
  json: (v) => formatDate(v.value),
};

const DAY = 86400;

/** hour_type_print: what is not within a day is moved by one, once. */
function formatHour(seconds: number): string {
  const s = seconds > 0x7fff_ffff ? (seconds + DAY) % 2 ** 32 : seconds >= DAY ? seconds - DAY : seconds;
  const text = `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}`;
  return s % 60 ? `${text}:${two(s % 60)}` : text;
}

/** strtoul into 32 bits. */
const word32 = (digits: string): number => Number(BigInt.asUintN(32, BigInt(digits) < 1n << 64n ? BigInt(digits) : -1n));

/** Seconds of `HH:MM[:SS]` and what follows them; null: it does not begin so. */
function clock(word: string): { seconds: number; rest: string } | null {
  const m = /^(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?/.exec(word);
  if (!m || Number(m[1]) > 23 || Number(m[2]) > 59) return null;
  const short = m[3] === undefined || Number(m[3]) > 61 || m[0] !== word;
  const seconds = Number(m[1]) * 3600 + Number(m[2]) * 60;
  return short ? { seconds, rest: word.slice(`${m[1]}:${m[2]}`.length) } : { seconds: seconds + Number(m[3]), rest: '' };
}

export const hour: Datatype = {
  id: 'hour',
  name: 'hour',
  number: 44,
  desc: 'Hour of day of packet reception',
  byteorder: 'host',
  size: 32,
  base: integer,
  parse: (word, _c, self) => {
    const value = (n: number): ReturnType<NonNullable<Datatype['parse']>> => ({ kind: 'value', dtype: self.id, constant: { value: BigInt(n), byteorder: 'host', len: 32 } });
    if (/^\d+$/.test(word)) return value(word32(word));
    const told = clock(word);
    if (told?.rest === '') return value(told.seconds);
    if (told) return error(`Can't parse trailing input: "${told.rest}"\n`);
    const ms = parseTime(word);
    if (typeof ms === 'string') return error(ms);
    return ms > 0xffffffffn ? error('value too large') : value(Number(ms / 1000n));
  },
  print: (v) => `"${formatHour(Number(v.value))}"`,
  json: (v) => formatHour(Number(v.value)),
};
