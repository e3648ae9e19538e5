import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { InputWanted } from '../execute.ts';
import { ANSWER_PIPES, INPUT } from './protocol.ts';

export interface Request {
  readonly pid: number;
  readonly cwd: string;
  readonly argv: readonly string[];
  /** What a descriptor of its process gives to its end. Throws InputWanted where that is not known: the shell is then asked for it. */
  readonly input: (fd: number) => string;
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

/** A shell's next command usually comes at once: to be asleep by then would cost more than to answer it. */
const WATCH_MS = availableParallelism() > 1 ? 0.4 : 0;
/** Too short for a shell to have run another program meanwhile. */
const AT_ONCE_MS = 0.15;

/** sysexits(3) EX_SOFTWARE, which no cloned tool gives. */
const FAILED = 70;

/** Longest output that is sent to sh as lines: it reads byte by byte. */
const LINES_LIMIT = 1 << 12;

/**
 * Answers the requests of a run's shells, one after another. A request is fields that end with NUL: slot, process, working
 * directory, number of words, words; -1 words: they are in the file `arg.SLOT`; 0: the slot is free again. An answer to bash is
 * one digit, the status of a command that has printed nothing; or `i` and a descriptor in 6 characters: put what it gives into
 * `in.SLOT` and say so; or `o`, status, length of output and of errors in 4, 10 and 10 characters, and both. To sh (`s` before the slot) it is a line:
 * `i` and the descriptor, or the status and how many lines of output and errors follow, -1 when they are in the files `out.SLOT` and `err.SLOT`.
 */
export class RequestServer {
  readonly #dir: string;
  readonly #answer: (request: Request) => Promise<Answer>;
  readonly #socket: Socket;
  readonly #requestFd: number;
  readonly #pipes = new Map<number, number>();
  readonly #chunk = Buffer.allocUnsafe(1 << 16);
  /** Commands that wait for input, by slot. */
  readonly #waiting = new Map<number, { readonly words: readonly string[]; readonly inputs: Map<number, string>; readonly wanted: number }>();
  #pending = '';
  #requests: (readonly string[])[] = [];
  #busy = false;
  #answered = 0;

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
      this.#receive(chunk.toString('latin1'));
      if (!this.#busy) void this.#work();
    });
  }

  /** As latin1 a byte is a character; what is beyond ASCII is read as UTF-8 field by field. */
  #receive(chunk: string): void {
    const parts = (this.#pending + chunk).split('\0');
    let at = 0;
    for (let end = 4; end < parts.length; end = at + 4) {
      end += Math.max(0, Number(parts[at + 3]));
      if (end >= parts.length) break;
      this.#requests.push(parts.slice(at, end));
      at = end;
    }
    this.#pending = at === parts.length - 1 ? parts[at] : parts.slice(at).join('\0');
  }

  async #work(): Promise<void> {
    this.#busy = true;
    do for (let fields = this.#requests.shift(); fields; fields = this.#requests.shift()) await this.#serve(fields);
    while (this.#watch());
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
        this.#receive(this.#chunk.toString('latin1', 0, n));
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

  async #serve(fields: readonly string[]): Promise<void> {
    const [slotField, pid, cwd, count] = fields;
    const isSh = slotField.startsWith('s');
    const slot = Number(isSh ? slotField.slice(1) : slotField);
    if (count === '0') {
      rmSync(join(this.#dir, `lock${slot}`), { force: true });
      return;
    }
    const waiting = count === '1' && fields[4] === INPUT ? this.#waiting.get(slot) : undefined;
    const words =
      waiting?.words ??
      (count === '-1'
        ? readFileSync(join(this.#dir, `arg.${slot}`), 'latin1')
            .split('\0')
            .slice(0, -1)
        : fields.slice(4)
      ).map(utf8);
    const inputs = waiting?.inputs ?? new Map<number, string>();
    if (waiting) inputs.set(waiting.wanted, readFileSync(join(this.#dir, `in.${slot}`), 'utf8'));
    let wanted = 0;
    const input = (fd: number): string => {
      const text = inputs.get(fd);
      if (text !== undefined) return text;
      wanted = fd;
      throw new InputWanted(`descriptor ${fd} is wanted`);
    };
    const [line, argv] = words[0] === ':at' ? [Number(words[1]), words.slice(2)] : [undefined, words];
    const atOnce = performance.now() - this.#answered < AT_ONCE_MS;
    let reply: Buffer;
    try {
      const answer = await this.#answer({ pid: Number(pid), cwd: utf8(cwd), argv, input, line, atOnce });
      reply = isSh ? this.#asLines(slot, answer) : asLengths(answer);
    } catch (e) {
      if (e instanceof InputWanted) {
        this.#waiting.set(slot, { words, inputs, wanted });
        reply = Buffer.from(isSh ? `i ${wanted} 0\n` : `i${String(wanted).padEnd(6)}`);
      } else {
        // A mistake of our own must not leave a shell that waits.
        const failed = { status: FAILED, stdout: '', stderr: `drywall: ${argv.join(' ')}: ${e instanceof Error ? e.stack : String(e)}\n` };
        reply = isSh ? this.#asLines(slot, failed) : asLengths(failed);
      }
    }
    const gone = this.#write(slot, reply, 0);
    if (gone < reply.length) await this.#rest(slot, reply, gone);
    this.#answered = performance.now();
  }

  #asLines(slot: number, { status, stdout, stderr }: Answer): Buffer {
    const whole = (s: string): boolean => s === '' || (s.endsWith('\n') && s.length < LINES_LIMIT && !s.includes('\0'));
    if (whole(stdout) && whole(stderr)) return Buffer.from(`${status} ${stdout.split('\n').length - 1} ${stderr.split('\n').length - 1}\n${stderr}${stdout}`);
    this.put(`out.${slot}`, stdout);
    this.put(`err.${slot}`, stderr);
    return Buffer.from(`${status} -1 -1\n`);
  }

  #pipe(slot: number): number {
    let fd = this.#pipes.get(slot);
    if (fd === undefined) this.#pipes.set(slot, (fd = openSync(join(this.#dir, `r${slot}`), constants.O_RDWR | constants.O_NONBLOCK)));
    return fd;
  }

  /** How many bytes of an answer have gone: all, or as many as the pipe has room for. */
  #write(slot: number, bytes: Buffer, at: number): number {
    try {
      return writeSync(this.#pipe(slot), bytes, at);
    } catch (e) {
      if (e instanceof Error && 'code' in e && e.code === 'EAGAIN') return 0;
      throw e;
    }
  }

  /** Never blocks on a shell that died: an answer nobody takes is dropped with its pipe. */
  async #rest(slot: number, bytes: Buffer, from: number): Promise<void> {
    for (let at = from, tries = 0; at < bytes.length && tries < 10_000; tries++) {
      await new Promise((done) => setTimeout(done, 1));
      const n = this.#write(slot, bytes, at);
      at += n;
      if (n) tries = 0;
    }
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

const STATUSES = Array.from({ length: 10 }, (_, status) => Buffer.from(String(status)));
const utf8 = (latin1: string): string => (/[\u0080-\u00ff]/.test(latin1) ? Buffer.from(latin1, 'latin1').toString('utf8') : latin1);

function asLengths({ status, stdout, stderr }: Answer): Buffer {
  if (stdout === '' && stderr === '' && status in STATUSES) return STATUSES[status];
  const [out, err] = [Buffer.byteLength(stdout), Buffer.byteLength(stderr)];
  const sign = out + err === stdout.length + stderr.length ? 1 : -1;
  return Buffer.from(`o${String(status).padEnd(4)}${String(sign * out).padEnd(10)}${String(sign * err).padEnd(10)}${stdout}${stderr}`);
}
