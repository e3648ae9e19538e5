import type { Cmd } from '../../../parsers/nft/ast.ts';
import type { Listing } from '../list/list.ts';
import { RuleCache, traceText } from './trace.ts';
import { EventWriter, eventLine, type Change } from './event.ts';

/** monitor_flags of src/evaluate.c: kinds of events by the word after `monitor`. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  tables: ['table'],
  chains: ['chain'],
  rules: ['rule'],
  sets: ['set'],
  elements: ['setelem'],
  ruleset: ['table', 'chain', 'rule', 'set', 'setelem', 'obj', 'flowtable'],
  trace: [],
};

/** `nft monitor`: each batch as it is committed. The result ends it. */
export function monitor(cmd: Cmd, l: Listing): () => void {
  const o = cmd.object;
  if (o.kind !== 'monitor') return () => {};
  const writer = new EventWriter(l, { inline: false }),
    plain = o.event === undefined && o.object === undefined;
  writer.remember();
  const wanted = (e: Change): boolean => {
    const added = e.event.startsWith('new');
    if ((o.event === 'new' && !added) || (o.event === 'destroy' && added)) return false;
    if (o.event !== undefined && o.object === undefined && (e.event.endsWith('obj') || e.event.endsWith('flowtable'))) return false;
    return o.object === undefined || (KINDS[o.object] ?? []).includes(e.event.slice(3));
  };
  const rules = plain || o.object === 'trace' ? new RuleCache(l) : null;
  const deaf = rules && l.nft.net.traces.listen((m) => l.out(traceText(m, rules, l)));
  const end = l.nft.listen((events) => {
    for (const e of events) {
      if (e.event === 'newgen') {
        if (plain && !l.json) l.out(`# new generation ${e.generation} by process ${e.pid} (${e.name})\n`);
        continue;
      }
      if (!wanted(e)) continue;
      if (l.json || o.json) {
        const j = writer.json(e);
        if (j !== null) l.out(eventLine(j));
      } else l.out(writer.text(e));
    }
    writer.remember();
  });
  return () => {
    end();
    deaf?.();
  };
}
