import type { Json } from '../datatype/index.ts';

/** json_dumps of jansson in its default layout: a space after every comma and colon, text as it is. */
export function jsonText(v: Json): string {
  if (Array.isArray(v)) return `[${v.map(jsonText).join(', ')}]`;
  if (v === null || typeof v !== 'object') return typeof v === 'string' ? quote(v) : String(v);
  return `{${Object.entries(v)
    .filter(([, x]) => x !== undefined)
    .map(([k, x]) => `${quote(k)}: ${jsonText(x)}`)
    .join(', ')}}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const quote = (s: string): string => `"${s.replace(/["\\\u0000-\u001f\u007f]/g, (c) => ESCAPES[c] ?? `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)}"`;

export const METAINFO: Json = { metainfo: { version: '1.1.3', release_name: 'Commodore Bullmoose #4', json_schema_version: 1 } };

/** What nft -j prints for a list of objects. */
export const jsonDocument = (objects: readonly Json[]): string => `${jsonText({ nftables: [METAINFO, ...objects] })}\n`;
