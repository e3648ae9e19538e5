/** A rule and the ranges of unsigned 32-bit values, one of which it wants. */
interface Wanted {
  readonly rule: number;
  readonly ranges: readonly (readonly [number, number])[];
}

/** Entries that the lists of all values may hold together, for each rule: rules with wide ranges stay outside when it gets more. */
const ROOM = 8;

/** Which rules want a value: the line of values cut where ranges begin and end, and for each piece a list of rules. */
export class RangeIndex {
  /** Where the pieces begin. */
  readonly #cuts: Uint32Array;
  /** Piece i has the rules `rules[starts[i]…starts[i + 1])`, ascending. */
  readonly starts: Int32Array;
  readonly rules: Int32Array;
  /** The rules that found room. */
  readonly kept: readonly number[];

  constructor(wanted: readonly Wanted[]) {
    const cuts = new Set<number>([0]);
    for (const w of wanted)
      for (const [lo, hi] of w.ranges) {
        cuts.add(lo);
        if (hi < 0xffffffff) cuts.add(hi + 1);
      }
    this.#cuts = Uint32Array.from(cuts).sort();
    const kept = this.#choose(wanted);
    this.kept = kept.map((w) => w.rule);
    const lists: number[][] = Array.from(this.#cuts, () => []);
    for (const w of kept)
      for (const [lo, hi] of w.ranges)
        for (let i = this.find(lo), end = this.find(hi); i <= end; i++) {
          const list = lists[i];
          if (list.at(-1) !== w.rule) list.push(w.rule);
        }
    this.starts = new Int32Array(lists.length + 1);
    for (const [i, list] of lists.entries()) this.starts[i + 1] = this.starts[i] + list.length;
    this.rules = Int32Array.from(lists.flat());
  }

  /** The narrow ones first, as long as there is room; in order of the rules. */
  #choose(wanted: readonly Wanted[]): Wanted[] {
    const width = (w: Wanted): number => w.ranges.reduce((n, [lo, hi]) => n + 1 + this.find(hi) - this.find(lo), 0);
    const byWidth = wanted.map((w) => ({ w, n: width(w) })).sort((a, b) => a.n - b.n);
    let room = ROOM * wanted.length;
    return byWidth
      .filter(({ w, n }) => (room -= n) >= 0 && w.ranges.length > 0)
      .map(({ w }) => w)
      .sort((a, b) => a.rule - b.rule);
  }

  /** The piece in which a value lies. */
  find(value: number): number {
    const cuts = this.#cuts;
    let low = 0,
      high = cuts.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if (cuts[mid] <= value) low = mid;
      else high = mid - 1;
    }
    return low;
  }
}
