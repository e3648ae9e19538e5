import { expect, test } from 'vitest';
import { plainElement } from '../../../src/kernel/nf_tables/element-row.ts';
import { type ElementStore, makeElements } from '../../../src/kernel/nf_tables/elements.ts';
import type { NftSet, SetElement } from '../../../src/kernel/nf_tables/objects.ts';
import { seededRandom } from '../../../src/host/random.ts';

const flags = (interval: boolean): NftSet['flags'] => ({
  anonymous: false,
  constant: false,
  interval,
  map: false,
  timeout: false,
  eval: false,
  object: false,
  concat: false,
});
const storeOf = (interval: boolean): ElementStore => makeElements({ flags: flags(interval), fieldLens: [], keyLen: 2 }, () => 0);
const shown = (store: ElementStore): string[] => [...store].map((e) => `${e.id} ${e.key.join('.')}${e.flags.intervalEnd ? ' end' : ''}${e.comment ?? ''}`);
const key = (n: number): Uint8Array => Uint8Array.of(n >> 8, n & 255);

/** Keys at random: of intervals, starts and ends in turn, mostly with a gap between. */
function keysOf(
  random: ReturnType<typeof seededRandom>,
  interval: boolean,
): { readonly keys: Uint8Array; readonly ends: Uint8Array; readonly width: number; readonly count: number } {
  const at = new Set<number>(),
    count = 1 + random.below(6);
  while (at.size < count) at.add(random.below(60));
  const sorted = [...at].sort((a, b) => (interval ? a - b : 0));
  const from = random.below(2);
  return { width: 2, count, keys: Uint8Array.from(sorted.flatMap((n) => [...key(n)])), ends: Uint8Array.from(sorted, (_, i) => (interval ? (i + from) & 1 : 0)) };
}

test.each([false, true])('many elements at once are what they are one by one (interval: %s)', (interval) => {
  const random = seededRandom(7);
  let together = 0;
  for (let round = 0; round < 600; round++) {
    const [a, b] = [storeOf(interval), storeOf(interval)];
    let [nextA, nextB] = [0, 0];
    for (let batch = 0; batch < 3; batch++) {
      const keys = keysOf(random, interval),
        before = shown(a);
      const undo = a.insertMany(keys, () => ++nextA);
      if (!undo) {
        expect(shown(a)).toEqual(before);
        nextA = nextB;
        continue;
      }
      together++;
      const made: SetElement[] = [];
      for (let i = 0; i < keys.count; i++) {
        const e = plainElement(keys.keys.slice(i * 2, i * 2 + 2), keys.ends[i] === 1, ++nextB);
        made.push(e);
        expect(b.insert(e, false)).toBeNull();
      }
      expect(shown(a)).toEqual(shown(b));
      if (random.below(3) === 0) {
        undo();
        for (const e of made.reverse()) b.remove(e);
        expect(shown(a)).toEqual(before);
      }
    }
    for (let n = 0; n < 60; n++) expect(a.lookup(key(n))?.id).toBe(b.lookup(key(n))?.id);
  }
  expect(together).toBeGreaterThan(400);
});

test.each([false, true])('elements come and go as in a list, and lie in the state as they are (interval: %s)', (interval) => {
  const random = seededRandom(11);
  for (let round = 0; round < 50; round++) {
    const store = storeOf(interval),
      model = new Map<string, SetElement>();
    for (let id = 1; id < 300; id++) {
      const n = random.below(120),
        end = interval && random.below(2) === 0,
        name = `${String(n).padStart(3, '0')}${end ? ' ' : '~'}`;
      const plain = plainElement(key(n), end, id);
      const old = model.get(name);
      if (old && random.below(2)) {
        store.remove(old);
        model.delete(name);
      } else if (!old) {
        const e = random.below(3) ? plain : { ...plain, comment: `c${id}` };
        store.restore(e);
        model.set(name, e);
      }
    }
    const expected = [...model].sort(([a], [b]) => (a < b ? 1 : -1)).map(([, e]) => e);
    const order = (list: readonly SetElement[]): readonly SetElement[] => (interval ? list : [...list].sort((a, b) => a.id - b.id));
    expect(order([...store])).toEqual(order(expected));
    const again = storeOf(interval);
    again.attach(() => store.stored());
    expect(again.closed).toBe(true);
    expect(shown(again)).toEqual(shown(store));
    expect(again.version).toBe(0);
    for (const e of expected) expect(again.find(e.key, undefined, e.flags)).toEqual(e);
  }
});

test('an interval meets what it shares a value with, but not itself', () => {
  const random = seededRandom(3);
  for (let round = 0; round < 300; round++) {
    const store = storeOf(true),
      there: [number, number][] = [];
    for (let at = random.below(5); at < 60; at += 1 + random.below(6)) {
      const after = at + 1 + random.below(5);
      there.push([at, after]);
      store.restore(plainElement(key(at), false, at * 2 + 1));
      store.restore(plainElement(key(after), true, at * 2 + 2));
      at = after;
    }
    for (let tries = 0; tries < 50; tries++) {
      const low = random.below(64),
        after = low + 1 + random.below(6);
      const meets = there.some(([a, b]) => !(a === low && b === after) && low < b && after > a);
      expect(store.meets(key(low), key(after))).toBe(meets);
    }
  }
});
