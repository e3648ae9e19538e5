import type { Family } from '../net/hook.ts';
import type { NfTables } from '../nf_tables/nf-tables.ts';
import type { Rule } from '../nf_tables/objects.ts';
import { definitionOf } from './check.ts';
import type { Expression } from './expression.ts';
import type { FieldTest } from './field.ts';
import type { Op } from './machine.ts';
import { TestReader, type TestEnvironment } from './tests.ts';

/** Expressions without tests that yet leave the packet and what is kept beside it alone. */
const HARMLESS = new Set<Expression['kind']>(['counter', 'limit', 'quota', 'last', 'connlimit', 'log', 'numgen', 'immediate', 'lookup', 'dynset']);

/** A rule made ready. */
export interface RuleProgram {
  /** Its expressions in order: run one after another they are the rule (the reference). */
  readonly ops: readonly Op[];
  /** What has to hold for it to match; where these hold surely, the first `skip` expressions need not run. */
  readonly tests: readonly FieldTest[];
  readonly skip: number;
  /** It may change what tests ask. */
  readonly changes: boolean;
}

/** Where a rule stands. */
export interface RulePlace {
  readonly nft: NfTables;
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
}

export function compileRule(rule: Rule, place: RulePlace): RuleProgram {
  const { nft, family, table } = place,
    states = nft.live.states(rule);
  const env = { ...place, ...(rule.compat && { compat: rule.compat }), set: (name: string) => nft.set(family, table, name) };
  const ops = rule.exprs.map((e, i): Op => {
    const d = definitionOf(e.kind);
    if (!d) throw new Error(`no expression ${e.kind}`);
    return d.compile(e, {
      ...env,
      state: states[i],
      cell: () => nft.kept.cell(rule.id, i),
      object: (kind, name) => nft.table(family, table)?.objects.find((o) => o.kind === kind && o.name === name),
    });
  });
  const { tests, skip } = testsOf(rule.exprs, env);
  return { ops, tests, skip, changes: rule.exprs.some((e) => !HARMLESS.has(e.kind) && !definitionOf(e.kind)?.tests) };
}

/** The head of a rule as tests over fields of the packet. */
export function testsOf(exprs: readonly Expression[], env: TestEnvironment): { readonly tests: readonly FieldTest[]; readonly skip: number } {
  const reader = new TestReader();
  for (const [i, e] of exprs.entries()) {
    if (!definitionOf(e.kind)?.tests?.(e, reader, env)) break;
    reader.done(i);
  }
  reader.finish(exprs);
  return reader;
}
