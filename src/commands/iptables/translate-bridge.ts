import { macText } from '../../kernel/xt/address.ts';
import type { TranslateContext } from '../../kernel/xt/definition.ts';
import type { Masked, XtRule } from '../../parsers/xtables/rule.ts';
import { ifaceWords, jumpWords, useWords } from './translate.ts';

/** nft-bridge.c: nft_bridge_xlate */
function mac(key: string, m: Masked | null): string[] {
  if (!m) return [];
  if (m.mask.every((b) => b === 255)) return [`${key} ${m.inverted ? '!= ' : ''}${macText(m.value)}`];
  return [`${key} ${m.inverted ? '!= ' : ''}and ${macText(m.mask)} == ${macText(m.value)}`];
}

/** Matches that say the ethertype themselves. */
const IMPLIED: Readonly<Record<number, string>> = { 2048: 'ip', 34525: 'ip6', 2054: 'arp', 33024: 'vlan' };

function etherType(r: XtRule): string[] {
  if (r.bridge?.length) return [`ether type ${r.bridge.lengthInverted ? '>= ' : '< '}0x0600`];
  if (!r.proto) return [];
  const implied = IMPLIED[r.proto.number];
  if (implied && r.matches.some((m) => m.name === implied)) return [];
  return [`ether type ${r.proto.inverted ? '!= ' : ''}0x${r.proto.number.toString(16)}`];
}

export function translateBridge(r: XtRule, c: TranslateContext): string[] | null {
  const b = r.bridge;
  if (!b) return null;
  const out = [
    ...ifaceWords('iifname', r.iif),
    ...ifaceWords('meta ibrname', b.logicalIn),
    ...ifaceWords('oifname', r.oif),
    ...ifaceWords('meta obrname', b.logicalOut),
    ...etherType(r),
    ...mac('ether saddr', b.srcMac),
    ...mac('ether daddr', b.dstMac),
  ];
  for (const m of r.matches) {
    const w = useWords(m, c);
    if (!w) return null;
    // libxtables puts a blank between words of letters and digits; MAC addresses bring none of their own.
    if (w[0]?.startsWith('@') && out.at(-1)?.startsWith('ether ') && !out.at(-1)?.startsWith('ether type')) out.push(`${out.pop()}${w[0]}`, ...w.slice(1));
    else out.push(...w);
  }
  const j = jumpWords(r, c);
  return j && [...out, 'counter', ...j];
}
