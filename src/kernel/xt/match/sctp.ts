import { needProtocol } from '../check.ts';
import { defineExtension } from '../definition.ts';
import type { PrintContext } from '../definition.ts';
import { transport, u8, u16, within } from '../packet.ts';
import { parsePortRange } from '../ports.ts';
import type { Skb } from '../../net/skb.ts';
import { draftOf, fail, portName } from '../value.ts';

/** struct xt_sctp_info; flags XT_SCTP_SRC_PORTS 1, DEST_PORTS 2, CHUNK_TYPES 4. `chunks` stands for the bitmap of 256. */
type SctpInfo = {
  readonly spts: readonly [number, number];
  readonly dpts: readonly [number, number];
  readonly flags: number;
  readonly invflags: number;
  readonly chunks: readonly number[] | 'all';
  readonly how: How;
  readonly chunkFlags: readonly ChunkFlags[];
};
type How = 'any' | 'all' | 'only';
type ChunkFlags = { readonly type: number; readonly flag: number; readonly mask: number };
const FLAG = { SRC: 1, DST: 2, CHUNKS: 4 } as const;
const MAX_CHUNK_FLAGS = 4;

/** name, number, flags from bit 7 down, nft's word */
const CHUNKS: readonly (readonly [string, number, string, string])[] = [
  ['DATA', 0, '----IUBE', 'data'],
  ['INIT', 1, '--------', 'init'],
  ['INIT_ACK', 2, '--------', 'init-ack'],
  ['SACK', 3, '--------', 'sack'],
  ['HEARTBEAT', 4, '--------', 'heartbeat'],
  ['HEARTBEAT_ACK', 5, '--------', 'heartbeat-ack'],
  ['ABORT', 6, '-------T', 'abort'],
  ['SHUTDOWN', 7, '--------', 'shutdown'],
  ['SHUTDOWN_ACK', 8, '--------', 'shutdown-ack'],
  ['ERROR', 9, '--------', 'error'],
  ['COOKIE_ECHO', 10, '--------', 'cookie-echo'],
  ['COOKIE_ACK', 11, '--------', 'cookie-ack'],
  ['ECN_ECNE', 12, '--------', 'ecne'],
  ['ECN_CWR', 13, '--------', 'cwr'],
  ['SHUTDOWN_COMPLETE', 14, '-------T', 'shutdown-complete'],
  ['I_DATA', 64, '----IUBE', 'i-data'],
  ['RE_CONFIG', 130, '--------', 're-config'],
  ['PAD', 132, '--------', 'pad'],
  ['ASCONF', 193, '--------', 'asconf'],
  ['ASCONF_ACK', 128, '--------', 'asconf-ack'],
  ['FORWARD_TSN', 192, '--------', 'forward-tsn'],
  ['I_FORWARD_TSN', 194, '--------', 'i-forward-tsn'],
];

/** libxt_sctp.c: parse_sctp_chunk */
function parseChunks(text: string): { chunks: number[] | 'all'; chunkFlags: ChunkFlags[] } {
  const chunks = new Set<number>();
  const chunkFlags: { type: number; flag: number; mask: number }[] = [];
  if (text.toUpperCase() === 'ALL') return { chunks: 'all', chunkFlags };
  if (text.toUpperCase() === 'NONE') return { chunks: [], chunkFlags };
  for (const item of text.split(',').filter((w) => w !== '')) {
    const colon = item.indexOf(':');
    const name = colon < 0 ? item : item.slice(0, colon);
    const letters = colon < 0 ? '' : item.slice(colon + 1);
    // Flags are kept by the row of the table, which is the chunk's number for the first of them only.
    const index = CHUNKS.findIndex(([word]) => word === name.toUpperCase());
    if (index < 0) fail(`Unknown sctp chunk \`${name}'`);
    const row = CHUNKS[index];
    chunks.add(row[1]);
    if (letters === '') continue;
    let entry = chunkFlags.find((f) => f.type === index);
    if (!entry) {
      if (chunkFlags.length === MAX_CHUNK_FLAGS)
        fail(
          'Number of chunk types with flags exceeds currently allowed limit. Increasing this limit involves changing IPT_NUM_SCTP_FLAGS and recompiling both the kernel space and user space modules',
        );
      entry = { type: index, flag: 0, mask: 0 };
      chunkFlags.push(entry);
    }
    for (const letter of letters) {
      const at = row[2].indexOf(letter.toUpperCase());
      if (at < 0) fail(`Invalid flags for chunk type ${index}`);
      const bit = 1 << (7 - at);
      entry.mask |= bit;
      if (letter !== letter.toLowerCase()) entry.flag |= bit;
    }
  }
  return { chunks: [...chunks].sort((a, b) => a - b), chunkFlags };
}

function chunkText(i: SctpInfo, numeric: boolean): string {
  if (i.chunks === 'all') return ' ALL';
  if (i.chunks.length === 0) return ' NONE';
  return ` ${i.chunks
    .map((type) => {
      const row = CHUNKS.find(([, n]) => n === type);
      const name = numeric || !row ? `0x${type.toString(16).toUpperCase().padStart(4, '0')}` : row[0];
      const f = i.chunkFlags.find((entry) => entry.type === type);
      if (!f || !row) return name;
      const letters = [...row[2]]
        .map((letter, at) => {
          const bit = 1 << (7 - at);
          return f.mask & bit ? (f.flag & bit ? letter : letter.toLowerCase()) : '';
        })
        .join('');
      return `${name}:${letters}`;
    })
    .join(',')}`;
}

const has = (i: SctpInfo, type: number): boolean => i.chunks === 'all' || i.chunks.includes(type);
const span = (r: readonly [number, number], sep: string): string => (r[0] === r[1] ? String(r[0]) : `${r[0]}${sep}${r[1]}`);

function translateChunks(i: SctpInfo): string[] | null {
  if (i.how === 'any') return null;
  const inverted = (i.invflags & FLAG.CHUNKS) !== 0;
  const out: string[] = [];
  for (const [, type, , word] of CHUNKS) {
    const f = i.chunkFlags.find((entry) => entry.type === type);
    if (!has(i, type)) {
      if (i.how === 'only') out.push(`sctp chunk ${word} ${inverted ? 'exists' : 'missing'}`);
    } else if (f) out.push(`sctp chunk ${word} flags & 0x${f.mask.toString(16)} ${inverted ? '!=' : '=='} 0x${f.flag.toString(16)}`);
    else out.push(`sctp chunk ${word} ${inverted ? 'missing' : 'exists'}`);
  }
  return out;
}

export const match = defineExtension<SctpInfo>({
  kind: 'match',
  name: 'sctp',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [
    { name: 'source-port', id: 'source-port', type: 'raw', invert: true, multi: true },
    { name: 'sport', id: 'source-port', type: 'raw', invert: true, multi: true },
    { name: 'destination-port', id: 'destination-port', type: 'raw', invert: true, multi: true },
    { name: 'dport', id: 'destination-port', type: 'raw', invert: true, multi: true },
    { name: 'chunk-types', type: 'raw', invert: true, multi: true },
  ],
  help: () => `sctp match options
[!] --source-port port[:port]                          match source port(s)
 --sport ...
[!] --destination-port port[:port]                     match destination port(s)
 --dport ...
[!] --chunk-types (all|any|none) (chunktype[:flags])+	match if all, any or none of
						        chunktypes are present
chunktypes - DATA INIT INIT_ACK SACK HEARTBEAT HEARTBEAT_ACK ABORT SHUTDOWN SHUTDOWN_ACK ERROR COOKIE_ECHO COOKIE_ACK ECN_ECNE ECN_CWR SHUTDOWN_COMPLETE I_DATA RE_CONFIG PAD ASCONF ASCONF_ACK FORWARD_TSN I_FORWARD_TSN ALL NONE
`,
  init: () => ({ spts: [0, 0xffff], dpts: [0, 0xffff], flags: 0, invflags: 0, chunks: [], how: 'any', chunkFlags: [] }),
  parse(o, draft, context) {
    const info = draftOf<SctpInfo>(draft);
    const once = (flag: number): void => {
      if (info.flags & flag) fail(`Only one \`--${o.option.id ?? o.name}' allowed`);
      info.flags |= flag;
      if (o.inverted) info.invflags |= flag;
    };
    switch (o.option.id ?? o.name) {
      case 'source-port':
        once(FLAG.SRC);
        info.spts = parsePortRange(o.raw ?? '', 'sctp', context.names);
        break;
      case 'destination-port':
        once(FLAG.DST);
        info.dpts = parsePortRange(o.raw ?? '', 'sctp', context.names);
        break;
      default: {
        once(FLAG.CHUNKS);
        const second = o.take();
        if (second === undefined) fail('--chunk-types requires two args');
        const how = (o.raw ?? '').toLowerCase();
        if (how !== 'all' && how !== 'any' && how !== 'only') return fail('Match type has to be one of "ALL", "ANY" or "ONLY"');
        info.how = how;
        Object.assign(info, parseChunks(second));
      }
    }
  },
  finish: (draft) => draftOf<SctpInfo>({ ...draft }),
  save(i) {
    const say = (flag: number, text: string): string => (i.flags & flag ? `${i.invflags & flag ? ' !' : ''} ${text}` : '');
    return say(FLAG.SRC, `--sport ${span(i.spts, ':')}`) + say(FLAG.DST, `--dport ${span(i.dpts, ':')}`) + say(FLAG.CHUNKS, `--chunk-types ${i.how}${chunkText(i, false)}`);
  },
  print(i, c) {
    const not = (flag: number): string => (i.invflags & flag ? '!' : '');
    return (
      ` sctp${i.flags & FLAG.SRC ? ports('spt', i.spts, not(FLAG.SRC), c) : ''}${i.flags & FLAG.DST ? ports('dpt', i.dpts, not(FLAG.DST), c) : ''}` +
      (i.flags & FLAG.CHUNKS ? `${not(FLAG.CHUNKS) && ' !'} ${i.how}${chunkText(i, c.numeric)}` : '')
    );
  },
  translate(i) {
    if (i.flags === 0) return null;
    const parts: string[] = [];
    if (i.flags & FLAG.SRC) parts.push(`sctp sport${i.invflags & FLAG.SRC ? ' !=' : ''} ${span(i.spts, '-')}`);
    if (i.flags & FLAG.DST) parts.push(`sctp dport${i.invflags & FLAG.DST ? ' !=' : ''} ${span(i.dpts, '-')}`);
    if (i.flags & FLAG.CHUNKS) {
      const chunks = translateChunks(i);
      if (!chunks) return null;
      parts.push(...chunks);
    }
    return parts.join(' ');
  },
  check: (i, c) => needProtocol(c, 132) ?? (i.flags & ~7 || i.invflags & ~7 || i.invflags & ~i.flags ? 'EINVAL' : null),
  match(i, skb) {
    if (skb.fragOffset !== 0) return false;
    const sh = transport(skb, 12);
    if (sh < 0) return 'hotdrop';
    const holds = (flag: number, result: boolean): boolean => result !== ((i.invflags & flag) !== 0);
    if (i.flags & FLAG.SRC && !holds(FLAG.SRC, within(u16(skb, sh), i.spts))) return false;
    if (i.flags & FLAG.DST && !holds(FLAG.DST, within(u16(skb, sh + 2), i.dpts))) return false;
    if (!(i.flags & FLAG.CHUNKS)) return true;
    const result = matchChunks(i, skb, sh + 12);
    return result === 'hotdrop' ? result : holds(FLAG.CHUNKS, result);
  },
});

function ports(word: string, r: readonly [number, number], inverted: string, c: PrintContext & { readonly numeric: boolean }): string {
  if (r[0] === 0 && r[1] === 0xffff && inverted === '') return '';
  const name = (port: number): string => portName(port, 'sctp', c, c.numeric);
  return r[0] === r[1] ? ` ${word}:${inverted}${name(r[0])}` : ` ${word}s:${inverted}${name(r[0])}:${name(r[1])}`;
}

/** xt_sctp.c: match_packet */
function matchChunks(i: SctpInfo, skb: Skb, start: number): boolean | 'hotdrop' {
  const missing = new Set(i.chunks === 'all' ? Array.from({ length: 256 }, (_, n) => n) : i.chunks);
  let at = start;
  do {
    if (at + 4 > skb.data.length || u16(skb, at + 2) === 0) return 'hotdrop';
    const type = u8(skb, at);
    const flags = u8(skb, at + 1);
    at += (u16(skb, at + 2) + 3) & ~3;
    if (!has(i, type)) {
      if (i.how === 'only') return false;
      continue;
    }
    const f = i.chunkFlags.find((entry) => entry.type === type);
    const fits = !f || (flags & f.mask) === f.flag;
    if (i.how === 'any' && fits) return true;
    if (i.how === 'all' && fits) missing.delete(type);
    if (i.how === 'only' && !fits) return false;
  } while (at < skb.data.length);
  return i.how === 'all' ? missing.size === 0 : i.how === 'only';
}
