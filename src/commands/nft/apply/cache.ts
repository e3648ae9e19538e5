import type { NfTables } from '../../../kernel/nf_tables/nf-tables.ts';
import type { NftSet } from '../../../kernel/nf_tables/objects.ts';
import { storeOf } from '../../../kernel/nf_tables/set.ts';
import type { ObjDecl, SetDecl } from '../../../parsers/nft/ast.ts';
import { Cache, objKey, type CachedTable } from '../evaluate/index.ts';
import { NOWHERE } from '../node.ts';
import { setDecl } from '../set/decl.ts';
import { readElements } from '../set/read.ts';

/** nft_cache_update: the kernel's ruleset as evaluation wants to see it. Sets are read when first asked for. */
export function kernelCache(nft: NfTables): Cache {
  const tables = nft.ruleset.tables.map(
    (t): CachedTable => ({
      family: t.family,
      name: t.name,
      chains: new Map(
        t.chains.filter((c) => !c.binding).map((c) => [c.name, { name: c.name, rules: c.rules.map((r) => ({ handle: r.handle })), kernel: true, ...(c.hook && { base: true }) }]),
      ),
      sets: new Map(t.sets.filter((s) => !s.flags.anonymous).map((s) => [s.name, setDecl(nft, t.family, t.name, s, false)])),
      objs: new Map(
        t.objects.map((o): [string, ObjDecl] => [
          objKey(o.kind, o.name),
          {
            loc: NOWHERE,
            handle: { family: t.family, table: { name: t.name, loc: NOWHERE }, obj: { name: o.name, loc: NOWHERE }, handle: { id: o.handle, loc: NOWHERE } },
            type: o.kind,
            value: {},
          },
        ]),
      ),
      flowtables: new Map(),
      kernel: true,
    }),
  );
  const there = (table: CachedTable, decl: SetDecl): NftSet | undefined => nft.set(table.family, table.name, decl.handle.set?.name ?? '');
  return new Cache(
    tables,
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
