import { textMatches } from '../conformance/compare.ts';

/** What the kernel picks, as the tokens of the recordings. */
const TOKENS: readonly (readonly [RegExp, string])[] = [
  [/(use=\d+ )id=\d+/g, '$1id=<ID>'],
  [/<id>\d+<\/id>/g, '<id><ID></id>'],
  [/delta-time=\d+/g, 'delta-time=<N>'],
  [/<deltatime>\d+/g, '<deltatime><N>'],
  [/\[(start|stop)=[^\]]+\]/g, '[$1=<DATE>]'],
  [/<(start|stop)>\d+/g, '<$1><TS>'],
  // One for the whole machine, whatever ran on it before.
  [/nf_hooks_lwtunnel = \d/g, 'nf_hooks_lwtunnel = <N>'],
];

/** Seconds that may pass between the commands of a session on a busy machine. */
const LATE = 10;

/** Listings of conntrack come in the order of the kernel's hash. */
export const conntrackMatches = (want: string, got: string): boolean =>
  textMatches(
    TOKENS.reduce((t, [re, by]) => t.replace(re, by), want),
    got,
    true,
    LATE,
  );
