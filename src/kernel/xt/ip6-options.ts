import type { XtExtension } from './definition.ts';
import { strtol } from './number.ts';
import { unknownInvflags } from './number-range.ts';
import { findIp6Header, u8 } from './packet.ts';
import { draftOf, fail, numberOf } from './value.ts';

/** struct ip6t_opts: destination and hop-by-hop options. An option is type << 8 | length, length 255 meaning any. flags: LEN 1, OPTS 2 */
export type OptsInfo = { readonly hdrlen: number; readonly flags: number; readonly invflags: number; readonly opts: readonly number[] };
const FLAG = { LEN: 1, OPTS: 2 } as const;
const MAX = 16;

function parseNumber(name: string, text: string, what: string): number {
  const n = strtol(text, 0);
  if (n.rest === text) fail(`${name}: no valid digits in ${what} \`${text}'`);
  if (Math.abs(n.value) >= 2 ** 64) fail(`${what} \`${text}' specified too big: would overflow`);
  if (n.rest !== '') fail(`${name}: error parsing ${what} \`${text}'`);
  return Number(BigInt.asUintN(8, BigInt(n.value)));
}

function parseOptions(name: 'dst' | 'hbh', text: string): number[] {
  const parts = text.split(',');
  const out: number[] = [];
  for (const part of parts.slice(0, MAX)) {
    const colon = part.indexOf(':');
    if (colon >= 0 && out.length === MAX - 1) fail('too many ports specified');
    const type = parseNumber(name, colon < 0 ? part : part.slice(0, colon), 'opt') << 8;
    if (colon >= 0 && type === 0) fail(name === 'dst' ? "PAD0 hasn't got length" : 'PAD0 has not got length');
    out.push(type | (colon < 0 ? 255 : parseNumber(name, part.slice(colon + 1), 'length')));
  }
  if (parts.length > MAX) fail('too many addresses specified');
  return out;
}

const list = (i: OptsInfo): string => i.opts.map((o) => ((o & 255) === 255 ? String(o >> 8) : `${o >> 8}:${o & 255}`)).join(',');

/** Everything but help and translation; `header` is the extension header's number. */
export function optsExtension(name: 'dst' | 'hbh', header: number): Omit<XtExtension<OptsInfo>, 'help' | 'translate'> {
  return {
    kind: 'match',
    name,
    families: ['ip6'],
    revision: 0,
    options: [
      { name: `${name}-len`, type: 'uint32', invert: true },
      { name: `${name}-opts`, type: 'string' },
    ],
    init: () => ({ hdrlen: 0, flags: 0, invflags: 0, opts: [] }),
    parse(o, draft) {
      const info = draftOf<OptsInfo>(draft);
      if (o.name.endsWith('-len')) {
        info.hdrlen = numberOf(o);
        info.flags |= FLAG.LEN;
        if (o.inverted) info.invflags |= 1;
      } else {
        info.opts = parseOptions(name, o.raw ?? '');
        info.flags |= FLAG.OPTS;
      }
    },
    finish: (draft) => draftOf<OptsInfo>({ ...draft }),
    save: (i) => (i.flags & FLAG.LEN ? `${i.invflags & 1 ? ' !' : ''} --${name}-len ${i.hdrlen}` : '') + (i.flags & FLAG.OPTS ? ` --${name}-opts ${list(i)}` : ''),
    print: (i) =>
      ` ${name}${i.flags & FLAG.LEN ? ` length:${i.invflags & 1 ? '!' : ''}${i.hdrlen}` : ''}${i.flags & FLAG.OPTS ? ` opts ${list(i)}` : ''}${unknownInvflags(i.invflags, 1)}`,
    /** ip6t_hbh.c: hbh_mt6, for both headers */
    match(i, skb) {
      const at = findIp6Header(skb, header);
      if (at < 0) return false;
      const length = (u8(skb, at + 1) << 3) + 8;
      if (at + length > skb.data.length) return false;
      const inverted = (i.invflags & 1) !== 0;
      if (i.flags & FLAG.LEN && (i.hdrlen === length) === inverted) return false;
      if (!(i.flags & FLAG.OPTS)) return (!(i.flags & FLAG.LEN) || i.hdrlen === length) !== (inverted && (i.flags & FLAG.LEN) !== 0);
      return optionsMatch(i, skb.data, at + 2, length - 2);
    },
  };
}

/** The options wanted, in order, from the first on. */
function optionsMatch(i: OptsInfo, d: Uint8Array, start: number, length: number): boolean {
  let at = start;
  let left = length;
  for (let n = 0; n < i.opts.length; n++) {
    if (left < 1 || d[at] !== i.opts[n] >> 8) return false;
    let size = 1;
    if (d[at] !== 0) {
      if (left < 2) return false;
      const wanted = i.opts[n] & 255;
      if (wanted !== 255 && d[at + 1] !== wanted) return false;
      size = d[at + 1] + 2;
    }
    at += size;
    left -= size;
    if (left < 0 || (left === 0 && n < i.opts.length - 1)) return false;
  }
  return true;
}
