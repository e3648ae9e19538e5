import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import type { ElementStore } from '../nf_tables/elements.ts';
import type { KeptRule } from '../nf_tables/kept-rule.ts';
import type { Chain, NftSet, Rule, SetElement, Table } from '../nf_tables/objects.ts';
import type { FailedTest, RulePlace, RuleVerdict, TraceEvent } from '../trace/event.ts';
import type { Expression } from './expression.ts';
import { byteOf, NF, type Op, type Regs } from './machine.ts';

/** What a traced run needs of the evaluator. */
export interface TracedRun {
  readonly table: Table;
  readonly base: Chain;
  readonly legacy: boolean;
  readonly maxDepth: number;
  chain(name: string): Chain | undefined;
  ops(chain: Chain, rule: KeptRule): readonly Op[];
  set(name: string): NftSet | undefined;
  tell(e: TraceEvent): void;
}

/** The longest field: an IPv6 address, an interface's name. */
const MAX_LOAD = 16;

/** What an expression is about to compare: from which register, how many bytes. */
function compared(e: Expression, set: (name: string) => NftSet | undefined): { readonly from: number; readonly len: number } | null {
  switch (e.kind) {
    case 'cmp':
      return { from: byteOf(e.sreg), len: e.data.length };
    case 'range':
      return { from: byteOf(e.sreg), len: e.from.length };
    case 'lookup':
    case 'objref_map':
      return { from: byteOf(e.sreg), len: set(e.set)?.keyLen ?? 0 };
    case 'dynset':
      return { from: byteOf(e.sregKey), len: set(e.set)?.keyLen ?? 0 };
    default:
      return null;
  }
}

/** What the registers' verdict says, in words. */
export function verdictOf(regs: Regs): RuleVerdict {
  switch (regs.verdict) {
    case NF.ACCEPT:
      return { code: 'accept' };
    case NF.STOLEN:
      return { code: 'stolen' };
    case NF.QUEUE:
      return { code: 'queue', num: regs.queue, bypass: regs.bypass };
    case NF.JUMP:
      return { code: 'jump', chain: regs.chain };
    case NF.GOTO:
      return { code: 'goto', chain: regs.chain };
    case NF.RETURN:
      return { code: 'return' };
    case NF.CONTINUE:
    case NF.BREAK:
      return { code: 'continue' };
    default:
      return { code: 'drop' };
  }
}

/**
 * nft_do_chain without any short cut, telling of each rule. The verdict of the chains in NF_* (NF.CONTINUE: none, the
 * policy decides), as `Evaluator.run` has it.
 */
export function runTraced(r: TracedRun, regs: Regs, skb: Skb, state: HookState): number {
  const back: { chain: Chain; at: number }[] = [];
  let chain = r.base,
    at = 0;
  let place: RulePlace = { legacy: r.legacy, run: r, table: r.table, base: r.base, chain };
  r.tell({ kind: 'chain', skb, state, place });
  for (;;) {
    regs.verdict = NF.CONTINUE;
    let last: KeptRule | null = null;
    while (at < chain.rules.length && regs.verdict === NF.CONTINUE) {
      last = chain.rules[at++];
      ruleTraced(r, place, last, at, regs, skb, state);
    }
    switch (regs.verdict) {
      case NF.JUMP:
      case NF.GOTO: {
        const next = r.chain(regs.chain);
        if (!next || back.length >= r.maxDepth) return NF.DROP;
        if (regs.verdict === NF.JUMP) back.push({ chain, at });
        chain = next;
        at = 0;
        place = { ...place, chain };
        r.tell({ kind: 'chain', skb, state, place });
        continue;
      }
      case NF.CONTINUE:
        r.tell({ kind: 'chain-end', skb, state, place, rule: last });
        break;
      case NF.RETURN:
        break;
      default:
        return regs.verdict;
    }
    const caller = back.pop();
    if (!caller) break;
    ({ chain, at } = caller);
    place = { ...place, chain };
  }
  r.tell({ kind: 'policy', skb, state, place: { ...place, chain: r.base }, verdict: r.base.policy });
  return NF.CONTINUE;
}

interface Load {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** What each register (by its first byte) was last loaded with; masks and byte orders do not count. */
function noteLoad(loads: Map<number, Load>, e: Expression, index: number, regs: Regs): void {
  if (e.kind === 'bitwise' || e.kind === 'byteorder') {
    const from = loads.get(byteOf(e.sreg));
    if (from) loads.set(byteOf(e.dreg), from);
  } else if ('dreg' in e && e.dreg !== undefined && e.kind !== 'lookup' && e.kind !== 'immediate') {
    const at = byteOf(e.dreg);
    loads.set(at, { index, bytes: regs.bytes.slice(at, at + MAX_LOAD) });
  }
}

/** The load that a comparison of `len` bytes from `at` on looks at, if it is one alone. */
function loadedBy(loads: ReadonlyMap<number, Load>, at: number, len: number): FailedTest['loaded'] {
  const load = loads.get(at);
  if (!load || [...loads.keys()].some((k) => k > at && k < at + len)) return null;
  return { index: load.index, value: load.bytes };
}

function ruleTraced(r: TracedRun, place: RulePlace, rule: KeptRule, position: number, regs: Regs, skb: Skb, state: HookState): void {
  const ops = r.ops(place.chain, rule);
  const loads = new Map<number, Load>();
  let failed: FailedTest | null = null;
  for (let index = 0; index < ops.length; index++) {
    const e = rule.exprs[index],
      c = compared(e, r.set);
    const actual = c && regs.bytes.slice(c.from, c.from + c.len);
    if (actual && (e.kind === 'lookup' || e.kind === 'objref_map')) tellLookup(r, place, rule, index, e.set, actual, skb, state);
    ops[index].run(regs, skb, state);
    if (regs.verdict === NF.BREAK) failed = { index, actual, loaded: c && loadedBy(loads, c.from, c.len) };
    if (regs.verdict !== NF.CONTINUE) break;
    noteLoad(loads, e, index, regs);
  }
  const verdict = verdictOf(regs);
  r.tell({ kind: 'rule', skb, state, place, rule, position, failed, verdict });
  if (failed) regs.verdict = NF.CONTINUE;
}

function tellLookup(r: TracedRun, place: RulePlace, rule: Rule, index: number, name: string, key: Uint8Array, skb: Skb, state: HookState): void {
  const set = r.set(name);
  if (!set) return;
  const element: SetElement | null = (set.elements as ElementStore).lookup(key);
  r.tell({ kind: 'lookup', skb, state, place, rule, index, set, key, element });
}
