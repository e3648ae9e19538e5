import type { Table } from '../../../kernel/nf_tables/objects.ts';
import type { Json } from '../datatype/index.ts';
import type { Printer } from '../print/context.ts';
import { chainJson, chainText, ruleJson, type ReadRule } from './chain.ts';
import { objectJson, objectText } from './object.ts';
import type { ShownTable, TableReader } from './reader.ts';
import { setJson, setText } from './set.ts';

const flagWords = (t: Pick<Table, 'flags'>): string[] => [...(t.flags.dormant ? ['dormant'] : []), ...(t.flags.owner ? ['owner'] : []), ...(t.flags.persist ? ['persist'] : [])];

/** `table ip t {` with what the options add. */
export function tableHead(t: ShownTable, p: Printer): string {
  const owner = t.flags.owner ? ' progname (null)' : '',
    handle = p.options.handle ? ` handle ${t.handle}` : '';
  return `table ${t.family} ${t.name} {${handle || owner ? ` #${handle}${owner}` : ''}\n`;
}

/** The head of a listing of some of its parts. */
export const bareHead = (t: ShownTable): string => `table ${t.family} ${t.name} {\n`;

/** table_print */
export function tableText(reader: TableReader, p: Printer): string {
  const t = reader.table,
    blocks: string[] = [];
  let head = tableHead(t, p);
  const flags = flagWords(t);
  if (flags.length) head += `\tflags ${flags.join(',')}\n`;
  if (t.comment !== undefined) head += `\tcomment "${t.comment}"\n`;
  for (const o of t.objects) blocks.push(objectText(o, reader.nft.live.value(o), p.options));
  for (const s of reader.namedSets) blocks.push(setText(s, p));
  for (const c of t.chains) if (!c.binding) blocks.push(chainText(c, t.family, reader.rules(c), p));
  const gap = blocks.length && flags.length > 0 ? '\n' : '';
  return `${head}${gap}${blocks.join('\n')}}\n`;
}

export function tableJson(t: Omit<Table, 'chains' | 'sets' | 'objects' | 'flowtables'>): Json {
  const out: Record<string, Json> = { family: t.family, name: t.name, handle: t.handle };
  const flags = flagWords(t);
  if (flags.length) out.flags = flags.length === 1 ? flags[0] : flags;
  if (t.comment !== undefined) out.comment = t.comment;
  return { table: out };
}

/** stmt_print_json, rule_print_json: what JSON cannot say is said on standard error. */
export function noJson(r: ReadRule, err: (text: string) => void): void {
  if (!r.stmts.length) err('rule without statements?!\n');
  for (const s of r.stmts) if (s.kind === 'chain') err('warning: stmt ops chain have no json callback\n');
}

/** table_print_json_full: chains, objects, sets, and all rules after them. */
export function tableJsonFull(reader: TableReader, p: Printer, err: (text: string) => void = () => {}): Json[] {
  const t = reader.table,
    chains = t.chains.filter((c) => !c.binding);
  return [
    tableJson(t),
    ...chains.map((c) => chainJson(c, t.family, t.name)),
    ...t.objects.map((o) => objectJson(o, reader.nft.live.value(o), t.family, t.name, p.options)),
    ...reader.namedSets.map((s) => setJson(s, p)),
    ...chains.flatMap((c) =>
      Array.from(reader.rules(c), (r) => {
        noJson(r, err);
        return ruleJson(r, t.family, t.name, c.name, p);
      }),
    ),
  ];
}
