/** JSON as jansson reads it: integers keep their 64 bits (bigint), other numbers are reals. */
export type JsonIn = string | bigint | number | boolean | null | JsonIn[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonIn;
}

export const isObject = (v: JsonIn | undefined): v is JsonObject => v !== null && typeof v === 'object' && !Array.isArray(v);

/** json_typename */
export function typeName(v: JsonIn | undefined): string {
  if (Array.isArray(v)) return 'array';
  switch (typeof v) {
    case 'string':
      return 'string';
    case 'bigint':
      return 'integer';
    case 'number':
      return 'real';
    case 'boolean':
      return v ? 'true' : 'false';
    default:
      return v === null || v === undefined ? 'null' : 'object';
  }
}

/** The document, or undefined where it is not JSON: nft then takes the text for its own language. Only an object or array may be the root. */
export function readJson(text: string): JsonIn | undefined {
  try {
    const p = new Reader(text);
    const root = p.document();
    return root !== null && typeof root === 'object' ? root : undefined;
  } catch (e) {
    if (e instanceof SyntaxError) return undefined;
    throw e;
  }
}

class Reader {
  private at = 0;
  private readonly text: string;
  constructor(text: string) {
    this.text = text;
  }

  document(): JsonIn {
    const v = this.value();
    this.space();
    if (this.at < this.text.length) throw new SyntaxError('end of file expected');
    return v;
  }

  private space(): void {
    while (this.at < this.text.length && ' \t\r\n'.includes(this.text[this.at] as string)) this.at++;
  }

  private take(c: string): void {
    this.space();
    if (this.text[this.at] !== c) throw new SyntaxError(`'${c}' expected`);
    this.at++;
  }

  private next(): string | undefined {
    this.space();
    return this.text[this.at];
  }

  private value(): JsonIn {
    const c = this.next();
    if (c === '{') return this.object();
    if (c === '[') return this.array();
    if (c === '"') return this.string();
    const m = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)/y;
    m.lastIndex = this.at;
    const word = m.exec(this.text)?.[0];
    if (word === undefined) throw new SyntaxError('invalid token');
    this.at += word.length;
    if (word === 'true') return true;
    if (word === 'false') return false;
    if (word === 'null') return null;
    return /^-?\d+$/.test(word) ? BigInt(word) : Number(word);
  }

  private object(): JsonIn {
    const out: JsonObject = {};
    this.take('{');
    if (this.next() === '}') {
      this.at++;
      return out;
    }
    for (;;) {
      if (this.next() !== '"') throw new SyntaxError('string expected');
      const key = this.string();
      this.take(':');
      out[key] = this.value();
      if (this.next() === ',') {
        this.at++;
        continue;
      }
      this.take('}');
      return out;
    }
  }

  private array(): JsonIn {
    const out: JsonIn[] = [];
    this.take('[');
    if (this.next() === ']') {
      this.at++;
      return out;
    }
    for (;;) {
      out.push(this.value());
      if (this.next() === ',') {
        this.at++;
        continue;
      }
      this.take(']');
      return out;
    }
  }

  private string(): string {
    const m = /"(?:[^"\\]|\\.)*"/y;
    m.lastIndex = this.at;
    const word = m.exec(this.text)?.[0];
    if (word === undefined) throw new SyntaxError('premature end of input');
    this.at += word.length;
    return JSON.parse(word) as string;
  }
}
