import type { NftEvent, NftMessage } from '../../../kernel/nf_tables/message.ts';
import type { Json } from '../datatype/index.ts';
import { jsonText } from '../list/json-text.ts';
import type { Listing } from '../list/list.ts';
import { EventWriter } from './event.ts';

/** nft -e: the kernel's answers to the messages that carried NLM_F_ECHO, which deletions do not. */
export function echo(events: readonly NftEvent[], messages: readonly NftMessage[], l: Listing): void {
  const writer = new EventWriter(l), json: Json[] = [];
  writer.remember();
  let any = false;
  for (const e of events) {
    if (e.event === 'newgen') { if (any && !l.json) l.out(`# new generation ${e.generation} by process ${e.pid} (${e.name})\n`); continue; }
    if (e.message === undefined || !messages[e.message].op.startsWith('new')) continue;
    any = true;
    if (l.json) { const j = writer.json(e); if (j !== null) json.push(j); } else l.out(writer.text(e));
  }
  if (l.json && json.length) l.out(`${jsonText({ nftables: json })}\n`);
}
