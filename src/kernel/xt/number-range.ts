/** `spi`-like ranges: how the header matches ah, esp, ipcomp, frag, rt, mh show and translate two numbers. */
export type Span = readonly [number, number];
export const ALL32: Span = [0, 0xffffffff];

export const isAll = (s: Span, max = 0xffffffff): boolean => s[0] === 0 && s[1] === max;
export const spanText = (s: Span, sep: string): string => (s[0] === s[1] ? String(s[0]) : `${s[0]}${sep}${s[1]}`);

/** `spi:3`, `spis:!1:2`; '' when everything matches. */
export function printSpan(word: string, s: Span, inverted: boolean, max = 0xffffffff): string {
  if (isAll(s, max) && !inverted) return '';
  return `${word}${s[0] === s[1] ? '' : 's'}:${inverted ? '!' : ''}${spanText(s, ':')}`;
}

/** ` ! --option 1:2`; '' when everything matches. */
export function saveSpan(option: string, s: Span, inverted: boolean, max = 0xffffffff): string {
  if (isAll(s, max) && !inverted) return '';
  return `${inverted ? ' !' : ''} --${option} ${spanText(s, ':')}`;
}

export const unknownInvflags = (flags: number, mask: number): string => (flags & ~mask ? ` Unknown invflags: 0x${(flags & ~mask).toString(16).toUpperCase()}` : '');
