import type { Errno } from '../errno.ts';
import { etherAton, macText } from './address.ts';
import type { CheckContext, ParsedOption, TranslateContext } from './definition.ts';
import { XtError } from './error.ts';
import { scanByteRange } from './icmp-type.ts';
import type { IcmpName } from './icmp-type.ts';

/** What the ebtables extensions share (extensions/libebt_*.c, net/bridge/netfilter/ebt_*.c). */
export interface Ranged {
  readonly from: number;
  readonly to: number;
  readonly inverted: boolean;
}
export interface Address {
  readonly value: Uint8Array;
  readonly mask: Uint8Array;
  readonly inverted: boolean;
}
export interface Flag {
  readonly value: number;
  readonly inverted: boolean;
}

export const not = (x: { readonly inverted: boolean }): string => (x.inverted ? ' !' : '');
export const ne = (x: { readonly inverted: boolean }): string => (x.inverted ? '!= ' : '');
export const rangeOption = (name: string, r: Ranged | null): string => (r ? `${not(r)} --${name} ${r.from}${r.from === r.to ? '' : `:${r.to}`}` : '');

export const hostOf = (o: ParsedOption): Address => {
  const v = o.value as { address: Uint8Array; mask: Uint8Array };
  return { value: v.address.map((b, i) => b & v.mask[i]), mask: v.mask, inverted: o.inverted };
};
export const portsOf = (o: ParsedOption): Ranged => {
  const [from, to] = o.value as [number, number];
  return { from, to, inverted: o.inverted };
};
export const rangedOf = (o: ParsedOption): Ranged => {
  const v = o.value as number[];
  return { from: v[0], to: v[v.length - 1], inverted: o.inverted };
};

/** Protocols with ports, for ebtables and for nft. */
export const PORTED: readonly number[] = [6, 17, 33, 132, 136];

/** libebt_ip.c: brip_xlate_th: ports by the protocol's name, else by where they are. */
export function portWords(i: { readonly proto: Flag | null; readonly sport: Ranged | null; readonly dport: Ranged | null }, c: TranslateContext): string[] {
  const known = i.proto && !i.proto.inverted && PORTED.includes(i.proto.value);
  const name = known ? c.names.protocolName(i.proto.value) : undefined;
  const word = (key: string, at: number, r: Ranged | null): string[] =>
    r ? [`${name ? `${name} ${key}` : `@th,${at},16`} ${ne(r)}${r.from}${r.from === r.to ? '' : `-${r.to}`}`] : [];
  return [...word('sport', 0, i.sport), ...word('dport', 16, i.dport)];
}

/** Frames of one ethertype only, not inverted. */
export const onlyProto = (c: CheckContext, ...protos: number[]): Errno | null => (protos.includes(c.proto) && !c.protoInverted ? null : 'EINVAL');

/** Verdicts of ebtables targets in the order of ebt_standard targets. */
export const VERDICTS = ['ACCEPT', 'DROP', 'CONTINUE', 'RETURN'] as const;
export function verdictOf(text: string, option: string): string {
  if (!(VERDICTS as readonly string[]).includes(text)) throw new XtError('PARAMETER_PROBLEM', `Illegal --${option} target`);
  return text;
}
export const verdictWord = (v: string): string => v.toLowerCase();

const WORDS: readonly (readonly [string, Uint8Array, Uint8Array])[] = [
  ['Unicast', new Uint8Array(6), Uint8Array.of(1, 0, 0, 0, 0, 0)],
  ['Multicast', Uint8Array.of(1, 0, 0, 0, 0, 0), Uint8Array.of(1, 0, 0, 0, 0, 0)],
  ['Broadcast', new Uint8Array(6).fill(255), new Uint8Array(6).fill(255)],
  ['BGA', Uint8Array.of(1, 0x80, 0xc2, 0, 0, 0), new Uint8Array(6).fill(255)],
];
/** xtables_parse_mac_and_mask: a word, or address[/mask]; the address is cut by the mask. null: neither. */
export function macAndMask(text: string): { value: Uint8Array; mask: Uint8Array } | null {
  const lower = text.toLowerCase();
  const word = WORDS.find(([name]) => name.toLowerCase() === lower);
  if (word) return { value: word[1], mask: word[2] };
  const slash = text.lastIndexOf('/');
  const value = etherAton(slash < 0 ? text : text.slice(0, slash));
  const mask = slash < 0 ? new Uint8Array(6).fill(255) : etherAton(text.slice(slash + 1));
  return value && mask && { value: value.map((b, i) => b & mask[i]), mask };
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.every((x, i) => x === b[i]);

/** xtables_print_well_known_mac_and_mask, else the numbers. */
export function macWords(m: { readonly value: Uint8Array; readonly mask: Uint8Array }): string {
  for (const [name, value, mask] of WORDS) if (equal(value, m.value) && equal(mask, m.mask)) return name;
  return macText(m.value) + (m.mask.every((b) => b === 255) ? '' : `/${macText(m.mask)}`);
}

/** ether_ntoa(3): no leading zeros. */
export const macShort = (mac: Uint8Array): string => Array.from(mac, (b) => b.toString(16)).join(':');

export interface TypeName {
  readonly name: string;
  readonly type: number;
  readonly code: readonly [number, number];
}

export const typeNames = (rows: readonly IcmpName[]): readonly TypeName[] => rows.map(([name, type, from, to]) => ({ name, type, code: [from, to] }));

/** The kernel's check: a range that runs backwards. */
export const backward = (t: { readonly type: readonly [number, number]; readonly code: readonly [number, number] }): boolean => t.type[0] > t.type[1] || t.code[0] > t.code[1];

/** Ends a text after which the real printer leaves out the blank. */
export const GLUE = '\0';

/** ebtables' icmp-parse.c: name, type[:type][/code[:code]]; IGMP has no codes, what `/` begins is left unread. */
export function parseTypes(text: string, names: readonly TypeName[], word: string, typeOnly = false): { type: readonly [number, number]; code: readonly [number, number] } {
  const lower = text.toLowerCase();
  const exact = names.filter((n) => n.name.toLowerCase() === lower);
  const hits = exact.length ? exact : names.filter((n) => n.name.toLowerCase().startsWith(lower));
  if (hits.length > 1 && !exact.length) throw new XtError('PARAMETER_PROBLEM', `Ambiguous ${word} type \`${text}': \`${hits[0].name}' or \`${hits[1].name}'?`);
  if (hits.length) return { type: [hits[0].type, hits[0].type], code: hits[0].code };
  const type = scanByteRange(text);
  if (!type) throw new XtError('PARAMETER_PROBLEM', `Unknown ${word} type \`${text}'`);
  const code = type.rest[0] === '/' && !typeOnly ? scanByteRange(type.rest.slice(1)) : { range: [0, 255] as const, rest: type.rest };
  if (!code) throw new XtError('PARAMETER_PROBLEM', `Unknown ${word} code \`${text}'`);
  if (code.rest !== '' && !(typeOnly && code.rest[0] === '/')) throw new XtError('PARAMETER_PROBLEM', `unknown character ${code.rest[0]}`);
  return { type: type.range, code: code.range };
}

/** ebt_print_icmp_type */
export function typesText(t: { readonly type: readonly [number, number]; readonly code: readonly [number, number] }, names: readonly TypeName[]): string {
  const code = t.code[0] === t.code[1] ? String(t.code[0]) : `${t.code[0]}:${t.code[1]}`;
  if (t.type[0] !== t.type[1]) return `${t.type[0]}:${t.type[1]}/${code}`;
  const hit = names.find((n) => n.type === t.type[0] && n.code[0] === t.code[0] && n.code[1] === t.code[1]);
  if (hit) return hit.name;
  return `${t.type[0]}/${code}`;
}
