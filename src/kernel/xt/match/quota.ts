import { defineExtension } from '../definition.ts';
import { lengthOf } from '../packet.ts';
import { bigOf, draftOf } from '../value.ts';

/** struct xt_quota_info */
type QuotaInfo = { readonly quota: bigint; readonly invert: boolean };

export const match = defineExtension<QuotaInfo>({
  kind: 'match',
  name: 'quota',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [{ name: 'quota', type: 'uint64', invert: true, mandatory: true }],
  help: () => `quota match options:
[!] --quota quota		quota (bytes)
`,
  init: () => ({ quota: 0n, invert: false }),
  parse(o, draft) {
    draft['quota'] = bigOf(o);
    if (o.inverted) draft['invert'] = true;
  },
  finish: (draft) => draftOf<QuotaInfo>({ ...draft }),
  save: (i) => `${i.invert ? ' !' : ''} --quota ${i.quota}`,
  print: (i) => ` quota: ${i.quota} bytes`,
  translate: (i) => `quota ${i.invert ? 'over ' : ''}${i.quota} bytes`,
  /** xt_quota.c: quota_mt: what does not fit empties the quota for good. */
  match(i, skb, _, keep) {
    const left = keep.own(() => ({ quota: i.quota }));
    const length = BigInt(lengthOf(skb));
    if (left.quota >= length) {
      left.quota -= length;
      return !i.invert;
    }
    left.quota = 0n;
    return i.invert;
  },
});
