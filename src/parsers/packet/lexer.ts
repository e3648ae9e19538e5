import { closestSymbol } from '../nft/misspell.ts';
import type { HeaderWords, Place, Vocabulary } from './ast.ts';
import { PacketError } from './error.ts';

export interface Token {
  readonly type: 'header' | 'field' | 'flag' | 'option' | 'word' | 'string' | 'separator' | 'payload' | 'size';
  readonly value: string;
  /** Of fields and options: which header, counted from the outside; the unqualified ones: -1. `option`: the last option's. */
  readonly owner: number | 'option';
  readonly place: Place;
}

interface Raw {
  readonly kind: 'word' | 'string' | 'separator';
  readonly value: string;
  readonly place: Place;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0', '\\': '\\', '"': '"', "'": "'" };

function unescaped(text: string, at: number, whole: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|[^])/g, (all, c: string, offset: number) => {
    if (c.length === 3) return String.fromCharCode(Number.parseInt(c.slice(1), 16));
    const known = ESCAPES[c];
    if (known === undefined) throw new PacketError(`no such escape: ${all}`, whole, { start: at + offset, end: at + offset + all.length });
    return known;
  });
}

/** Blanks, comments (`#` to the end of the line), strings in quotes, `,` and `|` between values, words. */
function raw(text: string): Raw[] {
  const out: Raw[] = [];
  const pattern = /(\s+|#[^\n]*)|([,|])|"((?:[^"\\]|\\[^])*)"|([^\s,|"#]+)|([^])/gy;
  for (const m of text.matchAll(pattern)) {
    const place = { start: m.index, end: m.index + m[0].length };
    if (m[5] !== undefined) throw new PacketError('the string has no end', text, { start: m.index, end: text.length });
    if (m[2] !== undefined) out.push({ kind: 'separator', value: m[2], place });
    else if (m[3] !== undefined) out.push({ kind: 'string', value: unescaped(m[3], m.index + 1, text), place });
    else if (m[4] !== undefined) out.push({ kind: 'word', value: m[4], place });
  }
  return out;
}

/** Tells the words of a packet apart: which are headers, fields, options, values. */
class Lexer {
  readonly #text: string;
  readonly #words: Vocabulary;
  readonly #raw: readonly Raw[];
  readonly #headers: HeaderWords[] = [];
  #option: ReadonlyMap<string, 'value' | 'flag'> | null = null;
  #at = 0;
  readonly #out: Token[] = [];

  constructor(text: string, words: Vocabulary) {
    this.#text = text;
    this.#words = words;
    this.#raw = raw(text);
  }

  run(): Token[] {
    while (this.#at < this.#raw.length) this.#part();
    return this.#out;
  }

  #push(type: Token['type'], r: { value: string; place: Place }, owner: Token['owner'] = -1): void {
    this.#out.push({ type, value: r.value, owner, place: r.place });
  }

  #part(): void {
    const r = this.#raw[this.#at];
    if (r.kind !== 'word') throw new PacketError('a header or a field is wanted here', this.#text, r.place);
    if (this.#option && this.#field(this.#option, 'option')) return;
    const inner = this.#headers.length - 1;
    const own = this.#headers[inner];
    if (own && (this.#field(own.fields, inner) || this.#optionOf(own, inner, r))) return;
    if (r.value === 'payload') {
      this.#payload();
      return;
    }
    const header = this.#words.headers.get(r.value);
    if (header) {
      this.#option = null;
      this.#headers.push(header);
      this.#push('header', { value: header.name, place: r.place });
      this.#at++;
      return;
    }
    for (let i = inner - 1; i >= 0; i--) if (this.#field(this.#headers[i].fields, i)) return;
    if (this.#field(this.#words.unqualified.fields, -1)) return;
    throw this.#unknown(r);
  }

  /** A field of one or two words and its value. */
  #field(fields: ReadonlyMap<string, 'value' | 'flag'>, owner: Token['owner']): boolean {
    const r = this.#raw[this.#at];
    const second = this.#raw[this.#at + 1];
    const pair = second?.kind === 'word' ? `${r.value} ${second.value}` : '';
    const name = fields.has(pair) ? pair : fields.has(r.value) ? r.value : null;
    if (name === null) return false;
    const place = { start: r.place.start, end: (name === pair ? second : r).place.end };
    this.#at += name === pair ? 2 : 1;
    if (fields.get(name) === 'flag') {
      this.#push('flag', { value: name, place }, owner);
      return true;
    }
    this.#push('field', { value: name, place }, owner);
    this.#value(`\`${name}' wants a value`, place);
    while (this.#raw[this.#at]?.kind === 'separator') {
      const s = this.#raw[this.#at++];
      this.#push('separator', s);
      this.#value(`a value is wanted after \`${s.value}'`, s.place);
    }
    return true;
  }

  #value(complaint: string, before: Place): void {
    const r = this.#raw[this.#at];
    if (!r || r.kind === 'separator') throw new PacketError(complaint, this.#text, r?.place ?? before);
    this.#push(r.kind, r);
    this.#at++;
  }

  #optionOf(h: HeaderWords, owner: number, r: Raw): boolean {
    if (h.optionWord === undefined || r.value !== h.optionWord) return false;
    const name = this.#raw[this.#at + 1];
    if (name?.kind !== 'word') throw new PacketError(`\`${r.value}' wants a name`, this.#text, name?.place ?? r.place);
    const fields = h.options?.get(name.value);
    if (!fields) throw this.#wrong(`no such ${h.optionWord} of ${h.name}: ${name.value}`, name, [...(h.options?.keys() ?? [])]);
    this.#push('option', r, owner);
    this.#push('word', name);
    this.#at += 2;
    this.#option = fields;
    return true;
  }

  /** Strings, `0x…`, `size N`, as many as follow. */
  #payload(): void {
    const first = this.#raw[this.#at++];
    this.#push('payload', first);
    const before = this.#out.length;
    for (let r = this.#raw[this.#at]; r; r = this.#raw[this.#at]) {
      if (r.kind === 'string' || (r.kind === 'word' && r.value.startsWith('0x'))) this.#push(r.kind, r);
      else if (r.kind === 'word' && r.value === 'size') {
        this.#push('size', r);
        this.#at++;
        this.#value("`size' wants a number", r.place);
        continue;
      } else break;
      this.#at++;
    }
    if (this.#out.length === before) throw new PacketError('`payload\' wants "text", 0xHEX or size N', this.#text, this.#raw[this.#at]?.place ?? first.place);
  }

  #unknown(r: Raw): PacketError {
    const inner = this.#headers.at(-1);
    const known = [...(inner?.fields.keys() ?? []), ...this.#words.headers.keys(), ...this.#words.unqualified.fields.keys()];
    return this.#wrong(inner ? `neither a field of ${inner.name} nor a header: ${r.value}` : `no such header: ${r.value}`, r, known);
  }

  #wrong(message: string, r: Raw, known: readonly string[]): PacketError {
    const near = closestSymbol(r.value, known);
    return new PacketError(near === undefined ? message : `${message}; did you mean \`${near}'?`, this.#text, r.place);
  }
}

export const tokens = (text: string, words: Vocabulary): Token[] => new Lexer(text, words).run();
