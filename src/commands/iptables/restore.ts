import type { RuleOrigin } from '../../kernel/nf_tables/nf-tables.ts';
import { XtError } from '../../kernel/xt/error.ts';
import type { XtFamily } from '../../kernel/xt/definition.ts';
import { paramProblem } from '../../kernel/xt/text.ts';
import { checkChainName } from '../../parsers/xtables/chain-names.ts';
import type { ParseEnvironment } from '../../parsers/xtables/command.ts';
import { readLine } from '../../parsers/xtables/shapes.ts';
import { parseRestoreLine } from '../../parsers/xtables/restore-line.ts';
import { restoreWords } from '../../parsers/xtables/words.ts';
import type { Call } from '../command.ts';
import { Getopt } from '../getopt.ts';
import type { LongOption } from '../getopt.ts';
import { builtinChain, builtinTable } from './family.ts';
import { assertMakeable } from './lower.ts';
import { execute, fail, parseEnvironment, toolOf, VERSION } from './run.ts';
import type { Tool } from './run.ts';
import type { Refusal } from './refusal.ts';
import { LegacyRefusal, refusalText } from './refusal.ts';

/** iptables-restore and its kin (iptables/xtables-restore.c): a table at a time, all of it or nothing. */
interface Options {
  counters: boolean;
  verbose: boolean;
  test: boolean;
  noflush: boolean;
  table: string | null;
  file: string | null;
}

/** An operation that waits for COMMIT, and the line that asked for it. */
interface Queued {
  readonly line: number;
  /** It prints nothing. */
  readonly quiet: boolean;
  run(): Refusal | null;
}

const NO_REASON: Refusal = { fn: 'restore', errno: 'ENOENT' };
/** A user chain's policy that ebtables does not know sets no errno; what it was is told in the words of the call that set nft_fn. */
const AFTER_POLICY: Refusal = { fn: 'policy', errno: 'ENOENT' };
const POLICY_REFUSED: readonly Refusal[] = [NO_REASON, AFTER_POLICY];

/** Commands that print something. */
const TELLING = ['list', 'listRules', 'check'] as const;

class Restore {
  private readonly t: Tool;
  private readonly o: Options;
  private line = 0;
  /** The last one named, also after its COMMIT. */
  private table: string | null = null;
  private inTable = false;
  private queue: Queued[] = [];
  private known: ParseEnvironment | null = null;
  /** A table must end with COMMIT; arptables and ebtables take the end of the file for it. */
  private readonly commits: boolean;
  private errno: boolean;
  /** Was the last operation a builtin chain's policy? */
  private policySet = false;

  constructor(t: Tool, o: Options) {
    this.t = t;
    this.o = o;
    t.session.sender.origin = (line) => this.origin(line);
    this.commits = t.family === 'ip' || t.family === 'ip6';
    this.errno = t.family === 'bridge';
  }

  run(text: string): number {
    try {
      let at = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', at)) {
        if (!this.step(text.slice(at, end), '\n')) return 1;
        at = end + 1;
      }
      if (at < text.length && !this.step(text.slice(at), '')) return 1;
      if (this.inTable && this.commits) {
        this.t.call.err(`${this.t.program}: COMMIT expected at line ${this.line + 1}\n`);
        return 1;
      }
      if (!this.commits && this.inTable && !this.commit('end')) return 1;
      return 0;
    } catch (e) {
      if (e instanceof LegacyRefusal) {
        this.t.call.err(`${this.t.program}: line ${this.line} failed\n`);
        return 1;
      }
      return fail(this.t, e, e instanceof XtError && e.exit !== 'PARAMETER_PROBLEM' ? -1 : this.line);
    } finally {
      this.t.session.abort();
    }
  }

  /**
   * Leaves an operation for COMMIT. One that nobody can see before is done at once, as a long table would be kept twice
   * otherwise; how it fails is told then, and what comes after it waits.
   */
  private later(q: Queued): void {
    const { session: s } = this.t;
    if (this.queue.length || !q.quiet || this.o.test || s.legacy) {
      this.queue.push(q);
      return;
    }
    s.line = q.line;
    try {
      const bad = q.run();
      if (bad) this.queue.push({ ...q, run: () => bad });
    } catch (e) {
      this.queue.push({
        ...q,
        run: () => {
          throw e;
        },
      });
    }
  }

  private step(raw: string, end: string): boolean {
    this.line++;
    if (raw === '') return true;
    if (raw[0] === '#') {
      if (this.o.verbose) this.t.call.out(`${raw}\n`);
      return true;
    }
    if (raw === 'COMMIT' && this.inTable) {
      const ok = this.commit('COMMIT');
      this.inTable = false;
      return ok;
    }
    if (raw[0] === '*' && (!this.inTable || !this.commits)) {
      this.newTable(raw);
      return true;
    }
    if (this.skipped()) return true;
    if (raw[0] === ':' && this.inTable) {
      this.newChain(raw);
      return true;
    }
    if (this.inTable) {
      this.rule(raw + end);
      return true;
    }
    this.t.call.err(this.failed(this.line, null));
    return false;
  }

  /** What failed without a reason has errno's: ebtables-restore has one from its start, emptying a table clears it, reading rules and -v set it. */
  private failed(line: number, bad: Refusal | null): string {
    const known = this.errno || (bad !== null && this.o.noflush);
    const why = bad && !POLICY_REFUSED.includes(bad) ? bad : known ? (bad ?? NO_REASON) : null;
    return `${this.t.program}: line ${line} failed${why ? `: ${refusalText(why)}.` : ''}\n`;
  }

  /** Where -T names another table, lines up to the next `*` do not count, whatever they say. */
  private skipped(): boolean {
    return this.o.table !== null && this.table !== null && this.o.table !== this.table;
  }

  private newTable(raw: string): void {
    const { name } = parseRestoreLine(raw);
    if (!name) throw paramProblem(`${this.t.program}: line ${this.line} table name invalid`);
    if (!builtinTable(this.t.family, name)) throw paramProblem(`${this.t.program}: line ${this.line} table name '${name}' invalid`);
    if (!this.commits && this.inTable) this.commit('*');
    this.table = name;
    this.inTable = !this.skipped();
    if (!this.inTable || this.o.noflush) return;
    this.errno = this.o.verbose && this.t.family === 'bridge';
    const { session: s, call } = this.t;
    const verbose = this.o.verbose;
    this.later({
      line: this.line,
      quiet: !verbose,
      run: () => {
        if (!verbose) {
          s.flushTable(name);
          return null;
        }
        return s.flush(name, null, true, call.out) ?? s.deleteChain(name, null, true, call.out);
      },
    });
  }

  private newChain(raw: string): void {
    const line = parseRestoreLine(raw);
    if (line.kind !== 'chain') throw new Error('not a chain line');
    const { name: chain, policy, counters } = line;
    const table = this.table as string;
    const { session: s, family, program } = this.t;
    if (chain === null) throw paramProblem(`${program}: line ${this.line} chain name invalid`);
    checkChainName(family, chain, true);
    if (policy === null) throw paramProblem(`${program}: line ${this.line} policy invalid`);
    if (builtinChain(family, table, chain)) {
      if (counters === 'invalid' || (counters === null && this.o.counters)) throw paramProblem(`invalid policy counters for chain '${chain}'`);
      const c = this.o.counters ? counters : null;
      this.later({
        line: this.line,
        quiet: true,
        run: () => {
          this.policySet = policy !== '-';
          return policy === '-' ? s.touch(table, chain) : s.setPolicy(table, chain, policy, c ?? { packets: 0n, bytes: 0n });
        },
      });
      return;
    }
    this.later({
      line: this.line,
      quiet: true,
      run: () => {
        const bad = s.restoreChain(table, chain);
        const made = s.chain(table, chain);
        if (!bad && family === 'bridge' && made) {
          if (policy !== 'ACCEPT' && policy !== 'DROP' && policy !== 'RETURN') return this.policySet ? AFTER_POLICY : NO_REASON;
          s.setUserPolicy(table, made, policy);
        }
        return bad;
      },
    });
  }

  private rule(raw: string): void {
    let text = raw;
    let counters: [string, string] | null = null;
    if (raw[0] === '[') {
      const m = /^\[([^\]]*)\]/.exec(raw);
      const parts = m ? m[1].split(':') : [];
      if (!m || parts.length < 2 || parts.join('') === '') throw paramProblem(`Bad line ${this.line}: need ]`);
      counters = [parts[0], parts.slice(1).join(':')];
      text = raw.slice(m[0].length);
    }
    const t = this.t;
    if (t.family === 'bridge') this.errno = true;
    const argv = [t.program, ...(counters && this.o.counters ? ['--set-counters', ...counters] : []), ...restoreWords(text)];
    const command = readLine(this.environment(), argv);
    if (command.ignored) return;
    if (command.unfit !== null) throw paramProblem(command.unfit);
    const made = command.commands.has('append') || command.commands.has('insert') || command.commands.has('replace');
    if (made && this.commits) assertMakeable(command.rule);
    const quiet = command.verbose === 0 && !TELLING.some((c) => command.commands.has(c));
    this.later({
      line: this.line,
      quiet,
      run: () => {
        this.policySet = false;
        return execute(t, command);
      },
    });
  }

  /** The same for all lines of a table. */
  private environment(): ParseEnvironment {
    if (this.known?.table !== this.table) this.known = { ...parseEnvironment(this.t, true, this.table), verbose: this.o.verbose && !this.o.noflush ? 1 : 0 };
    return this.known;
  }

  private origin(line: number): RuleOrigin | undefined {
    const { call } = this.t;
    if (this.o.file !== null) return { file: call.host.files.resolve(call.cwd, this.o.file), line };
    return call.origin && { file: call.origin.file, line: call.origin.line + line };
  }

  /** By COMMIT, by the next table, or by the end of the input. */
  private commit(by: 'COMMIT' | '*' | 'end'): boolean {
    const { session: s, call, program } = this.t;
    // --test reads the lines and goes no further.
    if (this.o.test) {
      this.queue = [];
      return true;
    }
    for (const [i, q] of this.queue.entries()) {
      s.line = q.line;
      const at = this.line;
      // The legacy tool looks for targets while it reads the line.
      if (s.legacy) this.line = q.line;
      const bad = q.run();
      this.line = at;
      if (!bad) continue;
      // Nobody asks how the commit before the next table went: what is left of it is for the next one.
      if (by === '*') this.queue = this.queue.slice(i + 1);
      else if (by === 'COMMIT') call.err(this.failed(q.line, bad));
      else call.err(`${program} v${VERSION} (nf_tables): ${program}: final implicit COMMIT failed\n`);
      return false;
    }
    this.queue = [];
    s.commit();
    this.errno = false;
    return true;
  }
}

const USAGE = (p: string): string => `Usage: ${p} [-c] [-v] [-V] [-t] [-h] [-n] [-T table] [-M command] [-4] [-6] [file]
	   [ --counters ]
	   [ --verbose ]
	   [ --version]
	   [ --test ]
	   [ --help ]
	   [ --noflush ]
	   [ --table=<TABLE> ]
	   [ --modprobe=<command> ]
	   [ --ipv4 ]
	   [ --ipv6 ]
`;

const SHORT = 'bcvVthnwWM:T:';
const LONG: readonly LongOption[] = [
  { name: 'counters', arg: 'no', val: 'c' },
  { name: 'verbose', arg: 'no', val: 'v' },
  { name: 'version', arg: 'no', val: 'V' },
  { name: 'test', arg: 'no', val: 't' },
  { name: 'help', arg: 'no', val: 'h' },
  { name: 'noflush', arg: 'no', val: 'n' },
  { name: 'modprobe', arg: 'required', val: 'M' },
  { name: 'table', arg: 'required', val: 'T' },
  { name: 'ipv4', arg: 'no', val: '4' },
  { name: 'ipv6', arg: 'no', val: '6' },
  { name: 'wait', arg: 'optional', val: 'w' },
  { name: 'wait-interval', arg: 'optional', val: 'W' },
];
const BRIDGE_LONG: readonly LongOption[] = [
  { name: 'noflush', arg: 'no', val: 'n' },
  { name: 'verbose', arg: 'no', val: 'v' },
];

/** Options of a restore tool and the words after them, or the status with which they end it. */
function readOptions(call: Call, family: XtFamily, program: string, argv: readonly string[]): { readonly o: Options; readonly words: readonly string[] } | number {
  const o: Options = { counters: false, verbose: false, test: false, noflush: false, table: null, file: null };
  // arptables-restore reads no options, ebtables-restore two.
  if (family === 'arp') return { o, words: [] };
  const bridge = family === 'bridge';
  const long = bridge ? BRIDGE_LONG : LONG;
  const getopt = new Getopt(argv, bridge ? 'nv' : SHORT);
  for (let item = getopt.next(long); item; item = getopt.next(long)) {
    if (item.kind !== 'option') {
      call.err(`${argv[0]}: ${item.message}\n`);
      call.err(bridge ? `Usage: ${program} [ --verbose ] [ --noflush ]\n` : `Try \`${program} -h' for more information.\n`);
      return 1;
    }
    switch (item.val) {
      case 'b':
        call.err('-b/--binary option is not implemented\n');
        break;
      case 'c':
        o.counters = true;
        break;
      case 'v':
        o.verbose = true;
        break;
      case 'V':
        call.out(`${program} v${VERSION} (${/-legacy/.test(call.argv[0]) ? 'legacy' : 'nf_tables'})\n`);
        return 0;
      case 't':
        o.test = true;
        break;
      case 'h':
        call.err(USAGE(program));
        return 0;
      case 'n':
        o.noflush = true;
        break;
      case 'T':
        o.table = item.arg;
        break;
      case 'w':
      case 'W': {
        // parse_wait_time takes the next word, which getopt would give to the caller.
        const word = argv[getopt.optind];
        if (item.arg === null && word !== undefined && !/^[-!]/.test(word)) getopt.optind++;
      }
    }
  }
  return { o, words: bridge ? [] : getopt.argv.slice(getopt.optind) };
}

export function runRestore(call: Call, family: XtFamily, program: string, argv: readonly string[]): number {
  const options = readOptions(call, family, program, argv);
  if (typeof options === 'number') return options;
  const { o, words } = options;
  let text: string;
  if (words.length > 1) {
    call.err('Unknown arguments found on commandline\n');
    return 1;
  }
  if (words.length === 1) {
    o.file = words[0];
    const read = call.host.files.read(call.host.files.resolve(call.cwd, o.file));
    if (read === undefined) {
      call.err(`Can't open ${words[0]}: No such file or directory\n`);
      return 1;
    }
    o.file = words[0];
    text = read;
  } else text = call.stdin;
  return new Restore(toolOf(call, family, program), o).run(text);
}
