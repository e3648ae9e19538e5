import type { XtFamily } from '../../kernel/xt/definition.ts';
import { wholeUint } from '../../kernel/xt/number.ts';
import { paramProblem } from '../../kernel/xt/text.ts';
import { isTarget, STANDARD } from './registry.ts';

/** Names and numbers that every tool checks alike (iptables/xshared.c). */
export const NAME_MAX = 29;
const utf8 = new TextEncoder();
/** An upper bound where that is enough to compare with NAME_MAX. */
export const byteLength = (s: string): number => (s.length * 3 < NAME_MAX ? s.length : utf8.encode(s).length);

/** xshared.c: parse_chain; the restore tools ask only for the verdicts' names. */
export function checkChainName(family: XtFamily, name: string, restore = false): void {
  if (byteLength(name) >= NAME_MAX) throw paramProblem(`chain name \`${name}' too long (must be under ${NAME_MAX} chars)`);
  if (name[0] === '-' || name[0] === '!') throw paramProblem(`chain name not allowed to start with \`${name[0]}'`);
  if (restore ? STANDARD.includes(name) : isTarget(family, name)) throw paramProblem('chain name may not clash with target name');
  if (/[ \t\n\v\f\r]/.test(name)) throw paramProblem(`Invalid chain name \`${name}'`);
}

/** xshared.c: parse_target */
export function checkTargetName(name: string): void {
  if (name === '') throw paramProblem('Invalid target name (too short)');
  if (byteLength(name) >= NAME_MAX) throw paramProblem(`Invalid target name \`${name}' (${NAME_MAX - 1} chars max)`);
  if (/[ \t\n\v\f\r]/.test(name)) throw paramProblem(`Invalid target name \`${name}'`);
}

export function parseRulenum(text: string): number {
  const n = wholeUint(text, 1, 0x7fffffff);
  if (n === null) throw paramProblem(`Invalid rule number \`${text}'`);
  return n;
}

/** strtol(3) into an int; 0 for what is no number. */
const toInt = (text: string): number => (/^\s*[-+]?\d+$/.test(text) ? Number(BigInt.asIntN(32, BigInt(text.trim()))) : 0);

/** xshared.c: parse_rule_range of -D: `n`, and for ebtables `n:m` with either end left out; the end is -1 then. */
export function parseRuleRange(text: string, ranges: boolean): { readonly from: number; readonly to: number } {
  const colon = text.indexOf(':');
  if (colon >= 0 && !ranges) throw paramProblem('Rule ranges are not supported');
  const end = colon < 0 ? null : text.slice(colon + 1);
  const to = end === null || end === '' ? -1 : toInt(end);
  if (to === 0) throw paramProblem(`Invalid rule range end\`${end}'`);
  const start = colon < 0 ? text : text.slice(0, colon);
  const from = colon === 0 ? 1 : toInt(start);
  if (from === 0) throw paramProblem(`Invalid rule number \`${start}'`);
  return { from, to: end === null ? from : to };
}
