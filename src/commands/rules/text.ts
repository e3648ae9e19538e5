import type { Expression } from '../../kernel/expr/expression.ts';
import type { NfTables } from '../../kernel/nf_tables/nf-tables.ts';
import type { Chain, Rule, Table } from '../../kernel/nf_tables/objects.ts';
import type { Skb } from '../../kernel/net/skb.ts';
import { ETH } from '../../kernel/net/wire/ip.ts';
import type { FailedTest } from '../../kernel/trace/event.ts';
import type { Netns } from '../../kernel/netns.ts';
import { namesOf } from '../../kernel/net/names/index.ts';
import type { XtFamily } from '../../kernel/xt/definition.ts';
import { builtinTable } from '../iptables/family.ts';
import { isCompatible, raise } from '../iptables/raise.ts';
import { writerOf } from '../iptables/writer.ts';
import { NO_OPTIONS } from '../nft/datatype/index.ts';
import { forRule, ruleText as nftRuleText } from '../nft/list/chain.ts';
import { TableReader } from '../nft/list/reader.ts';
import { Printer } from '../nft/print/context.ts';

/** Names by which a rule's tool is called. */
const XT_TOOL: Readonly<Record<XtFamily, string>> = { ip: 'iptables', ip6: 'ip6tables', arp: 'arptables', bridge: 'ebtables' };

/** Expressions that say no of themselves; others fail only where there is no such field. */
const ASKING: ReadonlySet<Expression['kind']> = new Set<Expression['kind']>(['cmp', 'range', 'lookup', 'match', 'limit', 'quota', 'connlimit', 'objref_map', 'dynset']);
const hex = (b: Uint8Array): string => `0x${Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('')}`;

/** Meta keys whose value is a text in a register of 16 bytes. */
const NAMES = /name$|kind$/;

type Payload = Extract<Expression, { kind: 'payload' }>;
/** Addresses, of which rules with a prefix load only the bytes that they compare: offset and length. */
const ADDRESSES: Readonly<Record<'link' | 4 | 6, readonly (readonly [number, number])[]>> = {
  link: [
    [0, 6],
    [6, 6],
  ],
  4: [
    [12, 4],
    [16, 4],
  ],
  6: [
    [8, 16],
    [24, 16],
  ],
};

/** The address of which a load takes the beginning, whole; null: it takes what it takes. */
function wholeField(e: Payload, skb: Skb): { readonly load: Payload; readonly value: Uint8Array } | null {
  const layer = e.base === 'link' ? 'link' : e.base === 'network' && skb.protocol === ETH.IP ? 4 : e.base === 'network' && skb.protocol === ETH.IPV6 ? 6 : null;
  const found = layer && ADDRESSES[layer].find(([offset, len]) => offset === e.offset && e.len < len);
  if (!found) return null;
  const at = (layer === 'link' ? skb.mac : skb.network) + e.offset;
  return { load: { ...e, len: found[1] }, value: skb.data.slice(at, at + found[1]) };
}

const isXtFamily = (f: string): f is XtFamily => f in XT_TOOL;

/** Rules in the tongue of the tool that made them: `-A INPUT -p tcp -j DROP` of iptables, `tcp dport 22 drop` of nft. */
export class RuleTexts {
  readonly #net: Netns;
  readonly #file: (path: string) => string | undefined;
  readonly #known = new Map<Rule, string>();
  #readers = new Map<Table, TableReader>();

  /** `file` reads a file of the host, for its name databases. */
  constructor(net: Netns, file: (path: string) => string | undefined) {
    this.#net = net;
    this.#file = file;
  }

  /** The tool whose table this is. iptables-nft counts in every rule, and leaves no other expressions than those it knows. */
  toolOf(table: Table, legacy: boolean): string {
    if (!isXtFamily(table.family)) return 'nft';
    if (legacy) return `${XT_TOOL[table.family]}-legacy`;
    const builtin = builtinTable(table.family, table.name);
    if (!builtin) return 'nft';
    const own = table.chains.every(
      (c) =>
        (!c.hook || builtin.chains.some((b) => b.name === c.name && b.priority === c.hook?.priority)) &&
        c.rules.every((r) => r.exprs.every(isCompatible) && r.exprs.some((e) => e.kind === 'counter' || e.kind === 'match' || e.kind === 'target')),
    );
    return own ? XT_TOOL[table.family] : 'nft';
  }

  /** One line without newline. */
  rule(table: Table, chain: Chain, rule: Rule, legacy: boolean): string {
    let text = this.#known.get(rule);
    if (text === undefined) {
      text = this.toolOf(table, legacy) === 'nft' ? this.#nft(table, rule) : this.#xt(table, chain, rule, legacy);
      this.#known.set(rule, text);
    }
    return text;
  }

  /** A rule in nft's tongue, whoever made it; what nft cannot say stays `xt match …`. */
  inNft(table: Table, rule: Rule): string {
    return this.#nft(table, rule);
  }

  /** The test to which an expression of a rule belongs, without what stands before it in the rule. */
  test(table: Table, chain: Chain, rule: Rule, legacy: boolean, index: number): string {
    const upTo = (n: number): Rule => ({ ...rule, exprs: rule.exprs.slice(0, n) });
    if (this.toolOf(table, legacy) === 'nft') {
      const last = this.#reader(table)
        .rule(upTo(index + 1))
        .at(-1);
      return last ? nftRuleText({ rule: { ...rule, comment: undefined }, stmts: [last] }, forRule(this.#printer(), table.family, rule)) : '';
    }
    const whole = this.#xt(table, chain, upTo(index + 1), legacy);
    // What the tests before it say is not this one's.
    for (let n = index; n >= 0; n--) {
      const before = this.#xt(table, chain, upTo(n), legacy);
      if (before !== whole) return (whole.startsWith(before) ? whole.slice(before.length) : whole.slice(whole.indexOf(' -', 3))).trim();
    }
    return whole;
  }

  /** The expression that asks, where `index` is one that only fetches what it asks about. */
  static asking(rule: Rule, index: number): number {
    const at = rule.exprs.findIndex((e, i) => i >= index && ASKING.has(e.kind));
    return at < 0 ? index : at;
  }

  /** What a packet had where a test wanted something else, in nft's words for it; null: nothing that could be shown. */
  actual(table: Table, rule: Rule, failed: FailedTest, skb: Skb): string | null {
    const { index, actual, loaded } = failed;
    if (!actual) return null;
    const at = loaded?.index ?? index;
    let e = rule.exprs[at],
      value = actual;
    if (loaded) {
      const whole = e.kind === 'payload' ? wholeField(e, skb) : null;
      if (whole) [e, value] = [whole.load, whole.value];
      else value = loaded.value.slice(0, e.kind === 'meta' && NAMES.test(e.key) ? loaded.value.length : actual.length);
    }
    const register = loaded ? ('dreg' in e ? e.dreg : undefined) : 'sreg' in e ? e.sreg : 'sregKey' in e ? e.sregKey : undefined;
    if (register === undefined) return null;
    const exprs: Expression[] = [...rule.exprs.slice(0, at), ...(loaded ? [e] : []), { kind: 'cmp', sreg: register, op: 'eq', data: value }];
    const last = this.#reader(table)
      .frozen({ ...rule, exprs })
      .at(-1);
    if (last?.kind !== 'expression' || last.expr.kind !== 'relational') return hex(value);
    return this.#printer().expr(last.expr.right);
  }

  #xt(table: Table, chain: Chain, rule: Rule, legacy: boolean): string {
    const nft: NfTables = legacy ? this.#net.legacy : this.#net.nft;
    const family = table.family as XtFamily;
    const source = { set: (name: string) => nft.set(family, table.name, name), interfaceName: (index: number) => this.#net.stack.device(index)?.name };
    const env = { net: this.#net, names: namesOf(this.#file), warn: () => {} };
    return `-A ${chain.name}${writerOf(family).save(raise(nft.live.rule(rule), family, source).rule, false, env)}`;
  }

  #nft(table: Table, rule: Rule): string {
    return nftRuleText({ rule, stmts: this.#reader(table).rule(rule) }, forRule(this.#printer(), table.family, rule));
  }

  #reader(table: Table): TableReader {
    let reader = this.#readers.get(table);
    if (!reader) this.#readers = new Map([[table, (reader = new TableReader(this.#net.nft, table))]]);
    return reader;
  }

  #printer(): Printer {
    const { stack } = this.#net;
    return new Printer({
      names: namesOf(this.#file),
      ifindex: (name) => stack.deviceByName(name)?.index,
      ifname: (index) => stack.device(index)?.name,
      xtLibraries: new Map(),
      warn: () => {},
      options: { ...NO_OPTIONS, stateless: true },
    });
  }
}
