import { confirmHook, defragHook, trackHook } from '../conntrack/packet.ts';
import type { Expression } from '../expr/expression.ts';
import type { HookEntry } from '../expr/run.ts';
import type { HookName } from '../net/hook.ts';
import type { Table } from '../nf_tables/objects.ts';
import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import { sameBytes, u16 } from '../net/wire/bytes.ts';
import { natHook } from '../nat/hook.ts';
import type { NatChain } from '../nat/hook.ts';
import type { HookFn, HookPf, HookVerdict } from './hooks.ts';
import type { Stack } from './stack.ts';
import { synproxyHook } from './synproxy.ts';

/** Priorities of linux/netfilter_ipv4.h. */
const PRI = { DEFRAG: -400, CONNTRACK: -200, NAT_DST: -100, NAT_SRC: 100, CONFIRM: 0x7fffffff } as const;

const HOOKS: Readonly<Record<HookPf, readonly HookName[]>> = {
  ip: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
  ip6: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
  arp: ['input', 'output', 'forward'],
  bridge: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
  netdev: ['ingress', 'egress'],
};

/** Expressions and extensions whose presence turns tracking on (nf_ct_netns_get) … */
const TRACKING = new Set<Expression['kind']>(['ct', 'ct_set', 'masq', 'redir', 'connlimit', 'synproxy', 'flow_offload']);
const TRACKING_OBJECTS = new Set(['ct helper', 'ct timeout', 'ct expectation', 'synproxy']);
const TRACKING_XT = new Set([
  'conntrack',
  'state',
  'connmark',
  'connbytes',
  'connlabel',
  'connlimit',
  'helper',
  'cluster',
  'CONNMARK',
  'CONNSECMARK',
  'SYNPROXY',
  'DNAT',
  'SNAT',
  'MASQUERADE',
  'REDIRECT',
  'NETMAP',
  'CLUSTERIP',
]);
const CT_NOTRACK = 1;
/** … or only reassembly (nf_defrag_ipv4_enable). */
const DEFRAG_XT = new Set(['TPROXY', 'socket']);

const NFPROTO = { ip: 2, ip6: 10 } as const;

interface Needs {
  track: boolean;
  defrag: boolean;
  synproxy: boolean;
}
const noNeeds = (): Needs => ({ track: false, defrag: false, synproxy: false });

/** Has it rules that turn tracing on? */
const tracing = (table: Table): boolean => table.chains.some((c) => c.rules.some((r) => r.exprs.some((e) => e.kind === 'meta_set' && e.key === 'nftrace')));

/** What an expression needs of the packets of one family. */
function needsOf(e: Expression, pf: 'ip' | 'ip6', needs: Needs): void {
  if (e.kind === 'match' || e.kind === 'target') {
    // xt_ct_tg_check: not to track is nothing that needs tracking.
    if (TRACKING_XT.has(e.name) || (e.kind === 'target' && e.name === 'CT' && (Number(e.info.flags) & CT_NOTRACK) === 0)) needs.track = true;
    if (e.name === 'SYNPROXY') needs.synproxy = true;
    if (DEFRAG_XT.has(e.name)) needs.defrag = true;
  } else if (e.kind === 'objref') {
    if (TRACKING_OBJECTS.has(e.type)) needs.track = true;
  } else if (e.kind === 'dynset') for (const x of e.exprs) needsOf(x, pf, needs);
  else if (e.kind === 'nat') {
    // nft_nat_init: the family of the translation, not of the table.
    if (e.family === NFPROTO[pf]) needs.track = true;
  } else if (TRACKING.has(e.kind)) {
    needs.track = true;
    if (e.kind === 'synproxy') needs.synproxy = true;
  } else if (e.kind === 'tproxy' && (e.family === NFPROTO[pf] || e.family === 0)) needs.defrag = true;
}

/** NF_* numbers of a chain to what a traversal does; nobody listens to queues. */
function verdictOf(v: number): HookVerdict {
  switch (v & 0xff) {
    case 1:
      return 'accept';
    case 2:
      return 'stolen';
    case 3:
      return v & 0x8000 ? 'accept' : 'drop';
    default:
      return 'drop';
  }
}

/** nf_route_table_hook4/6: a packet of the host that a chain of type route changed gets a new route. */
function routeChain(entry: HookEntry, skb: Skb, state: HookState): HookVerdict {
  const o = skb.network,
    v6 = state.pf === 'ip6';
  const before = skb.data.slice(o, o + (v6 ? 40 : 20)),
    mark = skb.mark;
  const verdict = verdictOf(entry.run(skb, state));
  if (verdict !== 'accept' || state.hook !== 'output') return verdict;
  const b = skb.data,
    n = skb.network;
  const changed =
    mark !== skb.mark ||
    (v6
      ? !sameBytes(before.subarray(8, 40), b.subarray(n + 8, n + 40)) || before[7] !== b[n + 7] || u16(before, 0) !== u16(b, n) || u16(before, 2) !== u16(b, n + 2)
      : !sameBytes(before.subarray(12, 20), b.subarray(n + 12, n + 20)) || before[1] !== b[n + 1]);
  if (changed && !(v6 ? state.net.stack.ip6 : state.net.stack.ip4).reroute(skb)) return 'drop';
  return 'accept';
}

/** Keeps the functions at the hooks in step with the ruleset: its base chains, and what its rules need of tracking and NAT. */
export class RulesetHooks {
  readonly #s: Stack;
  #seen: unknown = null;
  #seenLegacy: unknown = null;

  constructor(stack: Stack) {
    this.#s = stack;
    stack.hooks.refresh = () => {
      this.refresh();
    };
  }

  refresh(): void {
    const { nft, legacy } = this.#s.net;
    if (this.#seen === nft.ruleset && this.#seenLegacy === legacy.ruleset) return;
    this.#seen = nft.ruleset;
    this.#seenLegacy = legacy.ruleset;
    this.#s.hooks.clear();
    this.#s.bridgeNetfilter.register();
    const needs = this.#needs();
    for (const pf of Object.keys(HOOKS) as HookPf[]) {
      let nat = false;
      const natChains = new Map<HookName, NatChain[]>();
      for (const hook of HOOKS[pf]) {
        // Of equal priorities the newest comes first, so the oldest is registered first.
        for (const entry of [...legacy.evaluator.hooks(pf, hook), ...nft.evaluator.hooks(pf, hook)].reverse()) {
          if (entry.type === 'nat') {
            nat = true;
            natChains.set(hook, [(skb, state) => verdictOf(entry.run(skb, state)), ...(natChains.get(hook) ?? [])]);
          } else this.#chain(pf, hook, entry);
        }
      }
      if (pf !== 'ip' && pf !== 'ip6') continue;
      if (nat) this.#nat(pf, natChains);
      const n = needs[pf];
      if (n.track) this.#tracking(pf);
      if (n.synproxy) for (const hook of ['input', 'postrouting'] as const) this.#s.hooks.register(pf, hook, { priority: PRI.CONFIRM - 1, run: synproxyHook });
      if (n.track || n.defrag) for (const hook of ['prerouting', 'output'] as const) this.#s.hooks.register(pf, hook, { priority: PRI.DEFRAG, run: defragHook });
    }
  }

  #chain(pf: HookPf, hook: HookName, entry: HookEntry): void {
    const run: HookFn['run'] = entry.type === 'route' ? (skb, state) => routeChain(entry, skb, state) : (skb, state) => verdictOf(entry.run(skb, state));
    this.#s.hooks.register(pf, hook, { priority: entry.priority, run, ...(entry.devices && { devices: entry.devices }) });
  }

  #nat(pf: 'ip' | 'ip6', chains: ReadonlyMap<HookName, readonly NatChain[]>): void {
    for (const hook of ['prerouting', 'input', 'output', 'postrouting'] as const) {
      const list = chains.get(hook) ?? [];
      this.#s.hooks.register(pf, hook, { priority: hook === 'prerouting' || hook === 'output' ? PRI.NAT_DST : PRI.NAT_SRC, run: (skb, state) => natHook(skb, state, list) });
    }
  }

  #tracking(pf: 'ip' | 'ip6'): void {
    for (const hook of ['prerouting', 'output'] as const) this.#s.hooks.register(pf, hook, { priority: PRI.CONNTRACK, run: trackHook });
    for (const hook of ['input', 'postrouting'] as const) this.#s.hooks.register(pf, hook, { priority: PRI.CONFIRM, run: confirmHook });
  }

  #needs(): { ip: Needs; ip6: Needs } {
    const out = { ip: noNeeds(), ip6: noNeeds() };
    const trace = { nft: false, legacy: false };
    const own = new Set(this.#s.net.nft.ruleset.tables);
    for (const table of [...this.#s.net.nft.ruleset.tables, ...this.#s.net.legacy.ruleset.tables]) {
      if (tracing(table)) trace[own.has(table) ? 'nft' : 'legacy'] = true;
      for (const pf of ['ip', 'ip6'] as const) {
        if (table.family !== pf && table.family !== 'inet') continue;
        const mine = out[pf];
        for (const chain of table.chains) for (const rule of chain.rules) for (const e of rule.exprs) needsOf(e, pf, mine);
        for (const set of table.sets) for (const e of set.exprs) needsOf(e, pf, mine);
        if (table.objects.some((o) => TRACKING_OBJECTS.has(o.kind))) mine.track = true;
        if (table.objects.some((o) => o.kind === 'synproxy')) mine.synproxy = true;
      }
    }
    this.#s.net.traces.want(trace);
    return out;
  }
}
