import type { Skb } from '../net/skb.ts';
import type { Expression } from './expression.ts';
import type { Regs } from './machine.ts';

/**
 * The plain tests at the head of a rule (load, mask, compare), as columns of integers. They only say early that a rule
 * cannot match: one that passes runs whole, so that its registers hold what later expressions read. Having no effects
 * they may be asked in any order, so a long chain finds its candidates by the value of the fields that tell most of its
 * rules apart.
 */
const NETWORK = 0,
  TRANSPORT = 1,
  L4PROTO = 2,
  NFPROTO = 3;
/** kind, offset, length, mask, value, wanted (1: equal, 0: not) */
const WIDTH = 6;

const word = (b: Uint8Array, from = 0): number => {
  let v = 0;
  for (let i = 0; i < 4 && from + i < b.length; i++) v |= b[from + i] << (8 * i);
  return v;
};
const ones = (len: number): number => (len >= 4 ? -1 : len <= 0 ? 0 : (1 << (8 * len)) - 1);

/** The tests of one rule, up to the first expression that is none. */
function tests(exprs: readonly Expression[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < exprs.length; ) {
    const load = exprs[i];
    let kind: number,
      offset = 0,
      len = 1;
    if (load.kind === 'payload' && (load.base === 'network' || load.base === 'transport') && load.len <= 16) {
      kind = load.base === 'network' ? NETWORK : TRANSPORT;
      ({ offset, len } = load);
    } else if (load.kind === 'meta' && load.key === 'l4proto') kind = L4PROTO;
    else if (load.kind === 'meta' && load.key === 'nfproto') kind = NFPROTO;
    else break;
    let next = exprs[++i],
      masks: Uint8Array | null = null;
    if (next?.kind === 'bitwise') {
      if (next.op !== 'mask_xor' || next.sreg !== load.dreg || next.dreg !== load.dreg || next.mask.length > Math.max(4, len) || next.len < len || next.xor.some((b) => b !== 0))
        break;
      masks = next.mask;
      next = exprs[++i];
    }
    if (next?.kind !== 'cmp' || next.sreg !== load.dreg || (next.op !== 'eq' && next.op !== 'neq') || next.data.length > Math.max(4, len)) break;
    // Only equality of several words is equality of each.
    if (len > 4 && (next.op === 'neq' || next.data.length !== len || (masks && masks.length !== len))) break;
    // bytes of the comparison past what was loaded are zero in the register
    if (next.data.length > len && (word(next.data) & ~ones(len)) !== 0) break;
    for (let at = 0; at < len; at += 4) {
      const size = Math.min(4, len - at);
      const mask = (masks ? word(masks, at) : -1) & ones(size) & ones(next.data.length - at);
      out.push(kind, offset + at, size, mask, word(next.data, at), next.op === 'eq' ? 1 : 0);
    }
    i++;
  }
  return out;
}

/** Rules by the value that they want in one field. */
interface Index {
  readonly kind: number;
  readonly offset: number;
  readonly len: number;
  readonly mask: number;
  readonly byValue: ReadonlyMap<number, Int32Array>;
}

/** Shorter chains are walked. */
const LONG = 16;
/** A field is worth asking for when it tells so many values apart. */
const MIN_VALUES = 8;
const MAX_INDEXES = 6;

/** The first place in ascending `list` whose value is not below `from`. */
function lowerBound(list: Int32Array, from: number): number {
  let low = 0,
    high = list.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (list[mid] < from) low = mid + 1;
    else high = mid;
  }
  return low;
}

export class Prefilter {
  readonly #columns: Int32Array;
  /** Where each rule's tests begin. */
  readonly #starts: Int32Array;
  readonly #indexes: readonly Index[];
  /** The rules without an index, ascending; null: all. */
  readonly #rest: Int32Array | null = null;
  #value = 0;

  constructor(rules: readonly { readonly exprs: readonly Expression[] }[]) {
    const all: number[] = [],
      starts = new Int32Array(rules.length + 1);
    rules.forEach((r, i) => {
      for (const n of tests(r.exprs)) all.push(n);
      starts[i + 1] = all.length;
    });
    this.#columns = Int32Array.from(all);
    this.#starts = starts;
    const indexes: Index[] = [];
    if (rules.length >= LONG) {
      let rest = Array.from(rules, (_, i) => i);
      while (indexes.length < MAX_INDEXES) {
        const best = this.#best(rest);
        if (!best) break;
        indexes.push(best.index);
        rest = rest.filter((r) => !best.rules.has(r));
      }
      if (indexes.length) this.#rest = Int32Array.from(rest);
    }
    this.#indexes = indexes;
  }

  /** The field by which most values are told apart, and the rules it serves. */
  #best(rules: readonly number[]): { index: Index; rules: ReadonlySet<number> } | null {
    const c = this.#columns,
      fields = new Map<string, { at: number; values: Map<number, number[]> }>();
    for (const rule of rules) {
      for (let at = this.#starts[rule]; at < this.#starts[rule + 1]; at += WIDTH) {
        if (c[at + 5] !== 1) continue;
        const key = `${c[at]} ${c[at + 1]} ${c[at + 2]} ${c[at + 3]}`;
        let field = fields.get(key);
        if (!field) fields.set(key, (field = { at, values: new Map() }));
        const list = field.values.get(c[at + 4]);
        if (!list) field.values.set(c[at + 4], [rule]);
        else if (list.at(-1) !== rule) list.push(rule);
      }
    }
    let best: { at: number; values: Map<number, number[]> } | null = null;
    for (const field of fields.values()) if (field.values.size >= (best ? best.values.size + 1 : MIN_VALUES)) best = field;
    if (!best) return null;
    const { at, values } = best;
    return {
      index: { kind: c[at], offset: c[at + 1], len: c[at + 2], mask: c[at + 3], byValue: new Map([...values].map(([v, list]) => [v, Int32Array.from(list)])) },
      rules: new Set([...values.values()].flat()),
    };
  }

  /** The first rule from `from` on that may match; the number of rules when none does. */
  next(from: number, regs: Regs, skb: Skb): number {
    const rest = this.#rest,
      end = this.#starts.length - 1;
    if (!rest) return this.#walk(from, end, regs, skb);
    let best = end;
    for (let i = 0; i < this.#indexes.length; i++) {
      const index = this.#indexes[i];
      if (!this.#load(index.kind, index.offset, index.len, regs, skb)) continue;
      const list = index.byValue.get(this.#value & index.mask);
      if (list) best = this.#among(list, from, best, regs, skb);
    }
    return rest.length ? this.#among(rest, from, best, regs, skb) : best;
  }

  #among(list: Int32Array, from: number, to: number, regs: Regs, skb: Skb): number {
    for (let i = from === 0 ? 0 : lowerBound(list, from); i < list.length && list[i] < to; i++) {
      if (this.#walk(list[i], list[i] + 1, regs, skb) === list[i]) return list[i];
    }
    return to;
  }

  /** A field of the packet into `#value`; false: there is none. */
  #load(kind: number, offset: number, len: number, regs: Regs, skb: Skb): boolean {
    if (kind === NFPROTO) {
      this.#value = regs.nfproto;
      return true;
    }
    if (kind === L4PROTO) {
      this.#value = regs.tprot;
      return regs.l4;
    }
    if (kind === TRANSPORT && (!regs.l4 || regs.fragoff !== 0)) return false;
    const d = skb.data,
      at = (kind === NETWORK ? skb.network : regs.thoff) + offset;
    if (at + len > d.length) return false;
    let v = d[at];
    if (len > 1) {
      v |= d[at + 1] << 8;
      if (len > 2) {
        v |= d[at + 2] << 16;
        if (len > 3) v |= d[at + 3] << 24;
      }
    }
    this.#value = v;
    return true;
  }

  /** Rule after rule: the first from `from` on, before `last`, that may match; else `last`. */
  #walk(from: number, last: number, regs: Regs, skb: Skb): number {
    const c = this.#columns,
      starts = this.#starts,
      d = skb.data,
      end = d.length,
      { network } = skb;
    const { l4, tprot, thoff, nfproto } = regs,
      transport = l4 && regs.fragoff === 0;
    // Neighbours mostly ask for the same field.
    let lastKind = -1,
      lastOffset = 0,
      lastLen = 0,
      v = 0;
    for (let rule = from; rule < last; rule++) {
      let i = starts[rule];
      const stop = starts[rule + 1];
      for (; i < stop; i += WIDTH) {
        const kind = c[i];
        if (kind === lastKind && c[i + 1] === lastOffset && c[i + 2] === lastLen) {
          if (((v & c[i + 3]) === c[i + 4] ? 1 : 0) !== c[i + 5]) break;
          continue;
        }
        if (kind >= L4PROTO) {
          if (kind === NFPROTO) v = nfproto;
          else if (l4) v = tprot;
          else break;
        } else {
          if (kind === TRANSPORT && !transport) break;
          const at = (kind === NETWORK ? network : thoff) + c[i + 1],
            len = c[i + 2];
          if (at + len > end) break;
          v = d[at];
          if (len > 1) {
            v |= d[at + 1] << 8;
            if (len > 2) {
              v |= d[at + 2] << 16;
              if (len > 3) v |= d[at + 3] << 24;
            }
          }
        }
        lastKind = kind;
        lastOffset = c[i + 1];
        lastLen = c[i + 2];
        if (((v & c[i + 3]) === c[i + 4] ? 1 : 0) !== c[i + 5]) break;
      }
      if (i >= stop) return rule;
    }
    return last;
  }
}
