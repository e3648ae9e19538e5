import type { XtExtension, XtFamily, XtOption } from '../../kernel/xt/definition.ts';
import { longRows, shortRows } from './flags.ts';
import type { HasArg, LongOption, OptionTable } from './getopt.ts';
import { findMatch, findTarget } from './registry.ts';

/** What an option of the command line is: the tool's own, by key, or a row of an extension. */
export type Value = { readonly own: string } | { readonly extension: XtExtension; readonly option: XtOption };

const argOf = (o: XtOption): HasArg => (o.type === 'none' ? 'no' : o.type === 'raw' ? (o.argument === 'none' ? 'no' : (o.argument ?? 'required')) : 'required');

/** xtables-eb.c: ebt_load_match_extensions: what ebtables loads at its start, in this order; log and nflog are watchers, targets that are options of a rule. */
const PRELOADED = ['802_3', 'arp', 'ip', 'ip6', 'mark_m', 'limit', 'pkttype', 'stp', 'vlan', 'among'];
const WATCHERS = ['log', 'nflog'];
const preloaded = (): XtExtension[] => [...PRELOADED.flatMap((name) => findMatch('bridge', name) ?? []), ...WATCHERS.flatMap((name) => findTarget('bridge', name) ?? [])];

/** getopt takes abbreviations of options with the same value: the tool's own by key, an extension's by id. */
const sameValue = (a: Value, b: Value): boolean => {
  if ('own' in a || 'own' in b) return 'own' in a && 'own' in b && a.own === b.own;
  return a.extension === b.extension && (a.option.id ?? a.option.name) === (b.option.id ?? b.option.name);
};

/** Values of long options without a letter (xshared.h, xtables-eb.c). */
const CODES: Readonly<Record<string, string>> = { 'line-numbers': '0', Lc: '\x11', Ln: '\x12', Lx: '\x13', Lmac2: '\f', 'init-table': '\v', concurrent: '\r' };

/** The tool's own options are letters; an extension's number is cut to a character, and none where that is a NUL. */
const letterOf = (v: Value): string | null => {
  if ('own' in v) return v.own.length === 1 ? v.own : (CODES[v.own] ?? null);
  const code = v.option.code ?? v.extension.options.indexOf(v.option);
  return code ? String.fromCharCode(code) : '';
};

const tableOf = (long: readonly LongOption<Value>[], short: OptionTable<Value>['short']): OptionTable<Value> => {
  const exact = new Map<string, LongOption<Value>>();
  for (const o of long) if (!exact.has(o.name)) exact.set(o.name, o);
  return { long, exact, short, same: sameValue, letter: letterOf };
};

const rowsOf = (e: XtExtension, family: XtFamily): LongOption<Value>[] =>
  e.options.filter((o) => !o.families || o.families.includes(family)).map((option) => ({ name: option.name, arg: argOf(option), value: { extension: e, option } }));

/** The tables of options by family and extensions loaded, in order: they are the same for every rule of a kind. */
const tables = new Map<string, OptionTable<Value>>();

export function optionTable(family: XtFamily, loaded: readonly XtExtension[]): OptionTable<Value> {
  const key = `${family} ${loaded.map((e) => `${e.kind[0]}${e.name}`).join(' ')}`;
  const known = tables.get(key);
  if (known) return known;
  let made: OptionTable<Value>;
  if (loaded.length === 0) {
    const own = longRows<Value>(family, (word) => ({ own: word }));
    const all = family === 'bridge' ? preloaded().flatMap((e) => rowsOf(e, family)) : [];
    made = tableOf(
      [...own, ...all],
      shortRows<Value>(family, (own1) => ({ own: own1 })),
    );
  } else {
    // xtables_options_xfrm: new options stand before those of earlier extensions, after the tool's own.
    const before = optionTable(family, loaded.slice(0, -1));
    const e = loaded[loaded.length - 1];
    const own = before.long.filter((o) => 'own' in o.value);
    const others = before.long.filter((o) => !('own' in o.value));
    made = tableOf([...own, ...rowsOf(e, family), ...others], before.short);
  }
  tables.set(key, made);
  return made;
}
