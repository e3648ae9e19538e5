import { PACKET } from '../../../net/skb.ts';
import { bridgeMac, ebtVerdict } from '../../ebt-packet.ts';
import { defineExtension } from '../../definition.ts';
import { verdictOf, verdictWord } from '../../ebt.ts';

/** struct ebt_redirect_info */
type Info = { readonly verdict: string };

export const target = defineExtension<Info>({
  kind: 'target',
  name: 'redirect',
  families: ['bridge'],
  revision: 0,
  options: [{ name: 'redirect-target', type: 'string' }],
  help: () => `redirect option:
 --redirect-target target   : ACCEPT, DROP, RETURN or CONTINUE
`,
  init: () => ({ verdict: 'ACCEPT' }),
  parse(o, d) {
    d['verdict'] = verdictOf(o.raw ?? '', 'redirect-target');
  },
  finish: (d) => ({ ...d }) as unknown as Info,
  save: (i) => (i.verdict === 'ACCEPT' ? ' ' : ` --redirect-target ${i.verdict}`),
  print(i, c) {
    return this.save(i, c);
  },
  translate: (i) => `meta pkttype set host${i.verdict === 'CONTINUE' ? '' : ` ${verdictWord(i.verdict)}`}`,
  /** In broute the kernel wants the hook of the old tables, which no base chain of nf_tables has; of other chains it asks nothing. */
  check: (_, c) => ((c.table === 'nat' && !(c.hookMask & ~1)) || (c.table === 'broute' && c.chainType === null) ? null : 'EINVAL'),
  /** ebt_redirect.c */
  target(i, skb, state) {
    const mac = bridgeMac(state);
    if (mac && skb.mac >= 0) skb.data.set(mac, skb.mac);
    skb.pktType = PACKET.host;
    return ebtVerdict(i.verdict);
  },
});
