import type { Chain, NftSet, Table } from '../../../kernel/nf_tables/objects.ts';
import { chainWithoutRules } from '../../../kernel/nf_tables/persist.ts';
import type { Cmd, Handle } from '../../../parsers/nft/ast.ts';

/** What nft asks the kernel for (NFT_CACHE_*), as a sum. */
const TABLE = 1,
  OF_CHAINS = 2,
  OF_SETS = 4,
  OF_FLOWTABLES = 8,
  OF_OBJECTS = 16,
  OF_ELEMENTS = 32,
  OF_RULES = 64,
  /** Elements of plain intervals only. */
  INTERVALS = 128,
  /** Elements of anonymous sets only. */
  TERSE = 256,
  UPDATE = 512,
  REFRESH = 1024,
  FLUSHED = 2048;
const CHAINS = TABLE | OF_CHAINS,
  SETS = TABLE | OF_SETS,
  FLOWTABLES = TABLE | OF_FLOWTABLES,
  OBJECTS = TABLE | OF_OBJECTS,
  ELEMENTS = SETS | OF_ELEMENTS,
  FULL = CHAINS | ELEMENTS | FLOWTABLES | OBJECTS | OF_RULES;
export const NEED = { TABLE, CHAINS, SETS, FLOWTABLES, OBJECTS, FULL, UPDATE, REFRESH, FLUSHED, NOTHING: 0 } as const;

/** Of these only that one: what a listing names (struct nft_cache_filter). */
export interface Only {
  family?: string;
  table?: string;
  chain?: string;
  rule?: bigint;
  set?: string;
  flowtable?: string;
  object?: string;
  objectKind?: string;
  /** What the asking itself starts again. */
  reset?: 'rules' | 'objects' | 'elements';
}

export interface Need {
  readonly flags: number;
  readonly only: Only;
  /** Sets that are emptied: nobody asks for their elements. */
  readonly emptied: readonly Handle[];
}

const family = (h: Handle): { family?: string } => (h.family === 'unspec' ? {} : { family: h.family });

/**
 * nft_cache_evaluate: what the commands of a run need is added up, but the restriction to what one of them names is that of the last
 * one. A run of several listings therefore shows less than its parts.
 */
export function needOf(cmds: readonly Cmd[], terse: boolean): Need {
  let flags = 0,
    only: Only = {};
  const emptied: Handle[] = [];
  for (const cmd of cmds) {
    only = {};
    flags |= needs(cmd, only, terse);
    if (cmd.op === 'flush' && isSet(cmd)) emptied.push(cmd.handle);
  }
  return { flags, only, emptied };
}

const isSet = ({ object: { kind } }: Cmd): boolean => kind === 'set' || kind === 'map' || kind === 'meter';

function needs(cmd: Cmd, only: Only, terse: boolean): number {
  const { kind } = cmd.object;
  switch (cmd.op) {
    case 'add':
    case 'create':
    case 'insert':
      return toAdd(cmd);
    case 'replace':
      return SETS;
    case 'delete':
    case 'destroy':
      return kind === 'element' ? SETS | INTERVALS : TABLE;
    case 'get':
      return ELEMENTS;
    case 'list':
      return toList(cmd, only) | REFRESH | (terse ? TERSE : 0);
    case 'reset':
      return toReset(cmd, only) | REFRESH;
    case 'flush':
      return kind === 'ruleset' ? FLUSHED : isSet(cmd) ? SETS : 0;
    case 'rename':
      return CHAINS;
    case 'monitor':
      return FULL;
    case 'describe':
    case 'import':
    case 'export':
      return 0;
  }
}

function toAdd({ object: o, handle: h }: Cmd): number {
  switch (o.kind) {
    case 'table':
      return o.decl ? SETS | (o.decl.sets.some((s) => s.autoMerge) ? INTERVALS : 0) : 0;
    case 'element':
      return SETS | INTERVALS;
    case 'rule':
      return h.index ? FULL | UPDATE : SETS;
    default:
      return TABLE;
  }
}

function toList(cmd: Cmd, only: Only): number {
  const { object: o, handle: h } = cmd;
  switch (o.kind) {
    case 'tables':
      Object.assign(only, family(h));
      return TABLE;
    case 'table':
      Object.assign(only, family(h), { table: h.table?.name });
      return FULL;
    case 'chain':
      Object.assign(only, family(h), { table: h.table?.name, chain: h.chain?.name });
      return FULL | TERSE;
    case 'set':
    case 'map':
      Object.assign(only, family(h), { table: h.table?.name, set: h.set?.name });
      return ELEMENTS;
    case 'chains':
      return CHAINS;
    case 'sets':
    case 'maps':
      return ELEMENTS;
    case 'flowtable':
      Object.assign(only, family(h), { table: h.table?.name, flowtable: h.flowtable?.name });
      return FLOWTABLES;
    case 'flowtables':
      return FLOWTABLES;
    case 'object':
    case 'objects':
      // there is no filter for these
      if (o.kind === 'objects' && o.type === 'ct expectation') return FULL;
      return objects(cmd, o.type, only);
    default:
      return FULL;
  }
}

function objects({ handle: h }: Cmd, type: string, only: Only): number {
  Object.assign(only, family(h), h.table && { table: h.table.name }, h.obj && { object: h.obj.name }, { objectKind: type });
  return OBJECTS;
}

function toReset(cmd: Cmd, only: Only): number {
  const { object: o, handle: h } = cmd;
  switch (o.kind) {
    case 'table':
    case 'chain':
    case 'rules':
    case 'rule':
      Object.assign(only, family(h), h.table && { table: h.table.name }, h.chain && { chain: h.chain.name }, h.handle && { rule: h.handle.id }, { reset: 'rules' });
      return FULL;
    case 'object':
    case 'objects':
      only.reset = 'objects';
      return objects(cmd, o.type, only);
    case 'set':
    case 'map':
      Object.assign(only, family(h), { table: h.table?.name, set: h.set?.name, reset: 'elements' });
      return ELEMENTS;
    default:
      return FULL;
  }
}

/** Are a set's elements asked for? */
export function wantsElements({ flags, emptied }: Need, t: Pick<Table, 'family' | 'name'>, s: NftSet): boolean {
  if (emptied.some((h) => h.family === t.family && h.table?.name === t.name && h.set?.name === s.name)) return false;
  if (flags & OF_ELEMENTS) return s.flags.anonymous || !(flags & TERSE);
  return (flags & INTERVALS) !== 0 && s.flags.interval && !s.flags.concat;
}

/** What the kernel answers of its tables; parts that were not asked for are missing. */
export function answered(tables: readonly Table[], { flags, only }: Need): Table[] {
  if (flags === 0 || flags & FLUSHED) return [];
  const is = (wanted: string | undefined, name: string): boolean => wanted === undefined || wanted === name;
  const rules = (c: Chain): Chain => {
    if (!(flags & OF_RULES)) return { ...chainWithoutRules(c), rules: [] };
    return only.rule === undefined ? c : { ...c, rules: c.rules.filter((r) => r.handle === only.rule) };
  };
  return tables
    .filter((t) => is(only.family, t.family) && is(only.table, t.name))
    .map((t) => ({
      ...t,
      // chains written in a rule are asked for when the rule is read
      chains: flags & OF_CHAINS ? t.chains.filter((c) => c.binding || is(only.chain, c.name)).map(rules) : [],
      sets: flags & OF_SETS ? t.sets.filter((s) => is(only.set, s.name)) : [],
      objects: flags & OF_OBJECTS ? t.objects.filter((o) => is(only.object, o.name) && is(only.objectKind, o.kind)) : [],
      flowtables: flags & OF_FLOWTABLES ? t.flowtables.filter((f) => is(only.flowtable, f.name)) : [],
    }));
}
