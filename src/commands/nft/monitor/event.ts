import type { ObjectKind } from '../../../kernel/expr/expression.ts';
import type { NftEvent } from '../../../kernel/nf_tables/message.ts';
import type { NftSet, Rule, SetElement, Table } from '../../../kernel/nf_tables/objects.ts';
import type { Json } from '../datatype/index.ts';
import { chainJson, forRule, ruleJson } from '../list/chain.ts';
import { jsonText } from '../list/json-text.ts';
import type { Listing } from '../list/list.ts';
import { LINE } from '../list/layout.ts';
import { objectJson, objectText } from '../list/object.ts';
import { priorityText } from '../list/priority.ts';
import { TableReader } from '../list/reader.ts';
import { setJson, setText } from '../list/set.ts';
import { tableJson } from '../list/table.ts';
import { setDecl } from '../set/decl.ts';
import { readElements } from '../set/read.ts';

export type Change = Exclude<NftEvent, { event: 'newgen' }>;

/** Of an object that went the kernel tells only the name: what `nft -j monitor` prints of the empty rest. */
const GONE: Readonly<Partial<Record<ObjectKind, { [key: string]: Json }>>> = {
  counter: { packets: 0, bytes: 0 },
  quota: { bytes: 0, used: 0, inv: false },
  limit: { rate: 0, per: 'error' },
  'ct helper': { type: '(null)', protocol: 'ip', l3proto: 'unknown' },
};

/** netlink_msg2cmd */
function verbOf(e: Change): string {
  if (!e.event.startsWith('new')) return 'delete';
  if (e.event === 'newrule') return e.payload.mode === 'insert' ? 'insert' : 'add';
  return e.excl ? 'create' : 'add';
}

export interface WriterOptions {
  readonly inline?: boolean;
  /** Whether the set of that name is known when a rule is read. */
  readonly sets?: (e: Change, name: string) => boolean;
  /** Told of what could not be read. */
  readonly error?: (message: string) => void;
}

/** Writes changes one by one; keeps the open end of an interval until the other one is heard (set->rg_cache), and sets that went. */
export class EventWriter {
  readonly #l: Listing;
  readonly #open = new Map<number, SetElement>();
  /** Tables as they were last seen, for rules that are told about after they went. */
  readonly #seen = new Map<string, Table>();

  /** Chains written in a rule are shown there; a monitor does not know them yet, and tells of them as of others. */
  readonly #inline: boolean;
  readonly #sets: NonNullable<WriterOptions['sets']>;
  readonly #error: WriterOptions['error'];

  constructor(l: Listing, options: WriterOptions = {}) {
    this.#l = l;
    this.#inline = options.inline ?? true;
    this.#sets = options.sets ?? (() => true);
    this.#error = options.error;
  }

  /** Call before changes happen and after each batch. */
  remember(): void {
    for (const t of this.#l.nft.ruleset.tables) this.#seen.set(`${t.family} ${t.name}`, t);
  }

  /** Anonymous sets that came and may have gone within one batch. */
  readonly #told: NftSet[] = [];

  #reader(e: Change): TableReader {
    const now = this.#l.nft.table(e.family, e.table),
      old = this.#seen.get(`${e.family} ${e.table}`);
    const t = now ??
      old ?? {
        family: e.family,
        name: e.table,
        handle: 0n,
        flags: { dormant: false, owner: false, persist: false },
        ownerPort: 0,
        chains: [],
        sets: [],
        objects: [],
        flowtables: [],
      };
    const names = new Set(t.sets.map((s) => s.name));
    const told = this.#told.filter((s) => !names.has(s.name));
    const sets = [...t.sets, ...(old && now ? old.sets.filter((s) => !names.has(s.name)) : []), ...told];
    return new TableReader(this.#l.nft, { ...t, sets: sets.filter((s) => this.#sets(e, s.name)) }, { inline: this.#inline, ...(this.#error && { error: this.#error }) });
  }

  /** nf_tables_rule_notify: the rule before it, where it is neither the first nor the last of the chain as it is now. */
  #before(e: Extract<Change, { payload: { chain: string; rule: Rule } }>): bigint | undefined {
    const rules = this.#l.nft.table(e.family, e.table)?.chains.find((c) => c.name === e.payload.chain)?.rules;
    if (!rules) return e.payload.position;
    let places = this.#places.get(rules);
    if (!places) this.#places.set(rules, (places = new Map(rules.map((r, i) => [r.id, i]))));
    const at = places.get(e.payload.rule.id);
    if (at === undefined) return e.payload.position;
    return at > 0 && at < rules.length - 1 ? rules[at - 1].handle : undefined;
  }

  /** Anonymous sets are not told, but known when their rule is. */
  #heard(set: NftSet): boolean {
    if (set.flags.anonymous) this.#told.push(set);
    return set.flags.anonymous;
  }

  readonly #places = new WeakMap<readonly Rule[], Map<number, number>>();

  /** netlink_event_range_cache: null until both ends of an interval are there. */
  #elements(set: NftSet, element: SetElement): SetElement[] | null {
    const tree = set.flags.interval && !(set.flags.concat && set.fieldLens.length > 1);
    if (!tree || element.flags.catchall) return [element];
    const other = this.#open.get(set.id);
    if (other) {
      this.#open.delete(set.id);
      return [other, element];
    }
    if (element.flags.intervalEnd && element.key.every((b) => b === 0)) return null;
    if (!element.flags.intervalEnd && openEnded(set, element)) return [element];
    this.#open.set(set.id, element);
    return null;
  }

  text(e: Change): string {
    const { p, nft } = this.#l,
      o = p.options,
      where = `${e.family} ${e.table}`;
    const handle = (h: bigint): string => (o.handle ? ` # handle ${h}` : '');
    const add = verbOf(e);
    switch (e.event) {
      case 'newtable':
        return `${add} table ${where}${e.payload.flags.dormant ? ' { flags dormant; }' : ''}${handle(e.payload.handle)}\n`;
      case 'deltable':
        return `delete table ${where}${handle(e.payload.handle)}\n`;
      case 'newchain': {
        const c = e.payload.chain,
          h = c.hook;
        if (c.binding && this.#inline) return '';
        const own = e.payload.devices ?? h?.devices ?? [],
          devices = own.length ? ` devices = { ${own.join(', ')} }` : '';
        const body = h ? ` { type ${h.type} hook ${h.name}${devices} priority ${priorityText(h.priority, e.family, h.name, o.numericPrio)}; policy ${c.policy}; }` : '';
        return `${add} chain ${where} ${c.name}${body}${handle(c.handle)}\n`;
      }
      case 'delchain':
        return e.payload.chain.binding ? '' : `delete chain ${where} ${e.payload.chain.name}\n`;
      case 'newrule': {
        const r = e.payload.rule;
        const before = this.#before(e),
          position = before !== undefined ? ` handle ${before}` : '';
        const stmts = this.#reader(e)
          .rule(r)
          .map((s) => forRule(p, e.family, r).stmt(s))
          .join(' ');
        return `${add} rule ${where} ${e.payload.chain}${position} ${stmts}${r.comment !== undefined ? ` comment "${r.comment}"` : ''}${handle(r.handle)}\n`;
      }
      case 'delrule':
        return `delete rule ${where} ${e.payload.chain} handle ${e.payload.rule.handle}\n`;
      case 'newset':
        return this.#heard(e.payload) ? '' : `${add} ${setText(setDecl(nft, e.family, e.table, e.payload, false), p, LINE, `${where} ${e.payload.name}`)}\n`;
      case 'delset':
        return `delete set ${where} ${e.payload.name}\n`;
      case 'newsetelem':
      case 'delsetelem': {
        const init = this.#init(e);
        return init ? `${add} element ${where} ${e.payload.set.name} ${p.expr(init)}\n` : '';
      }
      case 'newobj':
        return `${add} ${objectText(e.payload, nft.live.value(e.payload), o, LINE, `${where} ${e.payload.name}`)}\n`;
      case 'delobj':
        return `delete ${e.payload.kind} ${where} ${e.payload.name}\n`;
      case 'newflowtable':
      case 'delflowtable':
        return `${add} flowtable ${where} ${e.payload.name}\n`;
    }
  }

  #init(e: Extract<Change, { event: 'newsetelem' | 'delsetelem' }>): ReturnType<typeof readElements> {
    const { set, element } = e.payload;
    const both = set.flags.anonymous ? null : this.#elements(set, element);
    const init = both ? readElements(this.#l.nft, set, setDecl(this.#l.nft, e.family, e.table, set, false), both) : undefined;
    return init;
  }

  /** The same as JSON: `{"add": {"table": …}}`; null: not told. */
  json(e: Change): Json | null {
    const body = this.#body(e);
    return body && { [verbOf(e)]: body };
  }

  #body(e: Change): Json | null {
    const { p, nft } = this.#l,
      o = p.options;
    switch (e.event) {
      case 'newtable':
        return tableJson(e.payload);
      case 'deltable': {
        const { comment: _, ...t } = e.payload;
        return tableJson(t);
      }
      case 'newchain':
        return e.payload.chain.binding && this.#inline ? null : chainJson(e.payload.chain, e.family, e.table);
      case 'delchain': {
        const { hook: _, comment: __, ...c } = e.payload.chain;
        return c.binding ? null : chainJson(c, e.family, e.table);
      }
      case 'newrule':
      case 'delrule':
        return ruleJson({ rule: e.payload.rule, stmts: this.#reader(e).rule(e.payload.rule) }, e.family, e.table, e.payload.chain, p);
      case 'newset':
        return this.#heard(e.payload) ? null : setJson(setDecl(nft, e.family, e.table, e.payload, false), p);
      case 'delset':
        return { set: { family: e.family, name: e.payload.name, table: e.table, type: 'invalid', handle: e.payload.handle } };
      case 'newsetelem':
      case 'delsetelem': {
        const init = this.#init(e);
        return init ? { element: { family: e.family, table: e.table, name: e.payload.set.name, elem: p.json(init) } } : null;
      }
      case 'delobj': {
        const gone = GONE[e.payload.kind];
        return gone
          ? { [e.payload.kind]: { family: e.family, name: e.payload.name, table: e.table, handle: e.payload.handle, ...gone } }
          : objectJson(e.payload, nft.live.value(e.payload), e.family, e.table, o);
      }
      case 'newobj':
        return objectJson(e.payload, nft.live.value(e.payload), e.family, e.table, o);
      case 'newflowtable':
      case 'delflowtable':
        return { flowtable: { family: e.family, name: e.payload.name, table: e.table } };
    }
  }
}

/** EXPR_F_INTERVAL_OPEN: the interval goes to the end of the space. */
function openEnded(set: NftSet, element: SetElement): boolean {
  return ![...set.elements].some((e) => e.flags.intervalEnd && greater(e.key, element.key));
}
function greater(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] > b[i];
  return false;
}

export const eventLine = (j: Json): string => `${jsonText(j)}\n`;
