import type { Files } from '../files.ts';
import type { ExecOptions, Result } from '../execute.ts';
import type { Pipeline, Redirection, SimpleCommand, Word } from './parse.ts';

/** What the interpreter needs of the host. */
export interface ShellHost {
  readonly files: Files;
  has(program: string): boolean;
  exec(argv: readonly string[], o: ExecOptions): Promise<Result>;
}

/** The words of strerror for what writing to a host's file can answer. */
const WORDS = { EACCES: 'Permission denied', ENOENT: 'No such file or directory', EISDIR: 'Is a directory', EINVAL: 'Invalid argument' } as const;

/** Do all commands name programs of the host? If not, a real shell must run the text. */
export const canRun = (pipelines: readonly Pipeline[], host: ShellHost): boolean =>
  pipelines.every((p) =>
    p.commands.every((c) => {
      const first = c.words[0].parts;
      return first.length === 1 && 'text' in first[0] && host.has(first[0].text.replace(/^.*\//, '')) && c.redirections.every((r) => r.op !== '>&' || r.fd === 2);
    }),
  );

/** Runs a parsed text; what bash says of itself is worded as `bash -c` does (`name: line N: …`). */
export async function interpret(pipelines: readonly Pipeline[], host: ShellHost, o: ExecOptions & { readonly name: string }): Promise<Result> {
  const run = new Interpreter(host, o);
  for (const p of pipelines) await run.pipeline(p);
  return run.result;
}

class Interpreter {
  readonly #host: ShellHost;
  readonly #o: ExecOptions & { readonly name: string };
  readonly result = { status: 0, stdout: '', stderr: '' };

  constructor(host: ShellHost, o: ExecOptions & { readonly name: string }) {
    this.#host = host;
    this.#o = o;
  }

  async pipeline(p: Pipeline): Promise<void> {
    if ((p.when === 'success' && this.result.status !== 0) || (p.when === 'failure' && this.result.status === 0)) return;
    let stdin = this.#o.stdin;
    let status = 0;
    for (const [i, c] of p.commands.entries()) {
      const r = await this.#command(c, stdin);
      this.result.stderr += r.stderr;
      status = r.status;
      if (i === p.commands.length - 1) this.result.stdout += r.stdout;
      else stdin = r.stdout;
    }
    this.result.status = status;
  }

  #expand(w: Word): string {
    return w.parts.map((p) => ('text' in p ? p.text : p.variable === '?' ? String(this.result.status) : (this.#o.env?.[p.variable] ?? ''))).join('');
  }

  #complain(line: number, what: string): string {
    return `${this.#o.name}: line ${line}: ${what}\n`;
  }

  async #command(c: SimpleCommand, pipe: ExecOptions['stdin']): Promise<Result> {
    let stdin = pipe;
    for (const r of c.redirections) {
      const path = this.#host.files.resolve(this.#o.cwd ?? '/root', this.#expand(r.to));
      if (r.op === '>&' || path === '/dev/null') {
        if (r.fd === 0) stdin = '';
        continue;
      }
      if (r.fd === 0) {
        const text = this.#host.files.read(path);
        if (text === undefined) return { status: 1, stdout: '', stderr: this.#complain(r.line, `${this.#expand(r.to)}: No such file or directory`) };
        stdin = text;
      } else if (this.#host.files.writable?.(path) === false) {
        return { status: 1, stdout: '', stderr: this.#complain(r.line, `${this.#expand(r.to)}: Permission denied`) };
      }
    }
    const argv = c.words.map((w) => this.#expand(w));
    const { origin } = this.#o;
    const ran = await this.#host.exec(argv, { ...this.#o, stdin, origin: origin && { file: origin.file, line: origin.line + c.line - 1 } });
    return this.#redirected(argv[0], c, ran);
  }

  #redirected(name: string, c: SimpleCommand, ran: Result): Result {
    let { status, stdout, stderr } = ran;
    for (const r of c.redirections) {
      if (r.fd === 0) continue;
      if (r.op === '>&') {
        // Standard output is no terminal, so programs keep it until they end; standard error comes at once.
        stdout = stderr + stdout;
        stderr = '';
        continue;
      }
      const text = r.fd === 1 ? stdout : stderr;
      if (r.fd === 1) stdout = '';
      else stderr = '';
      const refused = this.#write(r, text);
      // What is not there fails when it is opened, before the command could write.
      if (refused) {
        status = 1;
        stderr += this.#complain(r.line, `${refused === 'ENOENT' ? this.#expand(r.to) : `${name}: write error`}: ${WORDS[refused]}`);
      }
    }
    return { status, stdout, stderr };
  }

  #write(r: Redirection, text: string): ReturnType<Files['write']> {
    const path = this.#host.files.resolve(this.#o.cwd ?? '/root', this.#expand(r.to));
    return path === '/dev/null' ? null : this.#host.files.write(path, text, r.op === '>>');
  }
}
