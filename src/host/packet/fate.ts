import type { Conntrack } from '../../kernel/conntrack/entry.ts';
import type { HookName } from '../../kernel/net/hook.ts';
import type { Skb } from '../../kernel/net/skb.ts';
import { u16 } from '../../kernel/net/wire/bytes.ts';
import { ETH, IP_MF, IP_OFFSET, IPPROTO } from '../../kernel/net/wire/ip.ts';
import type { Chain, Rule, Table } from '../../kernel/nf_tables/objects.ts';
import type { Netns } from '../../kernel/netns.ts';
import type { DropReason, Endpoints, Origin, RulePlace, TraceEvent, Tracer } from '../../kernel/trace/event.ts';

/** What decided about a packet: a rule, or the policy of a base chain. */
export interface Decision {
  readonly hook: HookName;
  readonly table: Table;
  readonly chain: Chain;
  readonly base: Chain;
  readonly legacy: boolean;
  /** Null: the policy. */
  readonly rule: Rule | null;
  /** Counts from 1. */
  readonly position: number;
  readonly verdict: 'accept' | 'drop' | 'stolen' | 'queue';
}

export type Verdict =
  /** Left on a device. */
  | 'forwarded'
  | 'sent'
  /** Taken by the host. */
  | 'delivered'
  | 'dropped'
  /** Dropped by a rule that answers. */
  | 'rejected'
  /** Waits for a neighbour or for other fragments. */
  | 'waiting'
  | 'queued'
  /** Nobody wanted it: not for this host, a device that is down. */
  | 'ignored';

/** Verdicts that mean that the packet got where it was going. */
export const ACCEPTED: ReadonlySet<Verdict> = new Set<Verdict>(['forwarded', 'sent', 'delivered']);

/** One packet's way from where it came or was made to where it ended. */
export interface Fate {
  readonly id: number;
  /** The packet to which this one is an answer, or of which it is a copy or a piece; 0: none. */
  readonly parent: number;
  readonly origin: Origin | 'outside';
  verdict: Verdict;
  decision: Decision | null;
  /** Why the stack dropped it, where no rule did. */
  reason: DropReason | null;
  why: string | null;
  /** conntrack's state at the first hook that saw it. */
  state: string | null;
  invalid: string | null;
  ct: Conntrack | null;
  /** It made the connection's entry. */
  created: boolean;
  readonly nat: { readonly manip: 'src' | 'dst'; readonly before: Endpoints; readonly after: Endpoints }[];
  /** Where it left. */
  readonly emitted: { readonly iface: string; readonly frame: Uint8Array }[];
  /** Hooks it met, in order. */
  readonly hooks: HookName[];
}

const DECIDING: ReadonlySet<HookName> = new Set<HookName>(['input', 'forward', 'output']);
const NOBODY: ReadonlySet<DropReason> = new Set<DropReason>(['OTHERHOST', 'UNHANDLED_PROTO']);

/** A piece that reassembly has taken waits for the others. */
export const isFragment = (skb: Skb): boolean =>
  skb.protocol === ETH.IP ? (u16(skb.data, skb.network + 6) & (IP_MF | IP_OFFSET)) !== 0 : skb.protocol === ETH.IPV6 && skb.data[skb.network + 6] === IPPROTO.FRAGMENT;

/** Watches packets and keeps what became of each, in the order in which they appeared. */
export class FateWatcher implements Tracer {
  #fates = new Map<number, Fate>();
  /** What comes in now is not to be told of. */
  aside = false;
  readonly #decisions = new Map<number, Decision[]>();
  readonly #next: Tracer | null;

  /** `next` is told of everything too. */
  constructor(next: Tracer | null = null) {
    this.#next = next;
  }

  /** Enough for a fate; who is told too may want more. */
  get brief(): boolean {
    return this.#next?.brief ?? this.#next === null;
  }

  /** Watches a namespace until `stop` is called. */
  static on(net: Netns): FateWatcher & { stop(): void } {
    const before = net.tracer;
    const watcher = new FateWatcher(before);
    net.tracer = watcher;
    return Object.assign(watcher, {
      stop: () => {
        net.tracer = before;
      },
    });
  }

  /** Fates since the last call. */
  take(): Fate[] {
    const out = [...this.#fates.values()];
    for (const f of out) f.decision = decide(this.#decisions.get(f.id) ?? [], f.verdict);
    this.#fates = new Map();
    this.#decisions.clear();
    return out;
  }

  event(e: TraceEvent): void {
    this.#next?.event(e);
    if (e.kind === 'received' || e.kind === 'made') {
      if (!this.aside || e.skb.parent !== 0) this.#fate(e.skb.id, e.skb.parent, e.kind === 'received' ? 'outside' : e.origin);
      return;
    }
    const f = this.#fates.get(e.skb.id);
    if (f) this.#note(f, e);
  }

  #fate(id: number, parent: number, origin: Fate['origin']): Fate {
    let f = this.#fates.get(id);
    if (!f) {
      f = {
        id,
        parent,
        origin,
        verdict: 'ignored',
        decision: null,
        reason: null,
        why: null,
        state: null,
        invalid: null,
        ct: null,
        created: false,
        nat: [],
        emitted: [],
        hooks: [],
      };
      this.#fates.set(id, f);
    }
    return f;
  }

  #note(f: Fate, e: Exclude<TraceEvent, { kind: 'received' | 'made' }>): void {
    switch (e.kind) {
      case 'hook':
        f.hooks.push(e.state.hook);
        return;
      case 'rule':
        if (e.verdict.code === 'accept' || e.verdict.code === 'drop' || e.verdict.code === 'stolen' || e.verdict.code === 'queue')
          this.#decided(f, e.place, e.state.hook, e.rule, e.position, e.verdict.code);
        return;
      case 'policy':
        this.#decided(f, e.place, e.state.hook, null, 0, e.verdict);
        return;
      case 'hook-end':
        if (e.verdict === 'drop') f.verdict = 'dropped';
        // A bridge's hook hands the packet to those of IP: what became of it there stands.
        else if (e.verdict === 'stolen' && f.verdict === 'ignored' && f.reason === null) f.verdict = isFragment(e.skb) ? 'waiting' : 'queued';
        return;
      case 'conntrack':
        f.state ??= e.result;
        f.invalid ??= e.why;
        f.ct = e.ct ?? f.ct;
        f.created ||= e.created;
        if (e.dropped) f.verdict = 'dropped';
        return;
      case 'nat':
        f.nat.push({ manip: e.manip, before: e.before, after: e.after });
        return;
      case 'drop':
        f.verdict = NOBODY.has(e.reason) ? 'ignored' : 'dropped';
        f.reason = e.reason;
        f.why = e.why;
        return;
      case 'delivered':
        f.verdict = 'delivered';
        return;
      case 'defrag':
        if (!e.complete) f.verdict = 'waiting';
        return;
      case 'cut':
        f.verdict = f.origin === 'outside' ? 'forwarded' : 'sent';
        return;
      case 'waiting':
        f.verdict = 'waiting';
        return;
      case 'emitted':
        f.verdict = f.origin === 'outside' ? 'forwarded' : 'sent';
        f.emitted.push({ iface: e.dev.name, frame: e.frame.slice() });
        // What was cut into pieces is where they are.
        if (f.origin === 'fragment') {
          const whole = this.#fates.get(f.parent);
          if (whole) whole.verdict = whole.origin === 'outside' ? 'forwarded' : 'sent';
        }
        return;
      default:
    }
  }

  #decided(f: Fate, place: RulePlace, hook: HookName, rule: Rule | null, position: number, verdict: Decision['verdict']): void {
    const d: Decision = { hook, table: place.table, chain: place.chain, base: place.base, legacy: place.legacy, rule, position, verdict };
    const list = this.#decisions.get(f.id);
    if (list) list.push(d);
    else this.#decisions.set(f.id, [d]);
    if (verdict === 'drop') f.verdict = 'dropped';
    if (verdict === 'stolen' || verdict === 'queue') f.verdict = 'queued';
  }
}

/**
 * Of all that rules and policies said, what the packet owes its fate to. A drop is the last word; where all accepted, it is
 * the last rule of a filter chain on the way in, through or out, else the policy there.
 */
function decide(all: readonly Decision[], verdict: Verdict): Decision | null {
  const last = all.at(-1);
  if (!last) return null;
  if (last.verdict !== 'accept') return last;
  if (verdict === 'dropped') return null;
  const filter = all.filter((d) => DECIDING.has(d.hook) && d.base.hook?.type !== 'nat');
  return filter.findLast((d) => d.rule !== null) ?? filter.at(-1) ?? all.findLast((d) => d.rule !== null && d.base.hook?.type !== 'nat') ?? null;
}

/** A packet that a rule dropped while an answer was made for it is rejected. */
export function markRejected(fates: readonly Fate[]): void {
  for (const f of fates)
    if (f.verdict === 'dropped' && f.decision?.rule && fates.some((a) => a.parent === f.id && (a.origin === 'icmp' || a.origin === 'reset'))) f.verdict = 'rejected';
}
