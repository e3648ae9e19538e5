import type { Exthdr } from '../../commands/nft/keys/exthdr.ts';
import type { DatatypeName } from '../../parsers/nft/ast.ts';
import type { Header, Place } from '../../parsers/packet/index.ts';

/** A field by its place in the header, in bits. */
export interface LayerField {
  readonly name: string;
  readonly dtype: DatatypeName;
  readonly offset: number;
  readonly len: number;
}

/** Where a layer stands: what may come inside and outside it. */
export type LayerBase = 'meta' | 'link' | 'network' | 'extension' | 'transport' | 'tunnel';

/** One header of the packet to be built. */
export interface Layer {
  readonly kind: LayerKind;
  /** Fields that were written, and those chosen since. */
  readonly values: Map<string, bigint>;
  /** Options in order, each with its fields. */
  readonly options: { readonly def: Exthdr; readonly values: Map<string, bigint> }[];
  /** As written; null: implied. */
  readonly header: Header | null;
  readonly place: Place;
}

/** What a layer may ask about the rest of the packet. */
export interface Around {
  /** The layers outside this one, the nearest last. */
  readonly outer: readonly Layer[];
  /** The next layer inside. */
  readonly next: Layer | null;
  /** Number of the next protocol as this layer's key field writes it; null: nothing comes. */
  readonly nextNumber: number | null;
  /** Was a payload written? */
  readonly payload: boolean;
}

/** A kind of header: its words and how its bytes come about. */
export interface LayerKind {
  readonly name: string;
  /** Other words that begin it. */
  readonly aliases?: readonly string[];
  readonly base: LayerBase;
  readonly fields: readonly LayerField[];
  /** Fields in nft's words → shorter words. */
  readonly short?: Readonly<Record<string, string>>;
  /** Words without a value → the field they set and to what. */
  readonly flags?: Readonly<Record<string, readonly [field: string, value: bigint]>>;
  readonly options?: { readonly word: string; readonly list: readonly Exthdr[]; readonly alias?: Readonly<Record<string, string>> };
  /** Field that names the next protocol. */
  readonly key?: string;
  /** Values of what was not written; called from the outside in, before bytes are made. */
  choose?(layer: Layer, around: Around): void;
  /** Bytes of header and content; lengths and checksums that were not written are filled in. */
  encode(layer: Layer, inner: Uint8Array, around: Around): Uint8Array;
}

export const has = (l: Layer, field: string): boolean => l.values.has(field);
export const number = (l: Layer, field: string): number => Number(l.values.get(field) ?? 0n);

/** Sets what was not written. */
export function defaults(l: Layer, values: Readonly<Record<string, number | bigint>>): void {
  for (const [name, value] of Object.entries(values)) if (!l.values.has(name)) l.values.set(name, BigInt(value));
}

/** Writes `len` bits at bit `offset`, most significant first. */
export function putBits(b: Uint8Array, offset: number, len: number, value: bigint): void {
  let v = value;
  for (let i = offset + len - 1; i >= offset; i--) {
    const mask = 0x80 >> (i & 7);
    if (v & 1n) b[i >> 3] |= mask;
    else b[i >> 3] &= ~mask;
    v >>= 1n;
  }
}

/** All fields of a layer into its bytes. */
export function putFields(b: Uint8Array, fields: readonly LayerField[], values: ReadonlyMap<string, bigint>): void {
  for (const f of fields) {
    const v = values.get(f.name);
    if (v !== undefined && f.offset + f.len <= b.length * 8) putBits(b, f.offset, f.len, v);
  }
}

export const valueBytes = (v: bigint, length: number): Uint8Array => {
  const out = new Uint8Array(length);
  putBits(out, 0, length * 8, v);
  return out;
};

export function bytesValue(b: Uint8Array): bigint {
  let v = 0n;
  for (const x of b) v = (v << 8n) | BigInt(x);
  return v;
}
