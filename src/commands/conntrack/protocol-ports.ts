import type { CommandName } from './options.ts';
import type { CtObject } from './object.ts';
import { longs, port, saveFields } from './protocol.ts';
import type { ProtoHandler, Targets } from './protocol.ts';

const PORT_NAMES = ['sport', 'dport', 'reply-port-src', 'reply-port-dst', 'mask-port-src', 'mask-port-dst'];

const PORT_HELP = [
  '--orig-port-src\t\toriginal source port',
  '--orig-port-dst\t\toriginal destination port',
  '--reply-port-src\t\treply source port',
  '--reply-port-dst\t\treply destination port',
  '--mask-port-src\t\tmask source port',
  '--mask-port-dst\t\tmask destination port',
  '--tuple-port-src\t\texpectation tuple src port',
  '--tuple-port-src\t\texpectation tuple dst port',
];

/** The port options all these protocols share. True: it was one of them. */
function parsePort(name: string, value: string, protonum: number, { ct, exptuple, mask }: Targets): boolean {
  const n = port(value);
  switch (name) {
    case 'sport':
      ct.orig.sport = n;
      ct.orig.l4 = protonum;
      return true;
    case 'dport':
      ct.orig.dport = n;
      ct.orig.l4 = protonum;
      return true;
    case 'reply-port-src':
      ct.repl.sport = n;
      ct.repl.l4 = protonum;
      return true;
    case 'reply-port-dst':
      ct.repl.dport = n;
      ct.repl.l4 = protonum;
      return true;
    case 'mask-port-src':
      mask.orig.sport = n;
      mask.orig.l4 = protonum;
      return true;
    case 'mask-port-dst':
      mask.orig.dport = n;
      mask.orig.l4 = protonum;
      return true;
    // The tool sets the expected protocol from the port in network order: its high byte.
    case 'tuple-port-src':
      exptuple.orig.sport = n;
      exptuple.orig.l4 = n >> 8;
      return true;
    case 'tuple-port-dst':
      exptuple.orig.dport = n;
      exptuple.orig.l4 = n >> 8;
      return true;
    default:
      return false;
  }
}

export interface PortProtocol {
  readonly name: string;
  readonly protonum: number;
  /** Options between the mask ports and the tuple ports, then those after them. */
  readonly extra: readonly string[];
  readonly after: readonly string[];
  /** Rules for `extra` and `after`, where a command takes them. */
  readonly rules: Readonly<Partial<Record<CommandName, readonly [string, string]>>>;
  readonly replyWords: string;
  readonly help: readonly string[];
  parse?(name: string, value: string, to: Targets): void;
  save?(ct: CtObject): readonly (readonly [string, number | string | undefined])[];
}

/** A protocol with ports: what is common to tcp, udp, udplite, sctp and dccp. */
export function portProtocol(p: PortProtocol): ProtoHandler {
  const names = [...PORT_NAMES, ...p.extra, 'tuple-port-src', 'tuple-port-dst', ...p.after];
  const rules = (command: CommandName, ports: string, tuple: string): string => {
    const [extra, after] = p.rules[command] ?? ['.'.repeat(p.extra.length), '.'.repeat(p.after.length)];
    return ports + extra + tuple + after;
  };
  const matrix: Partial<Record<CommandName, string>> = {};
  for (const c of ['list', 'update', 'delete', 'event'] as const) matrix[c] = rules(c, '????..', '..');
  for (const c of ['create', 'add', 'get'] as const) matrix[c] = rules(c, '2222..', '..');
  for (const c of ['expDelete', 'expGet'] as const) matrix[c] = rules(c, '!!!!..', '..');
  matrix.expCreate = rules('expCreate', '!!..!!', '!!');
  return {
    name: p.name,
    protonum: p.protonum,
    names,
    matrix,
    options: longs([
      ['orig-port-src', 'sport'],
      ['orig-port-dst', 'dport'],
      ['reply-port-src', 'reply-port-src'],
      ['reply-port-dst', 'reply-port-dst'],
      ['mask-port-src', 'mask-port-src'],
      ['mask-port-dst', 'mask-port-dst'],
      ['tuple-port-src', 'tuple-port-src'],
      ['tuple-port-dst', 'tuple-port-dst'],
      ['sport', 'sport'],
      ['dport', 'dport'],
      ...[...p.extra, ...p.after].map((n) => [n, n] as const),
    ]),
    pairs: [
      ['sport', 'dport'],
      ['reply-port-src', 'reply-port-dst'],
    ],
    pairWords: ["`--sport' and `--dport'", p.replyWords],
    help: [...PORT_HELP, ...p.help],
    parse(name, value, to) {
      if (!parsePort(name, value, p.protonum, to)) p.parse?.(name, value, to);
    },
    save: (ct) =>
      saveFields([['--sport', ct.orig.sport], ['--dport', ct.orig.dport], ['--reply-port-src', ct.repl.sport], ['--reply-port-dst', ct.repl.dport], ...(p.save?.(ct) ?? [])]),
  };
}

export const REPLY_WORDS = "`--reply-src-port' and `--reply-dst-port'";
