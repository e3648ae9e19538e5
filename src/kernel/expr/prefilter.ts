import type { Skb } from '../net/skb.ts';
import type { Expression } from './expression.ts';
import type { Regs } from './machine.ts';

/**
 * The plain tests at the head of a rule (load at most four bytes, mask, compare), as columns of integers. They only say
 * early that a rule cannot match: one that passes runs whole, so that its registers hold what later expressions read.
 */
const NETWORK = 0, TRANSPORT = 1, L4PROTO = 2;
/** kind, offset, length, mask, value, wanted (1: equal, 0: not) */
const WIDTH = 6;

const word = (b: Uint8Array): number => {
  let v = 0;
  for (let i = 0; i < b.length && i < 4; i++) v |= b[i] << (8 * i);
  return v;
};
const ones = (len: number): number => (len >= 4 ? -1 : (1 << (8 * len)) - 1);

/** The tests of one rule, up to the first expression that is none. */
function tests(exprs: readonly Expression[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < exprs.length;) {
    const load = exprs[i];
    let kind: number, offset = 0, len = 1;
    if (load.kind === 'payload' && (load.base === 'network' || load.base === 'transport') && load.len <= 4) {
      kind = load.base === 'network' ? NETWORK : TRANSPORT; ({ offset, len } = load);
    } else if (load.kind === 'meta' && load.key === 'l4proto') kind = L4PROTO;
    else break;
    let next = exprs[++i], mask = ones(len);
    if (next?.kind === 'bitwise') {
      if (next.op !== 'mask_xor' || next.sreg !== load.dreg || next.dreg !== load.dreg || next.mask.length > 4 || word(next.xor) !== 0) break;
      mask &= word(next.mask);
      next = exprs[++i];
    }
    if (next?.kind !== 'cmp' || next.sreg !== load.dreg || (next.op !== 'eq' && next.op !== 'neq') || next.data.length > 4) break;
    mask &= ones(next.data.length);
    const value = word(next.data);
    // bytes of the comparison past what was loaded are zero in the register
    if (next.data.length > len && (value & ~ones(len)) !== 0) break;
    out.push(kind, offset, len, mask, value, next.op === 'eq' ? 1 : 0);
    i++;
  }
  return out;
}

export class Prefilter {
  readonly #columns: Int32Array;
  /** Where each rule's tests begin. */
  readonly #starts: Int32Array;

  constructor(rules: readonly { readonly exprs: readonly Expression[] }[]) {
    const all: number[] = [], starts = new Int32Array(rules.length + 1);
    rules.forEach((r, i) => { for (const n of tests(r.exprs)) all.push(n); starts[i + 1] = all.length; });
    this.#columns = Int32Array.from(all);
    this.#starts = starts;
  }

  /** The first rule from `from` on that may match; the number of rules when none does. */
  next(from: number, regs: Regs, skb: Skb): number {
    const c = this.#columns, starts = this.#starts, last = starts.length - 1, d = skb.data, end = d.length, { network } = skb;
    const { l4, tprot, thoff } = regs, transport = l4 && regs.fragoff === 0;
    for (let rule = from; rule < last; rule++) {
      let i = starts[rule];
      const stop = starts[rule + 1];
      for (; i < stop; i += WIDTH) {
        const kind = c[i];
        let v: number;
        if (kind === L4PROTO) { if (!l4) break; v = tprot; } else {
          if (kind === TRANSPORT && !transport) break;
          const at = (kind === NETWORK ? network : thoff) + c[i + 1], len = c[i + 2];
          if (at + len > end) break;
          v = d[at];
          if (len > 1) { v |= d[at + 1] << 8; if (len > 2) { v |= d[at + 2] << 16; if (len > 3) v |= d[at + 3] << 24; } }
        }
        if (((v & c[i + 3]) === c[i + 4] ? 1 : 0) !== c[i + 5]) break;
      }
      if (i >= stop) return rule;
    }
    return last;
  }
}
