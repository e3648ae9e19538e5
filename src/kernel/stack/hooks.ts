import type { HookState } from '../net/hook-state.ts';
import type { Family, HookName } from '../net/hook.ts';
import { NF_ARP_HOOK, NF_INET_HOOK, NF_NETDEV_HOOK } from '../net/hook.ts';
import type { Skb } from '../net/skb.ts';
import type { Netns } from '../netns.ts';
import type { Tracer } from '../trace/event.ts';
import { identify, tellDrop } from '../trace/tell.ts';
import type { NetDevice } from './device.ts';

export type HookPf = Exclude<Family, 'inet'>;
/** NF_DROP …; `queue`: to a queue nobody listens to, dropped unless bypassed (then the next hook goes on). */
export type HookVerdict = 'accept' | 'drop' | 'stolen';

export interface HookFn {
  readonly priority: number;
  /** netdev, and inet ingress: only on these devices. */
  readonly devices?: readonly string[];
  run(skb: Skb, state: HookState): HookVerdict;
}

const NONE: readonly HookFn[] = [];

/** One place of a packet's way: its functions by priority; of equal ones the last registered comes first (nf_hook_entries_grow). */
export class HookPoint {
  readonly #hooks: Hooks;
  readonly #pf: HookPf;
  readonly #hook: HookName;
  readonly #hooknum: number;
  /** Replaced, never changed: a traversal keeps the list it began with. */
  list: readonly HookFn[] = NONE;
  /** Most packets go the way of the one before. */
  #state: HookState | null = null;

  constructor(hooks: Hooks, pf: HookPf, hook: HookName) {
    this.#hooks = hooks;
    this.#pf = pf;
    this.#hook = hook;
    this.#hooknum = hookNumber(pf, hook);
  }

  /** nf_hook_slow: true when the packet may go on. */
  run(skb: Skb, input: NetDevice | null, output: NetDevice | null): boolean {
    if (!this.#hooks.fresh) this.#hooks.refresh();
    const list = this.list;
    if (list.length === 0) return true;
    let state = this.#state;
    if (state === null || state.in !== input || state.out !== output)
      this.#state = state = { net: this.#hooks.net, pf: this.#pf, hook: this.#hook, hooknum: this.#hooknum, in: input, out: output };
    const { tracer } = state.net;
    if (tracer !== null) return this.#traced(list, skb, state, tracer);
    for (let i = 0; i < list.length; i++) {
      const fn = list[i];
      if (fn.devices && !fn.devices.includes((input ?? output)?.name ?? '')) continue;
      if (fn.run(skb, state) !== 'accept') return false;
    }
    return true;
  }

  #traced(list: readonly HookFn[], skb: Skb, state: HookState, tracer: Tracer): boolean {
    identify(state.net, skb);
    tracer.event({ kind: 'hook', skb, state });
    let verdict: HookVerdict = 'accept';
    for (const fn of list) {
      if (fn.devices && !fn.devices.includes((state.in ?? state.out)?.name ?? '')) continue;
      verdict = fn.run(skb, state);
      if (verdict !== 'accept') break;
    }
    tracer.event({ kind: 'hook-end', skb, state, verdict });
    if (verdict === 'drop') tellDrop(state.net, skb, 'NETFILTER_DROP');
    return verdict === 'accept';
  }
}

/** The functions at every hook. */
export class Hooks {
  readonly net: Netns;
  readonly #points = new Map<string, HookPoint>();
  /** Nothing has changed since `refresh`: it is known while the stack is at work. */
  fresh = false;
  /** Called before traversals: rebuilds what the ruleset implies when it changed. */
  refresh: () => void = () => {};

  constructor(net: Netns) {
    this.net = net;
  }

  /** The place itself, for those who pass it with every packet. */
  at(pf: HookPf, hook: HookName): HookPoint {
    const key = `${pf} ${hook}`;
    let point = this.#points.get(key);
    if (!point) this.#points.set(key, (point = new HookPoint(this, pf, hook)));
    return point;
  }

  clear(): void {
    for (const point of this.#points.values()) point.list = NONE;
  }

  register(pf: HookPf, hook: HookName, fn: HookFn): void {
    const point = this.at(pf, hook),
      list = [...point.list];
    const at = list.findIndex((f) => f.priority >= fn.priority);
    if (at < 0) list.push(fn);
    else list.splice(at, 0, fn);
    point.list = list;
  }

  run(pf: HookPf, hook: HookName, skb: Skb, input: NetDevice | null, output: NetDevice | null): boolean {
    return this.at(pf, hook).run(skb, input, output);
  }
}

export function hookNumber(pf: HookPf, hook: HookName): number {
  const table: Readonly<Partial<Record<HookName, number>>> = pf === 'arp' ? NF_ARP_HOOK : pf === 'netdev' ? NF_NETDEV_HOOK : NF_INET_HOOK;
  return table[hook] ?? 0;
}
