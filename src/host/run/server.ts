import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ANSWER_PIPES } from './prelude.ts';

export interface Request {
  readonly pid: number;
  readonly cwd: string;
  readonly argv: readonly string[];
  readonly stdin: string;
  /** Line of the script, where `DRYWALL_LINES` asks for it. */
  readonly line?: number;
  /** It came so soon after the last answer that no other program can have run between. */
  readonly atOnce: boolean;
}
export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A shell's next command usually comes at once: to be asleep by then would cost more than to answer it. Too short for a shell
 * to have run another program meanwhile.
 */
const WATCH_MS = availableParallelism() > 1 ? 0.15 : 0;

/** Answers the requests of a run's shells, one after another. */
export class RequestServer {
  readonly #dir: string;
  readonly #answer: (request: Request) => Promise<Answer>;
  readonly #socket: Socket;
  readonly #requestFd: number;
  readonly #pipes = new Map<number, number>();
  readonly #chunk = Buffer.allocUnsafe(1 << 16);
  #pending: Buffer = Buffer.alloc(0);
  #requests: (readonly string[])[] = [];
  #busy = false;

  constructor(dir: string, answer: (request: Request) => Promise<Answer>) {
    this.#dir = dir;
    this.#answer = answer;
    execFileSync(
      'mkfifo',
      ['req', 'never', ...Array.from({ length: ANSWER_PIPES }, (_, i) => `r${i}`)].map((n) => join(dir, n)),
    );
    this.#requestFd = openSync(join(dir, 'req'), constants.O_RDWR | constants.O_NONBLOCK);
    this.#socket = new Socket({ fd: this.#requestFd, readable: true, writable: false });
    this.#socket.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
      if (!this.#busy) void this.#work();
    });
  }

  #receive(chunk: Buffer): void {
    this.#pending = this.#pending.length ? Buffer.concat([this.#pending, chunk]) : chunk;
    for (let fields = this.#take(); fields; fields = this.#take()) this.#requests.push(fields);
  }

  async #work(): Promise<void> {
    this.#busy = true;
    let atOnce = false;
    do {
      for (let fields = this.#requests.shift(); fields; fields = this.#requests.shift()) await this.#serve(fields, atOnce);
      atOnce = this.#watch();
    } while (atOnce);
    this.#busy = false;
  }

  /** Looks for the next request for a short while. */
  #watch(): boolean {
    const until = performance.now() + WATCH_MS;
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0; // it would be most of what a look costs
    try {
      while (performance.now() < until) {
        const n = this.#look();
        if (n === 0) continue;
        this.#receive(Buffer.from(this.#chunk.subarray(0, n)));
        if (this.#requests.length) return true;
      }
      return false;
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  #look(): number {
    try {
      return readSync(this.#requestFd, this.#chunk);
    } catch (e) {
      if (e instanceof Error && 'code' in e && e.code === 'EAGAIN') return 0;
      throw e;
    }
  }

  /** The fields of the next whole request, or null while it is incomplete. */
  #take(): readonly string[] | null {
    if (this.#pending.length === 0) return null;
    // As latin1 a byte is a character; what is beyond ASCII is read as UTF-8 field by field.
    const parts = this.#pending.toString('latin1').split('\0');
    const count = 5 + Math.max(0, Number(parts[4]));
    if (parts.length <= 5 || parts.length <= count) return null;
    const fields = parts.slice(0, count);
    this.#pending = parts.length === count + 1 && parts[count] === '' ? NOTHING : this.#pending.subarray(fields.reduce((n, f) => n + f.length + 1, 0));
    return fields;
  }

  async #serve([slot, pid, stdinFile, cwd, count, ...args]: readonly string[], atOnce: boolean): Promise<void> {
    if (count === '0') {
      this.#release(Number(slot));
      return;
    }
    const argFile = join(this.#dir, `arg.${pid}`);
    const words = (count === '-1' ? readFileSync(argFile, 'latin1').split('\0').slice(0, -1) : args).map(utf8);
    const [line, argv] = words[0] === ':at' ? [Number(words[1]), words.slice(2)] : [undefined, words];
    let stdin = '';
    if (stdinFile !== '') {
      stdin = readFileSync(join(this.#dir, `in.${pid}`), 'utf8');
      rmSync(join(this.#dir, `in.${pid}`), { force: true });
    }
    const { status, stdout, stderr } = await this.#answer({ pid: Number(pid), cwd: utf8(cwd), argv, stdin, line, atOnce });
    const [out, err] = [Buffer.byteLength(stdout), Buffer.byteLength(stderr)];
    const sign = out + err === stdout.length + stderr.length ? '' : '-';
    await this.#reply(Number(slot), Buffer.from(`${status} ${sign}${out} ${sign}${err}\n${stdout}${stderr}`));
  }

  /** Never blocks on a shell that died: an answer nobody takes is dropped with its pipe. */
  async #reply(slot: number, bytes: Buffer): Promise<void> {
    let fd = this.#pipes.get(slot);
    if (fd === undefined) this.#pipes.set(slot, (fd = openSync(join(this.#dir, `r${slot}`), constants.O_RDWR | constants.O_NONBLOCK)));
    for (let at = 0, tries = 0; at < bytes.length; ) {
      try {
        at += writeSync(fd, bytes, at);
        tries = 0;
      } catch (e) {
        if (!(e instanceof Error && 'code' in e && e.code === 'EAGAIN') || tries++ > 10_000) return;
        await new Promise((done) => setTimeout(done, 1));
      }
    }
  }

  #release(slot: number): void {
    rmSync(join(this.#dir, `lock${slot}`), { force: true });
  }

  close(): void {
    this.#socket.destroy();
    for (const fd of this.#pipes.values()) closeSync(fd);
  }

  /** Writes a file of the run's folder. */
  put(name: string, text: string, mode = 0o644): void {
    writeFileSync(join(this.#dir, name), text, { mode });
  }
}

const NOTHING: Buffer = Buffer.alloc(0);
const utf8 = (latin1: string): string => (/[\u0080-\u00ff]/.test(latin1) ? Buffer.from(latin1, 'latin1').toString('utf8') : latin1);
