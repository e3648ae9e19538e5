import { readFileSync } from 'node:fs';

export interface LoggedStep {
  readonly inject: { readonly iface: string; readonly frame: string };
  /** What the kernel logs of it: prefixes, before IN=. */
  readonly log: readonly string[];
}

/** Packets with net.netfilter.nf_conntrack_log_invalid=255 and tracking on, or after other commands. */
export interface LoggedCase {
  readonly id: string;
  /** Instead of tracking. */
  readonly setup?: readonly (readonly string[])[];
  readonly steps: readonly LoggedStep[];
}

export const GOLDEN = new URL('./logged.golden.jsonl', import.meta.url);
export const TRACKING = 'table inet t {\n\tchain f {\n\t\ttype filter hook forward priority 0;\n\t\tct state new counter\n\t}\n}\n';

export const loggedCases = (): LoggedCase[] =>
  readFileSync(GOLDEN, 'utf8')
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as LoggedCase);
