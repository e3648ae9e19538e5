import type { NftEvent } from '../../../kernel/nf_tables/message.ts';
import type { Table } from '../../../kernel/nf_tables/objects.ts';
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

type Change = Exclude<NftEvent, { event: 'newgen' }>;

/** A reader for rules of an event: the table as it is now, or what is left of it. */
function readerOf(l: Listing, e: Change): TableReader {
  const t = l.nft.table(e.family, e.table) ?? { family: e.family, name: e.table, handle: 0n, flags: { dormant: false, owner: false, persist: false }, ownerPort: 0, chains: [], sets: [], objects: [], flowtables: [] } as Table;
  return new TableReader(l.nft, t);
}

/** netlink_events_*_cb of src/monitor.c: one line for each change. */
export function eventText(e: Change, l: Listing): string {
  const { p } = l, o = p.options, where = `${e.family} ${e.table}`;
  const handle = (h: bigint): string => (o.handle ? ` # handle ${h}` : '');
  switch (e.event) {
    case 'newtable': {
      const flags = e.payload.flags.dormant ? ' { flags dormant; }' : '';
      return `add table ${where}${flags}${handle(e.payload.handle)}\n`;
    }
    case 'deltable': return `delete table ${where}${handle(e.payload.handle)}\n`;
    case 'newchain': {
      const c = e.payload.chain, h = c.hook;
      const devices = h?.devices.length ? ` devices = { ${h.devices.join(', ')} }` : '';
      const body = h ? ` { type ${h.type} hook ${h.name}${devices} priority ${priorityText(h.priority, e.family, h.name, o.numericPrio)}; policy ${c.policy}; }` : '';
      return `add chain ${where} ${c.name}${body}${handle(c.handle)}\n`;
    }
    case 'delchain': return `delete chain ${where} ${e.payload.chain.name}${handle(e.payload.chain.handle)}\n`;
    case 'newrule': {
      const r = e.payload.rule, verb = e.payload.mode === 'insert' ? 'insert' : 'add';
      const position = '';
      const stmts = readerOf(l, e).rule(r).map((s) => forRule(p, e.family, r).stmt(s)).join(' ');
      return `${verb} rule ${where} ${e.payload.chain}${position} ${stmts}${r.comment !== undefined ? ` comment "${r.comment}"` : ''}${handle(r.handle)}\n`;
    }
    case 'delrule': return `delete rule ${where} ${e.payload.chain} handle ${e.payload.rule.handle}\n`;
    case 'newset': {
      const decl = setDecl(l.nft, e.family, e.table, e.payload, false);
      return `add ${setText(decl, p, LINE, `${where} ${e.payload.name}`)}${handle(e.payload.handle)}\n`;
    }
    case 'delset': return `delete ${e.payload.flags.map || e.payload.flags.object ? 'map' : 'set'} ${where} ${e.payload.name}${handle(e.payload.handle)}\n`;
    case 'newsetelem': case 'delsetelem': {
      const { set, element } = e.payload, decl = setDecl(l.nft, e.family, e.table, set, false);
      const init = readElements(l.nft, set, decl, [element]);
      return init ? `${e.event === 'newsetelem' ? 'add' : 'delete'} element ${where} ${set.name} ${p.expr(init)}\n` : '';
    }
    case 'newobj': return `add ${objectText(e.payload, l.nft.live.value(e.payload), o, LINE, `${where} ${e.payload.name}`)}${handle(e.payload.handle)}\n`;
    case 'delobj': return `delete ${e.payload.kind} ${where} ${e.payload.name}${handle(e.payload.handle)}\n`;
    case 'newflowtable': case 'delflowtable': return `${e.event === 'newflowtable' ? 'add' : 'delete'} flowtable ${where} ${e.payload.name}\n`;
  }
}

/** The same as JSON: `{"add": {"table": …}}`. */
export function eventJson(e: Change, l: Listing): string {
  const { p } = l;
  const body = ((): Json => {
    switch (e.event) {
      case 'newtable': case 'deltable': return tableJson(e.payload);
      case 'newchain': case 'delchain': return chainJson(e.payload.chain, e.family, e.table);
      case 'newrule': case 'delrule': return ruleJson({ rule: e.payload.rule, stmts: readerOf(l, e).rule(e.payload.rule) }, e.family, e.table, e.payload.chain, p);
      case 'newset': case 'delset': return setJson(setDecl(l.nft, e.family, e.table, e.payload, false), p);
      case 'newsetelem': case 'delsetelem': {
        const { set, element } = e.payload, decl = setDecl(l.nft, e.family, e.table, set, false), init = readElements(l.nft, set, decl, [element]);
        return { element: { family: e.family, table: e.table, name: set.name, elem: init ? (p.json(init) as Json) : [] } };
      }
      case 'newobj': case 'delobj': return objectJson(e.payload, l.nft.live.value(e.payload), e.family, e.table, p.options);
      case 'newflowtable': case 'delflowtable': return { flowtable: { family: e.family, name: e.payload.name, table: e.table } };
    }
  })();
  return jsonText({ [e.event.startsWith('new') ? (e.event === 'newrule' && e.payload.mode === 'insert' ? 'insert' : 'add') : 'delete']: body });
}
