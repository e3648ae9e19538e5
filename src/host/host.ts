import type { Netns } from '../kernel/netns.ts';
import type { Files } from './files.ts';
import type { ExecOptions, Result } from './execute.ts';

/** Hosts outside: they answer what has left. */
export interface Outside {
  /** Until nothing moves any more. */
  settle(): void;
}

/** One simulated Linux machine: kernel, files, clock. */
export interface Host {
  readonly net: Netns;
  readonly files: Files;
  /** Process ids count up from a fixed start: what `by process N` and netlink ports show. */
  nextPid(): number;
  /** Moves the host's clock; what its timers send leaves on the devices. */
  advance(seconds: number): Promise<void>;
  /** The hosts around this one, for programs that talk to them; absent: nobody is there. */
  outside?(): Promise<Outside>;
  /** Runs another program of the host: for tools that start tools. */
  run(argv: readonly string[], o?: ExecOptions): Promise<Result>;
}
