import nearley from 'nearley';
import grammar from '../../parsers/generated/conntrack/command.ts';
import { inetAton, inetPton6 } from './address.ts';
import { ConntrackError, parameter } from './error.ts';
import { LabelMap } from './labels.ts';
import type { Item } from './lexer.ts';
import { tokens } from './lexer.ts';
import { newObject } from './object.ts';
import type { CtObject, Side } from './object.ts';
import { checkOptions, COMMAND_OF, MATRIX, OPTION_NAMES, OPTION_OF, TABLES } from './options.ts';
import type { CommandName, OptionName, TableName } from './options.ts';
import type { ProtoHandler } from './protocol.ts';
import { unknownProtocol } from './protocols.ts';
import { IPS } from '../../kernel/conntrack/entry.ts';

export type OutputFlag = 'xml' | 'extended' | 'timestamp' | 'id' | 'ktimestamp' | 'labels' | 'save';

/** One command, ready to run (struct ct_cmd). */
export interface CtCommand {
  readonly command: CommandName | null;
  readonly table: TableName;
  readonly options: ReadonlySet<OptionName>;
  /** 0: none given. */
  readonly family: 0 | 2 | 10;
  readonly ct: CtObject;
  readonly exptuple: CtObject;
  readonly mask: CtObject;
  readonly expTimeout: number | undefined;
  readonly mark: { readonly val: number; readonly mask: number } | null;
  readonly status: { readonly val: number; readonly mask: number } | null;
  readonly label: Uint8Array | null;
  readonly labelModify: Uint8Array | null;
  readonly labelMap: LabelMap | null;
  readonly handler: ProtoHandler | null;
  readonly protonum: number;
  readonly events: ReadonlySet<'new' | 'update' | 'destroy'> | null;
  readonly bufferSize: number | null;
}

export interface ParseEnvironment {
  protocolNumber(name: string): number | undefined;
  file(path: string): string | undefined;
  err(text: string): void;
  /** `-o` of earlier lines of a file holds on: the tool keeps it in one global. */
  readonly output: Set<OutputFlag>;
}

const compiled = nearley.Grammar.fromCompiled(grammar as unknown as nearley.CompiledRules);

function items(argv: readonly string[], env: ParseEnvironment): Item[] {
  const parser = new nearley.Parser(compiled);
  // nearley takes any array of tokens here; its types know strings only.
  parser.feed(tokens(argv, env.protocolNumber) as unknown as string);
  return parser.results[0] as Item[];
}

/** strtoul(text, NULL, base 0), saturating at 64 bits. */
export function strtoul(text: string): { readonly value: bigint; readonly rest: string } {
  const m = /^[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/.exec(text);
  if (!m) return { value: 0n, rest: text };
  const digits = m[2];
  const n = /^0[xX]/.test(digits) ? BigInt(digits) : digits.length > 1 && digits[0] === '0' ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
  const capped = n > 0xffffffffffffffffn ? 0xffffffffffffffffn : n;
  return { value: BigInt.asUintN(64, m[1] === '-' ? -capped : capped), rest: text.slice(m[0].length) };
}
const u32 = (text: string): number => Number(BigInt.asUintN(32, strtoul(text).value));

/** atol(3) */
function atol(text: string): number {
  const m = /^[ \t\n\v\f\r]*([+-]?\d+)/.exec(text);
  if (!m) return 0;
  const n = BigInt(m[1]),
    max = 0x7fffffffffffffffn;
  return Number(BigInt.asUintN(32, n > max ? max : n < -max ? -max - 1n : n));
}

const STATUS_WORDS: readonly (readonly [string, number])[] = [
  ['ASSURED', IPS.ASSURED],
  ['SEEN_REPLY', IPS.SEEN_REPLY],
  ['UNSET', 0],
  ['FIXED_TIMEOUT', IPS.FIXED_TIMEOUT],
  ['EXPECTED', IPS.EXPECTED],
  ['OFFLOAD', IPS.OFFLOAD],
  ['HW_OFFLOAD', IPS.HW_OFFLOAD],
];
const EVENT_WORDS: readonly (readonly [string, number])[] = [
  ['ALL', 7],
  ['NEW', 1],
  ['UPDATES', 2],
  ['DESTROY', 4],
];
const OUTPUT_WORDS = ['xml', 'extended', 'timestamp', 'id', 'ktimestamp', 'labels', 'userspace', 'save'] as const;

class Builder {
  readonly env: ParseEnvironment;
  command: CommandName | null = null;
  table: TableName = 'conntrack';
  readonly options = new Set<OptionName>();
  family: 0 | 2 | 10 = 0;
  readonly ct = newObject();
  readonly exptuple = newObject();
  readonly mask = newObject();
  expTimeout: number | undefined;
  mark: { val: number; mask: number } | null = null;
  statusValue = 0;
  statusMask = 0;
  status: { val: number; mask: number } | null = null;
  events = 0;
  bufferSize: number | null = null;
  handler: ProtoHandler | null = null;
  protonum = 0;
  /** Options of the protocol, by their place: a second `-p` reads them as its own. */
  readonly l4 = new Set<number>();
  labelMap: LabelMap | null = null;
  labelWanted: Uint8Array | null = null;
  labelModify: Uint8Array | null = null;

  constructor(env: ParseEnvironment) {
    this.env = env;
  }

  item(item: Item): void {
    switch (item.kind) {
      case 'failure':
        throw parameter(item.message);
      case 'command':
        return this.setCommand(item.letter, item.table);
      case 'address':
        return this.address(item.opt, item.text);
      case 'nat':
        return this.nat(item.opt, item.text);
      case 'protocol':
        return this.protocol(item);
      case 'l4option':
        item.handler.parse(item.name, item.text, this);
        this.l4.add(item.handler.names.indexOf(item.name));
        return;
      case 'number':
        return this.number(item.opt, item.text);
      case 'word':
        return this.setFamilyWord(item.text);
      case 'words':
        return this.words(item.opt, item.text);
      case 'labels':
        return this.label(item.opt, item.text);
      case 'flag':
        if (item.opt === 'a') this.env.err('WARNING: ignoring -a, deprecated option.\n');
        else this.options.add('zero');
        return;
      default:
        return item satisfies never;
    }
  }

  setCommand(letter: string, word: string | null): void {
    const table = word === null ? 'conntrack' : TABLES.find((t) => t.startsWith(word));
    if (!table) throw parameter(`unknown type \`${word}'`);
    this.table = table;
    const special = table === 'dying' || table === 'unconfirmed';
    if (special && letter !== 'L') throw parameter("Can't do that command with tables `dying' and `unconfirmed'");
    const command = COMMAND_OF[letter][table === 'expect' ? 1 : 0];
    if (!command) throw parameter(`Can't do --${letter === 'U' ? 'update' : 'add'} on expectations`);
    if (this.command) throw parameter('Invalid commands combination');
    this.command = command;
  }

  setFamily(family: 2 | 10): void {
    if (this.family !== 0 && this.family !== family) throw parameter('mismatched address family');
    this.family = family;
  }

  setFamilyWord(text: string): void {
    this.options.add('family');
    if (text.startsWith('ipv4')) this.setFamily(2);
    else if (text.startsWith('ipv6')) this.setFamily(10);
    else throw parameter(`\`${text}' unsupported protocol`);
  }

  protocol(item: Extract<Item, { kind: 'protocol' }>): void {
    this.options.add('protonum');
    if (!item.handler) throw parameter(`\`${item.text}' unsupported protocol`);
    this.handler = item.handler;
    this.protonum = item.protonum;
    this.ct.orig.l4 = item.protonum;
  }

  /** nfct_parse_addr_from_opt */
  address(opt: string, text: string): void {
    const target = opt === '[' || opt === ']' ? this.exptuple : opt === '{' || opt === '}' ? this.mask : this.ct;
    const maskOpt = opt === 's' || opt === '[' ? '{' : opt === 'd' || opt === ']' ? '}' : null;
    const { address, bits } = this.parseAddress(opt, text, maskOpt !== null);
    this.options.add(OPTION_OF[opt]);
    this.place(opt, target, address);
    if (bits === -1 || !maskOpt || bits === address.length * 8) return;
    const mask = address.map((_, i) => (bits >= 8 * i + 8 ? 255 : bits <= 8 * i ? 0 : 256 - (1 << (8 * i + 8 - bits))));
    this.options.add(OPTION_OF[maskOpt]);
    this.place(maskOpt, this.mask, mask);
  }

  parseAddress(opt: string, text: string, masks: boolean): { address: Uint8Array; bits: number } {
    // The tool copies at most 45 characters before it looks.
    const cut = text.slice(0, 45);
    const slash = cut.indexOf('/');
    const address = inetAton(slash < 0 ? cut : cut.slice(0, slash)) ?? inetPton6(slash < 0 ? cut : cut.slice(0, slash));
    if (!address) throw parameter(`Invalid IP address \`${text}'`);
    this.setFamily(address.length === 4 ? 2 : 10);
    let bits = -1;
    if (slash >= 0) {
      const m = /^\s*([+-]?\d+)$/.exec(cut.slice(slash + 1));
      const n = m ? Number(m[1]) : cut.slice(slash + 1) === '' ? 0 : -2;
      bits = n < 0 || n > address.length * 8 ? -2 : n;
    }
    if (bits !== -1 && !masks) throw parameter(`CIDR notation unavailable for \`--${OPTION_OF[opt]}'`);
    if (bits === -2) throw parameter('Invalid netmask');
    return { address, bits };
  }

  place(opt: string, target: CtObject, address: Uint8Array): void {
    const v4 = address.length === 4;
    const side: Side = opt === 'r' || opt === 'q' ? target.repl : target.orig;
    if (opt === 's' || opt === 'r' || opt === '[' || opt === '{') {
      if (v4) side.src4 = address;
      else side.src6 = address;
    } else if (v4) side.dst4 = address;
    else side.dst6 = address;
    side.l3 = v4 ? 2 : 10;
  }

  nat(opt: string, text: string | null): void {
    this.options.add(OPTION_OF[opt]);
    if (text === null) return;
    const { address: word, port } = splitPort(text);
    const { address } = this.parseAddress(opt, word, false);
    const v4 = address.length === 4;
    this.ct.orig.l3 = v4 ? 2 : 10;
    if (opt !== 'g') {
      if (v4) this.ct.snat4 = address;
      else this.ct.snat6 = address;
      if (port !== null) this.ct.snatPort = port;
    }
    if (opt !== 'n') {
      if (v4) this.ct.dnat4 = address;
      else this.ct.dnat6 = address;
      if (port !== null) this.ct.dnatPort = port;
    }
  }

  number(opt: string, text: string): void {
    this.options.add(OPTION_OF[opt]);
    switch (opt) {
      case 't':
        this.ct.timeout = atol(text);
        this.expTimeout = atol(text);
        break;
      case 'w':
        this.ct.zone = u32(text) & 0xffff;
        break;
      case '(':
        this.ct.orig.zone = u32(text) & 0xffff;
        break;
      case ')':
        this.ct.repl.zone = u32(text) & 0xffff;
        break;
      case 'i':
        this.ct.id = u32(text);
        break;
      case 'c':
        this.ct.secmark = u32(text);
        break;
      case 'b':
        this.bufferSize = atol(text);
        break;
      default: {
        const { value, rest } = strtoul(text);
        const mask = rest.startsWith('/') ? u32(rest.slice(1)) : 0xffffffff;
        this.mark = { val: Number(BigInt.asUintN(32, value)), mask };
      }
    }
  }

  words(opt: string, text: string): void {
    this.options.add(OPTION_OF[opt]);
    if (opt === 'u') return this.statusWords(text);
    if (opt === 'e') {
      this.list(text, false, (word) =>
        this.pick(EVENT_WORDS, word, (v) => {
          this.events |= v;
        }),
      );
      return;
    }
    this.list(text, false, (word) =>
      this.pick(
        OUTPUT_WORDS.map((w) => [w, w] as const),
        word,
        (v) => {
          if (v !== 'userspace') this.env.output.add(v);
        },
      ),
    );
    if (this.env.output.has('labels')) this.readLabelMap();
    if (this.env.output.has('save') && this.env.output.size > 1) throw new ConntrackError(1, 'cannot combine save output with any other output type, use -o save only');
  }

  /** parse_parameter_mask: `!WORD` goes to the mask, UNREPLIED is a mask of its own. */
  statusWords(text: string): void {
    this.list(text, true, (word) => {
      const negated = word[0] === '!';
      const name = negated ? word.slice(1) : word;
      if (name === '') return false;
      if (!negated && name.startsWith('UNREPLIED')) {
        this.statusMask |= IPS.SEEN_REPLY;
        return true;
      }
      return this.pick(STATUS_WORDS, name, (v) => {
        if (negated) this.statusMask |= v;
        else this.statusValue |= v;
      });
    });
    this.ct.status = this.statusValue;
    if (this.statusMask === 0) this.statusMask = this.statusValue;
    this.status = { val: this.statusValue, mask: this.statusMask };
  }

  /** Comma separated words; a bad one is named with all that follows it. */
  list(text: string, negatable: boolean, take: (word: string) => boolean): void {
    let rest = text;
    for (;;) {
      const comma = rest.indexOf(',');
      const word = comma < 0 ? rest : rest.slice(0, comma);
      if (word === '' || !take(word)) throw parameter(`Bad parameter \`${negatable && rest[0] === '!' ? rest.slice(1) : rest}'`);
      if (comma < 0) return;
      rest = rest.slice(comma + 1);
    }
  }

  /** Words may be shortened, in any case; SRC_NAT and DST_NAT are told off first. */
  pick<T>(rows: readonly (readonly [string, T])[], word: string, found: (value: T) => void): boolean {
    const w = word.toLowerCase();
    for (const [name, option] of [
      ['SRC_NAT', '--src-nat'],
      ['DST_NAT', '--dst-nat'],
    ] as const) {
      if (name.toLowerCase().startsWith(w)) {
        this.env.err(`WARNING: ignoring ${name}, use ${option} instead\n`);
        return true;
      }
    }
    const row = rows.find(([name]) => name.toLowerCase().startsWith(w));
    if (row) found(row[1]);
    return row !== undefined;
  }

  label(opt: string, text: string | null): void {
    this.options.add(OPTION_OF[opt]);
    if (this.options.has('label-add') && this.options.has('label-del')) throw new ConntrackError(1, 'cannot use --label-add and --label-del at the same time');
    this.readLabelMap();
    if (text === null) return;
    const bits = text.split(',').map((name) => {
      const bit = this.labelMap?.bit(name);
      if (bit === undefined) throw parameter(`unknown label '${name}'`);
      return bit;
    });
    const mask = bitmask(Math.max(...bits));
    for (const b of bits) mask[b >> 3] |= 1 << (b & 7);
    if (opt === 'l') this.labelWanted = merge(this.labelWanted, mask);
    else this.labelModify = merge(this.labelModify, mask);
  }

  /** Read at the first option that needs it; as long as it cannot be read, every such option complains. */
  readLabelMap(): void {
    if (this.labelMap) return;
    this.labelMap = LabelMap.read(this.env.file);
    if (!this.labelMap) this.env.err('nfct_labelmap_new: No such file or directory\n');
  }

  finish(): CtCommand {
    const command = this.command;
    if (this.family === 0 && !(command !== null && ['list', 'update', 'delete', 'get', 'flush', 'event'].includes(command))) this.family = 2;
    const has = (name: string): boolean => this.options.has(name as OptionName);
    if (has('any-nat') && (has('src-nat') || has('dst-nat'))) throw parameter("cannot specify `--src-nat' or `--dst-nat' with `--any-nat'");
    // Without a command, too: then no option is allowed.
    const addresses = checkOptions(command ? (MATRIX[command] ?? '') : '', OPTION_NAMES, has, [
      ['src', 'dst'],
      ['reply-src', 'reply-dst'],
    ]);
    if (addresses !== null) throw parameter(addresses === 0 ? "you have to specify `--src' and `--dst'" : "you have to specify `--reply-src' and `--reply-dst'");
    // Only protocols that the tool does not know are carried over to the reply (its final check of ct_proto_unknown).
    if (command !== 'help' && this.handler === unknownProtocol && this.ct.repl.l3 !== undefined) this.ct.repl.l4 ??= this.ct.orig.l4;
    if (command !== 'help' && this.handler && this.handler.names.length > 0 && command) {
      const pair = checkOptions(this.handler.matrix[command] ?? '', this.handler.names, (n) => this.l4.has(this.handler?.names.indexOf(n) ?? -1), this.handler.pairs);
      if (pair !== null) throw parameter(`you have to specify ${this.handler.pairWords[pair]}`);
    }
    return {
      command,
      table: this.table,
      options: this.options,
      family: this.family,
      ct: this.ct,
      exptuple: this.exptuple,
      mask: this.mask,
      expTimeout: this.expTimeout,
      mark: this.mark,
      status: this.status,
      label: this.labelWanted,
      labelModify: this.labelModify,
      labelMap: this.labelMap,
      handler: this.handler,
      protonum: this.protonum,
      events: this.options.has('event-mask') ? new Set((['new', 'update', 'destroy'] as const).filter((_, i) => this.events & (1 << i))) : null,
      bufferSize: this.bufferSize,
    };
  }
}

/** nfct_bitmask_new: whole 32-bit words up to the highest bit. */
export const bitmask = (max: number): Uint8Array => new Uint8Array(4 * ((max >> 5) + 1));

function merge(a: Uint8Array | null, b: Uint8Array): Uint8Array {
  if (!a) return b;
  const out = new Uint8Array(Math.max(a.length, b.length));
  for (let i = 0; i < out.length; i++) out[i] = (a[i] ?? 0) | (b[i] ?? 0);
  return out;
}

/** split_address_and_port: `1.2.3.4:80`, `[::1]:80`, `::1`. */
function splitPort(text: string): { address: string; port: number | null } {
  const open = text.indexOf('[');
  let address = text,
    tail: string | null = null;
  if (open >= 0) {
    const close = text.indexOf(']', open + 1);
    if (close === open + 1) throw parameter('No IPv6 address specified');
    if (close < 0) throw parameter("No closing ']' around IPv6 address");
    const colon = text.indexOf(':', close);
    if (colon >= 0) {
      address = text.slice(open + 1, close);
      tail = text.slice(colon + 1);
    }
  } else {
    const colon = text.indexOf(':');
    if (colon >= 0 && !text.includes(':', colon + 1)) {
      address = text.slice(0, colon);
      tail = text.slice(colon + 1);
    }
  }
  if (tail === null) return { address, port: null };
  if (tail === '') throw parameter("No port specified after `:'");
  if (!/^\d+$/.test(tail) || Number(tail) > 65535) throw parameter(`Invalid port \`${tail}'`);
  return { address, port: Number(tail) };
}

/** do_parse: a whole command line, options in order, then what must and may not be together. */
export function parseCommand(argv: readonly string[], env: ParseEnvironment): CtCommand {
  const b = new Builder(env);
  for (const item of items(argv, env)) b.item(item);
  return b.finish();
}
