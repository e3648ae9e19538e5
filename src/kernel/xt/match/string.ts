import { defineExtension } from '../definition.ts';
import { lengthOf } from '../packet.ts';
import { cut } from '../text.ts';
import { draftOf, fail, numberOf } from '../value.ts';

/** struct xt_string_info */
type StringInfo = { readonly from: number; readonly to: number; readonly algo: string; readonly pattern: Uint8Array; readonly invert: boolean; readonly icase: boolean };
const MAX = 128;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** libxt_string.c: parse_hex_string: `|` switches to hexadecimal and back, `\` takes the next character as it is. */
function parseHex(text: string): Uint8Array {
  const s = bytes(text);
  const char = (n: number): string => String.fromCharCode(s[n]);
  const isHex = (n: number): boolean => /^[0-9a-fA-F]$/.test(char(n));
  const out: number[] = [];
  let inHex = false;
  if (s.length === 0) fail('STRING must contain at least one char');
  for (let i = 0; i < s.length; ) {
    let literal = false;
    if (char(i) === '\\' && !inHex) literal = true;
    else if (char(i) === '\\') fail('Cannot include literals in hex data');
    else if (char(i) === '|') {
      inHex = !inHex;
      if (inHex) while (s[i + 1] === 32) i++;
      if (i + 1 >= s.length) break;
      i++;
    }
    if (literal) {
      if (i + 1 >= s.length) fail('Bad literal placement at end of string');
      out.push(s[i + 1]);
      i += 2;
    } else if (inHex) {
      if (i + 1 >= s.length) fail('Odd number of hex digits');
      if (i + 2 >= s.length) fail('Invalid hex block');
      if (!isHex(i)) fail(`Invalid hex char '${char(i)}'`);
      if (!isHex(i + 1)) fail(`Invalid hex char '${char(i + 1)}'`);
      out.push(Number.parseInt(char(i) + char(i + 1), 16));
      i += s[i + 2] === 32 ? 3 : 2;
    } else out.push(s[i++]);
    if (out.length - 1 > MAX) fail(`STRING too long "${text}"`);
  }
  return Uint8Array.from(out);
}

const printable = (b: number): boolean => b >= 32 && b < 127;
const needsHex = (p: Uint8Array): boolean => !p.every(printable);
const hexText = (p: Uint8Array): string => ` "|${[...p].map((b) => b.toString(16).padStart(2, '0')).join('')}|"`;
const plainText = (p: Uint8Array): string => ` "${String.fromCharCode(...p).replace(/["\\]/g, '\\$&')}"`;

export const match = defineExtension<StringInfo>({
  kind: 'match',
  name: 'string',
  families: ['ip', 'ip6', 'arp'],
  revision: 1,
  options: [
    { name: 'from', type: 'uint16' },
    { name: 'to', type: 'uint16' },
    { name: 'algo', type: 'string', mandatory: true, size: 16 },
    { name: 'string', type: 'string', invert: true, excludes: ['hex-string'] },
    { name: 'hex-string', type: 'string', invert: true, excludes: ['string'] },
    { name: 'icase', type: 'none', code: 3 },
  ],
  help: () => `string match options:
--from                       Offset to start searching from
--to                         Offset to stop searching
--algo                       Algorithm
--icase                      Ignore case (default: 0)
[!] --string string          Match a string in a packet
[!] --hex-string string      Match a hex string in a packet
`,
  init: () => ({ from: 0, to: 0xffff, algo: '', pattern: new Uint8Array(0), invert: false, icase: false }),
  parse(o, draft) {
    const info = draftOf<StringInfo>(draft);
    const text = o.raw ?? '';
    switch (o.name) {
      case 'from':
        info.from = numberOf(o);
        break;
      case 'to':
        info.to = numberOf(o);
        break;
      case 'algo':
        info.algo = cut(text, 15);
        break;
      case 'icase':
        info.icase = true;
        break;
      case 'string':
        info.pattern = bytes(text);
        if (info.pattern.length > MAX) fail(`STRING too long "${text}"`);
        if (o.inverted) info.invert = true;
        break;
      default:
        info.pattern = parseHex(text);
        if (o.inverted) info.invert = true;
    }
  },
  finish(draft, context) {
    if (!context.seen.has('string') && !context.seen.has('hex-string')) fail("STRING match: You must specify `--string' or `--hex-string'");
    return draftOf<StringInfo>({ ...draft });
  },
  save: (i) =>
    `${i.invert ? ' !' : ''} ${needsHex(i.pattern) ? `--hex-string${hexText(i.pattern)}` : `--string${plainText(i.pattern)}`} --algo ${i.algo}` +
    (i.from !== 0 ? ` --from ${i.from}` : '') +
    (i.to !== 0xffff ? ` --to ${i.to}` : '') +
    (i.icase ? ' --icase' : ''),
  print: (i) =>
    ` STRING match ${i.invert ? '!' : ''}${needsHex(i.pattern) ? hexText(i.pattern) : plainText(i.pattern)} ALGO name ${i.algo}` +
    (i.from !== 0 ? ` FROM ${i.from}` : '') +
    (i.to !== 0xffff ? ` TO ${i.to}` : '') +
    (i.icase ? ' ICASE' : ''),
  /** xt_string.c: string_mt_check; textsearch_prepare knows bm, kmp and fsm. */
  check(i) {
    if (i.from > i.to || i.pattern.length === 0) return 'EINVAL';
    if (i.algo === 'bm' || i.algo === 'kmp') return null;
    return i.algo === 'fsm' ? 'EINVAL' : 'ENOENT';
  },
  /** skb_find_text between the two offsets from the network header on. */
  match(i, skb) {
    const area = skb.data.subarray(skb.network + i.from, skb.network + Math.min(i.to, lengthOf(skb)));
    const fold = (b: number): number => (i.icase && b >= 97 && b <= 122 ? b - 32 : b);
    for (let at = 0; at + i.pattern.length <= area.length; at++) {
      let n = 0;
      while (n < i.pattern.length && fold(area[at + n]) === fold(i.pattern[n])) n++;
      if (n === i.pattern.length) return !i.invert;
    }
    return i.invert;
  },
});
