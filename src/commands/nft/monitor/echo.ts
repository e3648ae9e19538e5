import type { NftEvent } from '../../../kernel/nf_tables/message.ts';
import type { Listing } from '../list/list.ts';
import { eventJson, eventText } from './event.ts';

/** nft -e: what the kernel says of one's own changes, without the generation. */
export function echo(events: readonly NftEvent[], l: Listing): void {
  for (const e of events) {
    if (e.event === 'newgen') continue;
    if (l.json) { const j = eventJson(e, l); if (j) l.out(`${j}\n`); } else l.out(eventText(e, l));
  }
}
