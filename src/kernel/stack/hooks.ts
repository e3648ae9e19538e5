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

/** The functions at every hook, by priority; of equal ones the last registered comes first (nf_hook_entries_grow). */
export class Hooks {
  readonly #net: Netns;
  /** Lists are replaced, never changed: a traversal keeps the one it began with. */
  readonly #lists: Readonly<Record<HookPf, Map<HookName, readonly HookFn[]>>> = { ip: new Map(), ip6: new Map(), arp: new Map(), bridge: new Map(), netdev: new Map() };
  /** Called before each traversal: rebuilds what the ruleset implies when it changed. */
  refresh: () => void = () => {};

  constructor(net: Netns) {
    this.#net = net;
  }

  clear(): void {
    for (const lists of Object.values(this.#lists)) lists.clear();
  }

  register(pf: HookPf, hook: HookName, fn: HookFn): void {
    const list = [...(this.#lists[pf].get(hook) ?? [])];
    const at = list.findIndex((f) => f.priority >= fn.priority);
    if (at < 0) list.push(fn);
    else list.splice(at, 0, fn);
    this.#lists[pf].set(hook, list);
  }

  any(pf: HookPf, hook: HookName): boolean {
    return (this.#lists[pf].get(hook)?.length ?? 0) > 0;
  }

  /** nf_hook_slow: true when the packet may go on. */
  run(pf: HookPf, hook: HookName, skb: Skb, input: NetDevice | null, output: NetDevice | null): boolean {
    this.refresh();
    const list = this.#lists[pf].get(hook);
    if (!list || list.length === 0) return true;
    const state: HookState = { net: this.#net, pf, hook, hooknum: hookNumber(pf, hook), in: input, out: output };
    const device = pf === 'netdev' ? (input ?? output) : null;
    if (this.#net.tracer) return this.#traced(list, skb, state, device, this.#net.tracer);
    for (let i = 0; i < list.length; i++) {
      const fn = list[i];
      if (fn.devices && !fn.devices.includes((device ?? input)?.name ?? '')) continue;
      if (fn.run(skb, state) !== 'accept') return false;
    }
    return true;
  }

  #traced(list: readonly HookFn[], skb: Skb, state: HookState, device: NetDevice | null, tracer: Tracer): boolean {
    identify(this.#net, skb);
    tracer.event({ kind: 'hook', skb, state });
    let verdict: HookVerdict = 'accept';
    for (const fn of list) {
      if (fn.devices && !fn.devices.includes((device ?? state.in)?.name ?? '')) continue;
      verdict = fn.run(skb, state);
      if (verdict !== 'accept') break;
    }
    tracer.event({ kind: 'hook-end', skb, state, verdict });
    if (verdict === 'drop') tellDrop(this.#net, skb, 'NETFILTER_DROP');
    return verdict === 'accept';
  }
}

export function hookNumber(pf: HookPf, hook: HookName): number {
  const table: Readonly<Partial<Record<HookName, number>>> = pf === 'arp' ? NF_ARP_HOOK : pf === 'netdev' ? NF_NETDEV_HOOK : NF_INET_HOOK;
  return table[hook] ?? 0;
}
