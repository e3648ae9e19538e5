import type { NftEvent } from '../../../kernel/nf_tables/message.ts';
import type { Cmd } from '../../../parsers/nft/ast.ts';
import type { Pending } from '../apply/messages.ts';
import { isObject, type JsonIn, type JsonObject } from '../json/text.ts';
import type { Json } from '../datatype/index.ts';
import { jsonText } from '../list/json-text.ts';
import type { Listing } from '../list/list.ts';
import { printErrors, type NftError } from '../../../parsers/nft/index.ts';
import { netlinkError } from '../apply/cache.ts';
import { EventWriter, type Change } from './event.ts';

/** nft -e: the kernel's answers to the messages that carried NLM_F_ECHO, which deletions and new names do not. */
export function echo(events: readonly NftEvent[], batch: readonly Pending[], l: Listing): void {
  const errors: NftError[] = [],
    writer = new EventWriter(l, { sets: (e, name) => knows(l, e, name), error: (message) => errors.push(netlinkError(message)) }),
    json: Json[] = [];
  let told = false;
  writer.remember();
  for (const e of events) {
    if (e.event === 'newgen') {
      // nf_tables_gen_notify looks at the flags of the batch's first message
      if (!answers(batch[0])) continue;
      // In JSON it is an answer without words.
      if (l.json) told = true;
      else l.out(`# new generation ${e.generation} by process ${e.pid} (${e.name})\n`);
      continue;
    }
    if (e.message === undefined || !answers(batch[e.message])) continue;
    told = true;
    if (!understood(e, l)) continue;
    if (l.json) {
      const j = writer.json(e);
      if (j !== null) json.push(j);
    } else l.out(writer.text(e));
  }
  if (l.json && told) l.out(`${jsonText({ nftables: json })}\n`);
  if (errors.length) l.err(printErrors(errors));
}

const answers = ({ message, cmd }: Pending): boolean => message.op.startsWith('new') && cmd.op !== 'rename';

/** The set of an event as evaluation left it: a named one that the run deletes is gone. */
function knows(l: Listing, e: Change, name: string): boolean {
  const t = l.known.cache.find(e.family, e.table);
  return t !== undefined && (name.startsWith('__') || t.sets.has(name));
}

/** netlink_events_cb looks things up in what the run left known: tables and sets that it deletes again are not. */
function understood(e: Change, l: Listing): boolean {
  const table = l.known.cache.find(e.family, e.table);
  if (e.event === 'newset' && !table) l.err('W: Unable to cache set: table not found.\n');
  if (e.event === 'newrule' && !table) l.err('W: Received event for an unknown table.\n');
  if (e.event === 'newsetelem' && !knows(l, e, e.payload.set.name)) {
    l.err('W: Unable to cache set_elem. Set not found.\nW: Received event for an unknown set.\n');
    return false;
  }
  return table !== undefined || e.event !== 'newrule';
}

export interface JsonInput {
  readonly root: JsonIn;
  readonly cmds: readonly Cmd[];
}

/** json_events_cb: with -j the input itself is printed again, what was added carrying its handle. */
export function echoJson(events: readonly NftEvent[], batch: readonly Pending[], input: JsonInput, l: Listing): void {
  const { root } = input,
    list = isObject(root) && Array.isArray(root.nftables) ? root.nftables : [];
  const items = list.filter((i) => isObject(i) && !('metainfo' in i)) as JsonObject[];
  for (const e of events) {
    if (e.event === 'newgen' || e.message === undefined || !HANDLED.has(e.event)) continue;
    const handle = e.event === 'newchain' ? e.payload.chain.handle : e.event === 'newrule' ? e.payload.rule.handle : 'handle' in e.payload ? e.payload.handle : undefined;
    const item = items[input.cmds.indexOf(batch[e.message].cmd)];
    const object = item && innermost(item);
    if (!object || handle === undefined) continue;
    // chains that are no base chains keep it where it was
    if (!(e.event === 'newchain' && !e.payload.chain.hook)) delete object.handle;
    object.handle = handle;
  }
  l.out(jsonText(root as Json));
}

const HANDLED = new Set(['newtable', 'newchain', 'newrule', 'newset', 'newobj', 'newflowtable']);
const COMMANDS = new Set(['add', 'create', 'insert', 'replace']);

/** The object of `{"add": {"rule": {…}}}` or `{"rule": {…}}`. */
function innermost(item: JsonObject): JsonObject | undefined {
  const [key, value] = Object.entries(item)[0] ?? [];
  if (key === undefined || !isObject(value)) return undefined;
  if (!COMMANDS.has(key)) return value;
  const inner = Object.values(value)[0];
  return isObject(inner) ? inner : undefined;
}
