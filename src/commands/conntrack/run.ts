import type { Errno } from '../../kernel/errno.ts';
import { strerror } from '../../kernel/errno.ts';
import { ctDelete, ctDump, ctFlush, ctGet, ctNew, useCounts } from '../../kernel/conntrack/ctnetlink.ts';
import { expectDelete, expectFlush, expectGet, expectNew } from '../../kernel/conntrack/ctnetlink-expect.ts';
import type { ExpMessage } from '../../kernel/conntrack/ctnetlink-expect.ts';
import type { Conntrack } from '../../kernel/conntrack/entry.ts';
import { selects } from '../../kernel/conntrack/select.ts';
import type { Selection } from '../../kernel/conntrack/select.ts';
import { CPUS } from '../../kernel/conntrack/stats.ts';
import { protocols } from '../../kernel/net/names/database.ts';
import type { Call } from '../command.ts';
import { matches, sameSide } from './compare.ts';
import { ConntrackError, parameter, PROGRAM, VERSION } from './error.ts';
import { comparesWhole, Filter } from './filter.ts';
import { protocolHelp, usage } from './help.ts';
import { updatedLabels } from './label-change.ts';
import { autocomplete, toMessage } from './object.ts';
import type { CtObject } from './object.ts';
import type { CommandName } from './options.ts';
import type { CtCommand, OutputFlag } from './parse.ts';
import { printConntrack } from './print.ts';
import type { MessageType, PrintFlags } from './print.ts';
import { printExpect, xmlExpect } from './print-expect.ts';
import { readConntrack } from './read.ts';
import { saveConntrack } from './save.ts';
import { XML_HEADER, xmlConntrack } from './xml.ts';

/** What one invocation of the tool keeps: its netlink port, its output options, what it has counted. */
export class Session {
  readonly call: Call;
  readonly output: Set<OutputFlag>;
  readonly portid: number;
  counter = 0;
  /** The command line read last: the tool takes marks and labels of an update from it, also when a file has several. */
  readonly template: CtCommand;
  #xmlOpen = false;

  constructor(call: Call, output: Set<OutputFlag>, template: CtCommand) {
    this.template = template;
    this.call = call;
    this.output = output;
    this.portid = call.host.nextPid();
  }

  get net() {
    return this.call.host.net;
  }

  #use: ((ct: Conntrack) => number) | null = null;
  /** The reference count that the kernel tells of an entry. */
  use(ct: Conntrack): number {
    this.#use ??= useCounts(this.net);
    return this.#use(ct);
  }

  /** Opens the XML document before its first element. */
  openXml(element: 'conntrack' | 'expect'): void {
    if (!this.output.has('xml') || this.#xmlOpen) return;
    this.#xmlOpen = true;
    this.call.out(`${XML_HEADER}<${element}>\n`);
  }

  /** The document may have been opened by another process that prints for the same listener. */
  continueXml(open: boolean): void {
    this.#xmlOpen = open && this.output.has('xml');
  }

  closeXml(element: 'conntrack' | 'expect'): void {
    if (this.#xmlOpen) this.call.out(`</${element}>\n`);
  }

  flags(options: Partial<PrintFlags> = {}): PrintFlags {
    const wall = this.net.clock.wall();
    return { layer3: this.output.has('extended'), id: this.output.has('id'), ktimestamp: this.output.has('ktimestamp'), when: null, now: wall, map: null, ...options };
  }

  text(o: CtObject, type: MessageType, flags: PrintFlags): string {
    if (this.output.has('save')) return saveConntrack(o, type);
    return this.output.has('xml') ? xmlConntrack(o, type, flags) : printConntrack(o, type, flags);
  }

  /** `[seconds.microseconds]` before a line. */
  stamp(pad: boolean): string {
    const us = Math.floor(this.net.clock.wall() * 1000);
    const s = String(Math.floor(us / 1e6)).padEnd(8),
      f = String(us % 1e6);
    return `[${s}.${pad ? f.padStart(6, '0') : f.padEnd(6)}]\t`;
  }

  fail(errno: Errno | '', command: CommandName): never {
    throw new ConntrackError(1, `Operation failed: ${errorWords(errno, command)}`);
  }
}

/** err2str: the tool's own words for some errors of some commands. */
function errorWords(errno: Errno | '', command: CommandName): string {
  const on = (...names: CommandName[]): boolean => names.includes(command);
  if (errno === '') return 'Success';
  // The table names only the commands of the first 16 bits here.
  if (errno === 'EINVAL' && !on('expCount', 'stats', 'expStats', 'add')) return 'invalid parameters';
  if (errno === 'EEXIST' && on('create')) return 'Such conntrack exists, try -U to update';
  if (errno === 'ENOENT' && on('create', 'get', 'delete', 'add')) return "such conntrack doesn't exist";
  if (errno === 'ENOMEM' && on('create', 'get', 'add')) return 'not enough memory';
  if (errno === 'EAFNOSUPPORT' && on('get')) return 'protocol not supported';
  if (errno === 'ETIME' && on('create', 'add')) return 'conntrack has expired';
  if (errno === 'ENOENT' && on('expCreate')) return 'master conntrack not found';
  if (errno === 'EPERM') return 'sorry, you must be root or get CAP_NET_ADMIN capability to do this';
  return strerror(errno);
}

/** Runs one command; throws ConntrackError where the tool ends itself. */
export function runCommand(s: Session, cmd: CtCommand): void {
  const { call } = s;
  switch (cmd.command) {
    case 'list':
      return list(s, cmd);
    case 'create':
    case 'add':
      return create(s, cmd, cmd.command);
    case 'update':
      return update(s, cmd);
    case 'delete':
      return remove(s, cmd);
    case 'get':
      return get(s, cmd);
    case 'flush':
      ctFlush(s.net, 0, s.portid);
      return call.err(`${PROGRAM}connection tracking table has been emptied.\n`);
    case 'count':
      return call.out(`${s.net.conntrack.count}\n`);
    case 'stats':
      return stats(s);
    case 'expStats':
      return expStats(s);
    case 'expList':
      return expList(s, cmd);
    case 'expCreate':
      return expCreate(s, cmd);
    case 'expDelete': {
      const bad = expectDelete(s.net, { tuple: tupleOf(s, cmd.ct, cmd, 'expDelete') }, s.portid);
      return bad ? s.fail(bad, 'expDelete') : undefined;
    }
    case 'expGet': {
      const exp = expectGet(s.net, { master: tupleOf(s, cmd.ct, cmd, 'expGet') });
      if (typeof exp === 'string') return s.fail(exp, 'expGet');
      return printExp(s, [exp]);
    }
    case 'expFlush':
      expectFlush(s.net, s.portid);
      return call.err(`${PROGRAM}expectation table has been emptied.\n`);
    case 'expCount':
      return call.out(`${s.net.conntrack.expect.entries().filter((e) => e.tuple.l3num === cmd.family).length}\n`);
    case 'version':
      return call.out(`conntrack v${VERSION} (conntrack-tools)\n`);
    case 'help':
      call.out(usage(call.argv[0]));
      if (cmd.handler) call.out(protocolHelp(cmd.handler, cmd.protonum, protocolName));
      return;
    case null:
      return call.out(usage(call.argv[0]));
    // Listeners are started elsewhere (events.ts); run to its end, one hears nothing.
    case 'event':
    case 'expEvent':
      return;
    default:
      return cmd.command satisfies never;
  }
}

const protocolName = (n: number): string | undefined => protocols().name(n);

/** What the kernel is asked for, and addresses that the tool compares exactly afterwards. */
function selectionOf(cmd: CtCommand): Selection {
  const exact = (which: 'src' | 'dst'): Uint8Array | undefined =>
    cmd.options.has(which) && !cmd.options.has(`mask-${which}`) ? (cmd.ct.orig[`${which}4`] ?? cmd.ct.orig[`${which}6`]) : undefined;
  const src = exact('src'),
    dst = exact('dst');
  return { family: cmd.family, ...(cmd.mark ? { mark: cmd.mark } : {}), ...(src ? { src } : {}), ...(dst ? { dst } : {}) };
}

function list(s: Session, cmd: CtCommand): void {
  if (cmd.table === 'dying' || cmd.table === 'unconfirmed') return;
  const zero = cmd.options.has('zero');
  if (zero && comparesWhole(cmd)) throw parameter("Can't use -z with filtering parameters");
  const filter = new Filter(cmd, s.template.label);
  const wanted = { ...selectionOf(cmd), ...(cmd.status ? { status: cmd.status } : {}) };
  const dump = ctDump(s.net, wanted);
  if (typeof dump === 'string') return s.fail(dump, 'list');
  const flags = s.flags({ map: cmd.labelMap });
  // Counters that are set back belong to connections, not to pictures of them.
  for (const ct of zero ? s.net.conntrack.entries().filter((c) => selects(wanted, c)) : dump) {
    const o = readConntrack(s.net, ct, { use: s.use(ct) });
    if (zero && ct.acct) ct.acct = { packets: [0n, 0n], bytes: [0n, 0n] };
    if (!filter.passes(o)) continue;
    s.openXml('conntrack');
    call(s, `${s.text(o, s.output.has('save') ? 'new' : null, flags)}\n`);
    s.counter++;
  }
  s.closeXml('conntrack');
}

/** The dump is read in one go: what happens to entries afterwards is not seen by it any more. */
function picked(s: Session, dump: Iterable<Conntrack>, passes: (o: CtObject) => boolean): CtObject[] {
  const out: CtObject[] = [];
  for (const ct of dump) {
    const o = readConntrack(s.net, ct, { use: s.use(ct) });
    if (passes(o)) out.push(o);
  }
  return out;
}

const call = (s: Session, text: string): void => s.call.out(text);

/** IP_CT_TCP_FLAG_BE_LIBERAL */
const BE_LIBERAL = 8;

function create(s: Session, cmd: CtCommand, command: 'create' | 'add'): void {
  const has = (...names: ('src' | 'dst' | 'reply-src' | 'reply-dst')[]): boolean => names.some((n) => cmd.options.has(n));
  if (has('src', 'dst') && !has('reply-src', 'reply-dst')) autocomplete(cmd.ct, 'repl');
  else if (!has('src', 'dst') && has('reply-src', 'reply-dst')) autocomplete(cmd.ct, 'orig');
  if (cmd.mark) cmd.ct.mark = cmd.mark.val;
  // An entry made by hand knows no windows: the tool asks for lenient tracking.
  if (cmd.ct.tcpState !== undefined) cmd.ct.tcpFlags = BE_LIBERAL;
  if (cmd.labelModify) cmd.ct.labels = cmd.labelModify;
  const m = toMessage(cmd.ct, cmd.family);
  const bad = typeof m === 'string' ? m : ctNew(s.net, m, { create: true, excl: command === 'create' }, s.portid);
  if (bad !== null) s.fail(bad, command);
  s.counter++;
}

function get(s: Session, cmd: CtCommand): void {
  const m = toMessage(cmd.ct, cmd.family);
  const ct = typeof m === 'string' ? m : ctGet(s.net, m);
  if (typeof ct === 'string') return s.fail(ct, 'get');
  const o = readConntrack(s.net, ct, { use: s.use(ct) + 1 });
  if (!new Filter(cmd, s.template.label).passes(o)) return;
  s.openXml('conntrack');
  call(s, `${s.text(o, s.output.has('save') ? 'new' : null, s.flags({ map: cmd.labelMap }))}\n`);
  s.counter++;
}

function remove(s: Session, cmd: CtCommand): void {
  const filter = new Filter(cmd, s.template.label);
  const dump = ctDump(s.net, selectionOf(cmd));
  if (typeof dump === 'string') return s.fail(dump, 'delete');
  const flags = s.flags({ ktimestamp: false });
  for (const o of picked(s, dump, (x) => filter.passes(x))) {
    const m = toMessage(o, o.orig.l3 ?? 0);
    const bad = typeof m === 'string' ? m : ctDelete(s.net, m, s.portid);
    if (bad === 'ENOENT') continue;
    if (bad !== null) return s.fail(bad, 'delete');
    call(s, `${s.text(o, s.output.has('save') ? 'destroy' : null, flags)}\n`);
    s.counter++;
  }
}

/** mnl_nfct_update_cb for each entry: what was asked for is laid over the entry and sent back, unless it changes nothing. */
function update(s: Session, cmd: CtCommand): void {
  const filter = new Filter(cmd, s.template.label);
  const { src, dst } = selectionOf(cmd);
  const dump = ctDump(s.net, { family: cmd.family, src, dst });
  if (typeof dump === 'string') return s.fail(dump, 'update');
  for (const o of picked(s, dump, (x) => filter.nat(x) && filter.label(x) && filter.network(x) && selected(cmd, x))) {
    const wanted = overlay(cmd, s.template, o);
    if (matches(wanted, o)) continue;
    const m = toMessage(wanted, o.orig.l3 ?? 0);
    const bad = typeof m === 'string' ? m : ctNew(s.net, m, { create: false, excl: false }, s.portid);
    if (bad === 'ENOENT') continue;
    if (bad !== null) return s.fail(bad, 'update');
    // Asked for again by its tuple: without its zone, that may be another one.
    const after = typeof m === 'string' ? ('ENOENT' as const) : ctGet(s.net, m);
    if (typeof after !== 'string') show(s, after, cmd);
  }
}

function show(s: Session, ct: Conntrack, cmd: CtCommand): void {
  const after = readConntrack(s.net, ct, { use: s.use(ct) + 1 });
  call(s, `${s.text(after, s.output.has('save') ? 'new' : null, s.flags({ map: cmd.labelMap, ktimestamp: false }))}\n`);
  s.counter++;
}

function selected(cmd: CtCommand, o: CtObject): boolean {
  const has = (...names: ('src' | 'dst' | 'reply-src' | 'reply-dst' | 'protonum')[]): boolean => names.some((n) => cmd.options.has(n));
  if (cmd.ct.id !== undefined && cmd.ct.id !== o.id) return false;
  if (has('src', 'dst', 'protonum') && !sameSide(cmd.ct, o, 'orig')) return false;
  return !has('reply-src', 'reply-dst', 'protonum') || sameSide(cmd.ct, o, 'repl');
}

function overlay(cmd: CtCommand, template: CtCommand, o: CtObject): CtObject {
  const { ct } = cmd;
  // NFCT_CP_ORIG takes addresses and protocol of the entry, not the zone of its direction.
  const t: CtObject = { orig: { ...o.orig, zone: undefined }, repl: {}, icmp: { ...o.icmp } };
  for (const key of ['timeout', 'status', 'secmark', 'id', 'zone', 'tcpState', 'sctpState', 'vtagOrig', 'vtagRepl', 'dccpState', 'dccpRole', 'snatPort', 'dnatPort'] as const)
    if (ct[key] !== undefined) t[key] = ct[key];
  for (const key of ['snat4', 'snat6', 'dnat4', 'dnat6'] as const) if (ct[key]) t[key] = ct[key];
  const mark = template.mark ?? { val: 0, mask: 0 };
  if (cmd.options.has('mark')) t.mark = (((o.mark ?? 0) & ~mark.mask) ^ mark.val) >>> 0;
  if (ct.status !== undefined) t.status = ct.status | (o.status ?? 0);
  // As soon as `-p tcp` is said, the tool asks for lenient tracking, here too.
  if (cmd.options.has('protonum') && ct.orig.l4 === 6) t.tcpFlags = BE_LIBERAL;
  const labels = updatedLabels(cmd.options, template.labelModify, o);
  if (labels) {
    t.labels = labels.labels;
    if (labels.mask) t.labelsMask = labels.mask;
  }
  return t;
}

const STATS = [
  ['found', 'found'],
  ['invalid', 'invalid'],
  ['insert', 'insert'],
  ['insert_failed', 'insertFailed'],
  ['drop', 'drop'],
  ['early_drop', 'earlyDrop'],
  ['error', 'error'],
  ['search_restart', 'searchRestart'],
  ['clash_resolve', 'clashResolve'],
  ['chaintoolong', 'chaintoolong'],
] as const;
const EXP_STATS = [
  ['expect_new', 'expectNew'],
  ['expect_create', 'expectCreate'],
  ['expect_delete', 'expectDelete'],
] as const;

function statRows(s: Session, rows: readonly (readonly [string, keyof typeof s.net.conntrack.stats])[]): void {
  for (let cpu = 0; cpu < CPUS; cpu++) call(s, `cpu=${String(cpu).padEnd(4)}\t${rows.map(([n, k]) => `${n}=${cpu === 0 ? s.net.conntrack.stats[k] >>> 0 : 0} `).join('')}\n`);
}
const stats = (s: Session): void => statRows(s, STATS);
const expStats = (s: Session): void => statRows(s, EXP_STATS);

function expList(s: Session, cmd: CtCommand): void {
  printExp(
    s,
    s.net.conntrack.expect.entries().filter((e) => e.tuple.l3num === cmd.family),
  );
  s.closeXml('expect');
}

function printExp(s: Session, all: readonly Parameters<typeof printExpect>[1][]): void {
  for (const exp of all) {
    s.openXml('expect');
    call(s, `${expLine(s, exp, null)}\n`);
    s.counter++;
  }
}

/** One expectation, with what `-o timestamp` adds. */
export function expLine(s: Session, exp: Parameters<typeof printExpect>[1], type: MessageType): string {
  const xml = s.output.has('xml'),
    stamped = s.output.has('timestamp');
  if (xml) return xmlExpect(s.net, exp, type, stamped ? s.net.clock.wall() : null);
  return (stamped ? s.stamp(false) : '') + printExpect(s.net, exp, type);
}

function tupleOf(s: Session, ct: CtObject, cmd: CtCommand, command: CommandName) {
  const m = toMessage({ ...ct, repl: {}, icmp: {} }, cmd.family);
  return typeof m === 'string' ? s.fail(m, command) : m.orig;
}

function expCreate(s: Session, cmd: CtCommand): void {
  const m: ExpMessage = {
    tuple: tupleOf(s, cmd.exptuple, cmd, 'expCreate'),
    mask: tupleOf(s, cmd.mask, cmd, 'expCreate'),
    master: tupleOf(s, cmd.ct, cmd, 'expCreate'),
    timeout: cmd.expTimeout,
  };
  const bad = expectNew(s.net, m, s.portid);
  if (bad) s.fail(bad, 'expCreate');
}
