import { fromText, toLine } from '../net/plain-text.ts';

/**
 * Rules as text: what rules of a piece are made of comes first as patterns, a line each; then a line a rule, of places of
 * patterns, each with its values. A pattern is an expression, or after a `+` what else a rule has, as JSON of
 * net/plain-text.ts with {"$":KIND} where a value belongs: `b` bytes in hex, `n` a big number, `i` a number, `s` a text in
 * URI form. Rules of a chain are of few patterns, so most of them is values.
 */

/** A rule without what numbers it. */
export interface Parts {
  readonly exprs: readonly object[];
  /** Other members, if it has any. */
  readonly rest: object | null;
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));
/** Members whose numbers and texts are other in each rule. */
const OWN = new Set(['comment', 'prefix', 'chain', 'set', 'setId']);
/** Numbers of an extension below this are mostly kinds and modes: they stay in the pattern. */
const LEAST_OF_INFO = 16;

const isPlain = (v: unknown): v is object => typeof v === 'object' && v !== null && !(v instanceof Map || v instanceof Set);

/** Writes one pattern and its values, each value after a blank. */
class Writer {
  values = '';

  /** Numbers from `least` up are values. */
  pattern(v: unknown, least = Number.POSITIVE_INFINITY): string {
    if (typeof v === 'bigint') return this.#hole('n', String(v));
    if (typeof v === 'number' && v >= least && Number.isSafeInteger(v)) return this.#hole('i', String(v));
    if (!isPlain(v)) return toLine(v);
    if (v instanceof Uint8Array) return this.#hole('b', hex(v));
    return Array.isArray(v) ? this.#list(v, least) : this.#object(v, least);
  }

  #list(v: readonly unknown[], least: number): string {
    let text = '';
    for (let i = 0; i < v.length; i++) text += i === 0 ? this.pattern(v[i], least) : `,${this.pattern(v[i], least)}`;
    return `[${text}]`;
  }

  #object(v: object, least: number): string {
    let text = '';
    for (const key of Object.keys(v)) {
      const x: unknown = (v as Readonly<Record<string, unknown>>)[key];
      if (x !== undefined) text += `${text === '' ? '' : ','}${toLine(key)}:${this.#member(key, x, least)}`;
    }
    return `{${text}}`;
  }

  #member(key: string, x: unknown, least: number): string {
    if (!OWN.has(key)) return this.pattern(x, key === 'info' ? LEAST_OF_INFO : least);
    return typeof x === 'string' ? this.#hole('s', encodeURIComponent(x)) : this.pattern(x, 0);
  }

  #hole(kind: string, word: string): string {
    this.values += ` ${word}`;
    return `{"$":"${kind}"}`;
  }
}

function hex(bytes: Uint8Array): string {
  let word = '';
  for (let i = 0; i < bytes.length; i++) word += HEX[bytes[i]];
  return word;
}

/** Patterns of frozen expressions without values, which many rules share. */
const fixed = new WeakMap<object, string>();

function write(v: object, writer: Writer): string {
  const known = fixed.get(v);
  if (known !== undefined) return known;
  const pattern = writer.pattern(v);
  if (writer.values === '' && Object.isFrozen(v)) fixed.set(v, pattern);
  return pattern;
}

/** Makes the text of a piece. */
export class RuleWriter {
  readonly #patterns = new Map<string, number>();
  readonly #writer = new Writer();
  readonly #lines: string[] = [];

  #place(pattern: string): number {
    let at = this.#patterns.get(pattern);
    if (at === undefined) this.#patterns.set(pattern, (at = this.#patterns.size));
    return at;
  }

  add({ exprs, rest }: Parts): void {
    const writer = this.#writer;
    let line = '';
    const say = (pattern: string): void => {
      line += `${line === '' ? '' : ' '}${this.#place(pattern)}${writer.values}`;
      writer.values = '';
    };
    for (const e of exprs) say(write(e, writer));
    if (rest) say(`+${writer.pattern(rest)}`);
    this.#lines.push(line);
  }

  /** A rule of another text as it stands there. */
  copy(from: RuleReader, at: number): void {
    const words = from.written(at).map(([pattern, values]) => `${this.#place(pattern)}${values}`);
    this.#lines.push(words.join(' '));
  }

  text(): string {
    return [this.#patterns.size, ...this.#patterns.keys(), ...this.#lines, ''].join('\n');
  }
}

const digit = (code: number): number => (code < 58 ? code - 48 : code - 87);
const BLANK = 32;

/** Reads the words of a line one after the other. */
class Words {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get more(): boolean {
    return this.#at < this.#text.length;
  }

  #end(): number {
    const end = this.#text.indexOf(' ', this.#at);
    return end < 0 ? this.#text.length : end;
  }

  number(): number {
    let n = 0;
    let code = 0;
    const { length } = this.#text;
    while (this.#at < length && (code = this.#text.charCodeAt(this.#at++)) !== BLANK) n = n * 10 + (code - 48);
    return n;
  }

  text(): string {
    const end = this.#end();
    const word = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return word;
  }

  bytes(): Uint8Array {
    const end = this.#end();
    const out = new Uint8Array((end - this.#at) >> 1);
    for (let i = 0, at = this.#at; i < out.length; i++, at += 2) out[i] = (digit(this.#text.charCodeAt(at)) << 4) | digit(this.#text.charCodeAt(at + 1));
    this.#at = end + 1;
    return out;
  }
}

/** What a pattern makes of values. Parts without a value in them are the same objects each time: nobody changes them. */
type Make = (words: Words) => unknown;
interface Part {
  readonly fixed: unknown;
  readonly make: Make | null;
}

const VALUES: Readonly<Record<string, Make>> = {
  b: (words) => words.bytes(),
  n: (words) => BigInt(words.text()),
  i: (words) => words.number(),
  s: (words) => decodeURIComponent(words.text()),
};

function partOf(v: unknown): Part {
  if (!isPlain(v) || v instanceof Uint8Array) return { fixed: v, make: null };
  if (Array.isArray(v)) {
    const parts = v.map(partOf);
    const all = Object.freeze(parts.map((p) => p.fixed));
    return { fixed: all, make: parts.some((p) => p.make) ? (words) => Object.freeze(parts.map((p) => (p.make ? p.make(words) : p.fixed))) : null };
  }
  if ('$' in v) return { fixed: null, make: VALUES[String(v.$)] };
  const parts = Object.entries(v).map(([key, x]) => [key, partOf(x)] as const);
  const whole = Object.freeze(Object.fromEntries(parts.map(([key, p]) => [key, p.fixed])));
  const made = parts.flatMap(([key, p]) => (p.make ? [[key, p.make] as const] : []));
  if (!made.length) return { fixed: whole, make: null };
  return {
    fixed: whole,
    make: (words) => {
      const copy: Record<string, unknown> = { ...whole };
      for (const [key, make] of made) copy[key] = make(words);
      return Object.freeze(copy);
    },
  };
}

/** A pattern of a text: made ready when a rule wants to be made of it. */
class Pattern {
  readonly text: string;
  readonly isRest: boolean;
  #part: Part | null = null;

  constructor(text: string) {
    this.text = text;
    this.isRest = text[0] === '+';
  }

  make(words: Words): object {
    if (!this.#part) {
      this.#part = partOf(fromText(this.isRest ? this.text.slice(1) : this.text));
      if (!this.#part.make && !this.isRest) fixed.set(this.#part.fixed as object, this.text);
    }
    const { make, fixed: whole } = this.#part;
    return (make ? make(words) : whole) as object;
  }

  /** How many values it takes: a text of its own has its quotes escaped. */
  get values(): number {
    return this.text.split('{"$":"').length - 1;
  }
}

const known = new Map<string, Pattern>();

function patternOf(text: string): Pattern {
  let found = known.get(text);
  if (!found) known.set(text, (found = new Pattern(text)));
  return found;
}

/** Rules of a text again, each when it is asked for. */
export class RuleReader {
  readonly #patterns: readonly Pattern[];
  readonly #lines: readonly string[];

  constructor(text: string) {
    const lines = text.split('\n');
    const patterns = Number(lines[0]);
    this.#patterns = lines.slice(1, 1 + patterns).map(patternOf);
    this.#lines = lines.slice(1 + patterns);
  }

  rule(at: number): Parts {
    const words = new Words(this.#lines[at]);
    const exprs: object[] = [];
    let rest: object | null = null;
    while (words.more) {
      const pattern = this.#patterns[words.number()];
      const made = pattern.make(words);
      if (pattern.isRest) rest = made;
      else exprs.push(made);
    }
    return { exprs: Object.freeze(exprs), rest };
  }

  /** Patterns of a rule, each with its values as they are written. */
  written(at: number): (readonly [pattern: string, values: string])[] {
    const out: (readonly [string, string])[] = [];
    const words = new Words(this.#lines[at]);
    while (words.more) {
      const pattern = this.#patterns[words.number()];
      let values = '';
      for (let i = pattern.values; i > 0; i--) values += ` ${words.text()}`;
      out.push([pattern.text, values]);
    }
    return out;
  }
}
