import type { NfTables } from '../../../kernel/nf_tables/nf-tables.ts';
import type { Chain, NftSet, Table } from '../../../kernel/nf_tables/objects.ts';
import { storeOf } from '../../../kernel/nf_tables/set.ts';
import type { Location, ObjDecl, SetDecl } from '../../../parsers/nft/ast.ts';
import { Cache, objKey, type CachedTable } from '../evaluate/index.ts';
import { NOWHERE } from '../node.ts';
import { setDecl } from '../set/decl.ts';
import { readElements } from '../set/read.ts';
import { nftError, type NftError } from '../../../parsers/nft/index.ts';
import type { ShownChain } from '../list/chain.ts';
import { TableReader, type ShownTable } from '../list/reader.ts';
import { answered, NEED, wantsElements, type Need } from './need.ts';

/** What nft knows of the kernel's ruleset, and what the commands of its run made of that (cache.c). */
export class KnownRuleset {
  readonly #nft: NfTables;
  readonly #told: (tables: readonly Table[], need: Need) => void;
  #cache = new Cache();
  #need: Need = { flags: NEED.NOTHING, only: {}, emptied: [] };
  #generation = 0;
  #tables: readonly Table[] = [];
  /** What the answers held that could not be read. */
  errors: readonly NftError[] = [];

  /** `told` hears what the kernel answers each time it is asked. */
  constructor(nft: NfTables, told: (tables: readonly Table[], need: Need) => void = () => {}) {
    this.#nft = nft;
    this.#told = told;
  }

  /** What the kernel was last asked. */
  get need(): Need {
    return this.#need;
  }

  get cache(): Cache {
    return this.#cache;
  }

  /** nft_cache_update: the kernel is asked again where what is known is too little, or old, or a listing wants it fresh. */
  update(need: Need): Cache {
    const { flags } = this.#need,
      { generation, tables } = this.#nft.ruleset;
    const enough = (flags & need.flags) === need.flags && !((flags | need.flags) & NEED.REFRESH);
    if (enough && generation === this.#generation) return this.#cache;
    const seen = answered(tables, need);
    this.#told(seen, need);
    this.#cache = knownOf(this.#nft, seen, need);
    this.errors = need.only.set === undefined ? [] : unreadable(this.#nft, seen);
    this.#need = need.flags & NEED.FLUSHED ? { ...need, flags: need.flags & (NEED.UPDATE | NEED.FLUSHED) } : need;
    this.#generation = generation;
    this.#tables = tables;
    return this.#cache;
  }

  /** After a run that failed, and after `-c`. */
  forget(): void {
    this.#generation = 0;
  }

  /**
   * What a listing shows, `tables` being the ruleset with what the run declares: what was asked for and has not been deleted since
   * (sets listed by name are held on to), and what the run declares, which has no handle yet. Of rules and elements that the run adds or
   * deletes nothing is known, except rules where some are placed by index.
   */
  shown(tables: readonly Table[], held = false): readonly ShownTable[] {
    const seen = answered(this.#tables, this.#need);
    if (tables === this.#tables) return seen;
    return this.#cache.tables.flatMap((known) => {
      const is = (t: Table): boolean => t.family === known.family && t.name === known.name;
      const now = tables.find(is),
        was = seen.find(is),
        head = was ?? (now && { ...now, handle: 0n });
      return head && now ? [{ ...head, ...this.#parts(known, now, was, held) }] : [];
    });
  }

  #parts(known: CachedTable, now: Table, was: Table | undefined, held: boolean): Pick<ShownTable, 'chains' | 'sets' | 'objects'> {
    const old = this.#old(known);
    const chains = (was?.chains ?? []).filter((c) => c.binding || (known.chains.has(c.name) && !known.chains.get(c.name)?.declared));
    const placed = (c: ShownChain): ShownChain => (this.#need.flags & NEED.UPDATE ? { ...c, rules: now.chains.find((x) => x.id === c.id)?.rules ?? c.rules } : c);
    // one that the kernel has too, but was not asked for, is only what the run says of it
    const again = now.chains.filter((c) => old?.chains.some((x) => x.id === c.id) && known.chains.get(c.name)?.declared).map((c) => ({ ...c, handle: 0n, rules: [] }));
    const policy = (c: Chain): ShownChain => ({ ...c, policy: known.chains.get(c.name)?.decl?.policy && c.policy });
    return {
      chains: [...chains.map(placed), ...again, ...fresh(now.chains, old?.chains).map(policy)],
      sets: [...(was?.sets.filter((s) => held || s.flags.anonymous || known.sets.get(s.name)?.handle.handle) ?? []), ...fresh(now.sets, old?.sets)],
      objects: [...(was?.objects.filter((o) => known.objs.get(objKey(o.kind, o.name))?.loc === NOWHERE) ?? []), ...fresh(now.objects, old?.objects)],
    };
  }

  #old(t: { readonly family: string; readonly name: string }): Table | undefined {
    return this.#tables.find((x) => x.family === t.family && x.name === t.name);
  }

  wantsElements(t: ShownTable, s: NftSet): boolean {
    return wantsElements(this.#need, t, s) || (s.flags.anonymous ? false : !this.#old(t)?.sets.some((x) => x.name === s.name));
  }
}

const fresh = <T extends { readonly id: number; readonly handle: bigint }>(now: readonly T[], old: readonly T[] = []): T[] =>
  now.filter((x) => !old.some((y) => y.id === x.id)).map((x) => ({ ...x, handle: 0n }));

/** Rules that look into sets that were not asked for. */
function unreadable(nft: NfTables, tables: readonly Table[]): NftError[] {
  const out: NftError[] = [];
  for (const t of tables) {
    const reader = new TableReader(nft, t, { error: (message) => out.push(netlinkError(message)) });
    for (const c of t.chains) for (const r of c.rules) reader.rule(r);
  }
  return out;
}

const NETLINK: Location = { ...NOWHERE, source: { kind: 'netlink', name: 'netlink', text: '' } };
/** netlink_error: something of the kernel's that could not be read. */
export const netlinkError = (message: string): NftError => nftError(message, NETLINK);

/** The kernel's answer as evaluation wants to see it. Elements are read when first asked for. */
function knownOf(nft: NfTables, tables: readonly Table[], need: Need): Cache {
  const there = (table: CachedTable, decl: SetDecl): NftSet | undefined => {
    const set = nft.set(table.family, table.name, decl.handle.set?.name ?? '');
    return set && wantsElements(need, table, set) ? set : undefined;
  };
  return new Cache(
    tables.map((t) => known(nft, t)),
    (table, decl) => {
      const set = there(table, decl);
      return set && readElements(nft, set, decl);
    },
    (table, decl) => {
      const set = there(table, decl);
      return set && storeOf(set);
    },
  );
}

const known = (nft: NfTables, t: Table): CachedTable => ({
  family: t.family,
  name: t.name,
  chains: new Map(t.chains.filter((c) => !c.binding).map((c) => [c.name, { name: c.name, rules: c.rules.map((r) => ({ handle: r.handle })) }])),
  sets: new Map(t.sets.filter((s) => !s.flags.anonymous).map((s) => [s.name, setDecl(nft, t.family, t.name, s, false)])),
  objs: new Map(
    t.objects.map((o): [string, ObjDecl] => [
      objKey(o.kind, o.name),
      { loc: NOWHERE, handle: { family: t.family, table: { name: t.name, loc: NOWHERE }, obj: { name: o.name, loc: NOWHERE } }, type: o.kind, value: {} },
    ]),
  ),
  flowtables: new Map(),
});
