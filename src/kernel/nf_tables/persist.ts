import { type ElementStore, makeElements } from './elements.ts';
import type { Chain, NftSet, Ruleset, Table } from './objects.ts';
import type { Rows, StoredRules } from './stored-rules.ts';

/**
 * A list kept apart from the rest of a subsystem's data, as bytes, so that a change writes one list and reading one
 * costs no decoding. `stamp` is another value whenever the list has changed.
 */
export interface StoredList {
  readonly key: string;
  readonly stamp: unknown;
  lines(): Line[];
}
/** A stretch of bytes. */
export interface Line {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const NEWLINE = 10;
const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
const whole = (bytes: Uint8Array): Line => ({ bytes, start: 0, end: bytes.length });

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
export function chainWithoutRules(c: Chain): Omit<Chain, 'rules'> {
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

const ANONYMOUS = 'anonymous';
const setKey = (id: number): string => `set ${id}`;

export function* listsOf(r: Ruleset): Generator<StoredList> {
  const anonymous = anonymousSets(r);
  if (anonymous) yield anonymous;
  for (const t of r.tables) {
    for (const s of t.sets) {
      const store = s.elements as ElementStore;
      if (!s.flags.anonymous && (store.closed || store.size)) yield { key: setKey(s.id), stamp: store.version, lines: () => [whole(store.stored())] };
    }
  }
}

/** Anonymous sets are many and small, so those of all tables are one list: number and length of each in a line, then their bytes. */
function anonymousSets(r: Ruleset): StoredList | null {
  const sets = r.tables.flatMap((t) => t.sets.filter((s) => s.flags.anonymous));
  if (!sets.length) return null;
  const stores = sets.map((s) => s.elements as ElementStore);
  return {
    key: ANONYMOUS,
    stamp: sets.map((s, i) => `${s.id}:${stores[i].version}`).join(),
    lines: () => {
      const bytes = stores.map((store) => store.stored());
      return [whole(encoder.encode(`${sets.map((s, i) => `${s.id} ${bytes[i].length}`).join(' ')}\n`)), ...bytes.map(whole)];
    },
  };
}

function readAnonymous(bytes: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>(),
    head = bytes.indexOf(NEWLINE) + 1;
  const numbers = decoder.decode(bytes.subarray(0, head)).split(' ').map(Number);
  for (let i = 0, at = head; i + 1 < numbers.length; i += 2) {
    found.set(numbers[i], bytes.subarray(at, at + numbers[i + 1]));
    at += numbers[i + 1];
  }
  return found;
}

/** The frozen ruleset again, each set's elements in the backend that the kernel would choose. */
export function rebuildRuleset(data: Skeleton, rows: Rows, stored: StoredRules, now: () => number): Ruleset {
  const anonymous = readAnonymous(rows.get(ANONYMOUS));
  const set = (s: Omit<NftSet, 'elements'>): NftSet => {
    const elements = makeElements(s, now);
    const own = anonymous.get(s.id);
    if (!s.flags.anonymous) elements.attach(() => rows.get(setKey(s.id)));
    else if (own) elements.attach(() => own);
    return Object.freeze({ ...s, elements });
  };
  const chain = ({ pieces, ...own }: SkeletonTable['chains'][number]): Chain => stored.chain(own, pieces, rows);
  return Object.freeze({
    generation: data.generation,
    tables: Object.freeze(data.tables.map((t) => Object.freeze({ ...t, chains: Object.freeze(t.chains.map(chain)), sets: Object.freeze(t.sets.map(set)) }))),
  });
}
