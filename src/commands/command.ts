import type { Host } from '../host/host.ts';
import type { RuleOrigin } from '../kernel/nf_tables/nf-tables.ts';

/**
 * One cloned tool or small program. A folder or file of src/commands exports `commands: readonly Command[]`;
 * src/commands/generated/index.ts is made from the folder in the build.
 */
export interface Command {
  readonly names: readonly string[];
  /** Stands in for a small program that every machine has (cat, tee, sleep …), where scripts run without a real shell. */
  readonly coreutil?: true;
  /** Stands in for the real program in scripts and shells only, where it talks as the host (ping, nc …): it has no launcher. */
  readonly inside?: true;
  /** Changes rules and sets at most: no device, setting or connection, and it sends nothing. */
  readonly rulesOnly?: true;
  /** Debian has it in /usr/bin, not in /usr/sbin. */
  readonly bin?: true;
  /** Runs to its end and gives the exit status. State changes only by commits to the host's kernel. */
  run(call: Call): number | Promise<number>;
  /** For commands that go on (conntrack -E, nft monitor): null when this argv does not. */
  listen?(call: Call): Running | null;
}

export interface Call {
  /** argv[0] is the program's name without its folder. */
  readonly argv: readonly string[];
  readonly host: Host;
  readonly stdin: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Where the command was written, when somebody wants to know which line made which rule. */
  readonly origin?: RuleOrigin;
  /** Is standard output a terminal? False in the library. */
  readonly tty: boolean;
  out(text: string): void;
  err(text: string): void;
}

export interface Running {
  /** How many events were shown; settable, as events may be shown by other processes on its behalf. */
  shown: number;
  /** It has ended by itself (wrong usage): stop gives its status. */
  readonly ended?: true;
  /** A signal arrived ('INT', 'TERM' …); prints what the tool prints then, returns its status. */
  stop(signal: string): number;
}
