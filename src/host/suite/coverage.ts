import { RuleTexts } from '../../commands/rules/text.ts';
import type { Expression } from '../../kernel/expr/expression.ts';
import type { Chain, NftSet, Table } from '../../kernel/nf_tables/objects.ts';
import type { TraceEvent, TraceEventOf, Tracer } from '../../kernel/trace/event.ts';
import type { Host } from '../host.ts';
import { type RuleRow, ruleRows } from './rules.ts';

/** One test in a rule, and which of its two answers packets have drawn. */
export interface TestCoverage {
  readonly text: string;
  readonly held: boolean;
  readonly failed: boolean;
}

export interface RuleCoverage extends RuleRow {
  /** Packets for which all its tests held. */
  readonly hits: number;
  /** Packets that it was asked about. */
  readonly asked: number;
  readonly tests: readonly TestCoverage[];
}

export interface PolicyCoverage {
  readonly table: Table;
  readonly chain: Chain;
  readonly hits: number;
}

export interface SetCoverage {
  readonly table: Table;
  readonly set: NftSet;
  readonly elements: number;
  readonly reached: number;
}

export interface CoverageReport {
  readonly rules: readonly RuleCoverage[];
  readonly policies: readonly PolicyCoverage[];
  readonly sets: readonly SetCoverage[];
  /** Share of rules that were hit, of test answers that were drawn, of policies and of set elements; 1 where there are none. */
  readonly share: { readonly rules: number; readonly tests: number; readonly policies: number; readonly elements: number };
}

/** Expressions that can say no for a reason of their own; the others only fail where a field is not there. */
const TESTS: ReadonlySet<Expression['kind']> = new Set<Expression['kind']>(['cmp', 'range', 'lookup', 'match', 'limit', 'quota', 'connlimit']);

interface Seen {
  hits: number;
  asked: number;
  /** By index of the expression that failed. */
  readonly failed: Set<number>;
  /** How far the tests held, as index of an expression. */
  held: number;
}

/** Watches which rules, policies and set elements packets reach. One for many hosts that begin as the same. */
export class Coverage implements Tracer {
  readonly #rules = new Map<string, Seen>();
  readonly #policies = new Map<string, number>();
  readonly #elements = new Map<string, Set<number>>();

  event(e: TraceEvent): void {
    if (e.kind === 'rule') this.#rule(e);
    else if (e.kind === 'policy') {
      const key = `${e.place.legacy} ${e.place.base.id}`;
      this.#policies.set(key, (this.#policies.get(key) ?? 0) + 1);
    } else if (e.kind === 'lookup' && e.element) {
      const key = `${e.place.legacy} ${e.set.id}`;
      const seen = this.#elements.get(key);
      if (seen) seen.add(e.element.id);
      else this.#elements.set(key, new Set([e.element.id]));
    }
  }

  #rule(e: TraceEventOf<'rule'>): void {
    const key = `${e.place.legacy} ${e.rule.id}`;
    let seen = this.#rules.get(key);
    if (!seen) this.#rules.set(key, (seen = { hits: 0, asked: 0, failed: new Set(), held: -1 }));
    seen.asked++;
    if (e.failed) {
      seen.failed.add(e.failed.index);
      seen.held = Math.max(seen.held, e.failed.index - 1);
    } else {
      seen.hits++;
      seen.held = e.rule.exprs.length;
    }
  }

  /** Has a rule of such a host matched? */
  hit(row: Pick<RuleRow, 'legacy' | 'rule'>): boolean {
    return (this.#rules.get(`${row.legacy} ${row.rule.id}`)?.hits ?? 0) > 0;
  }

  /** What was reached of a host as it was before the tests. */
  report(host: Host): CoverageReport {
    const rules = this.#ruleCoverage(host);
    const policies: PolicyCoverage[] = [];
    const sets: SetCoverage[] = [];
    for (const legacy of [false, true])
      for (const table of (legacy ? host.net.legacy : host.net.nft).ruleset.tables) {
        for (const chain of table.chains) if (chain.hook && chain.hook.type !== 'nat') policies.push({ table, chain, hits: this.#policies.get(`${legacy} ${chain.id}`) ?? 0 });
        for (const set of table.sets) sets.push(this.#setCoverage(table, set, legacy));
      }
    const answers = rules.flatMap((r) => r.tests.flatMap((t) => [t.held, t.failed]));
    const part = (reached: number, all: number): number => (all === 0 ? 1 : reached / all);
    const sum = (of: (s: SetCoverage) => number): number => sets.reduce((n, s) => n + of(s), 0);
    return {
      rules,
      policies,
      sets,
      share: {
        rules: part(rules.filter((r) => r.hits > 0).length, rules.length),
        tests: part(answers.filter(Boolean).length, answers.length),
        policies: part(policies.filter((p) => p.hits > 0).length, policies.length),
        elements: part(
          sum((s) => s.reached),
          sum((s) => s.elements),
        ),
      },
    };
  }

  #ruleCoverage(host: Host): RuleCoverage[] {
    const texts = new RuleTexts(host.net, (path) => host.files.read(path));
    return ruleRows(host).map((row) => {
      const seen = this.#rules.get(`${row.legacy} ${row.rule.id}`);
      let from = 0;
      const tests = row.rule.exprs.flatMap((e, index): TestCoverage[] => {
        if (!TESTS.has(e.kind)) return [];
        // A field that was not there counts for the test that would have looked at it.
        const mine = Array.from({ length: index - from + 1 }, (_, k) => from + k);
        from = index + 1;
        return [{ text: texts.test(row.table, row.chain, row.rule, row.legacy, index), held: (seen?.held ?? -1) >= index, failed: mine.some((i) => seen?.failed.has(i)) }];
      });
      return { ...row, hits: seen?.hits ?? 0, asked: seen?.asked ?? 0, tests };
    });
  }

  #setCoverage(table: Table, set: NftSet, legacy: boolean): SetCoverage {
    let elements = 0;
    for (const e of set.elements) if (!e.flags.intervalEnd) elements++;
    return { table, set, elements, reached: this.#elements.get(`${legacy} ${set.id}`)?.size ?? 0 };
  }
}
