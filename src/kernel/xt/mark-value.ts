import type { Draft, ParsedOption } from './definition.ts';
import { hex } from './value.ts';

/** value/mask options of mark, connmark: one form in libxt_mark.c and libxt_connmark.c. */
export type MarkInfo = { readonly mark: number; readonly mask: number; readonly invert: boolean };

export function markMask(o: ParsedOption, draft: Draft): void {
  const v = o.value as { readonly mark: number; readonly mask: number };
  draft['mark'] = v.mark >>> 0;
  draft['mask'] = v.mask >>> 0;
  draft['invert'] = o.inverted;
}

export const formatMark = (i: { readonly mark: number; readonly mask: number }): string => ` 0x${hex(i.mark)}${i.mask === 0xffffffff ? '' : `/0x${hex(i.mask)}`}`;

export function translateMark(words: string, i: MarkInfo): string {
  if (i.mask === 0xffffffff) return `${words} ${i.invert ? '!= ' : ''}0x${hex(i.mark)}`;
  return `${words} and 0x${hex(i.mask)} ${i.invert ? '!=' : '=='} 0x${hex(i.mark)}`;
}
