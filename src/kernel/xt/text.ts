import type { Names, ParseContext } from './definition.ts';
import { XtError } from './error.ts';
import { hex, scanUint, wholeUint } from './number.ts';

/** What many extensions read or print alike (libxtables/xtables.c, extensions/tos_values.c, dscp_helper.c). */

export const paramProblem = (message: string): XtError => new XtError('PARAMETER_PROBLEM', message);

/** xtables_save_string: with its leading space; quoted unless made of letters, digits, `_` and `-` only. */
export const saveString = (s: string): string => (/^[-_0-9A-Za-z]+$/.test(s) ? ` ${s}` : ` "${s.replace(/["\\']/g, '\\$&')}"`);

/** getaddrinfo(3) of a service for xtables_getportbyname: numbers wrap at 65536; null: does not resolve. */
export function portByName(text: string, proto: string | null, names: Names): number | null {
  if (text === '') return 0;
  if (/^\s*[-+]?[0-9]+$/.test(text)) {
    // strtoul(3) into an int, where what is negative was no number.
    const n = BigInt(text.trim().replace('+', ''));
    const int = n >= 1n << 64n || n <= -(1n << 64n) ? -1n : BigInt.asIntN(32, n);
    if (int >= 0n) return Number(BigInt.asUintN(16, int));
  }
  return names.service(text, proto) ?? null;
}

/** xtables_parse_port. */
export function parsePort(text: string, proto: string | null, names: Names): number {
  const n = wholeUint(text, 0, 65535);
  if (n !== null) return n;
  const s = names.service(text, proto);
  if (s === undefined) throw paramProblem(`invalid port/service \`${text}' specified`);
  return s;
}

const utf8 = new TextEncoder();

/** xtables_parse_interface: a trailing `+` is a wildcard. */
export function parseInterface(name: string, warn?: (text: string) => void): string {
  if (name.length > 4 && utf8.encode(name).length + 1 > 16) throw paramProblem(`interface name \`${name}' must be shorter than 16 characters`);
  if (/[/ ]/.test(name.replace(/\+$/, ''))) warn?.(`Warning: weird character in interface \`${name}' ('/' and ' ' are not allowed by the kernel).\n`);
  return name;
}

/** xtables_parse_protocol. */
export function parseProtocol(text: string, names: Names): number {
  const n = wholeUint(text, 0, 255) ?? PROTOCOLS.get(text) ?? names.protocol(text);
  if (n === undefined) throw paramProblem(`unknown protocol "${text}" specified`);
  return n;
}

/** xtables_chain_protos: names known without /etc/protocols. */
export const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['tcp', 6],
  ['sctp', 132],
  ['udp', 17],
  ['udplite', 136],
  ['dccp', 33],
  ['ipcomp', 108],
  ['icmp', 1],
  ['ipv6-icmp', 58],
  ['icmpv6', 58],
  ['esp', 50],
  ['ah', 51],
  ['mobility-header', 135],
  ['ipv6-mh', 135],
  ['mh', 135],
  ['all', 0],
]);

/** proto_to_name: /etc/protocols unless numeric, else the built-in names. undefined: number only. */
export function protocolName(proto: number, names: Names, numeric = false): string | undefined {
  if (proto === 0) return undefined;
  const known = numeric ? undefined : names.protocolName(proto);
  if (known !== undefined) return known;
  for (const [name, n] of PROTOCOLS) if (n === proto) return name;
  return undefined;
}

export type NameMap = ReadonlyMap<string, number>;

/** xtables_lmap_init: an iproute2 style table `number name`. */
/** Without the file, names are no names at all. */
export const nameMapOf = (text: string | undefined): NameMap | undefined => (text === undefined ? undefined : readNameMap(text));

export function readNameMap(text: string | undefined): NameMap {
  const out = new Map<string, number>();
  for (const line of (text ?? '').split('\n')) {
    const m = /^\s*(0[xX][0-9a-fA-F]+|\d+)\s+(\S+)/.exec(line);
    if (m && !out.has(m[2])) out.set(m[2], Number(m[1]));
  }
  return out;
}

/** xtables_parse_val_mask: `value[/mask]`, or a name of the map. `extension` and `option` word the error. */
export function parseValMask(text: string, extension: string, option: string, map?: NameMap): { readonly value: number; readonly mask: number } {
  const bad = (): XtError => paramProblem(`${extension}: bad integer value for option "--${option}", or out of range.\n`);
  const v = scanUint(text);
  if (!v || (v.rest !== '' && v.rest[0] !== '/')) {
    const id = map?.get(text);
    if (id !== undefined) return { value: id, mask: 0xffffffff };
    if (map) throw paramProblem(`${extension}: could not map name ${text} to an integer value for option "--${option}".\n`);
    throw v ? paramProblem(`${extension}: trailing garbage after value for option "--${option}".\n`) : bad();
  }
  if (v.rest === '') return { value: v.value, mask: 0xffffffff };
  const m = scanUint(v.rest.slice(1));
  if (!m) throw bad();
  if (m.rest !== '') throw paramProblem(`${extension}: trailing garbage after value for option "--${option}".\n`);
  return { value: v.value, mask: m.value };
}

/** xtables_print_val_mask, with its leading space. */
export function valMaskText(value: number, mask: number, map?: NameMap): string {
  if (mask >>> 0 !== 0xffffffff) return ` ${hex(value)}/${hex(mask)}`;
  if (map) for (const [name, id] of map) if (id === value) return ` ${name}`;
  return ` ${hex(value)}`;
}

/** xtables_print_mark_mask: `0x1/0x2`, mask left out when whole; with its leading space. */
const _markMaskText = (mark: number, mask: number): string => ` ${hex(mark)}${mask >>> 0 === 0xffffffff ? '' : `/${hex(mask)}`}`;

/** tos_symbol_names, in order. */
export const TOS_NAMES: readonly (readonly [number, string])[] = [
  [0x10, 'Minimize-Delay'],
  [0x08, 'Maximize-Throughput'],
  [0x04, 'Maximize-Reliability'],
  [0x02, 'Minimize-Cost'],
  [0x00, 'Normal-Service'],
];

/** dscp_helper.c: class names, in order. */
const DSCP_CLASSES: readonly (readonly [string, number])[] = [
  ['CS0', 0x00],
  ['CS1', 0x08],
  ['CS2', 0x10],
  ['CS3', 0x18],
  ['CS4', 0x20],
  ['CS5', 0x28],
  ['CS6', 0x30],
  ['CS7', 0x38],
  ['BE', 0x00],
  ['AF11', 0x0a],
  ['AF12', 0x0c],
  ['AF13', 0x0e],
  ['AF21', 0x12],
  ['AF22', 0x14],
  ['AF23', 0x16],
  ['AF31', 0x1a],
  ['AF32', 0x1c],
  ['AF33', 0x1e],
  ['AF41', 0x22],
  ['AF42', 0x24],
  ['AF43', 0x26],
  ['EF', 0x2e],
];

/** dscp_helper.c: the class name must only begin what was typed. */
export function classToDscp(name: string): number {
  const row = DSCP_CLASSES.find(([c]) => name.slice(0, c.length).toUpperCase() === c);
  if (!row) throw paramProblem(`Invalid DSCP value \`${name}'`);
  return row[1];
}

/** syslog levels by name, as the LOG targets read them, and the names they print by number. */
export const LOG_LEVELS: ReadonlyMap<string, number> = new Map([
  ['alert', 1],
  ['crit', 2],
  ['debug', 7],
  ['emerg', 0],
  ['error', 3],
  ['info', 6],
  ['notice', 5],
  ['panic', 0],
  ['warning', 4],
]);

/** UTF-8 text cut to so many bytes, as strncpy into a field leaves it. */
export function cut(text: string, bytes: number): string {
  const b = new TextEncoder().encode(text);
  return b.length <= bytes ? text : new TextDecoder().decode(b.subarray(0, bytes));
}

/** Name of the protocol in a parse context for service look-ups: tcp, udp … or null. */
const _protoOf = (c: ParseContext): number => c.proto?.number ?? 0;
