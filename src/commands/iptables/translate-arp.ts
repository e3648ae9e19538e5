import { maskLength, macText, ntop } from '../../kernel/xt/address.ts';
import type { TranslateContext } from '../../kernel/xt/definition.ts';
import type { Field, Masked, XtRule } from '../../parsers/xtables/rule.ts';
import { ifaceWords, jumpWords, useWords } from './translate.ts';

/** nft-arp.c: nft_arp_xlate */
const hex = (n: number): string => `0x${n.toString(16)}`;

function number(key: string, f: Field | null, full: number, show: (n: number) => string, fallback: number | null): string[] {
  const x = f ?? (fallback === null ? null : { value: fallback, mask: full, inverted: false });
  if (!x || (f !== null && x.value === 0 && !x.inverted && x.mask === full)) return [];
  const whole = x.mask === full;
  return [`${key} ${x.inverted ? ` !=${whole ? ' ' : ''}` : ''}${whole ? '' : `& ${show(x.mask)} `}${show(x.value)}`];
}

function mac(key: string, m: Masked | null): string[] {
  if (!m) return [];
  return [`${key} ${m.inverted ? '!= ' : ''}${macText(m.value)}${m.mask.every((b) => b === 255) ? '' : `/${macText(m.mask)}`}`];
}

function address(key: string, m: Masked | null): string[] {
  if (!m || m.mask.every((b) => b === 0)) return [];
  const n = maskLength(m.mask);
  if (n < 0) return [`${key} & ${ntop(m.mask)} ${m.inverted ? '!=' : '=='} ${ntop(m.value)}`];
  return [`${key} ${m.inverted ? '!= ' : ''}${ntop(m.value)}${n === 32 ? '' : `/${n}`}`];
}

export function translateArp(r: XtRule, c: TranslateContext): string[] | null {
  const a = r.arp;
  if (!a) return null;
  const out = [
    ...ifaceWords('iifname', r.iif),
    ...ifaceWords('oifname', r.oif),
    ...number('arp htype', a.htype, 65535, String, 1),
    ...number('arp hlen', a.hlen, 255, String, 6),
    'arp plen 4',
    ...number('arp operation', a.opcode, 65535, String, null),
    ...number('arp ptype', a.ptype, 65535, hex, null),
    ...address('arp saddr ip', r.src),
    ...address('arp daddr ip', r.dst),
    ...mac('arp saddr ether', a.srcMac),
    ...mac('arp daddr ether', a.dstMac),
  ];
  for (const m of r.matches) {
    const w = useWords(m, c);
    if (!w) return null;
    out.push(...w);
  }
  const j = jumpWords(r, c);
  return j && [...out, 'counter', ...j];
}
