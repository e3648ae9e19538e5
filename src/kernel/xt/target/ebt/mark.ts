import { ebtVerdict } from '../../ebt-packet.ts';
import { defineExtension } from '../../definition.ts';
import { verdictOf, verdictWord } from '../../ebt.ts';
import { hex } from '../../number.ts';
import { paramProblem } from '../../text.ts';

/** struct ebt_mark_t_info */
type Info = { readonly op: 'set' | 'or' | 'and' | 'xor'; readonly mark: number; readonly verdict: string };
const OPS = ['mark-set', 'mark-or', 'mark-and', 'mark-xor'];
const others = (n: string): string[] => OPS.filter((o) => o !== n);
const row = (name: string, id: string) => ({ name, id, type: 'uint32' as const, excludes: others(id) });

export const target = defineExtension<Info>({
  kind: 'target',
  name: 'mark',
  families: ['bridge'],
  revision: 0,
  options: [
    row('set-mark', 'mark-set'),
    row('mark-set', 'mark-set'),
    row('mark-or', 'mark-or'),
    row('mark-and', 'mark-and'),
    row('mark-xor', 'mark-xor'),
    { name: 'mark-target', type: 'string' },
  ],
  help: () => `mark target options:
 --mark-set value     : Set nfmark value
 --mark-or  value     : Or nfmark with value (nfmark |= value)
 --mark-and value     : And nfmark with value (nfmark &= value)
 --mark-xor value     : Xor nfmark with value (nfmark ^= value)
 --mark-target target : ACCEPT, DROP, RETURN or CONTINUE
`,
  init: () => ({ op: 'set', mark: 0, verdict: 'ACCEPT' }),
  parse(o, d) {
    if (o.name === 'mark-target') {
      d['verdict'] = verdictOf(o.raw ?? '', 'mark-target');
      return;
    }
    d['op'] = (o.option.id ?? o.name).slice(5);
    d['mark'] = o.value;
  },
  finish(d, c) {
    if (c.seen.size === 0) throw paramProblem('You must specify some option');
    return { ...d } as unknown as Info;
  },
  save: (i) => ` --mark-${i.op} ${hex(i.mark)} --mark-target ${i.verdict}`,
  print(i, c) {
    return this.save(i, c);
  },
  translate: (i) => `meta mark set ${i.op === 'set' ? '' : `meta mark ${i.op} `}${hex(i.mark)} ${verdictWord(i.verdict)}`,
  /** ebt_mark.c */
  target(i, skb) {
    skb.mark = (i.op === 'set' ? i.mark : i.op === 'or' ? skb.mark | i.mark : i.op === 'and' ? skb.mark & i.mark : skb.mark ^ i.mark) >>> 0;
    return ebtVerdict(i.verdict);
  },
});
