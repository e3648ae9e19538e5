import type { Rule } from '../../kernel/nf_tables/objects.ts';
import type { XtFamily } from '../../kernel/xt/definition.ts';
import { XT_EXIT, XtError } from '../../kernel/xt/error.ts';
import { paramProblem } from '../../kernel/xt/text.ts';
import { namesOf } from '../../kernel/net/names/index.ts';
import { CommandLine } from '../../parsers/xtables/command-line.ts';
import type { ParseEnvironment, XtCommand } from '../../parsers/xtables/command.ts';
import { XtExit } from '../../parsers/xtables/command.ts';
import type { XtRule } from '../../parsers/xtables/rule.ts';
import type { Call } from '../command.ts';
import { LongText } from '../long-text.ts';
import { builtinChain, builtinTable } from './family.ts';
import { helpText } from './help.ts';
import type { ListFormat, PrintEnvironment } from './print.ts';
import { writerOf } from './writer.ts';
import { LegacyRefusal, ParseFailure, refusalText } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { Session } from './session.ts';
import type { Row } from './session.ts';
import type { ViewChain } from './view.ts';

export const VERSION = '1.8.11';

/** What every tool of the family needs while it runs. */
export interface Tool {
  readonly call: Call;
  readonly family: XtFamily;
  readonly program: string;
  readonly session: Session;
  /** What the tool calls its variant: `nf_tables` or `legacy`. */
  readonly variant: 'nf_tables' | 'legacy';
}

export function toolOf(call: Call, family: XtFamily, program: string): Tool {
  const legacy = /-legacy(-|$)/.test(call.argv[0]);
  const net = call.host.net;
  const interfaceName = (index: number): string | undefined => {
    const devices = (net as unknown as { stack?: { deviceByIndex?(n: number): { name: string } | undefined } }).stack;
    return devices?.deviceByIndex?.(index)?.name ?? (index === 1 ? 'lo' : undefined);
  };
  const sender = { program, pid: call.host.nextPid(), origin: null };
  return { call, family, program, variant: legacy ? 'legacy' : 'nf_tables', session: new Session(family, net, legacy, sender, interfaceName) };
}

export const printEnvironment = (t: Tool): PrintEnvironment => ({ net: t.call.host.net, names: namesOf((p) => t.call.host.files.read(p)), warn: (s) => t.call.err(s) });

export const parseEnvironment = (t: Tool, restore: boolean, table: string | null): ParseEnvironment => ({
  family: t.family,
  program: t.program,
  restore,
  names: namesOf((p) => t.call.host.files.read(p)),
  net: t.call.host.net,
  warn: (s) => t.call.err(s),
  help: (...a) => helpText(...a),
  table,
  variant: t.variant,
});

/** libxtables: basic_exit_err, exit_tryhelp. `line` is that of the restore tools, -1 none. */
export function fail(t: Tool, e: unknown, line: number): number {
  const { call, program } = t;
  const hint = (): void => {
    if (line >= 0) call.err(`Error occurred at line: ${line}\n`);
    call.err(`Try \`${program} -h' or '${program} --help' for more information.\n`);
  };
  if (e instanceof XtExit) {
    call.out(e.out);
    if (e.hint !== null) {
      call.err(e.hint);
      hint();
    }
    return e.status;
  }
  if (e instanceof LegacyRefusal) {
    call.err(refused(t, { fn: 'commit', errno: e.errno }));
    return 1;
  }
  if (e instanceof ParseFailure) {
    call.err(`Error: ${e.message}\n`);
    return fail(t, new XtError('VERSION_PROBLEM', 'Parsing nftables rule failed'), line);
  }
  if (!(e instanceof XtError)) throw e;
  call.err(`${program} v${VERSION} (${t.variant}): ${e.message}\n`);
  if (e.exit === 'PARAMETER_PROBLEM') hint();
  if (e.exit === 'VERSION_PROBLEM') call.err(`Perhaps ${program} or your kernel needs to be upgraded.\n`);
  return XT_EXIT[e.exit];
}

/** The rules that a command line stands for: its sources times its destinations. */
export function expand(c: XtCommand): XtRule[] {
  if (!c.srcs.length && !c.dsts.length) return [c.rule];
  const inv = { s: c.options.has('source'), d: c.options.has('destination') };
  const srcs = c.srcs.length ? c.srcs : [null];
  const dsts = c.dsts.length ? c.dsts : [null];
  const masked = (a: (typeof srcs)[number], inverted: boolean) => a && { value: a.address, mask: a.mask, inverted };
  const inverted = (which: 'src' | 'dst'): boolean => c.inverted.has(which === 'src' ? 'source' : 'destination');
  return srcs.flatMap((s) => dsts.map((d) => ({ ...c.rule, src: inv.s ? masked(s, inverted('src')) : null, dst: inv.d ? masked(d, inverted('dst')) : null })));
}

/** Commands that look at the rules which are there. */
const READ_RULES = ['append', 'insert', 'delete', 'deleteNum', 'check', 'replace', 'flush', 'changeCounters', 'list', 'listRules', 'zero', 'zeroNum'] as const;

/** Commands that dump the rules which are there; those that put one in at a number do so too. */
const DUMPS_RULES = ['delete', 'deleteNum', 'check', 'replace', 'list', 'listRules', 'zero', 'zeroNum'] as const;

/** xtables.c: do_commandx: applies one command to the session; lists at once. */
export function execute(t: Tool, c: XtCommand): Refusal | null {
  const { session: s, call } = t;
  const has = (n: Parameters<typeof c.commands.has>[0]): boolean => c.commands.has(n);
  const chain = c.chain ?? '';
  const say = (text: string): void => call.out(text);
  // Sets of `among` cannot be read before they are there.
  const row =
    (r: XtRule): Row =>
    (made) => {
      if (c.verbose)
        say(
          writerOf(t.family).row(
            r.matches.some((m) => m.extension.name === 'among') ? r : raised(t, made),
            { numeric: true, verbose: true, exact: false, lineNumbers: false, row: true },
            printEnvironment(t),
          ),
        );
    };
  if (c.verbose > 1 && builtinTable(t.family, c.table)) {
    s.debug = say;
    const jump = c.rule.jump.kind === 'chain' ? [c.rule.jump.name] : [];
    if (DUMPS_RULES.some(has) || (has('insert') && c.rulenum > 1) || (has('deleteChain') && c.chain === null)) s.fetched(c.table, c.chain === null ? null : [c.chain, ...jump]);
  }
  const each = (op: (r: XtRule) => Refusal | null): Refusal | null => {
    for (const r of expand(c)) {
      const bad = op(r);
      if (bad) return bad;
    }
    return null;
  };
  if (!builtinTable(t.family, c.table))
    throw new XtError(
      'VERSION_PROBLEM',
      t.session.legacy ? `can't initialize ${t.program} table \`${c.table}': Table does not exist (do you need to insmod?)` : `table '${c.table}' does not exist`,
    );
  if (c.unfit !== null) throw paramProblem(c.unfit);
  if (READ_RULES.some(has)) s.takePolicies(c.table, c.chain);
  if (has('append')) return each((r) => s.append(c.table, chain, r, row(r)));
  if (has('insert')) return each((r) => s.insert(c.table, chain, r, c.rulenum, row(r)));
  if (has('delete')) return each((r) => s.delete(c.table, chain, r, row(r)));
  if (has('check')) return each((r) => s.check(c.table, chain, r, row(r)));
  if (has('replace')) {
    const r = expand(c)[0];
    s.assertJump(r, c.table);
    return s.replace(c.table, chain, r, c.rulenum, row(r));
  }
  if (has('deleteNum')) return deleteNumbers(t, c);
  if (has('flush')) return s.flush(c.table, c.chain, c.verbose > 0, say);
  if (has('newChain')) return newChain(t, c);
  if (has('deleteChain')) return s.deleteChain(c.table, c.chain, c.verbose > 0 && t.family !== 'bridge', say);
  if (has('renameChain')) return s.rename(c.table, chain, c.newName ?? '');
  if (has('policy')) return setPolicy(t, c);
  if (has('changeCounters')) return changeCounters(t, c);
  if (has('initTable')) {
    s.flushTable(c.table);
    return null;
  }
  const listed = has('list') ? list(t, c) : has('listRules') ? listRules(t, c) : null;
  if (listed) return listed;
  if (has('zero')) return s.zeroChains(c.table, c.chain, c.verbose > 0, say);
  if (has('zeroNum')) return s.zeroNum(c.table, chain, c.rulenum);
  return null;
}

/** At least one rule goes, whatever the end; numbers are not adjusted to what has gone already. */
function deleteNumbers(t: Tool, c: XtCommand): Refusal | null {
  let n = c.rulenum;
  do {
    const bad = t.session.deleteNum(c.table, c.chain ?? '', n);
    if (bad) return bad;
  } while (t.family === 'bridge' && ++n <= c.rulenumEnd);
  return null;
}

function newChain(t: Tool, c: XtCommand): Refusal | null {
  const { session: s } = t;
  const policy = c.policy ?? 'ACCEPT';
  const bad = s.newChain(c.table, c.chain ?? '');
  if (bad || t.family !== 'bridge') return bad;
  if (policy !== 'ACCEPT' && policy !== 'DROP' && policy !== 'RETURN') return { fn: 'newChain', errno: 'ENOENT' };
  const made = s.chain(c.table, c.chain ?? '');
  if (made) s.setUserPolicy(c.table, made, policy);
  return null;
}

function setPolicy(t: Tool, c: XtCommand): Refusal | null {
  const { session: s } = t;
  const made = t.family === 'bridge' ? s.chain(c.table, c.chain ?? '') : undefined;
  const policy = c.policy ?? '';
  if (t.family === 'bridge' && builtinChain(t.family, c.table, c.chain ?? '') === undefined && !made) return { fn: 'setPolicy', errno: 'ENOENT' };
  if (t.family === 'bridge' && policy === 'RETURN' && (!made || made.base)) throw new XtError('PARAMETER_PROBLEM', 'Policy RETURN only allowed for user defined chains');
  if (made && !made.base) {
    if (policy !== 'ACCEPT' && policy !== 'DROP' && policy !== 'RETURN') return { fn: 'setPolicy', errno: 'ENOENT' };
    s.setUserPolicy(c.table, made, policy);
    return null;
  }
  // -c is taken and not used.
  return s.setPolicy(c.table, c.chain ?? '', policy, null);
}

/** ebtables -C: by number or by rule. */
function changeCounters(t: Tool, c: XtCommand): Refusal | null {
  const { session: s } = t;
  const change = { packets: c.rule.packets, bytes: c.rule.bytes, op: c.counterOp };
  if (!c.rulenum) return s.changeCounters(c.table, c.chain ?? '', { rule: c.rule }, change);
  let n = c.rulenum;
  do {
    const bad = s.changeCounters(c.table, c.chain ?? '', { rulenum: n }, change);
    if (bad) return bad;
  } while (++n <= c.rulenumEnd);
  return null;
}

export function assertCompatible(t: Tool, table: string, chain: string | null): void {
  if (t.session.compatible(table, chain)) {
    if (t.session.tainted(table, chain)) t.call.out(`# Table \`${table}' contains incompatible base-chains, use 'nft' tool to list them.\n`);
    return;
  }
  throw new XtError('OTHER_PROBLEM', `${chain === null ? '' : `chain \`${chain}' in `}table \`${table}' is incompatible, use 'nft' tool.`);
}

export function raised(t: Tool, rule: Parameters<Session['raise']>[0]): XtRule {
  const r = t.session.raise(rule);
  for (const w of r.warnings) t.call.err(w);
  if (r.error !== null) throw new ParseFailure(r.error);
  return r.rule;
}

/** nft.c: nft_check_xt_legacy */
export function warnOfLegacy(t: Tool, suffix: string): void {
  const { legacy } = t.call.host.net;
  if (t.session.legacy || !legacy.ruleset.tables.some((x) => x.family === t.family)) return;
  const tool = `${t.family === 'ip6' ? 'ip6tables' : 'iptables'}-legacy`;
  t.call.err(`# Warning: ${tool} tables present, use ${tool}${suffix} to see them\n`);
}

/** Prints the lines of a chain's rules, as far as they can be told. */
function tell(t: Tool, chain: ViewChain, line: (rule: Rule, n: number) => string): void {
  const { shows } = writerOf(t.family);
  const text = new LongText();
  let n = 0;
  try {
    for (const { rule } of chain.rules) if (shows(rule)) text.add(line(rule, ++n));
  } finally {
    t.call.out(String(text));
  }
}

/** nft.c: nft_rule_list */
function list(t: Tool, c: XtCommand): Refusal | null {
  const { session: s, call } = t;
  warnOfLegacy(t, '');
  const known = c.chain === null || s.exists(c.table, c.chain);
  assertCompatible(t, c.table, c.chain);
  if (!known) return { fn: 'list', errno: 'ENOENT' };
  const o = (n: Parameters<typeof c.options.has>[0]): boolean => c.options.has(n);
  const f: ListFormat = { numeric: o('numeric'), verbose: c.verbose > 0, exact: o('exact'), lineNumbers: o('line-numbers'), row: false };
  const writer = writerOf(t.family);
  const env = printEnvironment(t);
  const chains = s.listed(c.table, c.chain);
  if (c.rulenum) {
    const r = chains[0]?.rules[c.rulenum - 1];
    if (r) call.out(writer.line(raised(t, r.rule), c.rulenum, f, env, c.options));
    return null;
  }
  call.out(writer.tableHeader(c.table));
  for (const [i, chain] of chains.entries()) {
    if (i && t.family !== 'bridge') call.out('\n');
    call.out(writer.header(chain, chain.base ? 0 : s.references(c.table, chain), f, c));
    tell(t, chain, (rule, n) => writer.line(raised(t, rule), n, f, env, c.options, chain.name, c.table));
  }
  return null;
}

/** nft.c: nft_rule_list_save */
function listRules(t: Tool, c: XtCommand): Refusal | null {
  const { session: s, call } = t;
  warnOfLegacy(t, '');
  const known = c.chain === null || s.exists(c.table, c.chain);
  assertCompatible(t, c.table, c.chain);
  if (!known) return { fn: 'list', errno: 'ENOENT' };
  const chains = s.listed(c.table, c.chain);
  const env = printEnvironment(t);
  const counters = c.verbose > 0;
  const writer = writerOf(t.family);
  if (!c.rulenum)
    for (const ch of chains) {
      call.out(ch.base ? `-P ${ch.name} ${ch.policy.toUpperCase()}${counters ? ` -c ${ch.packets} ${ch.bytes}` : ''}\n` : `-N ${ch.name}\n`);
    }
  for (const ch of chains) tell(t, ch, (rule, n) => (c.rulenum && n !== c.rulenum ? '' : `-A ${ch.name}${writer.save(raised(t, rule), counters, env)}\n`));
  return null;
}

/** One command of iptables, ip6tables, arptables, ebtables. */
export function runCommand(call: Call, family: XtFamily, program: string, argv: readonly string[]): number {
  const t = toolOf(call, family, program);
  t.session.sender.origin = () => call.origin;
  try {
    const command = new CommandLine(parseEnvironment(t, false, null), argv).parse();
    const bad = execute(t, command);
    if (!bad) {
      t.session.commit();
      return 0;
    }
    call.err(refused(t, bad));
    return 1;
  } catch (e) {
    return fail(t, e, -1);
  } finally {
    t.session.abort();
  }
}

/** xtables-standalone.c: how a refused operation is told. */
export function refused(t: Tool, r: Refusal): string {
  if (t.family === 'bridge') return `${t.program}: ${refusalText(r)}\n`;
  return r.errno === 'EINVAL' ? `${t.program}: ${refusalText(r)}. Run \`dmesg' for more information.\n` : `${t.program}: ${refusalText(r)}.\n`;
}
