import type { NfTables } from '../../kernel/nf_tables/nf-tables.ts';
import type { Chain, Rule } from '../../kernel/nf_tables/objects.ts';
import type { XtFamily } from '../../kernel/xt/definition.ts';
import type { BuiltinTable } from './family.ts';

/** The tools' cache of one table (iptables/nft-cache.c): what they read of it, and what the batch has changed since. */
export interface ViewRule {
  readonly rule: Rule;
  readonly pending: number | null;
}

/** With the counters of the moment at which it is asked for: a long ruleset has many of these. */
class ReadRule implements ViewRule {
  readonly #nft: NfTables;
  readonly #rule: Rule;
  readonly pending = null;

  constructor(nft: NfTables, rule: Rule) {
    this.#nft = nft;
    this.#rule = rule;
  }

  get rule(): Rule {
    return this.#nft.live.rule(this.#rule);
  }
}

export interface ViewChain {
  name: string;
  readonly base: boolean;
  policy: 'accept' | 'drop';
  packets: bigint;
  bytes: bigint;
  rules: ViewRule[];
  /** Not made yet: what the listing shows of builtin chains. */
  fake: boolean;
  readonly chain: Chain | null;
  /** ebtables: the policy of a user chain whose rule was taken out; it is put back as the last one when all is sent. */
  userPolicy?: UserPolicy;
}

export type UserPolicy = 'ACCEPT' | 'DROP' | 'RETURN';

export interface ViewTable {
  readonly name: string;
  chains: Map<string, ViewChain> /** Base chains that are none of the tools' own; they are passed over. */;
  readonly foreign: ReadonlySet<string>;
  exists: boolean;
}

/** Reads a table: the tools' own base chains, then the user's by name. */
export function readTable(nft: NfTables, family: XtFamily, builtin: BuiltinTable): ViewTable {
  const t = nft.table(family, builtin.name);
  const chains = new Map<string, ViewChain>();
  const put = (c: Chain): void => {
    const { packets, bytes } = nft.live.chain(c);
    chains.set(c.name, {
      name: c.name,
      base: c.hook !== undefined,
      policy: c.policy,
      packets,
      bytes,
      rules: c.rules.map((rule) => new ReadRule(nft, rule)),
      fake: false,
      chain: c,
    });
  };
  const all = t?.chains.filter((c) => !c.binding) ?? [];
  for (const b of builtin.chains) {
    const c = all.find((x) => x.name === b.name && x.hook);
    if (c?.hook && c.hook.type === b.type && c.hook.hooknum === b.hooknum && c.hook.priority === b.priority) put(c);
  }
  for (const c of all.filter((x) => !x.hook).sort((x, y) => (x.name < y.name ? -1 : x.name > y.name ? 1 : 0))) put(c);
  const foreign = new Set(all.filter((c) => c.hook && !chains.has(c.name)).map((c) => c.name));
  return { name: builtin.name, chains, foreign, exists: t !== undefined };
}

/** Type of the user data by which ebtables marks the rule that is a user chain's policy. */
export const EBT_POLICY_TYPE = 1;

/** nft-bridge.c: the rule that carries the policy of a user chain is marked in its user data. */
export const isPolicyRule = (r: Rule): boolean =>
  r.userdata !== undefined && r.userdata.length >= 3 && r.userdata[0] === EBT_POLICY_TYPE && r.userdata[2] === 1 && r.exprs.length === 2;

export function policyOf(r: Rule): UserPolicy {
  const v = r.exprs.find((e) => e.kind === 'immediate');
  return v && v.kind === 'immediate' && 'verdict' in v.data ? (v.data.verdict.code === 'drop' ? 'DROP' : v.data.verdict.code === 'return' ? 'RETURN' : 'ACCEPT') : 'ACCEPT';
}
