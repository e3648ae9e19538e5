import { type NameContext, parseSymbol, hasBase } from '../../commands/nft/datatype/index.ts';
import { protocol } from '../../commands/nft/proto.ts';
import { IPPROTO } from '../../kernel/net/wire/ip.ts';
import { IPV6_EXTHDR } from '../../commands/nft/keys/exthdr.ts';
import { type Header, PacketError, type PacketText, type Place, type Setting } from '../../parsers/packet/index.ts';
import type { Layer, LayerField, LayerKind } from './layer.ts';
import { kindNamed } from './words.ts';

/** Numbers of what may follow IP; of what nft's table lacks, tunnels and extension headers. */
const IP_NUMBERS = new Map<string, number>([
  ...(protocol('inet-service')?.upper ?? []).map(([n, name]) => [name, n] as const),
  ...IPV6_EXTHDR.map((h) => [h.name, h.type] as const),
  ['ip', IPPROTO.IPIP],
  ['ip6', IPPROTO.IPV6],
]);
const TRANSPARENT_ETHERNET = 0x6558;

/** The number by which `outer` names `inner` as what comes next. */
export function nextNumber(outer: LayerKind, inner: LayerKind): number | null {
  if (outer.key === undefined) return null;
  if (outer.base === 'link' || outer.name === 'gre') {
    if (inner.name === 'ether') return TRANSPARENT_ETHERNET;
    return protocol('ether')?.upper.find(([, name]) => name === inner.name)?.[0] ?? null;
  }
  return IP_NUMBERS.get(inner.name) ?? null;
}

/** What follows by the number that was written, where its header was not. */
function kindByNumber(outer: LayerKind, n: number): LayerKind | undefined {
  const name = outer.base === 'link' || outer.name === 'gre' ? protocol('ether')?.upper.find(([k]) => k === n)?.[1] : [...IP_NUMBERS].find(([, k]) => k === n)?.[0];
  return name === undefined ? undefined : kindNamed(name);
}

/** Turns written values into numbers. */
export class Reader {
  readonly #text: string;
  readonly #names: NameContext;

  constructor(text: string, names: NameContext) {
    this.#text = text;
    this.#names = names;
  }

  fail(message: string, place: Place): PacketError {
    return new PacketError(message, this.#text, place);
  }

  layer(header: Header): Layer {
    const kind = kindNamed(header.name) as LayerKind;
    const values = new Map<string, bigint>();
    for (const s of header.settings) {
      const flag = kind.flags?.[s.field];
      if (flag) {
        values.set(flag[0], (values.get(flag[0]) ?? 0n) | flag[1]);
        continue;
      }
      const name = kind.short?.[s.field] ?? s.field;
      if (values.has(name)) throw this.fail(`\`${name}' is there twice`, s.place);
      values.set(name, this.#value(kind.fields.find((f) => f.name === name) as LayerField, s));
    }
    const options = header.options.map((o) => {
      const name = kind.options?.alias?.[o.name] ?? o.name;
      const def = kind.options?.list.find((x) => x.name === name);
      if (!def) throw this.fail(`no such option: ${o.name}`, o.place);
      return { def, values: new Map(o.settings.map((s) => [s.field, this.#value(def.fields.find((f) => f.name === s.field) as LayerField, s)])) };
    });
    return { kind, values, options, header, place: header.place };
  }

  #value(field: LayerField, s: Setting): bigint {
    if (s.values.length > 1 && !hasBase(field.dtype, 'bitmask')) throw this.fail(`\`${field.name}' takes one value`, s.values[1].place);
    return s.values.reduce((acc, w) => acc | this.#word(field, w.value, w.place), 0n);
  }

  #word(field: LayerField, word: string, place: Place): bigint {
    if (field.dtype === 'ifname') {
      const index = this.#names.ifindex(word);
      if (index === undefined) throw this.fail(`no such device: ${word}`, place);
      return BigInt(index);
    }
    // inet_aton would read 10.1 as 10.0.0.1; here it is more likely unfinished.
    if (field.dtype === 'ipv4_addr' && /^[0-9.]+$/.test(word) && word.split('.').length !== 4) throw this.fail('an IPv4 address has four parts', place);
    // nft knows addresses in ICMP redirects and IGMP as plain numbers; people write them as addresses.
    const address = field.dtype === 'integer' && field.len === 32 && /^\d+(\.\d+){3}$/.test(word);
    const parsed = parseSymbol(address ? 'ipv4_addr' : field.dtype, word, this.#names);
    if (parsed.kind === 'error') throw this.fail(parsed.message, place);
    if (parsed.kind !== 'value') throw this.fail('this name has several addresses', place);
    const { value } = parsed.constant;
    if (value < 0n || value >= 1n << BigInt(field.len)) throw this.fail(`\`${field.name}' has ${field.len} bits: 0 to ${(1n << BigInt(field.len)) - 1n}`, place);
    return value;
  }

  /** Bytes of the payload. */
  payload(p: PacketText): Uint8Array {
    const out: number[] = [];
    for (const c of p.payload) {
      // \xNN is one byte; what lies beyond Latin-1 goes as UTF-8.
      if (c.kind === 'text') for (const x of c.text) out.push(...(x.length === 1 && x.charCodeAt(0) < 256 ? [x.charCodeAt(0)] : new TextEncoder().encode(x)));
      else if (c.kind === 'hex') {
        const digits = c.text.slice(2);
        if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) throw this.fail('hexadecimal digits in pairs are wanted', c.place);
        for (let i = 0; i < digits.length; i += 2) out.push(Number.parseInt(digits.slice(i, i + 2), 16));
      } else {
        if (!/^\d{1,5}$/.test(c.text) || Number(c.text) > 65535) throw this.fail('a number of bytes up to 65535 is wanted', c.place);
        for (let i = 0; i < Number(c.text); i++) out.push(i & 255);
      }
    }
    return Uint8Array.from(out);
  }
}

const implied = (name: string, values: Record<string, bigint> = {}): Layer => ({
  kind: kindNamed(name) as LayerKind,
  values: new Map(Object.entries(values)),
  options: [],
  header: null,
  place: { start: 0, end: 0 },
});

const IPV6_ONLY = new Set(['icmpv6', 'hbh', 'rt', 'frag', 'dst', 'mh']);
const needsIp = (l: Layer | undefined): boolean => l !== undefined && (l.kind.base === 'transport' || l.kind.base === 'extension' || l.kind.name === 'gre');

/** Adds the headers that go without saying: an IP header below TCP, the protocol that `protocol tcp` names, an echo request in a bare IP packet. */
export function complete(layers: readonly Layer[], payload: boolean, read: Reader): Layer[] {
  const out: Layer[] = [];
  for (const [i, l] of layers.entries()) {
    const before = out.at(-1);
    if (l.kind.name === 'vlan' && before?.kind.base !== 'link') out.push(implied('ether'));
    const bare = !before || before.kind.base === 'link';
    if (bare && needsIp(l)) out.push(implied(layers.slice(i).some((x) => IPV6_ONLY.has(x.kind.name)) ? 'ip6' : 'ip'));
    if ((l.kind.name === 'vxlan' || l.kind.name === 'geneve') && before?.kind.name !== 'udp') {
      if (bare) out.push(implied('ip'));
      out.push(implied('udp'));
    }
    if (before && (before.kind.name === 'vxlan' || before.kind.name === 'geneve') && l.kind.name !== 'ether') out.push(implied('ether'));
    if (l.kind.base === 'link' && before && before.kind.base !== 'link' && before.kind.base !== 'tunnel')
      throw read.fail(`${l.kind.name} cannot follow ${before.kind.name}`, l.place);
    out.push(l);
  }
  const last = out.at(-1);
  if (!last) out.push(implied('ip'));
  if (!payload) follow(out);
  return out;
}

function follow(out: Layer[]): void {
  for (let last = out.at(-1); last?.kind.key !== undefined; last = out.at(-1)) {
    const written = last.values.get(last.kind.key);
    if (written !== undefined) {
      const kind = kindByNumber(last.kind, Number(written));
      if (!kind) return;
      out.push(implied(kind.name));
      continue;
    }
    if (last.kind.base === 'link') out.push(implied('ip'));
    else if (last.kind.name === 'ip' || last.kind.name === 'ip6') out.push(implied(last.kind.name === 'ip' ? 'icmp' : 'icmpv6'));
    else return;
  }
}
