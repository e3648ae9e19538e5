import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { complaint, KernelFiles } from '../host/run/kernel-files.ts';
import { core, prelude } from '../host/run/prelude.ts';
import { COMPLETE, type Tool, WRITTEN } from '../host/run/protocol.ts';
import { type Answer, type Request, RequestServer } from '../host/run/server.ts';
import { runFolder } from '../host/run/run-folder.ts';
import { Sandbox, whyNoSandbox, writeShims } from '../host/run/sandbox-run.ts';
import { RealTree } from '../host/real-tree.ts';
import { completions } from './complete.ts';
import { explain } from './explain.ts';
import { commandNamed, StateHost, toolsOfHost } from '../host/state/state-host.ts';

export interface RunOptions {
  readonly state: string;
  readonly trace: boolean;
  readonly explain: boolean;
  /** null: wherever it can be had; false: never. */
  readonly isolate: boolean;
  /** Asked before a script runs without isolation. */
  confirm(question: string): Promise<boolean>;
  /** Standard streams of the script: inherited when absent (a test takes them). */
  readonly capture?: (stream: 'out' | 'err', chunk: Buffer) => void;
}

/** How long the state may stay uncommitted while commands keep coming, and how long a pause ends it. */
const COMMIT_WITHIN_MS = 50;
const COMMIT_PAUSE_MS = 3;

export type Job =
  | { readonly kind: 'nft'; readonly file: string; readonly args: readonly string[] }
  | { readonly kind: 'shell'; readonly argv: readonly string[]; readonly posix: boolean; readonly script?: string }
  | { readonly kind: 'program'; readonly argv: readonly string[] }
  /** A shell for a person; `rc` is sourced after the prelude. */
  | { readonly kind: 'interactive'; readonly rc: string };

/** What to start for a script file, by its first line. */
export function jobFor(file: string, args: readonly string[]): Job {
  const first = /^#!\s*(\S+)(?:\s+(\S+))?/.exec(readFileSync(file, 'utf8').slice(0, 200));
  const program = first?.[1].endsWith('/env') ? first[2] : first?.[1].replace(/^.*\//, '');
  if (program === 'nft' || (program === undefined && file.endsWith('.nft'))) return { kind: 'nft', file, args };
  if (program === undefined || ['bash', 'sh', 'dash', 'ash'].includes(program))
    return { kind: 'shell', argv: [file, ...args], posix: program !== 'bash' && program !== undefined, script: file };
  return { kind: 'program', argv: [file, ...args] };
}

/** One run of a script: resident process, sandbox, and the way back into the state. */
export class ScriptRun {
  readonly #o: RunOptions;
  readonly #host: StateHost;
  readonly #dir: string;
  #open = true;
  #begun = 0;
  #timer: NodeJS.Timeout | undefined;
  #server: RequestServer | null = null;
  #child: ChildProcess | null = null;
  /** Why the run cannot go on. */
  #broken: unknown;
  /** A command is under way: the state is not committed in its midst. */
  #busy = false;
  #kernel: KernelFiles | null = null;
  #sandboxed = false;
  /** Process whose file tree the tools see. */
  #treeOf = 0;
  /** What runs in the script's stead where there is no sandbox. */
  #copy: { readonly path: string; readonly of: string } | null = null;

  private constructor(o: RunOptions, host: StateHost, dir: string) {
    this.#o = o;
    this.#host = host;
    this.#dir = dir;
  }

  /** Runs a job to its end and gives its exit status. */
  static async run(job: Job, o: RunOptions): Promise<number> {
    const why = o.isolate && job.kind !== 'nft' ? whyNoSandbox() : null;
    const isolated = o.isolate && why === null;
    if (
      !isolated &&
      job.kind !== 'nft' &&
      !(await o.confirm(`${why ? `No sandbox here: ${why}. ` : ''}Files that the script writes and programs it starts other than the firewall tools would be this machine's own.`))
    )
      return 125;
    const host = await StateHost.open(o.state);
    const dir = runFolder();
    const run = new ScriptRun(o, host, dir);
    try {
      const status = job.kind === 'nft' ? await run.#direct(['nft', '-f', job.file, ...job.args]) : await run.#script(job, isolated);
      run.#settle();
      return status;
    } finally {
      run.#close();
    }
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#server?.close();
    this.#kernel?.close();
    if (this.#open) this.#host.abandon();
    this.#host.store.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #direct(argv: readonly string[]): Promise<number> {
    const a = await this.#answer({ pid: process.pid, cwd: process.cwd(), argv, input: () => '', atOnce: false });
    this.#print('out', a.stdout);
    this.#print('err', a.stderr);
    return a.status;
  }

  #print(stream: 'out' | 'err', text: string): void {
    if (text === '') return;
    if (this.#o.capture) this.#o.capture(stream, Buffer.from(text));
    else (stream === 'out' ? process.stdout : process.stderr).write(text);
  }

  async #answer(r: Request): Promise<Answer> {
    this.#busy = true;
    try {
      return await this.#answerNow(r);
    } finally {
      this.#busy = false;
    }
  }

  async #answerNow(r: Request): Promise<Answer> {
    await this.#kernel?.settled(r);
    await this.#begin();
    if (r.argv[0] === WRITTEN && this.#kernel) {
      this.#later();
      const where = this.#copy ? r.argv[1].replace(this.#copy.path, this.#copy.of) : r.argv[1];
      return this.#kernel.written(where, r.argv[2]);
    }
    if (r.argv[0] === COMPLETE) {
      this.#later();
      return { status: 0, stdout: completions(r.argv.slice(1, -1), r.argv.at(-1) ?? '', this.#host.host), stderr: '' };
    }
    this.#absorb();
    if (this.#sandboxed && this.#treeOf !== r.pid) this.#host.files.within = new RealTree(`/proc/${r.pid}/root`);
    this.#treeOf = r.pid;
    this.#host.files.descriptor = r.input;
    const a = await this.#host.exec(r.argv, { stdin: () => r.input(0), cwd: r.cwd });
    if (this.#o.trace) this.#print('err', `+ ${r.argv.join(' ')} → ${a.status}\n`);
    const why = this.#o.explain && a.status !== 0 ? explain(r.argv, a.stderr) : null;
    this.#kernel?.refresh((await commandNamed(r.argv[0], []))?.rulesOnly ? 'rules' : 'all');
    this.#later();
    return why === null ? a : { ...a, stderr: `${a.stderr}${why}` };
  }

  #absorb(): void {
    for (const line of complaint(this.#kernel?.absorb() ?? [])
      .split('\n')
      .filter((l) => l !== ''))
      this.#print('err', `drywall: ${line}\n`);
  }

  async #begin(): Promise<void> {
    if (this.#open) {
      // A recorded host takes each command as a step of its own.
      if (!this.#host.recording && performance.now() - this.#begun < COMMIT_WITHIN_MS) return;
      this.#settle();
    }
    await this.#host.resume();
    this.#open = true;
    this.#begun = performance.now();
  }

  #later(): void {
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => (this.#busy ? this.#later() : this.#settleOrEnd()), COMMIT_PAUSE_MS);
  }

  #settleOrEnd(): void {
    try {
      this.#settle();
    } catch (e) {
      this.#broken = e;
      this.#child?.kill('SIGKILL');
    }
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#open) return;
    this.#kernel?.refresh();
    this.#host.commit();
    this.#open = false;
  }

  async #script(job: Exclude<Job, { kind: 'nft' }>, isolated: boolean): Promise<number> {
    const tools = await toolsOfHost();
    const server = new RequestServer(this.#dir, (r) => this.#answer(r));
    this.#server = server;
    server.put('core', core());
    server.put('prelude', prelude(tools) + (job.kind === 'shell' && job.posix ? 'shopt -s xpg_echo\n' : ''));
    this.#kernel = new KernelFiles(join(this.#dir, 'kernel'), () => this.#host.files);
    const sandbox = isolated ? new Sandbox(this.#dir, tools, this.#host.files.changes) : null;
    if (!sandbox) writeShims(this.#dir, tools, () => join(this.#dir, 'bin'));
    const inner = this.#inner(job, isolated, tools);
    this.#sandboxed = isolated;
    this.#settle();
    const status = await this.#spawn(sandbox?.argv(inner) ?? inner);
    await new Promise((done) => setTimeout(done, 1));
    await this.#begin();
    this.#absorb();
    this.#host.files.within = null;
    for (const [path, text] of sandbox?.changes() ?? []) this.#host.files.changes.set(path, text);
    return status;
  }

  #inner(job: Exclude<Job, { kind: 'nft' }>, isolated: boolean, tools: readonly Tool[]): string[] {
    if (job.kind === 'program') return [...job.argv];
    if (job.kind === 'shell') return ['bash', ...this.#rewritten(job, isolated, tools)];
    const rc = join(this.#dir, 'rc');
    writeFileSync(rc, `[ -f ~/.bashrc ] && . ~/.bashrc\n. "$DRYWALL_RUN/prelude"\n${job.rc}`);
    return ['bash', '--rcfile', rc, '-i'];
  }

  /** Without a sandbox the kernel's files and the tools have other paths: where a script names those, a copy of it says the others. */
  #rewritten(job: { readonly argv: readonly string[]; readonly script?: string }, isolated: boolean, tools: readonly Tool[]): readonly string[] {
    if (isolated || job.script === undefined) return job.argv;
    const text = readFileSync(job.script, 'utf8');
    const names = new Set(tools.map((t) => t.name));
    const changed = text
      .replace(/\/proc\/(?:sys\/net|net)\//g, (m) => `${this.#dir}/kernel${m}`)
      .replace(/(?<![\w./-])(?:\/usr)?\/s?bin\/([\w-]+)(?![\w./-])/g, (m, name: string) => (names.has(name) ? `${this.#dir}/bin/${name}` : m));
    if (changed === text) return job.argv;
    this.#copy = { path: join(this.#dir, 'script'), of: job.script };
    writeFileSync(this.#copy.path, changed);
    chmodSync(this.#copy.path, 0o755);
    return [this.#copy.path, ...job.argv.slice(1)];
  }

  #spawn(argv: readonly string[]): Promise<number> {
    const stdio = this.#o.capture ? 'pipe' : 'inherit';
    const child = spawn(argv[0], argv.slice(1), {
      stdio: [this.#o.capture ? 'ignore' : 'inherit', stdio, stdio],
      env: {
        ...process.env,
        DRYWALL_RUN: this.#dir,
        BASH_ENV: join(this.#dir, 'prelude'),
        PATH: `${this.#dir}/bin:/usr/local/sbin:/usr/sbin:/sbin:${process.env.PATH ?? ''}`,
        DRYWALL_SHELL: '',
      },
    });
    child.stdout?.on('data', (c: Buffer) => this.#o.capture?.('out', c));
    child.stderr?.on('data', (c: Buffer) => this.#o.capture?.('err', c));
    const ignore = (): void => {}; // the terminal sends it to the script as well, which decides
    process.on('SIGINT', ignore);
    this.#child = child;
    return new Promise((done, fail) => {
      child.on('error', (e) => fail(new Error(`cannot start ${argv[0]}: ${e.message}`)));
      child.on('close', (code, signal) => {
        process.off('SIGINT', ignore);
        if (this.#broken) fail(this.#broken);
        else done(code ?? 128 + (signal === 'SIGINT' ? 2 : signal === 'SIGKILL' ? 9 : 15));
      });
    });
  }
}

/** The script's absolute path, or null where there is none. */
export const findScript = (name: string): string | null => (existsSync(name) ? resolve(name) : null);
