import type { MessageError, NftMessage } from '../../kernel/nf_tables/message.ts';
import type { CommitOptions, RuleOrigin } from '../../kernel/nf_tables/nf-tables.ts';
import type { Cmd, Source } from '../../parsers/nft/ast.ts';
import { commandLine, NOWHERE, nftError, parseNft, printErrors, Scope, type NftError, type ParseEnv } from '../../parsers/nft/index.ts';
import { namesOf } from '../../kernel/net/names/index.ts';
import type { Call } from '../command.ts';
import { KnownRuleset } from './apply/cache.ts';
import { answered, NEED, needOf } from './apply/need.ts';
import { kernelError } from './apply/errors.ts';
import { BatchBuilder, type Pending } from './apply/messages.ts';
import { datatypeByName, type NameContext } from './datatype/index.ts';
import { messageText } from './debug/message.ts';
import { answersText } from './debug/ruleset.ts';
import { describe } from './describe.ts';
import { evaluateCommands } from './evaluate/index.ts';
import { glob } from './glob.ts';
import { list, type Listing } from './list/list.ts';
import { readJson, type JsonIn } from './json/text.ts';
import { echo, echoJson, type JsonInput } from './monitor/echo.ts';
import { optimize } from './optimize/optimize.ts';
import { monitor } from './monitor/monitor.ts';
import { getElements, reset, startAgain } from './list/reset.ts';
import { parseJson } from './json/command.ts';
import { addInclude, type NftOptions } from './options.ts';
import { Printer } from './print/context.ts';

/** Folders that every machine has, whether or not a file lies in them. */
const ALWAYS = /^\/(etc|tmp|root|usr|var|home|dev|proc|sys|run|opt|srv|mnt)?$/;

/** realpath(3) of a folder; null: there is none. */
export function folder({ host: { files }, cwd }: Call, path: string): string | null {
  const whole = files.resolve(cwd, path);
  return path !== '' && (whole === cwd || ALWAYS.test(whole) || files.list(whole)) ? whole : null;
}

/** nft_ctx_new reads its symbol tables once. */
function once(read: (path: string) => string | undefined): (path: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (path) => {
    if (!known.has(path)) known.set(path, read(path));
    return known.get(path);
  };
}

/** What is answered at once, and not sent with the batch. */
const ANSWERED: ReadonlySet<Cmd['op']> = new Set(['list', 'get', 'reset', 'describe', 'import']);
const FAILED = { ENOENT: 'No such file or directory', EINVAL: 'Invalid argument', EOPNOTSUPP: 'Operation not supported' } as const;

/** One run of nft: options, the machine's names, and the kernel it talks to. */
export class Session {
  readonly call: Call;
  readonly options: NftOptions;
  readonly names: NameContext;
  readonly pid: number;

  constructor(call: Call, options: NftOptions) {
    const { host, cwd } = call;
    this.call = call;
    this.options = options;
    this.pid = host.nextPid();
    this.#debug = options.debug.some((word) => word === 'netlink' || word === 'all');
    this.#known = new KnownRuleset(host.net.nft, (tables, need) => {
      if (this.#debug) call.out(answersText(host.net.nft, tables, need));
    });
    if (options.interactive) this.#scope = new Scope(null);
    this.names = {
      names: namesOf(once((path) => host.files.read(host.files.resolve(cwd, path)))),
      ifindex: (name) => host.net.stack.deviceByName(name)?.index,
      ifname: (index) => host.net.stack.device(index)?.name,
      now: () => Math.floor(host.net.clock.wall() / 1000),
    };
  }

  readonly #known: KnownRuleset;

  /** Are messages to and from the kernel told? */
  readonly #debug: boolean;

  /** What lines typed one after the other define. */
  readonly #scope: Scope | undefined;

  /** Libraries of xtables targets that the process loaded, with the family that was current. */
  private readonly xtLibraries = new Map<string, string>();

  get printer(): Printer {
    return new Printer({ ...this.names, xtLibraries: this.xtLibraries, warn: (text) => this.call.err(text), options: this.options.output });
  }

  #env(): ParseEnv {
    const { files } = this.call.host,
      path = (p: string): string => files.resolve(this.call.cwd, p);
    return {
      glob: (pattern) => glob(files, this.call.cwd, pattern),
      includePaths: this.options.includes,
      trees: this.options.optimize,
      defines: this.options.defines,
      scope: this.#scope,
      readFile: (p) => {
        if (files.list(path(p))) return { irregular: true };
        const text = files.read(path(p));
        return text === undefined ? { error: 'No such file or directory' } : { text };
      },
      datatype: (name) => {
        const d = datatypeByName(name);
        return d ? { id: d.id, byteorder: d.byteorder, size: d.size } : null;
      },
    };
  }

  /** The words of the command line. */
  buffer(text: string): number {
    return this.#run(commandLine(text));
  }

  file(name: string): number {
    const { files } = this.call.host;
    if (name === '-' || name === '/dev/stdin') return this.#run({ kind: 'file', name: '/dev/stdin', text: this.call.stdin });
    // nft_ctx_add_basedir_include_path: where there is no such folder the real one gives up without a word
    const slash = name.replace(/\/+$/, '').lastIndexOf('/');
    if (!addInclude(this.options.includes, folder(this.call, slash < 0 ? (name.startsWith('/') ? '/' : '.') : name.slice(0, slash) || '/'))) return 1;
    if (folder(this.call, name) !== null) return this.#fail([nftError(`Not a regular file: "${name}"\n`, NOWHERE)]);
    const text = files.read(files.resolve(this.call.cwd, name));
    if (text === undefined) return this.#fail([nftError(`Could not open file "${name}": No such file or directory\n`, NOWHERE)]);
    return this.#run({ kind: 'file', name, text });
  }

  #fail(errors: readonly NftError[]): number {
    this.call.err(printErrors(errors));
    this.#known.forget();
    return 1;
  }

  /** With -j the input may be JSON; what is not JSON at all is nft's own language. */
  #parse(source: Source): Omit<ReturnType<typeof parseNft>, 'recovered'> & { readonly root?: JsonIn; readonly recovered?: number } {
    const json = this.options.json ? parseJson(source.text, this.names) : null;
    return json ? { ...json, root: readJson(source.text) } : parseNft(source, this.#env());
  }

  #run(source: Source): number {
    if (this.options.optimize && source.kind === 'file') {
      // nft_run_optimized_file: once for errors, nothing changing; words of the command line are not optimized
      const dry = new Session(this.call, { ...this.options, optimize: false, check: true, echo: false }).#run(source);
      if (dry !== 0) return dry;
    }
    const parsed = this.#parse(source);
    const nft = this.call.host.net.nft;
    if (this.options.optimize && source.kind === 'file' && !parsed.failed) optimize(parsed.cmds, { p: this.printer, out: this.call.out, err: this.call.err });
    const need = needOf(parsed.cmds, this.options.output.terse),
      { tables } = nft.ruleset,
      cache = this.#known.update(need);
    try {
      const evaluated = evaluateCommands(parsed.cmds, this.names, cache, { failures: parsed.recovered ?? 0, places: (need.flags & NEED.UPDATE) !== 0 });
      const errors = [...parsed.errors, ...this.#known.errors, ...evaluated.errors];
      // JSON input may be told wrong and be done nevertheless
      if (parsed.failed || evaluated.errors.some((e) => e.severity === 'error')) return this.#fail(errors);
      if (errors.length) this.call.err(printErrors(errors));
      return this.execute(evaluated.cmds, 'root' in parsed && parsed.root ? { root: parsed.root, cmds: parsed.cmds } : null);
    } finally {
      if (need.only.reset) startAgain(nft.live, answered(tables, need), need);
    }
  }

  /** Where a rule was written: in a file, else where the command was, a line of its input counting on from there. */
  #origin(cmd: Cmd): RuleOrigin | undefined {
    const { source, line } = (cmd.object.kind === 'rule' && cmd.object.decl?.loc) || cmd.loc;
    if (source.kind === 'file' && source.name !== '/dev/stdin') return { file: this.call.host.files.resolve(this.call.cwd, source.name), line };
    const { origin } = this.call;
    return origin && source.kind === 'file' ? { file: origin.file, line: origin.line + line } : origin;
  }

  get listing(): Listing {
    return { nft: this.call.host.net.nft, known: this.#known, p: this.printer, json: this.options.json, out: this.call.out, err: this.call.err };
  }

  /** nft_netlink: listings at once, changes in one batch at the end. */
  execute(cmds: readonly Cmd[], json: JsonInput | null): number {
    return this.options.echo || cmds.some((c) => ANSWERED.has(c.op)) ? this.#answer(cmds, json) : this.#change(cmds);
  }

  #committing(batch: () => BatchBuilder): CommitOptions {
    return { pid: this.pid, name: 'nft', check: this.options.check, origin: (i) => this.#origin(batch().out[i].cmd) };
  }

  #change(cmds: readonly Cmd[]): number {
    const sent = this.call.host.net.nft.begin(this.#committing(() => batch)),
      batch = new BatchBuilder((m, cmd) => {
        this.#tell(m, cmd);
        sent.add(m);
      });
    try {
      for (const cmd of cmds) batch.command(cmd);
    } catch (e) {
      sent.drop();
      throw e;
    }
    const result = sent.end();
    if (!result.ok) return this.#refused(result.errors, batch);
    if (this.options.check) this.#known.forget();
    return 0;
  }

  #tell(m: NftMessage, cmd: Cmd): void {
    if (this.#debug) this.call.out(messageText(m, cmd));
  }

  #refused(errors: readonly MessageError[], batch: BatchBuilder): number {
    return this.#fail(errors.map((e) => kernelError(this.#known, batch.out[e.index], e)));
  }

  #answer(cmds: readonly Cmd[], json: JsonInput | null): number {
    const { nft } = this.call.host.net,
      batch = new BatchBuilder(),
      { listing } = this;
    const answer = (cmd: Cmd): keyof typeof FAILED | null =>
      cmd.op === 'list'
        ? list(cmd, listing)
        : cmd.op === 'get'
          ? getElements(cmd, listing)
          : cmd.op === 'reset'
            ? reset(cmd, listing)
            : cmd.op === 'import'
              ? 'EOPNOTSUPP'
              : describe(cmd, this.names, this.call.out);
    const options = this.#committing(() => batch);
    for (const cmd of cmds) if (!ANSWERED.has(cmd.op)) batch.command(cmd);
    // listings see what all commands of the run declare, be it after them
    const pending = this.#declared(batch.out);
    for (const cmd of cmds) {
      if (!ANSWERED.has(cmd.op)) {
        for (const p of batch.out) if (p.cmd === cmd) this.#tell(p.message, cmd);
        continue;
      }
      const bad = pending.length && (cmd.op === 'list' || cmd.op === 'reset') ? nft.preview(pending, options, () => answer(cmd)) : answer(cmd);
      if (bad) return this.#fail([nftError(`Could not process rule: ${FAILED[bad]}`, cmd.loc)]);
    }
    if (!batch.out.length) {
      if (json && this.options.echo) echoJson([], batch.out, json, listing);
      return 0;
    }
    const messages = batch.out.map((p) => p.message),
      result = nft.commit(messages, { ...options, echo: this.options.echo });
    if (!result.ok) return this.#refused(result.errors, batch);
    if (this.options.check) this.#known.forget();
    if (this.options.echo) {
      if (json) echoJson(result.events, batch.out, json, listing);
      else echo(result.events, batch.out, listing);
    }
    return 0;
  }

  /** What listings of the run see of its changes. */
  #declared(out: readonly Pending[]): NftMessage[] {
    const { nft } = this.call.host.net,
      rules = (this.#known.need.flags & NEED.UPDATE) !== 0;
    const wanted = (m: NftMessage): boolean => {
      if (m.op === 'newrule') return rules;
      if (m.op === 'newsetelem') return nft.set(m.family, m.table, m.set) === undefined;
      return !/^(del|destroy)(rule|setelem)$/.test(m.op);
    };
    return out.map((p) => p.message).filter(wanted);
  }

  /** The monitor that these words ask for; a status when they do not, or are wrong. */
  monitor(text: string): (() => void) | number | null {
    const source = commandLine(text),
      parsed = parseNft(source, this.#env());
    if (!parsed.cmds.some((c) => c.op === 'monitor') && !(parsed.failed && /^\s*monitor\b/.test(text))) return null;
    const evaluated = evaluateCommands(parsed.cmds, this.names, this.#known.update(needOf(parsed.cmds, this.options.output.terse))),
      errors = [...parsed.errors, ...evaluated.errors];
    if (parsed.failed || errors.length) return this.#fail(errors);
    const cmd = evaluated.cmds.find((c) => c.op === 'monitor');
    return cmd ? monitor(cmd, this.listing) : 0;
  }
}
