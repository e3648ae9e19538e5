import type { NfTables } from '../../../kernel/nf_tables/nf-tables.ts';
import { withExprs, type NftSet, type Table } from '../../../kernel/nf_tables/objects.ts';
import { wantsElements, type Need } from '../apply/need.ts';
import { elementTexts, ruleLines } from './message.ts';

/** netlink_list_setelems, mnl_nft_setelem_get_one */
export const dumpedElements = (t: Pick<Table, 'family' | 'name'>, set: NftSet, texts: readonly string[]): string =>
  `${t.family} ${t.name} @${set.name}\n${texts.map((x) => `\t${x}\n`).join('')}`;

/** What `--debug=netlink` says while the kernel's answers to `need` are read: elements of each table's sets, then its rules. */
export function answersText(nft: NfTables, tables: readonly Table[], need: Need): string {
  let text = '';
  for (const t of tables) {
    for (const s of t.sets) if (wantsElements(need, t, s)) text += dumpedElements(t, s, elementTexts([...s.elements], s.flags.interval));
    for (const c of t.chains) {
      let before: bigint | undefined;
      for (const r of c.rules) {
        text += ruleLines([t.family, t.name, c.name, r.handle, before], withExprs(r, nft.live.rule(r).exprs), 'dumped');
        before = r.handle;
      }
    }
  }
  return text;
}
