import type { Family, HookName } from '../../kernel/net/hook.ts';
import type { Chain, Rule } from '../../kernel/nf_tables/objects.ts';
import type { Host } from '../host.ts';
import { ruleRows } from '../suite/rules.ts';

export interface GraphRule {
  /** Counts from 1. */
  readonly position: number;
  readonly text: string;
  readonly packets: bigint | null;
  /** Key of the chain to which it sends packets on. */
  readonly to: string | null;
}

export interface GraphChain {
  /** Names it among all chains of the host. */
  readonly key: string;
  readonly family: Family;
  readonly table: string;
  readonly name: string;
  readonly hook: { readonly name: HookName; readonly type: string; readonly priority: number; readonly devices: readonly string[] } | null;
  /** Of base chains; packets where the chain counts them. */
  readonly policy: { readonly verdict: 'accept' | 'drop'; readonly packets: bigint | null } | null;
  readonly rules: readonly GraphRule[];
}

/** Families whose packets meet the same hooks. */
export interface World {
  readonly name: 'ip' | 'bridge' | 'arp';
  readonly hooks: readonly { readonly name: HookName; readonly chains: readonly GraphChain[] }[];
  /** Chains that rules jump to, in the order in which they are first met. */
  readonly reached: readonly GraphChain[];
  /** Chains that nothing leads to. */
  readonly idle: readonly GraphChain[];
}

const WORLD: Readonly<Record<Family, World['name']>> = { ip: 'ip', ip6: 'ip', inet: 'ip', netdev: 'ip', bridge: 'bridge', arp: 'arp' };
const ORDER: readonly HookName[] = ['ingress', 'prerouting', 'input', 'forward', 'output', 'postrouting', 'egress'];

const targetOf = (rule: Rule): string | null => {
  for (const e of rule.exprs) if (e.kind === 'immediate' && 'verdict' in e.data && 'chain' in e.data.verdict) return e.data.verdict.chain;
  return null;
};

function chainsOf(host: Host): GraphChain[] {
  const rows = Map.groupBy(ruleRows(host), (r) => r.chain);
  return [false, true].flatMap((legacy) => {
    const nft = legacy ? host.net.legacy : host.net.nft;
    return nft.ruleset.tables.flatMap((table) => {
      const key = (chain: string): string => `${legacy ? 'legacy ' : ''}${table.family} ${table.name} ${chain}`;
      return table.chains.map((chain: Chain): GraphChain => {
        const rules = (rows.get(chain) ?? []).map((r) => {
          const to = targetOf(r.rule);
          return { position: r.position, text: r.text, packets: r.counter?.packets ?? null, to: to === null ? null : key(to) };
        });
        const policy = chain.hook ? { verdict: chain.policy, packets: chain.counters ? nft.live.chain(chain).packets : null } : null;
        return { key: key(chain.name), family: table.family, table: `${table.name}${legacy ? ' (legacy)' : ''}`, name: chain.name, hook: chain.hook ?? null, policy, rules };
      });
    });
  });
}

/** Hooks, chains and jumps of a host, with what has been counted. */
export function graphOf(host: Host): World[] {
  const all = chainsOf(host);
  const worlds = Map.groupBy(all, (c) => WORLD[c.family]);
  return (['ip', 'bridge', 'arp'] as const).flatMap((name) => {
    const chains = worlds.get(name);
    return chains ? [worldOf(name, chains)] : [];
  });
}

function worldOf(name: World['name'], chains: readonly GraphChain[]): World {
  const byKey = new Map(chains.map((c) => [c.key, c]));
  const hooks = ORDER.flatMap((hook) => {
    const here = chains.filter((c) => c.hook?.name === hook).sort((a, b) => (a.hook?.priority ?? 0) - (b.hook?.priority ?? 0));
    return here.length ? [{ name: hook, chains: here }] : [];
  });
  const reached = new Set<GraphChain>();
  const follow = (c: GraphChain): void => {
    for (const r of c.rules) {
      const to = r.to === null ? undefined : byKey.get(r.to);
      if (!to || reached.has(to)) continue;
      reached.add(to);
      follow(to);
    }
  };
  for (const h of hooks) for (const c of h.chains) follow(c);
  return { name, hooks, reached: [...reached], idle: chains.filter((c) => !c.hook && !reached.has(c)) };
}
