import { readFileSync } from 'node:fs';

export interface InvalidStep {
  readonly inject: { readonly iface: string; readonly frame: string };
  /** What the kernel logs of it: prefixes, before IN=. */
  readonly log: readonly string[];
}

/** Packets with net.netfilter.nf_conntrack_log_invalid=255, tracking on. */
export interface InvalidCase {
  readonly id: string;
  readonly steps: readonly InvalidStep[];
}

export const GOLDEN = new URL('./invalid.golden.jsonl', import.meta.url);
export const TRACKING = 'table inet t {\n\tchain f {\n\t\ttype filter hook forward priority 0;\n\t\tct state new counter\n\t}\n}\n';

export const invalidCases = (): InvalidCase[] =>
  readFileSync(GOLDEN, 'utf8')
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as InvalidCase);
