import { icmpName } from './icmp.ts';
import type { Adt, Entry, Value } from '../../kernel/ipset/entry.ts';
import type { SetType } from '../../kernel/ipset/definition.ts';
import type { IpSets } from '../../kernel/ipset/ipsets.ts';
import type { IpSet } from '../../kernel/ipset/set.ts';
import { BitmapSet } from '../../kernel/ipset/bitmap.ts';
import { ntop } from '../../kernel/xt/address.ts';
import type { Names } from '../../kernel/xt/definition.ts';

export type Mode = 'plain' | 'save' | 'xml' | 'json';
export interface Printing {
  readonly sets: IpSets;
  readonly names: Names;
  readonly mode: Mode;
  readonly sorted: boolean;
  readonly terse: boolean;
  readonly namesOnly: boolean;
  readonly resolve: boolean;
}

const hex = (n: number): string => `0x${(n >>> 0).toString(16)}`;
const hex8 = (n: number): string => `0x${(n >>> 0).toString(16).padStart(8, '0')}`;
const macWords = (mac: Uint8Array): string => Array.from(mac, (b) => b.toString(16).toUpperCase().padStart(2, '0')).join(':');
/** In JSON each address brings its own quotes, wherever it stands: so the real tool's elements are no JSON strings. */
const quoted = (text: string, mode: Mode): string => (mode === 'json' ? `"${text}"` : text);

function portWords(proto: number, port: number, type: SetType, names: Names): string {
  if (type.method === 'bitmap') return String(port);
  const name = names.protocolName(proto) ?? String(proto);
  return `${name}:${proto === 1 ? icmpName(port, false) : proto === 58 ? icmpName(port, true) : port}`;
}

function valueWords(v: Value, type: SetType, p: Pick<Printing, 'sets' | 'names' | 'mode'>): string | null {
  switch (v.kind) {
    case 'ip':
      return quoted(ntop(v.address), p.mode);
    case 'net':
      return quoted(v.cidr === v.address.length * 8 ? ntop(v.address) : `${ntop(v.address)}/${v.cidr}`, p.mode);
    case 'mac':
      return v.mac && macWords(v.mac);
    case 'mark':
      return hex8(v.mark);
    case 'port':
      return portWords(v.proto, v.port, type, p.names);
    case 'iface':
      return `${v.physdev ? 'physdev:' : ''}${v.name}`;
    case 'set':
      return p.sets.nameOf(v.index) ?? '';
  }
}

/** An element that was typed, as the answer of `test` repeats it. */
export function adtWords(adt: Adt, type: SetType, p: Pick<Printing, 'sets' | 'names'>): string {
  if (type.method === 'list') return `${adt.name}${adt.before ? ` after ${adt.nameref}` : ''}`;
  const address = (ip?: Uint8Array, to?: Uint8Array, cidr?: number): string =>
    ip ? `${ntop(ip)}${to ? `-${ntop(to)}` : cidr === undefined || cidr === ip.length * 8 ? '' : `/${cidr}`}` : '';
  const words = type.parts.map((part, at) => {
    switch (part) {
      case 'ip':
      case 'net':
        return at === 0 ? address(adt.ip, adt.ipTo, adt.cidr) : address(adt.ip2, undefined, adt.cidr2);
      case 'port':
        return portWords(adt.proto ?? 6, adt.port ?? 0, type, p.names);
      case 'mac':
        return adt.mac ? macWords(adt.mac) : null;
      case 'mark':
        return hex8(adt.mark ?? 0);
      case 'iface':
        return adt.iface ?? '';
    }
  });
  return words.filter((w) => w !== null).join(',');
}

/** A field of header or member: `value` true is a bare word. `text`: a string in JSON. */
interface Field {
  readonly name: string;
  readonly value: string | number | bigint | true;
  readonly text?: true;
}

function headerFields(set: IpSet): Field[] {
  const c = set.create;
  const out: Field[] = [];
  const put = (name: string, value: Field['value'] | undefined, text?: true): void => {
    if (value !== undefined) out.push({ name, value, text });
  };
  const maskFields = (): void => {
    if (c.netmask !== undefined) put('netmask', c.netmask);
    else if (c.bitmask) put('bitmask', ntop(c.bitmask), true);
  };
  if (set instanceof BitmapSet) {
    const ports = set.type.parts[0] === 'port';
    const end = (n: number): string => (ports ? String(n) : ntop(Uint8Array.of(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255)));
    put('range', `${end(set.range.first)}-${end(set.range.last)}`, ports ? undefined : true);
    maskFields();
  } else if (set.type.method === 'list') put('size', c.size);
  else {
    if (set.family !== 'unspec') put('family', set.family, true);
    if (set.type.parts.includes('mark')) put('markmask', hex8(c.markmask ?? 0xffffffff), true);
    put('hashsize', c.hashsize);
    put('maxelem', c.maxelem);
    if (set.type.netmask === 'header') maskFields();
  }
  put('timeout', c.timeout);
  for (const f of ['counters', 'comment', 'skbinfo'] as const) if (c[f]) put(f, true);
  if (set.type.method === 'hash') {
    put('bucketsize', c.bucketsize);
    put('initval', hex8(c.initval ?? 0), true);
    if (set.type.netmask === 'end') maskFields();
  }
  return out;
}

/** Seconds left: as the kernel counts them down, and 1 rather than 0, which would mean for good. */
const secondsLeft = (e: Entry, set: IpSet): number => (e.expires === null ? 0 : Math.max(1, Math.floor((e.expires - set.now - 1) / 1000)));

function memberFields(e: Entry, set: IpSet): Field[] {
  const c = set.create;
  const out: Field[] = [];
  if (c.timeout !== undefined) out.push({ name: 'timeout', value: secondsLeft(e, set) });
  if (e.nomatch) out.push({ name: 'nomatch', value: true });
  if (e.values.some((v) => v.kind === 'iface' && v.wildcard)) out.push({ name: 'wildcard', value: true });
  if (c.counters) out.push({ name: 'packets', value: e.packets }, { name: 'bytes', value: e.bytes });
  if (c.comment && e.comment) out.push({ name: 'comment', value: `"${e.comment}"` });
  const s = c.skbinfo ? e.skbinfo : null;
  if (s && (s.mark || s.markmask)) out.push({ name: 'skbmark', value: s.markmask === 0xffffffff ? hex(s.mark) : `${hex(s.mark)}/${hex(s.markmask)}` });
  if (s?.prio) out.push({ name: 'skbprio', value: `${(s.prio >>> 16).toString(16)}:${(s.prio & 0xffff).toString(16)}` });
  if (s?.queue) out.push({ name: 'skbqueue', value: s.queue });
  return out;
}

const elementWords = (e: Entry, set: IpSet, p: Printing): string =>
  e.values
    .map((v) => valueWords(v, set.type, p))
    .filter((w) => w !== null)
    .join(',');

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** One piece: the shorter first; as hexadecimal numbers where both begin like one; else as text. */
function byPiece(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return Number.parseInt(a, 16) - Number.parseInt(b, 16) || byText(a, b);
}

const V4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?(.*)$/s;

/** -sorted: piece by piece; IPv4 addresses by number, of networks at one address the smaller first. */
function bySortKey(a: string, b: string): number {
  const x = a.split(/[,:]/);
  const y = b.split(/[,:]/);
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const [m, n] = [V4.exec(x[i]), V4.exec(y[i])];
    if (!m || !n) {
      const d = byPiece(x[i], y[i]);
      if (d) return d;
      continue;
    }
    for (let k = 1; k <= 4; k++) if (m[k] !== n[k]) return Number(m[k]) - Number(n[k]);
    const d = Number(n[5] ?? 32) - Number(m[5] ?? 32) || byPiece(m[6], n[6]);
    if (d) return d;
  }
  return x.length - y.length;
}

function members(set: IpSet, p: Printing): { readonly elem: string; readonly fields: readonly Field[] }[] {
  const out = set.entries().map((e) => ({ elem: elementWords(e, set, p), fields: memberFields(e, set) }));
  const key = (m: (typeof out)[number]): string => m.elem + plain(m.fields);
  return p.sorted && p.mode !== 'json' && set.type.method === 'hash' ? out.sort((a, b) => bySortKey(key(a), key(b))) : out;
}

const plain = (fields: readonly Field[]): string => fields.map((f) => (f.value === true ? ` ${f.name}` : ` ${f.name} ${f.value}`)).join('');
const xml = (fields: readonly Field[]): string => fields.map((f) => (f.value === true ? `<${f.name}/>` : `<${f.name}>${f.value}</${f.name}>`)).join('');
const jsonValue = (f: Field): string => (f.value === true ? 'true' : f.text ? `"${f.value}"` : String(f.value));

function printPlain(set: IpSet, p: Printing): string {
  const entries = set.entries().length;
  const head = `Name: ${set.name}\nType: ${set.type.name}\nRevision: ${set.type.revision}\nHeader:${plain(headerFields(set))}\nSize in memory: ${set.memsize()}\nReferences: ${p.sets.references(set)}\nNumber of entries: ${entries}\n`;
  return p.terse
    ? head
    : `${head}Members:\n${members(set, p)
        .map((m) => `${m.elem}${plain(m.fields)}\n`)
        .join('')}`;
}

const printSave = (set: IpSet, p: Printing): string =>
  `create ${set.name} ${set.type.name}${plain(headerFields(set))}\n${members(set, p)
    .map((m) => `add ${set.name} ${m.elem}${plain(m.fields)}\n`)
    .join('')}`;

function printXml(set: IpSet, p: Printing): string {
  const entries = set.entries().length;
  const head = `<ipset name="${set.name}">\n<type>${set.type.name}</type>\n<revision>${set.type.revision}</revision>\n<header>${xml(headerFields(set))}\n<memsize>${set.memsize()}</memsize>\n<references>${p.sets.references(set)}</references>\n<numentries>${entries}</numentries>\n</header>\n`;
  return `${head}${
    p.terse
      ? ''
      : `<members>\n${members(set, p)
          .map((m) => `<member><elem>${m.elem}</elem>${xml(m.fields)}</member>\n`)
          .join('')}</members>\n`
  }</ipset>\n`;
}

function printJson(set: IpSet, p: Printing): string {
  const entries = set.entries().length;
  const header = [...headerFields(set), { name: 'memsize', value: set.memsize() }, { name: 'references', value: p.sets.references(set) }, { name: 'numentries', value: entries }];
  const head = `  {\n    "name" : "${set.name}",\n    "type" : "${set.type.name}",\n    "revision" : ${set.type.revision},\n    "header" : {\n${header.map((f) => `      "${f.name}" : ${jsonValue(f)}`).join(',\n')}\n    },\n`;
  if (p.terse) return `${head}    }`;
  const list = members(set, p).map(
    (m, i) => `${i ? ',' : ''}\n      {\n${[`        "elem" : "${m.elem}"`, ...m.fields.map((f) => `        "${f.name}" : ${jsonValue(f)}`)].join(',\n')}\n      }`,
  );
  // Sorting moves the pieces with their commas: the first of all has none and goes to the end.
  if (p.sorted && set.type.method === 'hash' && list.length > 1) list.push(...list.splice(0, list.length).sort((a, b) => byText(b[0], a[0]) || byText(a, b)));
  return `${head}    "members" : [${list.join('')}\n    ]\n  }`;
}

function printNames(sets: readonly IpSet[], mode: Mode): string {
  if (mode === 'xml') return `<ipsets>\n${sets.map((s) => `<ipset name="${s.name}"/>\n`).join('')}</ipsets>\n`;
  if (mode === 'json') return `[\n${sets.map((s) => `  { "name" : "${s.name}" }`).join(',\n')}${sets.length ? '\n' : ''}]\n`;
  return sets.map((s) => `${s.name}\n`).join('');
}

/** `list` and `save` of some sets. */
export function printSets(sets: readonly IpSet[], p: Printing): string {
  if (p.namesOnly && p.mode !== 'save') return printNames(sets, p.mode);
  switch (p.mode) {
    case 'plain':
      return sets.map((s) => printPlain(s, p)).join('\n');
    case 'save':
      return sets.map((s) => printSave(s, p)).join('');
    case 'xml':
      return `<ipsets>\n${sets.map((s) => printXml(s, p)).join('')}</ipsets>\n`;
    case 'json':
      return `[\n${sets.map((s) => printJson(s, p)).join(',\n')}\n]\n`;
  }
}
