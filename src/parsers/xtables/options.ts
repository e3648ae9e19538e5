import type { XtInfo } from '../../kernel/expr/expression.ts';
import { literalAddress, maskLength, prefixMask, resolveHost, strtoulMac } from '../../kernel/xt/address.ts';
import type { Draft, ParseContext, ParsedOption, XtExtension, XtOption } from '../../kernel/xt/definition.ts';
import { XtError } from '../../kernel/xt/error.ts';
import { scanNumber, scanUint, wholeNumber, wholeUint } from '../../kernel/xt/number.ts';
import { cut, LOG_LEVELS, paramProblem, parseProtocol, parseValMask, portByName, TOS_NAMES } from '../../kernel/xt/text.ts';

/**
 * The option engine of libxtables (libxtables/xtoptions.c): reads the argument of one option by its row and words every
 * error. Types of ParsedOption.value:
 *   none, raw: null | string(raw) · uint8/16/32: number · uint64: bigint · *rc: number[] (uint64rc: bigint[]), 1 or 2 long
 *   double: number · string: string · tosmask: {value, mask} · markmask32: {mark, mask} · syslogLevel, protocol, port: number
 *   host: Uint8Array · hostmask: {address, mask, plen} · plen: number · plenmask: {mask, plen} (plen -1: no prefix)
 *   portrc: [low, high] · ethermac: Uint8Array(6)
 */
interface Reading {
  readonly ext: string;
  readonly option: XtOption;
  readonly arg: string;
  readonly context: ParseContext;
}

const WIDTH: Readonly<Record<string, bigint>> = { uint8: 0xffn, uint16: 0xffffn, uint32: 0xffffffffn, uint64: 0xffffffffffffffffn };

const optionId = (o: XtOption): string => o.id ?? o.name;

/** xtables_option_lookup: the first row with the id; aliases are reported under its name. */
const byId = (options: readonly XtOption[], id: string): XtOption | undefined => options.find((o) => optionId(o) === id);

function readInt({ ext, option, arg }: Reading): number | bigint {
  const min = BigInt(option.min ?? 0);
  const max = option.max ? BigInt(option.max) : WIDTH[option.type];
  const v = wholeNumber(option.base === 16 ? arg.replace(/^(\s*\+?)(?!0x)(?=[0-9a-f])/i, '$10x') : arg, min, max);
  if (v === null) throw paramProblem(`${ext}: bad value for option "--${option.name}", or out of range (${min}-${max}).\n`);
  return option.type === 'uint64' ? v : Number(v);
}

/** xtopt_parse_mint: `a`, `a:b`, `a:`, `:b`; a part may not be below the one before. */
function readRange({ ext, option, arg }: Reading): number[] | bigint[] {
  const max = option.max ? BigInt(option.max) : WIDTH[option.type.slice(0, -2)];
  const out: bigint[] = [];
  let rest = arg;
  let min = 0n;
  for (;;) {
    if (out.length === 2) throw paramProblem(`${ext}: Too many components for option "--${option.name}" (max: 2)\n`);
    let value = out.length === 1 ? max : 0n;
    if (rest !== '' && rest[0] !== ':') {
      const n = scanNumber(rest, min, max);
      if (!n) throw paramProblem(`${ext}: bad value for option "--${option.name}" near "${rest}", or out of range (${min}-${max}).\n`);
      value = n.value;
      rest = n.rest;
      if (rest !== '' && rest[0] !== ':') throw paramProblem(`${ext}: Argument to "--${option.name}" has unexpected characters near "${rest}".\n`);
    }
    min = value;
    out.push(value);
    if (rest === '') return option.type === 'uint64rc' ? out : out.map(Number);
    rest = rest.slice(1);
  }
}

/** strtod(3)'s hexadecimal form, `0x1.8p-3`; null: not one. */
function hexDouble(text: string): number | null {
  const m = /^\s*([-+]?)0x([0-9a-f]+)\.?([0-9a-f]*)(?:p([-+]?\d+))?$/i.exec(text);
  if (!m) return null;
  const n = Number.parseInt(m[2] + m[3], 16) * 2 ** (Number(m[4] ?? 0) - 4 * m[3].length);
  return m[1] === '-' ? -n : n;
}

function readDouble({ ext, option, arg }: Reading): number {
  const ok = /^\s*[-+]?(\d+\.?\d*(e[-+]?\d+)?|\.\d+(e[-+]?\d+)?|inf(inity)?|nan)$/i.test(arg);
  const hex = hexDouble(arg);
  const v = hex ?? Number(arg);
  const min = Number(option.min ?? 0);
  const max = Number(option.max ?? 0);
  if ((!ok && hex === null) || ((option.min !== undefined || option.max !== undefined) && (v < min || v > max)))
    throw paramProblem(`${ext}: bad value for option "--${option.name}", or out of range (${min}-${max}).\n`);
  return v;
}

function readString({ option, arg }: Reading): string {
  const n = new TextEncoder().encode(arg).length;
  if (option.min && n < option.min) throw paramProblem(`Argument must have a minimum length of ${option.min} characters\n`);
  if (option.max && n > option.max) throw paramProblem(`Argument must have a maximum length of ${option.max} characters\n`);
  return option.size ? cut(arg, option.size - 1) : arg;
}

function readTosMask({ arg }: Reading): { value: number; mask: number } {
  const illegal = (): XtError => paramProblem(`Illegal value: "${arg}"`);
  const v = scanUint(arg, 0, 255);
  if (v) {
    if (v.rest === '') return { value: v.value, mask: 255 };
    const m = v.rest[0] === '/' ? scanUint(v.rest.slice(1), 0, 255) : null;
    if (m?.rest !== '') throw illegal();
    return { value: v.value, mask: m.value };
  }
  const symbol = TOS_NAMES.find(([, name]) => name.toLowerCase() === arg.toLowerCase());
  if (!symbol) throw paramProblem(`Symbolic name "${arg}" is unknown`);
  return { value: symbol[0], mask: 0x3f };
}

function readSyslog({ arg }: Reading): number {
  const n = wholeUint(arg, 0, 7) ?? LOG_LEVELS.get(arg);
  if (n === undefined) throw paramProblem(`log level "${arg}" unknown\n`);
  return n;
}

const inetFamily = (c: ParseContext): 'ip' | 'ip6' => (c.family === 'ip6' ? 'ip6' : 'ip');

function readHost({ context }: Reading, text: string): Uint8Array {
  const all = resolveHost(text, inetFamily(context), context.names);
  if (all.some((a) => a.some((b, i) => b !== all[0][i]))) throw paramProblem(`${text} resolves to more than one address\n`);
  return all[0];
}

function readPlen({ ext, option, context, arg }: Reading): number {
  const bits = inetFamily(context) === 'ip' ? 32 : 128;
  const n = wholeUint(arg, 0, bits);
  if (n === null) throw paramProblem(`${ext}: bad value for option "--${option.name}", or out of range (0-${bits}).\n`);
  return n;
}

/** xtopt_parse_plenmask: a prefix length, else a mask written as an address. */
function readPlenMask({ ext, option, context }: Reading, text: string): { mask: Uint8Array; plen: number } {
  const v6 = inetFamily(context) === 'ip6';
  const bits = v6 ? 128 : 32;
  const n = wholeUint(text, 0, bits);
  if (n !== null) return { mask: prefixMask(n, bits / 8), plen: n };
  const mask = literalAddress(text, v6 ? 'ip6' : 'ip');
  if (!mask) throw paramProblem(`${ext}: bad value for option "--${option.name}", neither a valid network mask nor valid CIDR (0-${bits}).\n`);
  return { mask, plen: maskLength(mask) };
}

function readHostMask(r: Reading): { address: Uint8Array; mask: Uint8Array; plen: number } {
  const slash = r.arg.indexOf('/');
  if (slash < 0) {
    const address = readHost(r, r.arg);
    return { address, mask: prefixMask(address.length * 8, address.length), plen: address.length * 8 };
  }
  const address = readHost(r, r.arg.slice(0, slash));
  return { address, ...readPlenMask(r, r.arg.slice(slash + 1)) };
}

function portNumber(text: string, { names }: ParseContext): number {
  const n = portByName(text, null, names);
  if (n === null) throw paramProblem(`Port "${text}" does not resolve to anything.\n`);
  return n;
}

/** xtopt_parse_mport: `a`, `a:b`, open ends. */
function readPortRange({ ext, option, arg, context }: Reading): [number, number] {
  const parts = arg.split(':');
  const out: number[] = [];
  for (const p of parts) {
    if (out.length === 2) throw paramProblem(`${ext}: Too many components for option "--${option.name}" (max: 2)\n`);
    out.push(p === '' ? (out.length === 0 ? 0 : 65535) : portNumber(p, context));
  }
  if (out.length === 1) out.push(out[0]);
  if (out[0] > out[1]) throw paramProblem(`Port range ${out[0]}-${out[1]} is negative.\n`);
  return [out[0], out[1]];
}

function readMac({ arg }: Reading): Uint8Array {
  const mac = strtoulMac(arg);
  if (!mac) throw paramProblem('Invalid MAC address specified.');
  return mac;
}

function readValue(r: Reading): unknown {
  switch (r.option.type) {
    case 'none':
      return null;
    case 'raw':
      return r.arg;
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'uint64':
      return readInt(r);
    case 'uint8rc':
    case 'uint16rc':
    case 'uint32rc':
    case 'uint64rc':
      return readRange(r);
    case 'double':
      return readDouble(r);
    case 'string':
      return readString(r);
    case 'tosmask':
      return readTosMask(r);
    case 'markmask32': {
      const v = parseValMask(r.arg, r.ext, r.option.name);
      return { mark: v.value, mask: v.mask };
    }
    case 'syslogLevel':
      return readSyslog(r);
    case 'host':
      return readHost(r, r.arg);
    case 'hostmask':
      return readHostMask(r);
    case 'plen':
      return readPlen(r);
    case 'plenmask':
      return readPlenMask(r, r.arg);
    case 'protocol':
      return parseProtocol(r.arg, r.context.names);
    case 'port':
      return portNumber(r.arg, r.context);
    case 'portrc':
      return readPortRange(r);
    case 'ethermac':
      return readMac(r);
  }
}

/** The row whose columns and name count for all of an option's aliases. */
export const firstRow = (extension: XtExtension, given: XtOption): XtOption => byId(extension.options, optionId(given)) ?? given;

/** The typed value of an option's argument; `ext` is the name that messages carry. */
export const optionValue = (ext: string, option: XtOption, raw: string | null, context: ParseContext): unknown => readValue({ ext, option, arg: raw ?? '', context });

/** One use of an extension in one rule: its draft, and which options were given. */
export class ExtensionUse {
  readonly extension: XtExtension;
  /** The name it was called by: an alias shows in messages. */
  readonly name: string;
  readonly draft: Draft;
  readonly seen = new Set<string>();

  constructor(extension: XtExtension, name: string, draft: Draft) {
    this.extension = extension;
    this.name = name;
    this.draft = draft;
  }

  /** xtables_option_parse, then the extension's own x6_parse. */
  feed(given: XtOption, inverted: boolean, raw: string | null, take: () => string | undefined, context: Omit<ParseContext, 'seen'>): void {
    const id = optionId(given);
    const option = firstRow(this.extension, given);
    if (!option.multi && this.seen.has(id)) throw paramProblem(`${this.name}: option "--${option.name}" can only be used once.\n`);
    if (inverted && !option.invert) throw paramProblem(`${this.name}: option "--${option.name}" cannot be inverted.\n`);
    const ctx: ParseContext = { ...context, seen: this.seen };
    const value = optionValue(this.name, option, raw, ctx);
    const parsed: ParsedOption = { option, name: option.name, inverted, raw, value, take };
    this.extension.parse(parsed, this.draft, ctx);
    this.seen.add(id);
  }

  /** x6_fcheck, then xtables_options_fcheck. What the engine's columns refuse must not trip finish over missing fields. */
  finish(context: Omit<ParseContext, 'seen'>): XtInfo {
    const columns = this.columnsError();
    try {
      const info = this.extension.finish(this.draft, { ...context, seen: this.seen });
      if (columns) throw columns;
      return info;
    } catch (e) {
      throw columns && !(e instanceof XtError) ? columns : e;
    }
  }

  /** xtables_options_fcheck: mandatory, requires, excludes, in the order of the rows. */
  private columnsError(): XtError | null {
    const options = this.extension.options;
    for (const o of options) {
      if (!this.seen.has(optionId(o))) {
        if (o.mandatory) return paramProblem(`${this.name}: option "--${o.name}" must be specified\n`);
        continue;
      }
      for (const id of o.requires ?? []) if (!this.seen.has(id)) return paramProblem(`${this.name}: option "--${o.name}" also requires "--${byId(options, id)?.name ?? id}".\n`);
      for (const id of o.excludes ?? [])
        if (id !== optionId(o) && this.seen.has(id)) return paramProblem(`${this.name}: option "--${o.name}" cannot be used together with "--${byId(options, id)?.name ?? id}".\n`);
    }
    return null;
  }
}
