import type { Draft, ParsedOption } from './definition.ts';
import { scanUint } from './number.ts';
import { fail } from './value.ts';

/** ICMP types and codes by name, number or `type/code[:code]` (extensions/libxt_icmp.h), shared by icmp and icmp6. */

/** name, type, lowest code, highest code */
export type IcmpName = readonly [string, number, number, number];

/** struct ipt_icmp / ip6t_icmp */
export type IcmpInfo = { readonly type: number; readonly code: readonly [number, number]; readonly invert: boolean };

export interface IcmpWords {
  readonly word: string;
  readonly option: string;
  readonly names: readonly IcmpName[];
}

/** `a` or `a:b`, a byte each, and what follows. */
export function scanByteRange(text: string): { range: readonly [number, number]; rest: string } | null {
  const lo = scanUint(text, 0, 255);
  if (!lo?.rest.startsWith(':')) return lo && { range: [lo.value, lo.value], rest: lo.rest };
  const hi = scanUint(lo.rest.slice(1), 0, 255);
  return hi && { range: [lo.value, hi.value], rest: hi.rest };
}

function parseText(text: string, w: IcmpWords): { type: number; code: readonly [number, number] } {
  const lower = text.toLowerCase();
  // No name begins with a digit.
  const found = /^\d/.test(text) ? [] : w.names.filter(([name]) => name.toLowerCase().startsWith(lower));
  if (found.length > 1) fail(`Ambiguous ${w.word} type \`${text}': \`${found[0][0]}' or \`${found[1][0]}'?`);
  if (found.length === 1) return { type: found[0][1], code: [found[0][2], found[0][3]] };
  const type = scanByteRange(text);
  if (!type) return fail(`Unknown ${w.word} type \`${text}'`);
  let rest = type.rest;
  let code: readonly [number, number] = [0, 255];
  if (rest[0] === '/') {
    const codes = scanByteRange(rest.slice(1)) ?? fail(`Unknown ${w.word} code \`${text}'`);
    code = codes.range;
    rest = codes.rest;
  }
  if (rest !== '') fail(`unknown character ${rest[0]}`);
  if (type.range[0] !== type.range[1]) fail(`${w.word} type range not supported`);
  return { type: type.range[0], code };
}

export function parseIcmp(o: ParsedOption, draft: Draft, w: IcmpWords): void {
  const v = parseText(o.raw ?? '', w);
  draft['type'] = v.type;
  draft['code'] = v.code;
  draft['invert'] = o.inverted;
}

export const finishIcmp = (d: Draft): IcmpInfo => ({ type: d['type'] as number, code: d['code'] as readonly [number, number], invert: d['invert'] as boolean });

const allCodes = (i: IcmpInfo): boolean => i.code[0] === 0 && i.code[1] === 255;

/** Of a range of codes only the first is written. */
export function saveIcmp(i: IcmpInfo, w: IcmpWords): string {
  const code = allCodes(i) ? '' : `/${i.code[0]}`;
  return `${i.invert ? ' !' : ''} --${w.option} ${i.type}${code}`;
}

/** After ` icmp` or ` ipv6-icmp`. */
export function printIcmp(i: IcmpInfo, w: IcmpWords, numeric: boolean): string {
  const named = numeric ? undefined : w.names.find(([, t, lo, hi]) => t === i.type && lo === i.code[0] && hi === i.code[1]);
  if (named) return ` ${i.invert ? '!' : ''}${named[0]}`;
  const code = i.code[0] === i.code[1] ? ` code ${i.code[0]}` : allCodes(i) ? '' : ` codes ${i.code[0]}-${i.code[1]}`;
  return `${i.invert ? ' !' : ''}type ${i.type}${code}`;
}

/** `family type name` where nft has a word for the type and every code matches; else no translation. */
export function translateIcmp(i: IcmpInfo, family: string, words: ReadonlyMap<number, string>): string | null {
  const word = allCodes(i) ? words.get(i.type) : undefined;
  return word === undefined ? null : `${family} type ${i.invert ? '!= ' : ''}${word}`;
}
