import { fromText, toLine } from '../net/plain-text.ts';
import { backendOf, type ElementStore, makeElements } from './elements.ts';
import type { Chain, NftSet, Ruleset, SetElement, Table } from './objects.ts';
import type { Rows, StoredRules } from './stored-rules.ts';

/**
 * A list kept apart from the rest of a subsystem's data, a line an item, so that a change writes one list and reading one
 * costs no decoding. `stamp` is another value whenever the list has changed.
 */
export interface StoredList {
  readonly key: string;
  readonly stamp: unknown;
  lines(): Line[];
}
/** A stretch of bytes with its newline. */
export interface Line {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const NEWLINE = 10;
const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
const newLine = (text: string): Line => {
  const bytes = encoder.encode(`${text}\n`);
  return { bytes, start: 0, end: bytes.length };
};
const textOf = (l: Line): string => decoder.decode(l.bytes.subarray(l.start, l.end - 1));

function linesOf(bytes: Uint8Array): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start) + 1;
    lines.push({ bytes, start, end });
    start = end;
  }
  return lines;
}

/** A ruleset without its rules and elements. */
interface Skeleton {
  readonly tables: readonly SkeletonTable[];
  readonly generation: number;
}
type SkeletonTable = Omit<Table, 'chains' | 'sets'> & {
  readonly chains: readonly (Omit<Chain, 'rules'> & { readonly pieces: readonly string[] })[];
  readonly sets: readonly Omit<NftSet, 'elements'>[];
};

export interface PlainNfTables {
  readonly ruleset: Skeleton;
  readonly live: unknown;
  readonly refs: ReadonlyMap<number, number>;
  readonly handles: ReadonlyMap<bigint, bigint>;
  readonly counters: { readonly tableHandle: bigint; readonly chainNumber: number; readonly id: number };
}

/** By name, so that the rules are not read for it. */
function chainWithoutRules(c: Chain): Omit<Chain, 'rules'> {
  const { name, handle, hook, policy, counters, binding, comment, id } = c;
  return { name, handle, ...(hook && { hook }), policy, counters, binding, ...(comment !== undefined && { comment }), id };
}

export const skeletonOf = (r: Ruleset, stored: StoredRules): Skeleton => ({
  generation: r.generation,
  tables: r.tables.map((t) => ({
    ...t,
    chains: t.chains.map((c) => ({ ...chainWithoutRules(c), pieces: stored.keysOf(c, r.generation) })),
    sets: t.sets.map(({ elements: _, ...set }) => set),
  })),
});

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));
const PLAIN_FLAGS = Object.freeze({ intervalEnd: false, catchall: false });
const END_FLAGS = Object.freeze({ intervalEnd: true, catchall: false });
const NO_EXPRS = Object.freeze([]);
/** What a plain element has. */
const PLAIN: ReadonlySet<string> = new Set(['key', 'flags', 'exprs', 'id']);

function isPlain(e: SetElement): boolean {
  if (e.flags.catchall || e.exprs.length) return false;
  for (const k in e) if (!PLAIN.has(k)) return false;
  return true;
}

/** All elements of a set: one that is but a key is its number, `+` or `-` (an end), and the key in hex. */
const elementLines = (store: ElementStore): Line => newLine(textsOf(store).join('\n'));

function textsOf(store: ElementStore): string[] {
  const lines: string[] = [];
  for (const e of store) {
    if (!isPlain(e)) {
      lines.push(toLine(e));
      continue;
    }
    let text = `${e.id}${e.flags.intervalEnd ? '-' : '+'}`;
    for (let i = 0; i < e.key.length; i++) text += HEX[e.key[i]];
    lines.push(text);
  }
  return lines;
}

const nibble = (code: number): number => (code < 58 ? code - 48 : code - 87);

function elementOf(line: Line): SetElement {
  const { bytes } = line;
  let at = line.start,
    id = 0;
  if (bytes[at] === 123) return Object.freeze(fromText(textOf(line)) as SetElement);
  for (; bytes[at] > 47; at++) id = id * 10 + bytes[at] - 48;
  const end = bytes[at++] === 45;
  const key = new Uint8Array((line.end - 1 - at) >> 1);
  for (let i = 0; i < key.length; i++, at += 2) key[i] = (nibble(bytes[at]) << 4) | nibble(bytes[at + 1]);
  return Object.freeze({ key, flags: end ? END_FLAGS : PLAIN_FLAGS, exprs: NO_EXPRS, id });
}

const ANONYMOUS = 'anonymous';
const setKey = (id: number): string => `set ${id}`;

export function* listsOf(r: Ruleset): Generator<StoredList> {
  const anonymous = anonymousSets(r);
  if (anonymous) yield anonymous;
  for (const t of r.tables) {
    for (const s of t.sets) {
      const store = s.elements as ElementStore;
      if (store.size && !s.flags.anonymous) yield { key: setKey(s.id), stamp: store.version, lines: () => [elementLines(store)] };
    }
  }
}

/** Anonymous sets are many and small, so those of all tables are one list: the set's number and its count, then its elements. */
function anonymousSets(r: Ruleset): StoredList | null {
  const sets = r.tables.flatMap((t) => t.sets.filter((s) => s.flags.anonymous));
  if (!sets.length) return null;
  const stores = sets.map((s) => s.elements as ElementStore);
  return {
    key: ANONYMOUS,
    stamp: sets.map((s, i) => `${s.id}:${stores[i].version}`).join(),
    lines: () => [newLine(stores.flatMap((store, i) => [`${sets[i].id} ${store.size}`, ...textsOf(store)]).join('\n'))],
  };
}

function readAnonymous(bytes: Uint8Array): Map<number, Line[]> {
  const found = new Map<number, Line[]>(),
    lines = linesOf(bytes);
  for (let i = 0; i < lines.length; ) {
    const [id, count] = textOf(lines[i++]).split(' ').map(Number);
    found.set(id, lines.slice(i, i + count));
    i += count;
  }
  return found;
}

/** The frozen ruleset again, each set's elements in the backend that the kernel would choose. */
export function rebuildRuleset(data: Skeleton, rows: Rows, stored: StoredRules, now: () => number): Ruleset {
  const anonymous = readAnonymous(rows.get(ANONYMOUS));
  const set = (s: Omit<NftSet, 'elements'>): NftSet => {
    const elements = makeElements(backendOf(s.flags, s.fieldLens) ?? 'hash', s.fieldLens, now);
    for (const line of s.flags.anonymous ? (anonymous.get(s.id) ?? []) : linesOf(rows.get(setKey(s.id)))) elements.restore(elementOf(line));
    return Object.freeze({ ...s, elements });
  };
  const chain = ({ pieces, ...own }: SkeletonTable['chains'][number]): Chain => stored.chain(own, pieces, rows);
  return Object.freeze({
    generation: data.generation,
    tables: Object.freeze(data.tables.map((t) => Object.freeze({ ...t, chains: Object.freeze(t.chains.map(chain)), sets: Object.freeze(t.sets.map(set)) }))),
  });
}
