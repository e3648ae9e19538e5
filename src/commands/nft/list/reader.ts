import type { Expression } from '../../../kernel/expr/expression.ts';
import type { NfTables } from '../../../kernel/nf_tables/nf-tables.ts';
import type { NftSet, Rule, Table } from '../../../kernel/nf_tables/objects.ts';
import type { RuleDecl, SetDecl, Stmt } from '../../../parsers/nft/ast.ts';
import type { RuleContext } from '../delinearize/context.ts';
import { delinearizeRule } from '../delinearize/index.ts';
import { NOWHERE } from '../node.ts';
import { setDecl } from '../set/decl.ts';
import type { ReadRule, ShownChain } from './chain.ts';

/** A table as a listing has it (ShownChain). */
export type ShownTable = Omit<Table, 'chains'> & { readonly chains: readonly ShownChain[] };

const isCompat = (e: Expression): boolean => e.kind === 'match' || e.kind === 'target';

/** Does a rule hold compat expressions? Then iptables-nft made the table. */
export const isForeign = (table: ShownTable): boolean => table.chains.some((c) => c.rules.some((r) => r.exprs.some(isCompat)));

export interface ReaderOptions {
  /** False: the rules of chains written in a rule are not known, only their names. */
  readonly inline?: boolean;
  /** Whether the elements of a set are known. */
  readonly elements?: (set: NftSet) => boolean;
  /** Told of what could not be read. */
  readonly error?: (message: string) => void;
}

/** Reads rules and sets of one table back into trees. */
export class TableReader {
  readonly nft: NfTables;
  readonly table: ShownTable;
  readonly #sets = new Map<string, SetDecl | undefined>();
  readonly #context: RuleContext;
  #byName: ReadonlyMap<string, NftSet> | undefined;
  #foreign = false;

  readonly #wants: (s: NftSet) => boolean;

  constructor(nft: NfTables, table: ShownTable, options: ReaderOptions = {}) {
    const { inline = true } = options;
    this.#wants = options.elements ?? (() => true);
    this.nft = nft;
    this.table = table;
    this.#context = {
      family: table.family,
      table: table.name,
      set: (name) => this.anySet(name),
      ...(options.error && { error: options.error }),
      boundChain: (name) => {
        const chain = inline ? table.chains.find((c) => c.name === name) : undefined;
        return chain?.binding
          ? chain.rules.map((r): RuleDecl => ({ loc: NOWHERE, handle: { family: table.family }, stmts: [...this.rule(r)], ...(r.comment !== undefined && { comment: r.comment }) }))
          : undefined;
      },
    };
  }

  /** A set by name as rules see it, elements included. */
  anySet(name: string): SetDecl | undefined {
    if (!this.#sets.has(name)) {
      const set = (this.#byName ??= new Map(this.table.sets.map((s) => [s.name, s]))).get(name);
      this.#sets.set(name, set && setDecl(this.nft, this.table.family, this.table.name, set, this.#wants(set)));
    }
    return this.#sets.get(name);
  }

  get namedSets(): SetDecl[] {
    return this.table.sets.filter((s) => !s.flags.anonymous).map((s) => this.anySet(s.name)!);
  }

  rule(rule: Rule): readonly Stmt[] {
    const { exprs } = this.nft.live.rule(rule);
    this.#foreign ||= exprs.some(isCompat);
    return delinearizeRule(exprs, this.#context);
  }

  /** Did a rule that was read hold compat expressions? */
  get foreign(): boolean {
    return this.#foreign;
  }

  /** A rule with the numbers that it carries itself. */
  frozen(rule: Rule): readonly Stmt[] {
    return delinearizeRule(rule.exprs, this.#context);
  }

  /** One after the other: of a long chain's rules only one is in memory as a tree. */
  *rules(chain: ShownChain): Generator<ReadRule> {
    for (const rule of chain.rules) yield { rule, stmts: this.rule(rule) };
  }
}
