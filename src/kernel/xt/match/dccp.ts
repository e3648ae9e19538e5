import { needProtocol } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { transport, u8, u16, within } from '../packet.ts';
import { draftOf, fail, numberOf, portName, rangeOf } from '../value.ts';

/** struct xt_dccp_info; flags XT_DCCP_SRC_PORTS 1, DEST_PORTS 2, TYPE 4, OPTION 8 */
type DccpInfo = {
  readonly spts: readonly [number, number];
  readonly dpts: readonly [number, number];
  readonly flags: number;
  readonly invflags: number;
  readonly typemask: number;
  readonly option: number;
};

const FLAG = { SRC: 1, DST: 2, TYPE: 4, OPTION: 8 } as const;
const TYPES = ['REQUEST', 'RESPONSE', 'DATA', 'ACK', 'DATAACK', 'CLOSEREQ', 'CLOSE', 'RESET', 'SYNC', 'SYNCACK', 'INVALID'] as const;

/** INVALID stands for the six types without a name. */
const bitsOf = (n: number): number => (n === 10 ? 0xfc00 : 1 << n);

function parseTypes(text: string): number {
  let mask = 0;
  for (const word of text.split(',').filter((w) => w !== '')) {
    const n = (TYPES as readonly string[]).indexOf(word.toUpperCase());
    if (n < 0) fail(`Unknown DCCP type \`${word}'`);
    mask |= bitsOf(n);
  }
  return mask;
}
const typeList = (mask: number): string[] => TYPES.filter((_, n) => mask & bitsOf(n));
const span = (r: readonly [number, number], sep: string): string => (r[0] === r[1] ? String(r[0]) : `${r[0]}${sep}${r[1]}`);

export const match = defineExtension<DccpInfo>({
  kind: 'match',
  name: 'dccp',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [
    { name: 'source-port', id: 'source-port', type: 'portrc', invert: true },
    { name: 'sport', id: 'source-port', type: 'portrc', invert: true },
    { name: 'destination-port', id: 'destination-port', type: 'portrc', invert: true },
    { name: 'dport', id: 'destination-port', type: 'portrc', invert: true },
    { name: 'dccp-types', type: 'string', invert: true },
    { name: 'dccp-option', type: 'uint8', min: 1, max: 255, invert: true },
  ],
  help: () => `dccp match options
[!] --source-port port[:port]                          match source port(s)
 --sport ...
[!] --destination-port port[:port]                     match destination port(s)
 --dport ...
[!] --dccp-types type[,...]                            match when packet is one of the given types
[!] --dccp-option option                               match if option (by number!) is set
`,
  init: () => ({ spts: [0, 0], dpts: [0, 0], flags: 0, invflags: 0, typemask: 0, option: 0 }),
  parse(o, draft) {
    const info = draftOf<DccpInfo>(draft);
    let flag: number;
    switch (o.option.id ?? o.name) {
      case 'source-port':
        flag = FLAG.SRC;
        info.spts = rangeOf(o);
        break;
      case 'destination-port':
        flag = FLAG.DST;
        info.dpts = rangeOf(o);
        break;
      case 'dccp-types':
        flag = FLAG.TYPE;
        info.typemask = parseTypes(o.raw ?? '');
        break;
      default:
        flag = FLAG.OPTION;
        info.option = numberOf(o);
    }
    info.flags |= flag;
    if (o.inverted) info.invflags |= flag;
  },
  finish: (draft) => draftOf<DccpInfo>({ ...draft }),
  save(i) {
    const say = (flag: number, text: string): string => (i.flags & flag ? `${i.invflags & flag ? ' !' : ''} ${text}` : '');
    return (
      say(FLAG.SRC, `--sport ${span(i.spts, ':')}`) +
      say(FLAG.DST, `--dport ${span(i.dpts, ':')}`) +
      say(FLAG.TYPE, `--dccp-types ${typeList(i.typemask).join(',')}`) +
      say(FLAG.OPTION, `--dccp-option ${i.option}`)
    );
  },
  print(i, c) {
    const not = (flag: number): string => (i.invflags & flag ? '!' : '');
    const name = (port: number): string => portName(port, 'dccp', c, c.numeric);
    const ports = (word: string, r: readonly [number, number], flag: number): string => {
      if (!(i.flags & flag) || (r[0] === 0 && r[1] === 0xffff && !not(flag))) return '';
      return r[0] === r[1] ? ` ${word}:${not(flag)}${name(r[0])}` : ` ${word}s:${not(flag)}${name(r[0])}:${name(r[1])}`;
    };
    const types = c.numeric
      ? ` ${Array.from({ length: 16 }, (_, n) => n)
          .filter((n) => i.typemask & (1 << n))
          .join(',')}`
      : ` ${typeList(i.typemask).join(',')}`;
    return (
      ` dccp${ports('spt', i.spts, FLAG.SRC)}${ports('dpt', i.dpts, FLAG.DST)}` +
      (i.flags & FLAG.TYPE ? `${not(FLAG.TYPE) && ' !'}${types}` : '') +
      (i.flags & FLAG.OPTION ? ` option=${not(FLAG.OPTION)}${i.option}` : '')
    );
  },
  translate(i) {
    if (i.flags & FLAG.OPTION) return null;
    const not = (flag: number): string => (i.invflags & flag ? ' !=' : '');
    const parts: string[] = [];
    if (i.flags & FLAG.SRC) parts.push(`dccp sport${not(FLAG.SRC)} ${span(i.spts, '-')}`);
    if (i.flags & FLAG.DST) parts.push(`dccp dport${not(FLAG.DST)} ${span(i.dpts, '-')}`);
    if (i.flags & FLAG.TYPE && i.typemask) {
      const types = typeList(i.typemask).map((t) => (t === 'INVALID' ? '10-15' : t.toLowerCase()));
      parts.push(`dccp type${not(FLAG.TYPE)} ${types.length > 1 ? `{ ${types.join(', ')} }` : types[0]}`);
    }
    return parts.join(' ');
  },
  check: (i, c) => needProtocol(c, 33) ?? (i.flags & ~15 || i.invflags & ~15 || i.invflags & ~i.flags ? 'EINVAL' : null),
  match(i, skb) {
    if (skb.fragOffset !== 0) return false;
    const at = transport(skb, 12);
    if (at < 0) return 'hotdrop';
    const holds = (flag: number, result: () => boolean): boolean => !(i.flags & flag) || result() !== ((i.invflags & flag) !== 0);
    const type = (u8(skb, at + 8) >> 1) & 15;
    if (!holds(FLAG.SRC, () => within(u16(skb, at), i.spts)) || !holds(FLAG.DST, () => within(u16(skb, at + 2), i.dpts))) return false;
    if (!holds(FLAG.TYPE, () => (i.typemask & (1 << type)) !== 0)) return false;
    if (!(i.flags & FLAG.OPTION)) return true;
    const found = findOption(skb.data, at, type, i.option);
    return found === null ? 'hotdrop' : found !== ((i.invflags & FLAG.OPTION) !== 0);
  },
});

/** xt_dccp.c: dccp_find_option; null: the header lies about its length. */
function findOption(d: Uint8Array, at: number, type: number, option: number): boolean | null {
  const extended = d[at + 8] & 1;
  const optoff = (extended ? 16 : 12) + ([0, 1].includes(type) ? 4 : type === 2 ? 0 : type === 7 ? 12 : 8);
  const end = d[at + 4] * 4;
  if (end < 12 || end < optoff || at + end > d.length) return null;
  for (let n = at + optoff; n < at + end; ) {
    if (d[n] === option) return true;
    n += d[n] < 2 ? 1 : d[n + 1] || 1;
  }
  return false;
}
