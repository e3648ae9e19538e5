/**
 * What a type of ASN.1 is when it is encoded in aligned PER (X.691), as far as the H.323 helpers read it. They look for
 * addresses; everything else is passed over, which takes a type's shape alone.
 */
export type Type =
  | { readonly kind: 'null' | 'boolean' | 'oid' }
  /** INTEGER: so many bits, aligned bytes, one to four bytes with their number before ('long'), or any ('unbounded'). */
  | { readonly kind: 'integer'; readonly size: Bits | 'byte' | 'word' | 'long' | 'unbounded'; readonly least: number }
  | { readonly kind: 'bits'; readonly size: 'word' | 'any' }
  | { readonly kind: 'digits'; readonly size: Bits; readonly least: number }
  /** OCTET STRING: of a fixed size, or with its length before, in bits, in a byte or in the general form. */
  | { readonly kind: 'octets'; readonly size: Bits | 'fixed' | 'byte' | 'any'; readonly least: number }
  | { readonly kind: 'bmp'; readonly size: Bits | 'byte'; readonly least: number }
  | { readonly kind: 'list'; readonly of: Item; readonly most: number }
  | { readonly kind: 'sequence'; readonly optional: number; readonly root: readonly Field[]; readonly more: readonly Field[] | null }
  | { readonly kind: 'choice'; readonly bits: number; readonly root: readonly Field[]; readonly more: readonly Field[] | null };

type Bits = { readonly bits: number };

/** A type where it stands. */
export interface Item {
  /** 'jumped': in an extension, whose length is told. 'unread': the reader stops there. */
  readonly type: Type | 'jumped' | 'unread';
  readonly optional: boolean;
  /** What is in it is wanted. */
  readonly kept: boolean;
  /** Its length is told before it (an open type). */
  readonly open: boolean;
}
export interface Field extends Item {
  readonly name: string;
}

type Part = Type | Item | Several;
/** So many fields or alternatives that are not looked into. */
interface Several {
  readonly several: 'jumped' | 'unread';
  readonly count: number;
  /** How many of them are optional. */
  readonly optional: number;
}
type Parts = Readonly<Record<string, Part>>;

const itemOf = (p: Type | Item): Item => ('type' in p ? p : { type: p, optional: false, kept: false, open: false });

function fieldsOf(parts: Parts): Field[] {
  return Object.entries(parts).flatMap(([name, p]): Field[] =>
    'several' in p ? Array.from({ length: p.count }, (_, i) => ({ name, type: p.several, optional: i < p.optional, kept: false, open: false })) : [{ name, ...itemOf(p) }],
  );
}

/** `more`: the extensions known; none given: the type has no extension marker. */
export function sequence(root: Parts, more?: Parts): Type {
  const fields = fieldsOf(root);
  return { kind: 'sequence', optional: fields.filter((f) => f.optional).length, root: fields, more: more ? fieldsOf(more) : null };
}
export function choice(root: Parts, more?: Parts): Type {
  const fields = fieldsOf(root);
  return { kind: 'choice', bits: Math.ceil(Math.log2(fields.length)), root: fields, more: more ? fieldsOf(more) : null };
}
/** A list; of what is wanted in it, `most` items are. */
export const list = (of: Type | Item, most = 0): Type => ({ kind: 'list', of: itemOf(of), most });

export const opt = (p: Type | Item): Item => ({ ...itemOf(p), optional: true });
export const keep = (p: Type | Item): Item => ({ ...itemOf(p), kept: true });
export const open = (p: Type | Item): Item => ({ ...itemOf(p), open: true });
export const jumped = (count: number): Several => ({ several: 'jumped', count, optional: 0 });
export const unread = (count: number, optional = 0): Several => ({ several: 'unread', count, optional });

export const NULL: Type = { kind: 'null' };
export const BOOLEAN: Type = { kind: 'boolean' };
export const OID: Type = { kind: 'oid' };
export const BYTE: Type = { kind: 'integer', size: 'byte', least: 0 };
export const WORD: Type = { kind: 'integer', size: 'word', least: 0 };
export const UNBOUNDED: Type = { kind: 'integer', size: 'unbounded', least: 0 };
export const long = (least: number): Type => ({ kind: 'integer', size: 'long', least });
export const integer = (bits: number): Type => ({ kind: 'integer', size: { bits }, least: 0 });
export const bitString = (size: 'word' | 'any'): Type => ({ kind: 'bits', size });
/** NumericString and the like: four bits a character. */
export const digits = (bits: number): Type => ({ kind: 'digits', size: { bits }, least: 1 });
export const fixed = (octets: number): Type => ({ kind: 'octets', size: 'fixed', least: octets });
export const OCTETS: Type = { kind: 'octets', size: 'any', least: 0 };
export const SHORT_OCTETS: Type = { kind: 'octets', size: 'byte', least: 1 };
export const octets = (bits: number, least = 1): Type => ({ kind: 'octets', size: { bits }, least });
export const bmp = (size: number | 'byte'): Type => ({ kind: 'bmp', size: size === 'byte' ? size : { bits: size }, least: 1 });
