import type { Expression } from '../../kernel/expr/expression.ts';
import { strerror } from '../../kernel/errno.ts';
import type { NftMessage } from '../../kernel/nf_tables/message.ts';
import type { Batch } from '../../kernel/nf_tables/batch.ts';
import type { KeptRule } from '../../kernel/nf_tables/kept-rule.ts';
import type { NfTables, RuleOrigin } from '../../kernel/nf_tables/nf-tables.ts';
import type { Chain, NftSet, Rule } from '../../kernel/nf_tables/objects.ts';
import type { XtFamily } from '../../kernel/xt/definition.ts';
import { XtError } from '../../kernel/xt/error.ts';
import type { Netns } from '../../kernel/netns.ts';
import type { XtRule } from '../../parsers/xtables/rule.ts';
import type { AmongSets, AmongSource } from './among.ts';
import type { BuiltinTable } from './family.ts';
import { expressionLines } from './netlink-text.ts';
import { builtinChain, builtinTable, madeTogether } from './family.ts';
import { compatOf, lower, policyExpressions } from './lower.ts';
import type { Raised } from './raise.ts';
import type { Refusal } from './refusal.ts';
import { Sent } from './sent.ts';
import { LegacyRefusal, ParseFailure } from './refusal.ts';
import type { UserPolicy, ViewChain, ViewRule, ViewTable } from './view.ts';
import { EBT_POLICY_TYPE, isPolicyRule, policyOf, readTable } from './view.ts';
import { isCompatible, raise, sameRule } from './raise.ts';

/** Who sends: what the kernel hears of the process, and where a line of its input was written. */
export interface Sender {
  readonly program: string;
  readonly pid: number;
  origin: ((line: number) => RuleOrigin | undefined) | null;
}

/** Shows a rule with -v, as it reads once it is made. */
export type Row = (rule: Rule) => void;

/**
 * What the xtables tools think the ruleset is while they work (iptables/nft.c: struct nft_handle and its cache): a view
 * that each operation changes along with the batch; `commit` ends the batch, `abort` drops it. Operations answer with an errno that
 * nft_strerror words, or null.
 */
export class Session {
  readonly family: XtFamily;
  readonly net: Netns;
  readonly source: AmongSource;
  private tables = new Map<string, ViewTable>();
  private batch: Batch | null = null;
  private sent = new Sent();
  private ids = 0;
  /** Line of the restore input that the next operations belong to; 0: none. */
  line = 0;

  /** The ruleset that is worked on: nf_tables' own, or that of the legacy tools. */
  readonly nft: NfTables;
  readonly legacy: boolean;
  readonly sender: Sender;

  constructor(family: XtFamily, net: Netns, legacy: boolean, sender: Sender, interfaceName: (index: number) => string | undefined) {
    this.family = family;
    this.sender = sender;
    this.net = net;
    this.legacy = legacy;
    this.nft = legacy ? net.legacy : net.nft;
    this.source = { set: (name) => this.findSet(name), interfaceName };
  }

  private findSet(name: string): NftSet | undefined {
    for (const t of this.nft.ruleset.tables) if (t.family === this.family) for (const s of t.sets) if (s.name === name) return s;
    return undefined;
  }

  /** The view of one table, read from the kernel when first asked for. */
  view(table: string): ViewTable {
    const known = this.tables.get(table);
    if (known) return known;
    const builtin = builtinTable(this.family, table) as BuiltinTable;
    if (this.legacy && !this.nft.table(this.family, table)) this.makeWhole(table, builtin);
    const v = readTable(this.nft, this.family, builtin);
    this.tables.set(table, v);
    return v;
  }

  /** x_tables makes a table whole when a tool first asks for it. */
  private makeWhole(table: string, builtin: BuiltinTable): void {
    const chains = builtin.chains.map(
      (b): NftMessage => ({
        op: 'newchain',
        family: this.family,
        table,
        chain: b.name,
        excl: false,
        policy: 'accept',
        hook: { type: b.type, name: b.hook, hooknum: b.hooknum, priority: b.priority, devices: [] },
        counters: { packets: 0n, bytes: 0n },
      }),
    );
    this.nft.commit([{ op: 'newtable', family: this.family, table, excl: false }, ...chains], { pid: 0, name: 'iptables' });
  }

  chain(table: string, name: string): ViewChain | undefined {
    return this.view(table).chains.get(name);
  }

  /** nft.c: nft_chain_exists */
  exists(table: string, chain: string): boolean {
    return builtinChain(this.family, table, chain) !== undefined || this.chain(table, chain) !== undefined;
  }

  assertJump(rule: XtRule, table: string): void {
    if (rule.jump.kind === 'chain' && !this.exists(table, rule.jump.name))
      throw new XtError('PARAMETER_PROBLEM', this.legacy ? `Couldn't load target \`${rule.jump.name}':No such file or directory\n` : `Chain '${rule.jump.name}' does not exist`);
  }

  /** Chains as lists show them: builtin ones always, in their order, then the user's by name (nft_xt_fake_builtin_chains). */
  listed(table: string, only: string | null = null): ViewChain[] {
    const v = this.view(table);
    const builtin = builtinTable(this.family, table)?.chains ?? [];
    const fake = (name: string): ViewChain => ({ name, base: true, policy: 'accept', packets: 0n, bytes: 0n, rules: [], fake: true, chain: null });
    const bases = builtin.map((b) => v.chains.get(b.name) ?? fake(b.name));
    const users = [...v.chains.values()].filter((c) => !c.base).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    const all = [...bases, ...users];
    return only === null ? all : all.filter((c) => c.name === only);
  }

  /** Were base chains passed over? Who asks for one chain has read that one and those that bear a builtin's name. */
  tainted(table: string, chain: string | null): boolean {
    const { foreign } = this.view(table);
    if (chain === null) return foreign.size > 0;
    return foreign.has(chain) || (builtinTable(this.family, table)?.chains.some((b) => foreign.has(b.name)) ?? false);
  }

  /** Jumps and gotos that name the chain, as the kernel knows them. */
  private jumps(table: string, chain: string): number {
    let n = 0;
    for (const c of this.nft.table(this.family, table)?.chains ?? [])
      for (const rule of c.rules)
        for (const e of rule.exprs) {
          if (e.kind === 'immediate' && 'verdict' in e.data && 'chain' in e.data.verdict && e.data.verdict.chain === chain) n++;
        }
    return n;
  }

  /** NFTA_CHAIN_USE: rules and what names the chain. */
  private uses(table: string, c: Chain): number {
    return c.rules.length + this.jumps(table, c.name);
  }

  /** nft_rule_list: the kernel's count of uses less the rules that the cache holds, those not sent yet among them. */
  references(table: string, c: ViewChain): number {
    return (c.chain ? this.uses(table, c.chain) : 0) - c.rules.length;
  }

  /** nft.c: nft_is_table_compatible */
  compatible(table: string, chain: string | null): boolean {
    const chains = chain === null ? [...this.view(table).chains.values()] : [this.chain(table, chain)];
    return chains.every((c) => !c || c.rules.every((r) => r.rule.exprs.every(isCompatible)));
  }

  raise(rule: Rule): Raised {
    return raise(rule, this.family, this.source);
  }

  /** -vv: hears what is sent and read, as libnftnl prints it. */
  debug: ((text: string) => void) | null = null;
  private shown = new Set<string>();
  /** What it will hear when the batch ends. */
  private told: string[] = [];
  /** Tables that the batch makes, as -vv shows them. */
  private readonly madeTables = new Map<string, string>();

  /** Each further rule for a builtin chain has the table made once more (nft_xt_builtin_init), which only -vv shows. */
  private tellTableAgain(table: string, chain: string): void {
    const text = this.madeTables.get(table);
    if (this.debug && text !== undefined && builtinChain(this.family, table, chain)) this.told.push(text);
  }

  /** libnftnl's text of a message; chains that are there bear their use and flags. */
  private text(m: NftMessage): string {
    switch (m.op) {
      case 'newtable':
        return `table ${m.table} ${this.family} flags 0 use 0 handle 0\n`;
      case 'newrule':
        return ruleText(this.family, m.table, m.chain ?? '', m.exprs, m.position);
      case 'newchain':
        return this.chainText(m.table, m.rename ?? m.chain ?? '', m.hook ?? null, m.policy, null);
      case 'delchain': {
        const c = this.chain(m.table, m.chain ?? '')?.chain ?? null;
        return this.chainText(m.table, m.chain ?? '', c?.hook ?? null, c?.policy, c);
      }
      case 'delrule':
        return m.handle === undefined && m.id === undefined && m.chain !== undefined ? `${m.table} ${m.chain}\n` : '';
      default:
        return '';
    }
  }

  private chainText(
    table: string,
    name: string,
    hook: { readonly type: string; readonly name: string; readonly priority: number } | null,
    policy: string | undefined,
    kernel: Chain | null,
  ): string {
    const use = kernel ? this.uses(table, kernel) : 0;
    const base = hook ? ` type ${hook.type} hook ${hook.name} prio ${hook.priority} policy ${policy} packets 0 bytes 0${kernel ? ' flags 1' : ''}` : '';
    return `${this.family} ${table} ${name} use ${use}${base}\n`;
  }

  /** The dump of rules that a command needs, which -vv shows once: of the chain it is about, of that it jumps to, and of all base chains. */
  fetched(table: string, only: readonly string[] | null): void {
    if (!this.debug) return;
    for (const c of kernelOrder(this.listed(table))) {
      if (c.fake || this.shown.has(`${table} ${c.name}`) || (only && !c.base && !only.includes(c.name))) continue;
      this.shown.add(`${table} ${c.name}`);
      let last: bigint | undefined;
      for (const { rule, pending } of c.rules) {
        if (pending !== null) continue;
        this.debug(ruleText(this.family, table, c.name, rule.exprs, rule.handle, last));
        last = rule.handle;
      }
    }
  }

  /** Adds a message to the batch: the rule that it made, if any. `shown`: how -vv shows it. */
  private send(
    message: NftMessage,
    kind: string,
    what: 'table' | 'chain' | 'rule in table' | 'rule in chain' | 'set',
    name: string,
    shown = (): string => this.text(message),
  ): KeptRule | null {
    if (this.debug) this.told.push(shown());
    const { sent } = this;
    const { pid, program, origin } = this.sender;
    this.batch ??= this.nft.begin({ pid, name: program, ...(origin && { origin: (i) => origin(sent.line(i)) }) });
    sent.add(kind, what, name, this.line);
    this.batch.add(message);
    return this.batch.made;
  }

  private needTable(table: string): ViewTable {
    const v = this.view(table);
    if (!v.exists) {
      const made: NftMessage = { op: 'newtable', family: this.family, table, excl: false };
      this.send(made, 'TABLE_ADD', 'table', table);
      this.madeTables.set(table, this.text(made));
      v.exists = true;
    }
    return v;
  }

  /** nft.c: nft_xt_builtin_init for one chain. */
  private needBuiltin(table: string, name: string): ViewChain | undefined {
    const v = this.needTableOf(table, name);
    const b = builtinChain(this.family, table, name);
    if (!v || !b || v.chains.has(name)) return v?.chains.get(name);
    this.send(
      {
        op: 'newchain',
        family: this.family,
        table,
        chain: name,
        excl: false,
        policy: 'accept',
        hook: { type: b.type, name: b.hook, hooknum: b.hooknum, priority: b.priority, devices: [] },
        counters: { packets: 0n, bytes: 0n },
      },
      'CHAIN_ADD',
      'chain',
      name,
    );
    const c: ViewChain = { name, base: true, policy: 'accept', packets: 0n, bytes: 0n, rules: [], fake: false, chain: null };
    v.chains.set(name, c);
    return c;
  }

  private needTableOf(table: string, chain: string): ViewTable | undefined {
    return builtinChain(this.family, table, chain) ? this.needTable(table) : this.view(table);
  }

  private readonly sets = (table: string): AmongSets => ({
    add: (make) => {
      const id = ++this.ids;
      for (const m of make(id)) this.send({ ...m, table } as NftMessage, 'SET_ADD', 'set', '__set');
      return { name: '__set%d', id };
    },
  });

  /** The tools make the rule while they read the command line: sets of `among` come before the builtin chain that is missing. */
  private makeEarly(rule: XtRule, table: string, chain: string): Expression[] {
    if (rule.bridge) this.needTableOf(table, chain);
    return this.make(rule, table);
  }

  private make(rule: XtRule, table: string): Expression[] {
    return lower(rule, this.sets(table), table);
  }

  private newRule(table: string, chain: string, mode: 'append' | 'insert' | 'replace', rule: XtRule, at: ViewRule | null, exprs = this.make(rule, table)): ViewRule {
    const id = ++this.ids;
    const where = at ? (at.pending === null ? { position: at.rule.handle } : { positionId: at.pending }) : {};
    const compat = compatOf(rule);
    const made = this.send(
      { op: 'newrule', family: this.family, table, chain, excl: false, mode, exprs, id, ...where, ...(compat ? { compat } : {}) },
      mode === 'append' ? 'RULE_APPEND' : mode === 'insert' ? 'RULE_INSERT' : 'RULE_REPLACE',
      'rule in chain',
      chain,
    );
    // What the kernel made of it takes less room, and says the same but for some bridge extensions.
    return { rule: made && this.family !== 'bridge' ? made : { handle: 0n, exprs, id: -1, compat }, pending: id };
  }

  append(table: string, chain: string, rule: XtRule, row: Row): Refusal | null {
    this.assertJump(rule, table);
    this.tellTableAgain(table, chain);
    const exprs = this.makeEarly(rule, table, chain);
    const c = this.needBuiltin(table, chain);
    row({ handle: 0n, exprs, id: -1, compat: compatOf(rule) });
    if (!c) return { fn: 'append', errno: 'ENOENT' };
    c.rules.push(this.newRule(table, chain, 'append', rule, null, exprs));
    return null;
  }

  /** rulenum counts from 1. */
  insert(table: string, chain: string, rule: XtRule, rulenum: number, row: Row): Refusal | null {
    this.assertJump(rule, table);
    this.tellTableAgain(table, chain);
    const exprs = this.makeEarly(rule, table, chain);
    const c = this.needBuiltin(table, chain);
    if (!c) return { fn: 'insert', errno: 'ENOENT' };
    if (rulenum > 1 && !c.rules[rulenum - 2]) return { fn: 'insert', errno: 'E2BIG' };
    row({ handle: 0n, exprs, id: -1, compat: compatOf(rule) });
    const at = c.rules[rulenum - 1];
    if (rulenum > 1 && !at) {
      c.rules.push(this.newRule(table, chain, 'append', rule, null, exprs));
      return null;
    }
    c.rules.splice(rulenum - 1, 0, this.newRule(table, chain, 'insert', rule, rulenum === 1 ? null : (at ?? null), exprs));
    return null;
  }

  replace(table: string, chain: string, rule: XtRule, rulenum: number, row: Row): Refusal | null {
    this.assertJump(rule, table);
    const exprs = lower(rule, NO_SETS, table);
    const c = this.chain(table, chain);
    if (!c) return { fn: 'replace', errno: 'ENOENT' };
    const at = c.rules[rulenum - 1];
    if (!at) return { fn: 'replace', errno: 'E2BIG' };
    row({ handle: 0n, exprs, id: -1, compat: compatOf(rule) });
    // A rule made earlier in the batch has no handle yet: it is taken out and a new one put there.
    if (at.pending !== null) {
      const next = c.rules[rulenum];
      this.deleteRule(table, chain, at);
      c.rules[rulenum - 1] = this.newRule(table, chain, next ? 'insert' : 'append', rule, next ?? null);
      return null;
    }
    c.rules[rulenum - 1] = this.newRule(table, chain, 'replace', rule, at);
    return null;
  }

  private handleBefore(table: string, chain: string, r: ViewRule): bigint | undefined {
    const rules =
      this.view(table)
        .chains.get(chain)
        ?.rules.filter((x) => x.pending === null) ?? [];
    return rules[rules.indexOf(r) - 1]?.rule.handle;
  }

  private deleteRule(table: string, chain: string, r: ViewRule): void {
    this.send(
      { op: 'delrule', family: this.family, table, chain, ...(r.pending === null ? { handle: r.rule.handle } : { id: r.pending }) },
      'RULE_DELETE',
      'rule in chain',
      chain,
      // A rule bears the position at which the dump had it: after the one before.
      () => ruleText(this.family, table, chain, r.rule.exprs, ...(r.pending === null ? [r.rule.handle, this.handleBefore(table, chain, r)] : [0n])),
    );
  }

  /** nft.c: nft_rule_find: the first rule that says the same; a rule that cannot be read ends the tool. */
  private find(table: string, chain: string, rule: XtRule): ViewRule | null {
    // nft_rule_cmp reads both rules back: of an ARP rule not all comes back.
    const sought = rule.arp ? { ...this.raise({ handle: 0n, exprs: lower(rule, NO_SETS, table), id: -1 }).rule, matches: [] } : rule;
    const c = this.chain(table, chain);
    if (!c) return null;
    for (const r of c.rules) {
      const raised = this.raise(r.rule);
      if (raised.error !== null) throw new ParseFailure(raised.error);
      if (sameRule(raised.rule, sought)) return r;
    }
    return null;
  }

  check(table: string, chain: string, rule: XtRule, row: Row): Refusal | null {
    this.assertJump(rule, table);
    const found = this.find(table, chain, rule);
    if (!found) return { fn: 'check', errno: 'ENOENT' };
    row(found.rule);
    return null;
  }

  delete(table: string, chain: string, rule: XtRule, row: Row): Refusal | null {
    this.assertJump(rule, table);
    const found = this.find(table, chain, rule);
    if (!found) return { fn: 'delete', errno: 'ENOENT' };
    row(found.rule);
    this.deleteRule(table, chain, found);
    const c = this.chain(table, chain) as ViewChain;
    c.rules = c.rules.filter((r) => r !== found);
    return null;
  }

  deleteNum(table: string, chain: string, rulenum: number): Refusal | null {
    const c = this.chain(table, chain);
    if (!c) return { fn: 'deleteNum', errno: 'ENOENT' };
    const r = c.rules[rulenum - 1];
    if (!r) return { fn: 'deleteNum', errno: 'E2BIG' };
    this.deleteRule(table, chain, r);
    c.rules.splice(rulenum - 1, 1);
    return null;
  }

  /** nft.c: nft_rule_flush; `say` hears the chains with -v. */
  flush(table: string, chain: string | null, verbose: boolean, say: (text: string) => void): Refusal | null {
    if (chain !== null || verbose) {
      if (chain !== null) this.needBuiltin(table, chain);
      else for (const name of madeTogether(this.family, table)) this.needBuiltin(table, name);
    } else if (!this.view(table).exists) return null;
    const v = this.view(table);
    if (chain !== null && !v.chains.has(chain)) return { fn: 'flush', errno: 'ENOENT' };
    if (chain === null && !verbose) {
      this.send({ op: 'delrule', family: this.family, table }, 'RULE_FLUSH', 'rule in table', table);
      for (const c of v.chains.values()) c.rules = [];
      return null;
    }
    for (const c of this.listed(table, chain)) {
      if (verbose) say(`Flushing chain \`${c.name}'\n`);
      this.send({ op: 'delrule', family: this.family, table, chain: c.name }, 'RULE_FLUSH', 'rule in chain', c.name);
      c.rules = [];
    }
    return null;
  }

  /** nft-bridge.c: nft_bridge_chain_postprocess: a tool that reads the rules of a user chain takes the one that is its policy out. */
  takePolicies(table: string, only: string | null): void {
    if (this.family === 'bridge') for (const c of this.view(table).chains.values()) if (!c.base && (only === null || c.name === only)) this.takePolicy(table, c);
  }

  private takePolicy(table: string, c: ViewChain): void {
    const old = c.rules.find((r) => isPolicyRule(r.rule));
    if (!old) return;
    this.deleteRule(table, c.name, old);
    c.rules = c.rules.filter((r) => r !== old);
    c.userPolicy ??= policyOf(old.rule);
  }

  /** ebtables' policy of a user chain. */
  setUserPolicy(table: string, c: ViewChain, policy: UserPolicy): void {
    this.takePolicy(table, c);
    c.userPolicy = policy;
  }

  /** nft-bridge.c: ebt_add_policy_rule, when a batch is whole; RETURN is what chains do anyway. */
  private putPolicies(): void {
    for (const [table, v] of this.tables)
      for (const c of v.chains.values()) {
        if (c.userPolicy === undefined || c.userPolicy === 'RETURN') continue;
        const exprs = policyExpressions(c.userPolicy, table);
        const userdata = Uint8Array.of(EBT_POLICY_TYPE, 4, 1, 0, 0, 0);
        this.send(
          { op: 'newrule', family: this.family, table, chain: c.name, excl: false, mode: 'append', exprs, id: ++this.ids, userdata },
          'RULE_APPEND',
          'rule in chain',
          c.name,
        );
      }
  }

  /** Makes a builtin chain that is not there, and nothing else. */
  touch(table: string, chain: string): Refusal | null {
    this.needBuiltin(table, chain);
    return null;
  }

  newChain(table: string, chain: string): Refusal | null {
    if (this.exists(table, chain)) return { fn: 'newChain', errno: 'EEXIST' };
    this.needTable(table);
    this.send({ op: 'newchain', family: this.family, table, chain, excl: true }, 'CHAIN_USER_ADD', 'chain', chain);
    this.view(table).chains.set(chain, { name: chain, base: false, policy: 'accept', packets: 0n, bytes: 0n, rules: [], fake: false, chain: null });
    return null;
  }

  /** `:chain` of the restore tools: made, or emptied. */
  restoreChain(table: string, chain: string): Refusal | null {
    const c = this.chain(table, chain);
    if (!c) return this.newChain(table, chain);
    this.send({ op: 'delrule', family: this.family, table, chain }, 'CHAIN_USER_FLUSH', 'chain', chain);
    c.rules = [];
    return null;
  }

  deleteChain(table: string, chain: string | null, verbose: boolean, say: (text: string) => void): Refusal | null {
    const v = this.view(table);
    if (chain !== null && !v.chains.has(chain)) return { fn: 'deleteChain', errno: 'ENOENT' };
    // The cache is sorted for -v only; else the kernel's order counts.
    const order = verbose ? this.listed(table, chain) : kernelOrder(this.listed(table, chain));
    for (const c of order.filter((x) => !x.fake)) {
      if (this.legacy && c.base) {
        if (chain !== null) return { fn: 'deleteChain', errno: 'EINVAL' };
        continue;
      }
      if (this.legacy && this.jumps(table, c.name)) return { fn: 'deleteChain', errno: 'EMLINK' };
      if (this.legacy && c.rules.length) return { fn: 'deleteChain', errno: 'ENOTEMPTY' };
      if (c.base) {
        if (c.policy !== 'accept') {
          if (chain !== null) return { fn: 'deleteChain', errno: 'ENOTEMPTY' };
          continue;
        }
        if (c.rules.length && chain === null) continue;
        if (c.rules.length && this.family === 'bridge') return { fn: 'deleteChain', errno: 'ENOTEMPTY' };
      }
      if (verbose && (chain !== null || !c.base)) say(`Deleting chain \`${c.name}'\n`);
      if (this.family === 'bridge' && !c.base) for (const r of c.rules.filter((x) => isPolicyRule(x.rule))) this.deleteRule(table, c.name, r);
      this.send({ op: 'delchain', family: this.family, table, chain: c.name, nonrec: true }, 'CHAIN_DEL', 'chain', c.name);
      v.chains.delete(c.name);
    }
    return null;
  }

  rename(table: string, from: string, to: string): Refusal | null {
    if (this.exists(table, to)) return { fn: 'rename', errno: 'EEXIST' };
    const v = this.view(table);
    const c = v.chains.get(from);
    if (!c) return { fn: 'rename', errno: 'ENOENT' };
    this.send({ op: 'newchain', family: this.family, table, excl: false, rename: to, ...(c.chain ? { handle: c.chain.handle } : { chain: from }) }, 'CHAIN_RENAME', 'chain', to);
    return null;
  }

  setPolicy(table: string, chain: string, policy: string, counters: { packets: bigint; bytes: bigint } | null): Refusal | null {
    if (policy !== 'ACCEPT' && policy !== 'DROP') return { fn: 'policy', errno: 'EINVAL' };
    const b = builtinChain(this.family, table, chain);
    if (!b) return { fn: 'policy', errno: 'ENOENT' };
    this.needTable(table);
    const p = policy === 'DROP' ? 'drop' : 'accept';
    const known = this.view(table).chains.get(chain);
    this.send(
      {
        op: 'newchain',
        family: this.family,
        table,
        chain,
        excl: false,
        policy: p,
        hook: { type: b.type, name: b.hook, hooknum: b.hooknum, priority: b.priority, devices: [] },
        // The message always has counters: the policy's start anew.
        counters: counters ?? { packets: 0n, bytes: 0n },
      },
      // A chain that is not there is made first; that is what fails.
      (known && !known.fake) || this.line ? 'CHAIN_UPDATE' : 'CHAIN_ADD',
      'chain',
      chain,
    );
    // A chain that is not there is made first and then told its policy.
    if (this.debug && (!known || known.fake)) this.told.push(...this.told.slice(-1));
    // The cache knows the chain as it is, or as nft_xt_builtin_init makes it.
    const { chains } = this.view(table);
    if (!chains.has(chain)) chains.set(chain, { name: chain, base: true, policy: 'accept', packets: 0n, bytes: 0n, rules: [], fake: false, chain: null });
    return null;
  }

  zeroChains(table: string, chain: string | null, verbose: boolean, say: (text: string) => void): Refusal | null {
    if (chain !== null && !this.exists(table, chain)) return { fn: 'zero', errno: 'ENOENT' };
    for (const c of this.listed(table, chain)) {
      if (verbose && (c.base || chain !== null || true)) say(`Zeroing chain \`${c.name}'\n`);
      if (c.fake) continue;
      if (c.base) {
        const b = builtinChain(this.family, table, c.name);
        if (b)
          this.send(
            {
              op: 'newchain',
              family: this.family,
              table,
              chain: c.name,
              excl: false,
              policy: c.policy,
              hook: { type: b.type, name: b.hook, hooknum: b.hooknum, priority: b.priority, devices: [] },
              counters: { packets: 0n, bytes: 0n },
            },
            'CHAIN_ZERO',
            'chain',
            c.name,
            () => this.chainText(table, c.name, c.chain?.hook ?? null, c.policy, c.chain),
          );
      }
      for (const r of c.rules) this.zeroRule(table, c, r);
    }
    return null;
  }

  zeroNum(table: string, chain: string, rulenum: number): Refusal | null {
    const c = this.chain(table, chain);
    const r = c?.rules[rulenum - 1];
    if (!c || !r) return { fn: 'zeroNum', errno: 'ENOENT' };
    this.recount(table, c, r, () => ({ packets: 0n, bytes: 0n }));
    return null;
  }

  /** ebtables -C: each counter is set, added to or taken from. */
  changeCounters(
    table: string,
    chain: string,
    which: { readonly rulenum: number } | { readonly rule: XtRule },
    change: { readonly packets: bigint; readonly bytes: bigint; readonly op: readonly ['set' | 'add' | 'sub', 'set' | 'add' | 'sub'] },
  ): Refusal | null {
    const c = this.chain(table, chain);
    const r = 'rulenum' in which ? c?.rules[which.rulenum - 1] : this.find(table, chain, which.rule);
    if (!c) return { fn: 'changeCounters', errno: 'ENOENT' };
    if (!r) return { fn: 'changeCounters', errno: 'E2BIG' };
    const next = (old: bigint, by: bigint, op: 'set' | 'add' | 'sub'): bigint => (op === 'set' ? by : op === 'add' ? old + by : BigInt.asUintN(64, old - by));
    this.recount(table, c, r, (packets, bytes) => ({ packets: next(packets, change.packets, change.op[0]), bytes: next(bytes, change.bytes, change.op[1]) }));
    return null;
  }

  private zeroRule(table: string, c: ViewChain, r: ViewRule): void {
    if (r.pending !== null || !r.rule.exprs.some((e) => e.kind === 'counter' && (e.packets || e.bytes))) return;
    this.recount(table, c, r, () => ({ packets: 0n, bytes: 0n }));
  }

  private recount(table: string, c: ViewChain, r: ViewRule, next: (packets: bigint, bytes: bigint) => { packets: bigint; bytes: bigint }): void {
    const exprs = r.rule.exprs.map((e): Expression => (e.kind === 'counter' ? { ...e, ...next(e.packets, e.bytes) } : e));
    this.send(
      {
        op: 'newrule',
        family: this.family,
        table,
        chain: c.name,
        excl: false,
        mode: 'replace',
        position: r.rule.handle,
        exprs,
        ...(r.rule.compat ? { compat: r.rule.compat } : {}),
        ...(r.rule.userdata ? { userdata: r.rule.userdata } : {}),
        ...(r.rule.comment !== undefined ? { comment: r.rule.comment } : {}),
      },
      'RULE_REPLACE',
      'rule in chain',
      c.name,
    );
  }

  /** The restore tools without --noflush: the table goes with all it has. */
  flushTable(table: string): void {
    const v = this.view(table);
    if (this.legacy) {
      this.flush(table, null, false, () => {});
      this.deleteChain(table, null, false, () => {});
      return;
    }
    if (v.exists) this.send({ op: 'deltable', family: this.family, table }, 'TABLE_FLUSH', 'table', table);
    this.tables.set(table, { name: table, chains: new Map(), foreign: new Set(), exists: false });
  }

  /** Nothing of the batch was ever sent. */
  abort(): void {
    this.batch?.drop();
    this.reset();
  }

  private reset(): void {
    this.batch = null;
    this.sent = new Sent();
    this.told = [];
    this.madeTables.clear();
    this.tables = new Map();
  }

  /** Ends the batch; what the kernel refuses is one message for the user. */
  commit(): void {
    this.putPolicies();
    for (const text of this.told) this.debug?.(text);
    const { sent } = this;
    const result = this.batch?.end();
    this.reset();
    if (!result || result.ok) return;
    if (this.legacy) throw new LegacyRefusal(result.errors[0].errno);
    const shown = result.errors.map((e) => sent.text(e.index, strerror(e.errno)));
    throw new XtError('RESOURCE_PROBLEM', (sent.line(0) ? shown : shown.slice(0, 1)).join(''));
  }
}

/** Base chains by hook, then the others as they were made. */
const kernelOrder = (chains: readonly ViewChain[]): ViewChain[] =>
  chains.toSorted((a, b) => Number(b.base) - Number(a.base) || (a.base ? 0 : Number((a.chain?.handle ?? 1n << 60n) - (b.chain?.handle ?? 1n << 60n))));

const ruleText = (family: XtFamily, table: string, chain: string, exprs: readonly Expression[], ...numbers: readonly (bigint | undefined)[]): string =>
  `${[family, table, chain, ...numbers.filter((n) => n !== undefined)].join(' ')}\n${expressionLines(exprs)}`;

const NO_SETS: AmongSets = { add: () => ({ name: '__set%d', id: 0 }) };
