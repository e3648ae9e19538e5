/**
 * Plain data as text that a person can read and compare: JSON, keys in order, with the values that JSON lacks written as
 * one-key objects: {"$int": "…"}, {"$hex": "…"}, {"$map": […]}, {"$set": […]}.
 */
export function toText(value: unknown): string {
  return `${JSON.stringify(encode(value), null, 2)}\n`;
}

/** The same without line breaks. */
export const toLine = (value: unknown): string => JSON.stringify(encode(value));

export function fromText(text: string): unknown {
  return decode(JSON.parse(text));
}

function encode(v: unknown): unknown {
  if (typeof v === 'bigint') return { $int: v.toString() };
  if (v === undefined) return { $undefined: true };
  if (typeof v === 'number' && !Number.isFinite(v)) return { $number: String(v) };
  if (v === null || typeof v !== 'object') return v;
  if (v instanceof Uint8Array) return { $hex: Array.from(v, (b) => b.toString(16).padStart(2, '0')).join('') };
  if (v instanceof Map) return { $map: [...v].map(([k, x]) => [encode(k), encode(x)]) };
  if (v instanceof Set) return { $set: [...v].map(encode) };
  if (Array.isArray(v)) return v.map(encode);
  return Object.fromEntries(Object.entries(v).filter(([, x]) => x !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, x]) => [k, encode(x)]));
}

function decode(v: unknown): unknown {
  if (v === null || typeof v !== 'object') return v;
  if (Array.isArray(v)) return v.map(decode);
  const entries = Object.entries(v);
  if (entries.length === 1) {
    const [key, x] = entries[0];
    if (key === '$int') return BigInt(String(x));
    if (key === '$undefined') return undefined;
    if (key === '$number') return Number(x);
    if (key === '$hex') return Uint8Array.from(String(x).match(/../g) ?? [], (h) => Number.parseInt(h, 16));
    if (key === '$map' && Array.isArray(x)) return new Map(x.map((p: unknown) => (Array.isArray(p) ? [decode(p[0]), decode(p[1])] : [undefined, undefined])));
    if (key === '$set' && Array.isArray(x)) return new Set(x.map(decode));
  }
  return Object.fromEntries(entries.map(([k, x]) => [k, decode(x)]));
}
