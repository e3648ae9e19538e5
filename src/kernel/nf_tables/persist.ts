import { backendOf, makeElements } from './elements.ts';
import type { NftSet, Ruleset, SetElement, Table } from './objects.ts';

/** A ruleset as plain data: sets carry their elements as a list. */
interface PlainRuleset { readonly tables: readonly PlainTable[]; readonly generation: number }
type PlainTable = Omit<Table, 'sets'> & { readonly sets: readonly PlainSet[] };
type PlainSet = Omit<NftSet, 'elements'> & { readonly elements: readonly SetElement[] };

export const plainRuleset = (r: Ruleset): PlainRuleset => ({
  generation: r.generation,
  tables: r.tables.map((t) => ({ ...t, sets: t.sets.map((s) => ({ ...s, elements: [...s.elements] })) })),
});

/** The frozen ruleset again, each set's elements in the backend that the kernel would choose. */
export function rebuildRuleset(data: PlainRuleset, now: () => number): Ruleset {
  const set = (s: PlainSet): NftSet => {
    const elements = makeElements(backendOf(s.flags, s.fieldLens) ?? 'hash', s.fieldLens, now);
    for (const e of s.elements) elements.restore(Object.freeze(e));
    return Object.freeze({ ...s, elements });
  };
  return Object.freeze({ generation: data.generation, tables: data.tables.map((t) => Object.freeze({ ...t, sets: t.sets.map(set) })) });
}

export interface PlainNfTables {
  readonly ruleset: PlainRuleset;
  readonly live: unknown;
  readonly refs: ReadonlyMap<number, number>;
  readonly handles: ReadonlyMap<bigint, bigint>;
  readonly counters: { readonly tableHandle: bigint; readonly chainNumber: number; readonly id: number };
}
