import { maskLength, ntop } from '../../kernel/xt/address.ts';
import type { TranslateContext, XtFamily } from '../../kernel/xt/definition.ts';
import { XtError } from '../../kernel/xt/error.ts';
import { namesOf } from '../../kernel/net/names/index.ts';
import { cut, paramProblem, protocolName } from '../../kernel/xt/text.ts';
import { checkChainName } from '../../parsers/xtables/chain-names.ts';
import { CommandLine } from '../../parsers/xtables/command-line.ts';
import { XtExit } from '../../parsers/xtables/command.ts';
import type { XtCommand } from '../../parsers/xtables/command.ts';
import type { Masked, Name, XtRule, XtUse } from '../../parsers/xtables/rule.ts';
import { parseRestoreLine } from '../../parsers/xtables/restore-line.ts';
import { restoreWords } from '../../parsers/xtables/words.ts';
import type { Call } from '../command.ts';
import { builtinChain, builtinTable } from './family.ts';
import { expand, fail, parseEnvironment, toolOf, VERSION } from './run.ts';
import type { Tool } from './run.ts';
import { dateText } from './save.ts';
import { translateArp } from './translate-arp.ts';
import { translateBridge } from './translate-bridge.ts';

/** The translate tools (iptables/xtables-translate.c, xtables-eb-translate.c, nft_*_xlate). */

export function ifaceWords(key: string, n: Name | null): string[] {
  if (!n) return [];
  const wild = n.name.endsWith('+');
  if (n.name === '+') return n.inverted ? [`${key} "INVAL/D"`] : [];
  const body = (wild ? n.name.slice(0, -1) : n.name).replace(/\*$/, '\\*');
  return [`${key} ${n.inverted ? '!= ' : ''}"${body}${wild ? '*' : ''}"`];
}

export function addressWords(key: string, m: Masked | null): string[] {
  if (!m || (!m.inverted && m.value.every((b) => b === 0) && m.mask.every((b) => b === 0))) return [];
  const n = maskLength(m.mask);
  if (n < 0) return [`${key} & ${ntop(m.mask)} ${m.inverted ? '!=' : '=='} ${ntop(m.value)}`];
  return [`${key} ${m.inverted ? '!= ' : ''}${ntop(m.value)}${n === m.mask.length * 8 ? '' : `/${n}`}`];
}

/** Sets that translations of a run declared (xt_xlate_set_add), and how many of them were printed. */
const declared = new WeakMap<Tool, { readonly sets: string[]; printed: number }>();
function declarations(t: Tool): { readonly sets: string[]; printed: number } {
  const known = declared.get(t) ?? { sets: [], printed: 0 };
  declared.set(t, known);
  return known;
}

export const contextOf = (r: XtRule, t: Tool, numeric: boolean): TranslateContext => ({
  family: r.family,
  names: namesOf((p) => t.call.host.files.read(p)),
  warn: (s) => t.call.err(s),
  proto: r.proto ?? { number: 0, inverted: false },
  forTranslate: true,
  numeric,
  sets: declarations(t).sets,
});

/** Words of an extension; null: it has no translation. */
export function useWords(u: XtUse, c: TranslateContext): string[] | null {
  const text = u.extension.translate ? u.extension.translate(u.info, c) : null;
  return text === null ? null : text === '' ? [] : [text];
}

export function jumpWords(r: XtRule, c: TranslateContext): string[] | null {
  const j = r.jump;
  switch (j.kind) {
    case 'none':
      return [];
    case 'chain':
      return [`${j.goto ? 'goto' : 'jump'} ${j.name}`];
    case 'verdict':
      return j.name === 'QUEUE' || j.name === 'standard' ? null : j.name === 'CONTINUE' ? [] : [j.name.toLowerCase()];
    case 'target':
      return useWords(j.use, c);
  }
}

function inetWords(r: XtRule, c: TranslateContext): string[] | null {
  const v6 = r.family === 'ip6';
  // What comes after these has its own blank, or brings a second one (time).
  const spaced = (words: readonly string[]): string[] => words.map((w) => `${w} `);
  const out = spaced([...ifaceWords('iifname', r.iif), ...ifaceWords('oifname', r.oif)]);
  if (r.fragment) out.push(`ip frag-off & 0x1fff ${r.fragment.inverted ? '' : '!= '}0`);
  const proto = r.proto?.number ?? 0;
  if (proto !== 0) {
    const name = protocolName(proto, c.names);
    if (name === undefined || !r.matches.some((m) => m.name === name || (proto === 135 && m.name === 'mh')))
      out.push(`${v6 ? 'meta l4proto' : 'ip protocol'} ${r.proto?.inverted ? '!= ' : ''}${name ?? proto}`);
  }
  const ip = v6 ? 'ip6' : 'ip';
  out.push(...spaced([...addressWords(`${ip} saddr`, r.src), ...addressWords(`${ip} daddr`, r.dst)]));
  for (const m of r.matches) {
    const w = useWords(m, c);
    if (!w) return null;
    out.push(...w);
  }
  out.push('counter');
  const j = jumpWords(r, c);
  return j && [...out, ...j];
}

function commentOf(r: XtRule): string[] {
  const m = r.family === 'arp' ? undefined : r.matches.findLast((x) => x.name === 'comment');
  // xt_xlate_add_comment: with its quotes in 255 bytes.
  return m ? [`comment ${cut(`"${(m.info as unknown as { comment: string }).comment}"`, 255)}`] : [];
}

function ruleWords(r: XtRule, c: TranslateContext): string | null {
  const words = r.family === 'arp' ? translateArp(r, c) : r.family === 'bridge' ? translateBridge(r, c) : inetWords(r, c);
  // xt_xlate_add separates words by one blank, unless the next brings its own (time).
  if (!words) return null;
  const line = words.reduce((sofar, word) => (sofar === '' ? word : sofar + (sofar.endsWith(' ') || word[0] === ' ' ? '' : ' ') + word), '');
  const comment = commentOf(r);
  return comment.length ? `${line} ${comment[0]}` : line.trimEnd();
}

/** do_command_xlate; false: not implemented. `shown` stands before the words of a rule that has no translation. */
function translate(t: Tool, c: XtCommand, shown: readonly string[], restore: boolean): boolean {
  const { call, family } = t;
  const out = (s: string): void => call.out(s);
  const nft = restore ? '' : 'nft ';
  const q = restore ? '' : "'";
  const has = (n: Parameters<typeof c.commands.has>[0]): boolean => c.commands.has(n);
  out(nft);
  if (has('append') || has('insert')) {
    const verb = has('append') ? 'add' : `insert`;
    const index = has('insert') && c.rulenum > 1 && family !== 'bridge' ? ` index ${c.rulenum}` : '';
    const rules = expand(c);
    const inner = Math.max(1, c.dsts.length);
    let done = true;
    for (const [n, r] of rules.entries()) {
      const words = ruleWords(r, contextOf(r, t, c.options.has('numeric')));
      done = words !== null;
      if (n && n % inner === 0) out(nft);
      const sets = declarations(t);
      if (words === null) {
        // Its sets are counted, but nobody declares them.
        sets.printed = sets.sets.length;
        continue;
      }
      for (; sets.printed < sets.sets.length; sets.printed++) out(`${q}add set ${family} ${c.table} ${sets.sets[sets.printed]}${q}\n${nft}`);
      out(`${q}${verb} rule ${family} ${c.table} ${c.chain}${index} ${words}${q}\n`);
    }
    if (done) return true;
    out(
      `${family === 'bridge' ? "' " : ''}# ${shown
        .concat(c.left.slice(1))
        .map((a) => `${a} `)
        .join('')}\n`,
    );
    return family !== 'bridge';
  }
  if (has('flush') || has('initTable')) {
    out(c.chain !== null ? `flush chain ${family} ${c.table} ${c.chain}\n` : `flush table ${family} ${c.table}\n`);
    return true;
  }
  if (has('list')) {
    out(`list table ${family} ${c.table}\n`);
    return true;
  }
  if (has('newChain') && c.policy === null) {
    out(`add chain ${family} ${c.table} ${c.chain}\n`);
    return true;
  }
  if (has('deleteChain')) {
    out(`delete chain ${family} ${c.table} ${c.chain ?? '(null)'}\n`);
    return true;
  }
  return false;
}

/** xtables-eb-translate.c: its own, on stderr. */
const bridgeHelp = (p: string): string => `${p}: Translate ebtables command to nft syntax
no side effects occur, the translated command is written to standard output.
A '#' followed by input means no translation is available.
`;

export function runTranslate(call: Call, family: XtFamily, program: string, argv: readonly string[]): number {
  const t = toolOf(call, family, program);
  try {
    const tellHelp = (): string => {
      call.err(bridgeHelp(program));
      return '';
    };
    const environment = parseEnvironment(t, false, null);
    const c = new CommandLine(family === 'bridge' ? { ...environment, help: tellHelp } : environment, argv).parse();
    if (family === 'bridge' && !builtinTable(family, c.table)) throw new XtError('VERSION_PROBLEM', `table '${c.table}' does not exist`);
    if (translate(t, c, [], false)) return 0;
    call.err('Translation not implemented\n');
    return 1;
  } catch (e) {
    // xtables-eb-translate.c hands exit_tryhelp a line.
    return fail(t, e, e instanceof XtExit && family === 'bridge' ? 0 : -1);
  }
}

const usage = (p: string): string => `${p} ${VERSION} (c) 2014 by Pablo Neira Ayuso <pablo@netfilter.org>
Usage: ${p} [-h] [-f <FILE>] [-V]
	[ --help ]
	[ --file=<FILE> ]
	[ --version ]
`;

/** iptables-restore-translate, ip6tables-restore-translate. */
export function runRestoreTranslate(call: Call, family: XtFamily, program: string, argv: readonly string[]): number {
  // Its errors turn the name around.
  const t = toolOf(call, family, program.replace('-restore-translate', '-translate-restore'));
  let file: string | null = null;
  const args = argv.slice(1);
  while (args.length) {
    const a = args.shift() as string;
    if (a === '-h' || a === '--help') {
      call.err(usage(program));
      return 1;
    }
    if (a === '-V' || a === '--version') {
      call.out(`${program} v${VERSION}\n`);
      return 0;
    }
    if (a === '-f' || a === '--file') file = args.shift() ?? null;
    else if (a.startsWith('--file=')) file = a.slice(7);
    else if (a.startsWith('-f')) file = a.slice(2);
  }
  if (file === null) {
    call.err(`ERROR: missing file name\n${usage(program)}`);
    return 1;
  }
  const text = call.host.files.read(call.host.files.resolve(call.cwd, file));
  if (text === undefined) {
    call.err(`Cannot open file ${file}\n`);
    return 1;
  }
  const date = dateText(call.host.net.clock.wall());
  call.out(`# Translated by ${program} v${VERSION} on ${date}\n`);
  let n = 0;
  let table: string | null = null;
  let absent = false;
  try {
    for (const line of text.replace(/\n$/, '').split('\n')) {
      n++;
      if (line === '' || line[0] === '#') continue;
      if (line === 'COMMIT' && table !== null) {
        table = null;
        continue;
      }
      if (line[0] === '*') {
        const { name } = parseRestoreLine(line);
        table = name;
        if (!table) throw paramProblem(`${t.program}: line ${n} table name invalid`);
        if (!builtinTable(family, table)) throw paramProblem(`${t.program}: line ${n} table name '${table}' invalid`);
        call.out(`add table ${family} ${table}\n`);
        continue;
      }
      if (table === null) {
        call.err(`${t.program}: line ${n} failed\n`);
        return 1;
      }
      if (line[0] === ':') {
        call.out(chainLine(family, table, line, t.program, n));
        continue;
      }
      if (line[0] === '[' && !line.includes(']')) throw paramProblem(`Bad line ${n}: need ]`);
      const words = line[0] === '[' ? line.slice(line.indexOf(']') + 1) : line;
      const parsed = [program, ...restoreWords(`${words}\n`)];
      const c = new CommandLine(parseEnvironment(t, true, table), parsed).parse();
      if (c.ignored) continue;
      absent = leavesAbsent(c) ?? absent;
      if (!translate(t, c, ['-t', table], true)) {
        call.err(`${t.program}: line ${n} failed${absent ? ': No chain/target/match by that name.' : ''}\n`);
        return 1;
      }
    }
    call.out(`# Completed on ${date}\n`);
    return 0;
  } catch (e) {
    return fail(t, e, e instanceof XtError && e.exit !== 'PARAMETER_PROBLEM' ? -1 : n);
  }
}

/** Is errno ENOENT after the command? A new name was looked for among the targets, labels in their file; other rules clear it, the rest leaves it. */
function leavesAbsent(c: XtCommand): boolean | null {
  if (c.commands.has('newChain') || c.commands.has('renameChain')) return true;
  if (c.commands.has('append') || c.commands.has('insert')) return c.rule.matches.some((m) => m.extension.name === 'connlabel');
  return c.commands.has('delete') || c.commands.has('check') || c.commands.has('replace') ? false : null;
}

function chainLine(family: XtFamily, table: string, line: string, program: string, n: number): string {
  const read = parseRestoreLine(line);
  if (read.kind !== 'chain') throw new Error('not a chain line');
  const { name: chain, policy } = read;
  if (chain === null) throw paramProblem(`${program}: line ${n} chain name invalid`);
  checkChainName(family, chain, true);
  if (policy === null) throw paramProblem(`${program}: line ${n} policy invalid`);
  const b = builtinChain(family, table, chain);
  const policyText = policy === 'ACCEPT' || policy === 'DROP' ? ` policy ${policy.toLowerCase()};` : '';
  // The priority of the security table is one that the translator does not know.
  return b
    ? `add chain ${family} ${table} ${chain} { type ${b.type} hook ${b.hook} priority ${table === 'security' ? 0 : b.priority};${policyText} }\n`
    : `add chain ${family} ${table} ${chain}\n`;
}
