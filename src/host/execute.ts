import type { Call, Command } from '../commands/command.ts';
import type { RuleOrigin } from '../kernel/nf_tables/nf-tables.ts';
import type { Host } from './host.ts';

export interface ExecOptions {
  /** Its text, or how to get it: asked only by a command that reads. */
  readonly stdin?: string | (() => string);
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly tty?: boolean;
  readonly origin?: RuleOrigin;
}

export interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Collects what a command prints. */
export interface Sink {
  out: string;
  err: string;
  /** Why standard input could not be given. */
  noInput?: unknown;
}

/** A command reads its standard input, or another descriptor, which has to be fetched first: it is to be run anew, and has done nothing yet. */
export class InputWanted extends Error {}

export function callOf(host: Host, argv: readonly string[], sink: Sink, o: ExecOptions = {}): Call {
  return {
    argv: [argv[0].replace(/^.*\//, ''), ...argv.slice(1)],
    host,
    get stdin() {
      if (typeof o.stdin !== 'function') return o.stdin ?? '';
      try {
        return o.stdin();
      } catch (e) {
        sink.noInput = e;
        throw e;
      }
    },
    env: o.env ?? {},
    cwd: o.cwd ?? '/root',
    origin: o.origin,
    tty: o.tty ?? false,
    out: (text) => {
      sink.out += text;
    },
    err: (text) => {
      sink.err += text;
    },
  };
}

/** Runs one command of the host to its end. */
export async function execute(host: Host, command: Command | undefined, argv: readonly string[], o: ExecOptions = {}): Promise<Result> {
  if (!command) return { status: 127, stdout: '', stderr: `${argv[0]}: command not found\n` };
  const sink: Sink = { out: '', err: '' };
  const status = await command.run(callOf(host, argv, sink, o));
  if (sink.noInput) throw sink.noInput;
  return { status, stdout: sink.out, stderr: sink.err };
}
