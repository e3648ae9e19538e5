import type { ParsedOption, Draft, XtExtension } from './definition.ts';
import { hopLimit } from './packet.ts';
import { draftOf, fail, numberOf } from './value.ts';

/** struct ipt_ttl_info and ip6t_hl_info: the same match on the two families' fields. */
export type HopInfo = { readonly mode: 'eq' | 'ne' | 'lt' | 'gt'; readonly value: number };

const SIGN = { eq: '==', ne: '!=', lt: '<', gt: '>' } as const;
const OPTION = { eq: ' --X-eq', ne: ' ! --X-eq', lt: ' --X-lt', gt: ' --X-gt' } as const;
const NFT = { eq: '', ne: '!= ', lt: 'lt ', gt: 'gt ' } as const;

/** Everything but help and family; `name` is ttl or hl. */
export function hopExtension(name: 'ttl' | 'hl', nft: string): Omit<XtExtension<HopInfo>, 'help' | 'families'> {
  const title = name.toUpperCase();
  const all = [`${name}-lt`, `${name}-gt`, `${name}-eq`];
  return {
    kind: 'match',
    name,
    revision: 0,
    options: [
      ...all.map((option) => ({
        name: option,
        type: 'uint8' as const,
        invert: option.endsWith('-eq'),
        excludes: [`${name}-eq`, `${name}-lt`, `${name}-gt`].filter((n) => n !== option),
      })),
      { name, id: `${name}-eq`, type: 'uint8' as const, invert: true },
    ],
    init: () => ({ mode: 'eq', value: 0 }),
    parse(o: ParsedOption, draft: Draft) {
      const mode = o.name.slice(name.length + 1);
      draft['mode'] = mode === 'eq' && o.inverted ? 'ne' : mode;
      draft['value'] = numberOf(o);
    },
    finish(draft, context) {
      if (context.seen.size === 0) fail(`${title} match: You must specify one of \`--${name}-eq', \`--${name}-lt', \`--${name}-gt${name === 'hl' ? "'" : ''}`);
      return draftOf<HopInfo>({ ...draft });
    },
    save: (i) => `${OPTION[i.mode].replace('X', name)} ${i.value}`,
    print: (i) => ` ${title} match ${title} ${SIGN[i.mode]} ${i.value}`,
    translate: (i) => `${nft} ${NFT[i.mode]}${i.value}`,
    match(i, skb) {
      const n = hopLimit(skb);
      return i.mode === 'eq' ? n === i.value : i.mode === 'ne' ? n !== i.value : i.mode === 'lt' ? n < i.value : n > i.value;
    },
  };
}
