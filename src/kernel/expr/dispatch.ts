import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import { ABSENT, FIELD, plainField, PRESENT, readField, type Field, type FieldTest } from './field.ts';
import { RangeIndex } from './range-index.ts';
import type { Regs } from './machine.ts';

/** Tests of one rule: all hold if it matches. */
export interface RuleTests {
  readonly tests: readonly FieldTest[];
}

/**
 * slot, mask, first value, span (last - first; a range may go over the end and begin again, as inverted ones do), where the
 * next rule begins, twice the number of the rule (one more: a packet without the field may match)
 */
const WIDTH = 6;
/** A field not asked yet, beside ABSENT, PRESENT and UNKNOWN. */
const UNREAD = 3;
const ALL = 0xffffffff;

/** The tests of some rules one after another. */
interface Columns {
  readonly cells: Int32Array;
  /** The rules, ascending, and where the tests of each begin; one more at the end. */
  readonly rules: Int32Array;
  readonly starts: Int32Array;
  /** The fields that they ask for. */
  readonly slots: readonly number[];
}

/** Shorter chains are walked. */
const LONG = 16;
/** A field is worth asking for when it tells so many values apart. */
const MIN_VALUES = 8;
const MAX_INDEXES = 6;

/** Rules by the range in which they want one masked field. */
interface Index {
  readonly slot: number;
  readonly mask: number;
  readonly ranges: RangeIndex;
  /** Its rules, and those of them that a packet without the field may match; ascending. */
  readonly rules: Int32Array;
  readonly loose: Int32Array;
}

interface Candidate {
  readonly key: string;
  readonly slot: number;
  readonly mask: number;
  readonly rules: { readonly rule: number; readonly ranges: FieldTest['ranges']; readonly loose: boolean }[];
  readonly values: Set<number>;
}

/** A mask of leading ones: its equality is a range of the whole field. */
const isPrefix = (mask: number): boolean => ((~mask >>> 0) & ((~mask >>> 0) + 1)) === 0;

/**
 * The tests of a chain's rules in columns of integers, and for a long chain an index over the fields that tell most of its
 * rules apart. It says early that rules cannot match; having no effects, tests may be asked in any order.
 */
export class Dispatch {
  /** Whether what `next` found matches as far as its tests go (else its expressions must be asked again). */
  sure = false;
  readonly #size: number;
  readonly #fields: readonly Field[];
  /** What was read of the packet since `forget`. */
  readonly #values: Int32Array;
  readonly #state: Uint8Array;
  readonly #indexes: readonly Index[];
  /** All rules, and those without an index. */
  readonly #all: Columns;
  readonly #rest: Columns;

  constructor(rules: readonly RuleTests[]) {
    const slots = new Map<string, number>(),
      fields: Field[] = [];
    const slotOf = (f: Field): number => {
      const key = `${f.kind} ${f.offset} ${f.len} ${f.need ?? 0} ${f.fragments ?? false}`;
      let slot = slots.get(key);
      if (slot === undefined) slots.set(key, (slot = fields.push(f) - 1));
      return slot;
    };
    const every = Array.from(rules, (_, i) => i);
    this.#size = rules.length;
    this.#all = columnsOf(rules, every, slotOf);
    this.#indexes = rules.length < LONG ? [] : chooseIndexes(rules, slotOf);
    const indexed = new Set(this.#indexes.flatMap((x) => [...x.rules]));
    this.#rest = indexed.size
      ? columnsOf(
          rules,
          every.filter((i) => !indexed.has(i)),
          slotOf,
        )
      : this.#all;
    this.#fields = fields;
    this.#values = new Int32Array(fields.length);
    this.#state = new Uint8Array(fields.length);
  }

  /** Another packet, or what was read of it may have changed. */
  forget(): void {
    const states = this.#state;
    for (let i = 0; i < states.length; i++) states[i] = UNREAD;
  }

  /** The first rule from `from` on that may match; the number of rules when none does. */
  next(from: number, regs: Regs, skb: Skb, state: HookState): number {
    let best = this.#size,
      sure = false;
    for (let i = 0; i < this.#indexes.length; i++) {
      const index = this.#indexes[i],
        { slot, ranges } = index;
      const there = this.#state[slot] === UNREAD ? this.#load(slot, regs, skb, state) : this.#state[slot];
      let found: number;
      if (there === PRESENT) {
        const at = ranges.find((this.#values[slot] & index.mask) >>> 0);
        found = this.#among(ranges.rules, ranges.starts[at], ranges.starts[at + 1], from, best, regs, skb, state);
      } else {
        const list = there === ABSENT ? index.loose : index.rules;
        found = this.#among(list, 0, list.length, from, best, regs, skb, state);
      }
      if (found >= 0) {
        best = found;
        ({ sure } = this);
      }
    }
    const rest = this.#rest,
      count = rest.rules.length;
    const start = from === 0 ? 0 : lowerBound(rest.rules, 0, count, from),
      end = best === this.#size ? count : lowerBound(rest.rules, start, count, best);
    const found =
      end - start >= LONG && this.#whole(rest, regs, skb, state)
        ? this.#run(rest.cells, rest.starts[start], rest.starts[end])
        : this.#walk(rest.cells, rest.starts[start], rest.starts[end], regs, skb, state);
    if (found >= 0) return found;
    this.sure = sure;
    return best;
  }

  /** Reads all fields that these rules ask for. Has the packet every one? */
  #whole(c: Columns, regs: Regs, skb: Skb, state: HookState): boolean {
    for (const slot of c.slots) {
      const there = this.#state[slot] === UNREAD ? this.#load(slot, regs, skb, state) : this.#state[slot];
      if (there !== PRESENT) return false;
    }
    return true;
  }

  /** `#walk` where every field is known. */
  #run(c: Int32Array, start: number, stop: number): number {
    const values = this.#values;
    for (let i = start; i < stop; ) {
      if (((values[c[i]] & c[i + 1]) - c[i + 2]) >>> 0 > c[i + 3] >>> 0) {
        i = c[i + 4];
        continue;
      }
      i += WIDTH;
      if (i === c[i - 2]) {
        this.sure = true;
        return c[i - 1] >> 1;
      }
    }
    return -1;
  }

  #load(slot: number, regs: Regs, skb: Skb, state: HookState): number {
    return (this.#state[slot] = readField(this.#fields[slot], this.#values, slot, regs, skb, state));
  }

  /** The first rule of a part of an ascending list, from `from` on and before `best`, whose tests hold; else -1. */
  #among(list: Int32Array, start: number, stop: number, from: number, best: number, regs: Regs, skb: Skb, state: HookState): number {
    const { cells, starts } = this.#all;
    for (let at = from === 0 ? start : lowerBound(list, start, stop, from); at < stop && list[at] < best; at++) {
      const found = this.#walk(cells, starts[list[at]], starts[list[at] + 1], regs, skb, state);
      if (found >= 0) return found;
    }
    return -1;
  }

  /** Rule after rule in a part of the columns: the first whose tests hold; else -1. */
  #walk(c: Int32Array, start: number, stop: number, regs: Regs, skb: Skb, state: HookState): number {
    const values = this.#values,
      states = this.#state;
    let sure = true;
    for (let i = start; i < stop; ) {
      const slot = c[i];
      let there = states[slot];
      if (there === UNREAD) there = this.#load(slot, regs, skb, state);
      if (there === PRESENT) {
        if (((values[slot] & c[i + 1]) - c[i + 2]) >>> 0 > c[i + 3] >>> 0) {
          i = c[i + 4];
          sure = true;
          continue;
        }
      } else if ((c[i + 5] & 1) !== 0) {
        // Whatever follows: the expression may drop the packet.
        this.sure = false;
        return c[i + 5] >> 1;
      } else if (there === ABSENT) {
        i = c[i + 4];
        sure = true;
        continue;
      } else sure = false;
      i += WIDTH;
      if (i === c[i - 2]) {
        this.sure = sure;
        return c[i - 1] >> 1;
      }
    }
    return -1;
  }
}

/** True of every packet. */
const ALWAYS: FieldTest = { field: plainField(FIELD.mark, 4), mask: 0, ranges: [[0, 0]], not: false, absent: 'fails' };

function columnsOf(rules: readonly RuleTests[], among: readonly number[], slotOf: (f: Field) => number): Columns {
  const cells: number[] = [],
    starts: number[] = [0],
    slots = new Set<number>();
  for (const rule of among) {
    const asked = rules[rule].tests.filter(encodable),
      tests = asked.length ? inOrder(asked) : [ALWAYS],
      next = cells.length + WIDTH * tests.length;
    for (const t of tests) {
      const slot = slotOf(t.field);
      slots.add(slot);
      encode(t, slot, next, rule, cells);
    }
    starts.push(next);
  }
  return { cells: Int32Array.from(cells), rules: Int32Array.from(among), starts: Int32Array.from(starts), slots: [...slots] };
}

/** Protocols tell least apart: they are asked last, unless a test that only the expression can decide forbids to ask ahead. */
function inOrder(tests: readonly FieldTest[]): readonly FieldTest[] {
  if (tests.some((t) => t.absent === 'unknown')) return tests;
  const protocol = (t: FieldTest): boolean => t.field.kind === FIELD.l4proto || t.field.kind === FIELD.nfproto;
  return [...tests.filter((t) => !protocol(t)), ...tests.filter(protocol)];
}

/** Several ranges are asked as the one that holds them all: enough to say that a rule cannot match, but not the other way round. */
const encodable = (t: FieldTest): boolean => !t.not || t.ranges.length < 2;

function encode(t: FieldTest, slot: number, next: number, rule: number, cells: number[]): void {
  const { ranges } = t;
  let lo = 0,
    hi = 0,
    mask = t.mask;
  if (ranges.length === 0) {
    // no value, or, inverted, any: that of no bits
    mask = 0;
    if (!t.not) lo = hi = 1;
  } else {
    lo = ranges[0][0];
    hi = Math.max(...ranges.map((r) => r[1]));
    if (t.not && hi - lo === ALL) [mask, lo, hi] = [0, 1, 1];
    else if (t.not) [lo, hi] = [hi + 1, lo - 1 + 2 ** 32];
  }
  cells.push(slot, mask | 0, lo | 0, (hi - lo) | 0, next, 2 * rule + (t.absent === 'unknown' ? 1 : 0));
}

/** The first place in a part of an ascending list whose value is not below `from`. */
function lowerBound(list: Int32Array, start: number, stop: number, from: number): number {
  let low = start,
    high = stop;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (list[mid] < from) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** Field by field, the one that tells most of the remaining rules apart. */
function chooseIndexes(rules: readonly RuleTests[], slotOf: (f: Field) => number): Index[] {
  const out: Index[] = [],
    tried = new Set<string>();
  let rest = Array.from(rules, (_, i) => i);
  while (out.length < MAX_INDEXES) {
    const best = bestField(rules, rest, slotOf, tried);
    if (!best) break;
    tried.add(best.key);
    const ranges = new RangeIndex(best.rules),
      kept = new Set(ranges.kept);
    if (kept.size < MIN_VALUES) continue;
    out.push({
      slot: best.slot,
      mask: best.mask | 0,
      ranges,
      rules: Int32Array.from([...kept].sort((a, b) => a - b)),
      loose: Int32Array.from(best.rules.filter((r) => r.loose && kept.has(r.rule)).map((r) => r.rule)),
    });
    rest = rest.filter((r) => !kept.has(r));
  }
  return out;
}

function bestField(rules: readonly RuleTests[], among: readonly number[], slotOf: (f: Field) => number, tried: ReadonlySet<string>): Candidate | null {
  const fields = new Map<string, Candidate>();
  for (const rule of among) {
    const asked = new Set<string>();
    let loose = false;
    for (const t of rules[rule].tests) {
      // Behind a test that only the expression itself can decide nothing may be asked ahead.
      if (loose) break;
      loose = t.absent === 'unknown';
      if (t.not || t.ranges.length === 0) continue;
      const whole = isPrefix(t.mask),
        mask = whole ? ALL : t.mask;
      const slot = slotOf(t.field),
        key = `${slot} ${mask}`;
      if (asked.has(key) || tried.has(key)) continue;
      asked.add(key);
      let field = fields.get(key);
      if (!field) fields.set(key, (field = { key, slot, mask, rules: [], values: new Set() }));
      // A prefix asks for all values that begin so.
      const ranges = whole && t.mask !== ALL ? t.ranges.map(([lo, hi]): [number, number] => [lo, (hi | ~t.mask) >>> 0]) : t.ranges;
      field.rules.push({ rule, ranges, loose });
      for (const [lo, hi] of ranges) if (hi - lo < ALL) field.values.add(lo * 0x200000 + ((hi - lo) % 0x200000));
    }
  }
  let best: Candidate | null = null;
  for (const field of fields.values()) if (field.values.size >= (best ? best.values.size + 1 : MIN_VALUES)) best = field;
  return best;
}
