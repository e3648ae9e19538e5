import type { XtFamily } from '../../kernel/xt/definition.ts';
import { wholeUint } from '../../kernel/xt/number.ts';
import { paramProblem } from '../../kernel/xt/text.ts';
import { isTarget } from './registry.ts';

/** Names and numbers that every tool checks alike (iptables/xshared.c). */
export const NAME_MAX = 29;
const utf8 = new TextEncoder();
/** An upper bound where that is enough to compare with NAME_MAX. */
export const byteLength = (s: string): number => (s.length * 3 < NAME_MAX ? s.length : utf8.encode(s).length);

/** xshared.c: parse_chain */
export function checkChainName(family: XtFamily, name: string): void {
  if (byteLength(name) >= NAME_MAX) throw paramProblem(`chain name \`${name}' too long (must be under ${NAME_MAX} chars)`);
  if (name[0] === '-' || name[0] === '!') throw paramProblem(`chain name not allowed to start with \`${name[0]}'`);
  if (isTarget(family, name)) throw paramProblem('chain name may not clash with target name');
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
