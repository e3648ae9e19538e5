import type { NftEvent, NftMessage } from '../../../kernel/nf_tables/message.ts';
import type { Cmd } from '../../../parsers/nft/ast.ts';
import type { Pending } from '../apply/messages.ts';
import { isObject, type JsonIn, type JsonObject } from '../json/text.ts';
import type { Json } from '../datatype/index.ts';
import { jsonText } from '../list/json-text.ts';
import type { Listing } from '../list/list.ts';
import { EventWriter } from './event.ts';

/** nft -e: the kernel's answers to the messages that carried NLM_F_ECHO, which deletions do not. */
export function echo(events: readonly NftEvent[], messages: readonly NftMessage[], l: Listing): void {
  const writer = new EventWriter(l),
    json: Json[] = [];
  writer.remember();
  for (const e of events) {
    if (e.event === 'newgen') {
      // nf_tables_gen_notify looks at the flags of the batch's first message
      if (messages[0].op.startsWith('new') && !l.json) l.out(`# new generation ${e.generation} by process ${e.pid} (${e.name})\n`);
      continue;
    }
    if (e.message === undefined || !messages[e.message].op.startsWith('new')) continue;
    if (l.json) {
      const j = writer.json(e);
      if (j !== null) json.push(j);
    } else l.out(writer.text(e));
  }
  if (l.json && json.length) l.out(`${jsonText({ nftables: json })}\n`);
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
