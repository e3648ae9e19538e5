import type { Adt, Part } from '../../kernel/ipset/entry.ts';
import type { SetType } from '../../kernel/ipset/definition.ts';
import { findType } from '../../kernel/ipset/ipsets.ts';
import type { CreateData } from '../../kernel/ipset/set.ts';
import { namesOf } from '../../kernel/net/names/index.ts';
import { maskLength, ntop } from '../../kernel/xt/address.ts';
import type { Names } from '../../kernel/xt/definition.ts';
import type { Call } from '../command.ts';
import { noOptions, parseLine, splitLine, takeOptions } from './arguments.ts';
import type { Line } from './arguments.ts';
import { parseElement } from './element.ts';
import { syntax, usage } from './errors.ts';
import { parseAdtOptions, parseCreate } from './options.ts';

interface Known {
  readonly type: SetType;
  readonly data: CreateData /** Shown as a comment only: nft has no such sets. */;
  readonly foreign: boolean;
}

const TABLE = 'inet global';

const datatype = (part: Part, family: string): string => {
  switch (part) {
    case 'ip':
    case 'net':
      return family === 'inet6' ? 'ipv6_addr' : 'ipv4_addr';
    case 'mac':
      return 'ether_addr';
    case 'mark':
      return 'mark';
    case 'port':
      return 'inet_proto . inet_service';
    case 'iface':
      return 'ifname';
  }
};

/** Length of the mask that `netmask` set, as elements carry it. */
const netmaskOf = ({ type, data }: Known): number | undefined => data.netmask ?? (type.netmask === 'end' && data.bitmask ? maskLength(data.bitmask) : undefined);

function setLine(name: string, k: Known): string {
  const { type, data } = k;
  const words = type.method === 'list' ? 'unknown' : type.name === 'bitmap:port' ? 'inet_service' : type.parts.map((p) => datatype(p, data.family ?? 'inet')).join(' . ');
  const interval = type.parts.includes('net') || netmaskOf(k) !== undefined;
  return `add set ${TABLE} ${name} { type ${words};${data.counters ? ' counter;' : ''}${data.timeout === undefined ? '' : ` timeout ${data.timeout}s;`}${data.maxelem === undefined ? '' : ` size ${data.maxelem};`}${interval ? ' flags interval;' : ''} }\n`;
}

function address(ip: Uint8Array | undefined, to: Uint8Array | undefined, cidr: number | undefined, netmask: number | undefined): string {
  if (!ip) return '';
  const range = to ? `-${ntop(to)}` : cidr === undefined || cidr === ip.length * 8 ? '' : `/${cidr}`;
  return `${ntop(ip)}${range}${netmask === undefined ? '' : `/${netmask}`}`;
}

function elementWords(adt: Adt, k: Known, names: Names): string {
  const port = `${adt.port}${adt.portTo === undefined ? '' : `-${adt.portTo}`}`;
  const words = k.type.parts.map((part, at) => {
    switch (part) {
      case 'ip':
      case 'net':
        return at === 0 ? address(adt.ip, adt.ipTo, adt.cidr, netmaskOf(k)) : address(adt.ip2, adt.ip2To, adt.cidr2, undefined);
      case 'port':
        return k.type.method === 'bitmap' ? port : `${names.protocolName(adt.proto ?? 6) ?? adt.proto} . ${port}`;
      case 'mac':
        return adt.mac ? Array.from(adt.mac, (b) => b.toString(16).padStart(2, '0')).join(':') : null;
      case 'mark':
        return `0x${(adt.mark ?? 0).toString(16).padStart(8, '0')}`;
      case 'iface':
        return adt.iface ?? '';
    }
  });
  return words.filter((w) => w !== null).join(' . ');
}

function elementLine(verb: 'add' | 'del' | 'test', name: string, adt: Adt, k: Known, names: Names): string {
  const counter = adt.packets !== undefined && adt.bytes !== undefined ? ` counter packets ${adt.packets} bytes ${adt.bytes}` : '';
  const extra = `${counter}${adt.timeout === undefined ? '' : ` timeout ${adt.timeout}s`}${adt.comment === undefined ? '' : ` comment "${adt.comment}"`}`;
  const words = elementWords(adt, k, names);
  return `${{ add: 'add', del: 'delete', test: 'get' }[verb]} element ${TABLE} ${name} {${words && ` ${words}`}${extra} }\n`;
}

/** One run over a restore file: sets that it makes become nft sets; the kernel is asked nothing. */
class Translation {
  readonly #call: Call;
  readonly #names: Names;
  readonly #known = new Map<string, Known>();

  constructor(call: Call) {
    this.#call = call;
    this.#names = namesOf((path) => call.host.files.read(path));
  }

  #create([name, typeName, ...rest]: readonly string[], text: string): void {
    const type = findType(typeName);
    if (!type) throw syntax(`typename '${typeName}' is unknown`);
    const data = parseCreate(type, rest, { names: this.#names, warn: (t) => this.#call.err(t) });
    const k = { type, data, foreign: data.skbinfo === true };
    this.#known.set(name, k);
    this.#call.out(k.foreign ? `# ${text}\n` : setLine(name, k));
  }

  #element(verb: 'add' | 'del' | 'test', [name, element, ...rest]: readonly string[]): void {
    const k = this.#known.get(name);
    if (!k) return;
    const adt = parseElement(element, { names: this.#names, family: k.data.family ?? 'inet', type: k.type, verb, warn: (t) => this.#call.err(t) });
    parseAdtOptions(k.type, verb, rest, adt);
    if (!k.foreign) this.#call.out(elementLine(verb, name, adt, k, this.#names));
  }

  /** Status with which the run ends here; null: it goes on. */
  line({ verb, args }: Line, text: string): number | null {
    const [name] = args;
    switch (verb) {
      case 'create':
        this.#create(args, text);
        return null;
      case 'add':
      case 'del':
      case 'test':
        this.#element(verb, args);
        return null;
      case 'list':
        this.#call.out(name === undefined ? `list sets ${TABLE}\n` : `list set ${TABLE} ${name}\n`);
        return null;
      case 'flush':
        this.#call.out(name === undefined ? `# ${text}\n` : `flush set ${TABLE} ${name}\n`);
        return null;
      // Without a name the C code prints a null pointer.
      case 'destroy':
        this.#call.out(`del set ${TABLE} ${name ?? '(null)'}\n`);
        return null;
      case 'rename':
      case 'swap':
      case 'save':
        this.#call.out(`# ${text}\n`);
        return 255;
      case 'quit':
        return 0;
      case 'help':
      case 'version':
      case 'restore':
        throw usage(`Command \`${verb}' is invalid in restore mode.`);
    }
  }
}

/** lib/ipset.c: ipset_xlate_restore */
export function translateRestore(call: Call, text: string, complain: (e: unknown, line: number) => number): number {
  const translation = new Translation(call);
  call.out(`add table ${TABLE}\n`);
  const lines = text.split('\n');
  for (let n = 0; n < lines.length; n++) {
    try {
      const words = takeOptions(splitLine(lines[n]), noOptions());
      if (words.length === 0 || words[0].startsWith('#') || words[0] === 'COMMIT') continue;
      const status = translation.line(parseLine(words), lines[n].trim());
      if (status !== null) return status;
    } catch (e) {
      return complain(e, n + 1);
    }
  }
  return 0;
}
