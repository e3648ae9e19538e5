import { fromText, toLine } from '../net/plain-text.ts';

/**
 * Plain data as a pattern and the values in it. Rules of a chain are of few patterns: what differs is bytes, big numbers and
 * comments. A pattern is JSON as net/plain-text.ts writes it, with {"$":N} where value N belongs; values are words without
 * blanks: `x` and hex, `n` and a number, `s` and a text in URI form.
 */
export interface Patterned {
  readonly pattern: string;
  readonly values: readonly string[];
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

export function patterned(value: unknown): Patterned {
  const values: string[] = [];
  const hole = (word: string): string => `{"$":${values.push(word) - 1}}`;
  const write = (v: unknown, key: string): string => {
    if (typeof v === 'bigint') return hole(`n${v}`);
    if (typeof v === 'string' && key === 'comment') return hole(`s${encodeURIComponent(v)}`);
    if (typeof v !== 'object' || v === null || v instanceof Map || v instanceof Set) return toLine(v);
    if (v instanceof Uint8Array) {
      let word = 'x';
      for (let i = 0; i < v.length; i++) word += HEX[v[i]];
      return hole(word);
    }
    if (Array.isArray(v)) return `[${v.map((x) => write(x, '')).join(',')}]`;
    let text = '';
    for (const k of Object.keys(v)) {
      const x: unknown = Reflect.get(v, k);
      if (x !== undefined) text += `${text ? ',' : ''}${JSON.stringify(k)}:${write(x, k)}`;
    }
    return `{${text}}`;
  };
  return { pattern: write(value, ''), values };
}

/** What a pattern makes of values. Parts without a value in them are the same objects each time: nobody changes them. */
type Make = (values: readonly string[]) => unknown;
interface Part {
  readonly fixed: unknown;
  readonly make: Make | null;
}

const digit = (code: number): number => (code < 58 ? code - 48 : code - 87);

function readValue(word: string): unknown {
  if (word[0] === 'n') return BigInt(word.slice(1));
  if (word[0] === 's') return decodeURIComponent(word.slice(1));
  const bytes = new Uint8Array((word.length - 1) >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (digit(word.charCodeAt(2 * i + 1)) << 4) | digit(word.charCodeAt(2 * i + 2));
  return bytes;
}

function partOf(v: unknown): Part {
  if (typeof v !== 'object' || v === null || v instanceof Uint8Array || v instanceof Map || v instanceof Set) return { fixed: v, make: null };
  if (Array.isArray(v)) {
    const parts = v.map(partOf);
    const fixed = Object.freeze(parts.map((p) => p.fixed));
    return { fixed, make: parts.some((p) => p.make) ? (values) => Object.freeze(parts.map((p) => (p.make ? p.make(values) : p.fixed))) : null };
  }
  if ('$' in v) {
    const at = Number(v.$);
    return { fixed: null, make: (values) => readValue(values[at]) };
  }
  const parts = Object.entries(v).map(([key, x]) => [key, partOf(x)] as const);
  const fixed = Object.freeze(Object.fromEntries(parts.map(([key, p]) => [key, p.fixed])));
  const made = parts.flatMap(([key, p]) => (p.make ? [[key, p.make] as const] : []));
  if (!made.length) return { fixed, make: null };
  return {
    fixed,
    make: (values) => {
      const copy: Record<string, unknown> = { ...fixed };
      for (const [key, make] of made) copy[key] = make(values);
      return Object.freeze(copy);
    },
  };
}

const known = new Map<string, Make>();

/** The maker of a pattern. */
export function makerOf(pattern: string): Make {
  let make = known.get(pattern);
  if (!make) {
    const part = partOf(fromText(pattern));
    known.set(pattern, (make = part.make ?? (() => part.fixed)));
  }
  return make;
}
