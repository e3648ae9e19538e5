import type { Expression, StatefulExpression } from '../expr/expression.ts';
import { makeState, readState, resetState, type StatefulState } from '../expr/stateful.ts';
import { type Chain, type NftObject, type ObjectValue, type Rule, type SetElement, withExprs } from './objects.ts';

const STATEFUL = new Set(['counter', 'limit', 'quota', 'connlimit', 'last']);
export const isStateful = (e: Expression): e is StatefulExpression => STATEFUL.has(e.kind);

/**
 * What packets change, beside the frozen ruleset: by the id of a rule, element or object one state an expression, made
 * when first wanted from what the expression says at the start.
 */
export class LiveState {
  readonly #states = new Map<number, (StatefulState | undefined)[]>();
  readonly #chains = new Map<number, { packets: bigint; bytes: bigint }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Live state of the stateful expressions of a rule or element, by index; others are undefined. */
  states(owner: { readonly id: number; readonly exprs: readonly Expression[] }): readonly (StatefulState | undefined)[] {
    let found = this.#states.get(owner.id);
    if (!found) {
      found = owner.exprs.map((e) => (isStateful(e) ? makeState(e, this.#now()) : undefined));
      this.#states.set(owner.id, found);
    }
    return found;
  }

  object(o: NftObject): StatefulState | undefined {
    let found = this.#states.get(o.id);
    if (!found) {
      const v = o.value;
      found = [v.kind === 'counter' || v.kind === 'quota' || v.kind === 'limit' ? makeState(v, this.#now()) : undefined];
      this.#states.set(o.id, found);
    }
    const s = found[0],
      v = o.value;
    // nft_quota_obj_update: another bound, what was used stays
    if (s?.kind === 'quota' && v.kind === 'quota' && (s.bytes !== Number(v.bytes) || s.invert !== v.inv)) found[0] = { ...s, bytes: Number(v.bytes), invert: v.inv };
    return found[0];
  }

  chain(c: Pick<Chain, 'id'>): { packets: bigint; bytes: bigint } {
    let found = this.#chains.get(c.id);
    if (!found) this.#chains.set(c.id, (found = { packets: 0n, bytes: 0n }));
    return found;
  }

  setCounters(id: number, counters: { readonly packets: bigint; readonly bytes: bigint }): void {
    this.#chains.set(id, { ...counters });
  }

  /** The expressions with the numbers of this moment, as a dump shows them. */
  expressions<E extends Expression>(owner: { readonly id: number; readonly exprs: readonly E[] }): readonly E[] {
    const states = this.#states.get(owner.id);
    if (!states) return owner.exprs;
    return owner.exprs.map((e, i) => {
      const s = states[i];
      return s && isStateful(e) ? (readState(e, s, this.#now()) as E) : e;
    });
  }

  rule(rule: Rule): Rule {
    return this.#states.has(rule.id) ? withExprs(rule, this.expressions(rule)) : rule;
  }

  element(e: SetElement): SetElement {
    return this.#states.has(e.id) ? { ...e, exprs: this.expressions(e) } : e;
  }

  value(o: NftObject): ObjectValue {
    const state = this.#states.has(o.id) ? this.object(o) : undefined,
      v = o.value;
    return state && (v.kind === 'counter' || v.kind === 'quota' || v.kind === 'limit') ? (readState(v, state, this.#now()) as ObjectValue) : v;
  }

  /** Counters and quotas of a rule or element start again (NFT_MSG_GETRULE_RESET, GETSETELEM_RESET). */
  reset(owner: { readonly id: number; readonly exprs: readonly Expression[] }): void {
    for (const s of this.states(owner)) if (s) resetState(s);
  }

  resetObject(o: NftObject): void {
    const s = this.object(o);
    if (s) resetState(s);
  }

  forget(id: number): void {
    this.#states.delete(id);
    this.#chains.delete(id);
  }

  export(): unknown {
    return { states: new Map(this.#states), chains: new Map(this.#chains) };
  }

  import(data: unknown): void {
    const d = data as { states: Map<number, (StatefulState | undefined)[]>; chains: Map<number, { packets: bigint; bytes: bigint }> };
    for (const [k, v] of d.states) this.#states.set(k, v);
    for (const [k, v] of d.chains) this.#chains.set(k, v);
  }
}
