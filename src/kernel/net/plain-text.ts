/**
 * Plain data as text that a person can read and compare: JSON with the values that JSON lacks written as one-key objects:
 * {"$int": "…"}, {"$hex": "…"}, {"$map": […]}, {"$set": […]}, {"$number": "…"}. Members that are undefined are left out.
 */
export function toText(value: unknown): string {
  return `${JSON.stringify(JSON.parse(toLine(value)), null, 2)}\n`;
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** The same without line breaks; made by hand because rulesets are written by the ten thousand rules. */
export function toLine(v: unknown): string {
  switch (typeof v) {
    case 'string':
      return quoted(v);
    case 'number':
      return Number.isFinite(v) ? String(v) : `{"$number":"${v}"}`;
    case 'boolean':
      return v ? 'true' : 'false';
    case 'bigint':
      return `{"$int":"${v}"}`;
    case 'undefined':
      return '{"$undefined":true}';
    case 'object':
      return v === null ? 'null' : objectLine(v);
    default:
      throw new Error(`a ${typeof v} is no plain data`);
  }
}

/** Few words occur, many times each: names of members and of kinds. */
const words = new Map<string, string>();

function quoted(text: string): string {
  let known = words.get(text);
  if (known === undefined) {
    known = JSON.stringify(text);
    if (words.size < 4096 && text.length < 32) words.set(text, known);
  }
  return known;
}

const list = (items: Iterable<unknown>): string => {
  let text = '[';
  let first = true;
  for (const x of items) {
    text += first ? toLine(x) : `,${toLine(x)}`;
    first = false;
  }
  return `${text}]`;
};

function objectLine(v: object): string {
  if (v instanceof Uint8Array) {
    let hex = '';
    for (let i = 0; i < v.length; i++) hex += HEX[v[i]];
    return `{"$hex":"${hex}"}`;
  }
  if (Array.isArray(v)) return list(v);
  if (v instanceof Map) return `{"$map":${list(v)}}`;
  if (v instanceof Set) return `{"$set":${list(v)}}`;
  let text = '{';
  let first = true;
  for (const key of Object.keys(v)) {
    const x: unknown = (v as Readonly<Record<string, unknown>>)[key];
    if (x === undefined) continue;
    text += first ? quoted(key) : `,${quoted(key)}`;
    text += `:${toLine(x)}`;
    first = false;
  }
  return `${text}}`;
}

export function fromText(text: string): unknown {
  return revive(JSON.parse(text));
}

/** Puts the values back that JSON lacks, in place: what JSON.parse made belongs to nobody else. */
function revive(v: unknown): unknown {
  if (v === null || typeof v !== 'object') return v;
  if (Array.isArray(v)) {
    for (let i = 0; i < v.length; i++) if (typeof v[i] === 'object') v[i] = revive(v[i]);
    return v;
  }
  let only = '';
  let n = 0;
  for (const key in v) {
    only = key;
    n++;
    const x: unknown = Reflect.get(v, key);
    if (typeof x === 'object' && x !== null) Reflect.set(v, key, revive(x));
  }
  return n === 1 && only.charCodeAt(0) === 36 ? special(only, Reflect.get(v, only), v) : v;
}

function special(key: string, x: unknown, whole: object): unknown {
  switch (key) {
    case '$int':
      return BigInt(String(x));
    case '$hex':
      return fromHex(String(x));
    case '$undefined':
      return undefined;
    case '$number':
      return Number(x);
    case '$map':
      return new Map(Array.isArray(x) ? x.map((p: readonly [unknown, unknown]) => [p[0], p[1]]) : []);
    case '$set':
      return new Set(Array.isArray(x) ? x : []);
    default:
      return whole;
  }
}

const digit = (code: number): number => (code < 58 ? code - 48 : code - 87);

function fromHex(text: string): Uint8Array {
  const out = new Uint8Array(text.length >> 1);
  for (let i = 0; i < out.length; i++) out[i] = (digit(text.charCodeAt(2 * i)) << 4) | digit(text.charCodeAt(2 * i + 1));
  return out;
}
