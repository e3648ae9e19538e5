import type { NftObject } from '../../../kernel/nf_tables/objects.ts';
import type { NfTables } from '../../../kernel/nf_tables/nf-tables.ts';
import type { Cmd, SetDecl } from '../../../parsers/nft/ast.ts';
import type { Json } from '../datatype/index.ts';
import { Printer } from '../print/context.ts';
import { chainJson, chainText, ruleJson } from './chain.ts';
import { jsonDocument } from './json-text.ts';
import { objectJson, objectText } from './object.ts';
import type { KnownRuleset } from '../apply/cache.ts';
import { isForeign, TableReader, type ShownTable } from './reader.ts';
import { setJson, setText } from './set.ts';
import { bareHead, noJson, tableJson, tableJsonFull, tableText } from './table.ts';

/** Where a listing goes: text, JSON, or warnings beside it. */
export interface Listing {
  readonly nft: NfTables;
  readonly known: KnownRuleset;
  readonly p: Printer;
  readonly json: boolean;
  out(text: string): void;
  err(text: string): void;
  /** What of the kernel's could not be read (netlink_error). */
  unread?(text: string): void;
}

/** do_command_list; the evaluation has found that what is named exists. */
export function list(cmd: Cmd, l: Listing): 'EINVAL' | 'ENOENT' | null {
  const { object: o, handle: h } = cmd;
  if (o.kind === 'hooks') return hooks(cmd, l);
  const tables = l.known.shown(l.nft.ruleset.tables, o.kind === 'set' || o.kind === 'map');
  // a later command of the run may delete it
  if (h.table && !tables.some((t) => t.family === h.family && t.name === h.table?.name)) return 'ENOENT';
  // it is told when the command is done
  const unread: string[] = [];
  listing(
    cmd,
    tables.filter((t) => (h.family === 'unspec' || t.family === h.family) && (!h.table || t.name === h.table.name)),
    { ...l, unread: (text) => unread.push(text) },
  );
  for (const text of unread) l.err(text);
  return null;
}

/**
 * mnl_nft_dump_nf_hooks where the kernel has no nfnetlink_hook, as the one that was asked: nothing is listed, and the dump fails for
 * arp and for one device.
 */
function hooks(cmd: Cmd, l: Listing): 'EINVAL' | null {
  const { family } = cmd.handle;
  if (l.json || family === 'unspec' || family === 'inet') return null;
  if (family === 'netdev') return cmd.arg ? 'EINVAL' : null;
  if (cmd.arg) l.out(`# device keyword (${cmd.arg.name}) unexpected for this family\n`);
  return family === 'arp' ? 'EINVAL' : null;
}

function listing(cmd: Cmd, tables: readonly ShownTable[], l: Listing): void {
  const { object: o, handle: h } = cmd;
  switch (o.kind) {
    case 'ruleset':
    case 'table':
    case 'rules':
    case 'rule':
      return full(tables, l);
    case 'tables':
      return show(
        l,
        tables.map((t) => `table ${t.family} ${t.name}\n`),
        () => tables.map(tableJson),
      );
    case 'chain':
      return chain(tables, h.chain?.name ?? '', l);
    case 'chains':
      return chains(tables, l);
    case 'set':
    case 'map':
    case 'meter':
      return sets(tables, (s) => s.handle.set?.name === h.set?.name, l, false);
    case 'sets':
      return sets(tables, (s) => !s.isMap, l, true);
    case 'maps':
      return sets(tables, (s) => s.isMap, l, true);
    case 'meters':
      // in JSON only anonymous ones are meters, which nobody makes any more
      return sets(tables, (s) => !l.json && !s.isMap && s.flags.includes('eval'), l, true);
    case 'object':
      if (o.type === 'ct timeout' && l.json) return l.out(jsonDocument([]));
      return objects(tables, (x) => x.kind === o.type && (!h.obj || x.name === h.obj.name), l);
    case 'objects':
      if (o.type === 'ct timeout' && l.json) return l.out(jsonDocument([]));
      return objects(tables, (x) => x.kind === o.type, l);
    case 'flowtables':
      return show(
        l,
        tables.map((t) => `${bareHead(t)}}\n`),
        () => [],
      );
    default:
      return;
  }
}

function show(l: Listing, text: readonly string[], json: () => Json[]): void {
  if (l.json) l.out(jsonDocument(json()));
  else for (const t of text) l.out(t);
}

const reader = (t: ShownTable, l: Listing): TableReader =>
  new TableReader(l.nft, t, {
    elements: (s) => l.known.wantsElements(t, s),
    error: (message) => l.unread?.(`netlink: Error: ${message}\n`),
  });

const warn = (t: ShownTable, l: Listing): void => l.err(`# Warning: table ${t.family} ${t.name} is managed by iptables-nft, do not touch!\n`);

export function full(tables: readonly ShownTable[], l: Listing): void {
  const readers = tables.map((t) => reader(t, l));
  if (l.json) {
    l.out(jsonDocument(readers.flatMap((r) => tableJsonFull(r, l.p, l.err))));
    return;
  }
  for (const r of readers) {
    const warnings: string[] = [],
      text = tableText(r, new Printer({ ...l.p.context, warn: (w) => void warnings.push(w) }, l.p.indent));
    // known only now, but said first
    if (r.foreign) warn(r.table, l);
    for (const w of warnings) l.err(w);
    l.out(text);
  }
}

function chain(tables: readonly ShownTable[], name: string, l: Listing): void {
  const found = tables.flatMap((t) => t.chains.filter((c) => c.name === name).map((c) => ({ t, c, r: reader(t, l) })));
  if (l.json) {
    l.out(
      jsonDocument(
        found.flatMap(({ t, c, r }) => [
          chainJson(c, t.family, t.name),
          ...Array.from(r.rules(c), (x) => {
            noJson(x, l.err);
            return ruleJson(x, t.family, t.name, c.name, l.p);
          }),
        ]),
      ),
    );
    return;
  }
  for (const { t, c, r } of found) {
    if (isForeign(t)) warn(t, l);
    l.out(`${bareHead(t)}${chainText(c, t.family, r.rules(c), l.p)}}\n`);
  }
}

function chains(tables: readonly ShownTable[], l: Listing): void {
  const own = (t: ShownTable) => t.chains.filter((c) => !c.binding);
  show(
    l,
    tables.map(
      (t) =>
        `${bareHead(t)}${own(t)
          .map((c) => chainText(c, t.family, [], l.p))
          .join('')}}\n`,
    ),
    () => tables.flatMap((t) => own(t).map((c) => chainJson(c, t.family, t.name))),
  );
}

function sets(tables: readonly ShownTable[], wanted: (s: SetDecl) => boolean, l: Listing, all: boolean): void {
  const found = tables.map((t) => ({ t, list: reader(t, l).namedSets.filter(wanted) })).filter((x) => all || x.list.length);
  show(l, l.json ? [] : found.map(({ t, list: s }) => `${bareHead(t)}${s.map((x) => setText(x, l.p)).join('')}}\n`), () =>
    found.flatMap(({ list: s }) => s.map((x) => setJson(x, l.p))),
  );
}

function objects(tables: readonly ShownTable[], wanted: (o: NftObject) => boolean, l: Listing): void {
  // a table is named where it has any object that was asked for
  const found = tables.filter((t) => t.objects.length).map((t) => ({ t, list: t.objects.filter(wanted) }));
  const value = (o: NftObject) => l.nft.live.value(o);
  show(
    l,
    found.map(({ t, list: o }) => `${bareHead(t)}${o.map((x) => objectText(x, value(x), l.p.options)).join('')}}\n`),
    () => found.flatMap(({ t, list: o }) => o.map((x) => objectJson(x, value(x), t.family, t.name, l.p.options))),
  );
}
