import type { HookName } from '../../kernel/net/hook.ts';
import type { Chain, Rule, Table } from '../../kernel/nf_tables/objects.ts';
import type { TraceEvent, Tracer } from '../../kernel/trace/event.ts';
import { type Decision, isFragment, type Verdict } from '../packet/fate.ts';

const DECIDING: ReadonlySet<HookName> = new Set<HookName>(['input', 'forward', 'output']);

/**
 * What becomes of one packet at a time: the same as `FateWatcher` says of the packet itself, without keeping anything, for
 * captures of millions of packets.
 */
export class PacketWatch implements Tracer {
  readonly brief = true;
  #root = 0;
  /** The last piece of it. */
  #piece = -1;
  /** The host sent it. */
  #own = false;
  #answered = false;
  verdict: Verdict = 'ignored';
  state: string | null = null;
  /** What decided; `chain` null: nothing did. The fields of a Decision, kept apart so that nothing is made for a packet. */
  chain: Chain | null = null;
  base: Chain | null = null;
  table: Table | null = null;
  rule: Rule | null = null;
  legacy = false;
  position = 0;
  hook: HookName = 'input';
  code: Decision['verdict'] = 'accept';

  /** The next packet begins. */
  reset(): void {
    this.#root = 0;
    this.#piece = -1;
    this.#answered = false;
    this.verdict = 'ignored';
    this.state = null;
    this.chain = this.base = this.table = this.rule = null;
  }

  /** The packet is through. */
  finish(): void {
    if (this.verdict === 'dropped' && this.rule && this.#answered) this.verdict = 'rejected';
    // Nothing forbade it, yet the stack dropped it: no rule is to blame.
    else if (this.verdict === 'dropped' && this.code === 'accept') this.chain = this.base = this.table = this.rule = null;
  }

  get decision(): Decision | null {
    if (!this.chain || !this.base || !this.table) return null;
    const { hook, table, chain, base, legacy, rule, position, code } = this;
    return { hook, table, chain, base, legacy, rule, position, verdict: code };
  }

  event(e: TraceEvent): void {
    const { id } = e.skb;
    if (this.#root === 0) {
      if (e.kind === 'received' || (e.kind === 'made' && e.origin === 'send')) {
        this.#root = id;
        this.#own = e.kind === 'made';
      }
      return;
    }
    if (id !== this.#root) {
      this.#other(e);
      return;
    }
    switch (e.kind) {
      case 'rule': {
        const { code } = e.verdict;
        if (code === 'accept' || code === 'drop' || code === 'stolen' || code === 'queue') this.#decided(e, e.rule, e.position, code);
        return;
      }
      case 'policy':
        this.#decided(e, null, 0, e.verdict);
        return;
      case 'hook-end':
        if (e.verdict === 'drop') this.verdict = 'dropped';
        else if (e.verdict === 'stolen') this.verdict = isFragment(e.skb) ? 'waiting' : 'queued';
        return;
      case 'conntrack':
        this.state ??= e.result;
        if (e.dropped) this.verdict = 'dropped';
        return;
      case 'drop':
        this.verdict = e.reason === 'OTHERHOST' || e.reason === 'UNHANDLED_PROTO' ? 'ignored' : 'dropped';
        return;
      case 'delivered':
        this.verdict = 'delivered';
        return;
      case 'defrag':
        if (!e.complete) this.verdict = 'waiting';
        return;
      case 'waiting':
        this.verdict = 'waiting';
        return;
      case 'emitted':
        this.verdict = this.#own ? 'sent' : 'forwarded';
        return;
      default:
    }
  }

  /** An answer, or a piece into which the packet was cut. */
  #other(e: TraceEvent): void {
    if (e.kind === 'made' && e.skb.parent === this.#root) {
      if (e.origin === 'icmp' || e.origin === 'reset') this.#answered = true;
      if (e.origin === 'fragment') this.#piece = e.skb.id;
    } else if (e.kind === 'emitted' && e.skb.id === this.#piece) this.verdict = this.#own ? 'sent' : 'forwarded';
  }

  #decided(e: Extract<TraceEvent, { kind: 'rule' | 'policy' }>, rule: Rule | null, position: number, code: Decision['verdict']): void {
    if (code === 'accept') {
      // As `decide` of fate.ts chooses: filter chains on the way in, through or out; a rule before a policy.
      if (!DECIDING.has(e.state.hook) || e.place.base.hook?.type === 'nat' || (rule === null && this.rule !== null)) return;
    } else this.verdict = code === 'drop' ? 'dropped' : 'queued';
    this.chain = e.place.chain;
    this.base = e.place.base;
    this.table = e.place.table;
    this.legacy = e.place.legacy;
    this.hook = e.state.hook;
    this.rule = rule;
    this.position = position;
    this.code = code;
  }
}
