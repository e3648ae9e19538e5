import { readFileSync } from 'node:fs';

export interface TraceStep {
  readonly argv?: readonly string[];
  readonly stdin?: string | null;
  readonly inject?: { readonly iface: string; readonly frame: string };
  readonly local?: { readonly packet: string };
}

/** A ruleset, monitors that listen, packets and commands, and what each monitor said. */
export interface TraceCase {
  readonly id: string;
  readonly setup: readonly TraceStep[];
  readonly monitors: readonly string[];
  readonly steps: readonly TraceStep[];
  readonly said: readonly string[];
  /** Their standard error. */
  readonly cried: readonly string[];
}

export const GOLDEN = new URL('./traces.golden.jsonl', import.meta.url);

export const traceCases = (): TraceCase[] =>
  readFileSync(GOLDEN, 'utf8')
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as TraceCase);

/** Trace ids are random, and used again for packets that come later; so are process numbers, IP ids of the host's own packets, and names of inline chains count over all the kernel's life. */
export const masked = (text: string): string =>
  text
    .replace(/trace id [0-9a-f]{8}/g, 'trace id <ID>')
    .replace(/(PACKET|TRACE): (\d+) [0-9a-f]{8}/g, '$1: $2 <ID>')
    .replace(/(SRC=10\.0\.0\.1 .*? ID=)\d+/g, '$1<N>')
    .replace(/(ip saddr 10\.0\.0\.1 .*? ip id )\d+/g, '$1<N>')
    .replace(/__chain\d+/g, '__chain<N>')
    .replace(/expires (?:\w+|<T\d+>)/g, 'expires <T>')
    .replace(/("expires": )\d+/g, '$1<T>')
    .replace(/PID=\d+/g, 'PID=<P>')
    .replace(/by process \d+/g, 'by process <P>');
