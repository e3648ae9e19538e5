// What a rule costs as rulesets grow: whole processes with 1k, 10k and 100k rules, over the same with none.
import { drywall, type Bench, type Spent } from './paired.ts';

const SIZES = [1000, 10_000, 100_000] as const;

/** The commands that grow with the ruleset, by the number of rules. */
export type Growing = (rules: number) => Bench;

/** Least of `runs` runs in turn: µs a rule at each size, most against least, and the memory that the largest takes. */
export function growth(name: string, of: Growing, where: { readonly root: string; readonly dir: string; readonly runs: number }): string {
  const benches = [0, ...SIZES].map(of);
  const runs = Array.from({ length: where.runs }, () => benches.map((b) => drywall(b, where.root, where.dir)));
  const least = (i: number, what: (s: Spent) => number): number => Math.min(...runs.map((r) => what(r[i])));
  const each = SIZES.map((n, i) => ((least(i + 1, (s) => s.ms) - least(0, (s) => s.ms)) * 1000) / n);
  const ratio = each[SIZES.length - 1] / each[0];
  return `${`growth: ${name}`.padEnd(40)} ${each.map((us) => us.toFixed(0)).join(' / ')} µs a rule of 1k / 10k / 100k, ratio ${ratio.toFixed(2)}, peak ${least(SIZES.length, (s) => s.peak).toFixed(0)} MB`;
}
