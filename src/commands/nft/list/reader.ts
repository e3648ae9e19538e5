import type { NfTables } from '../../../kernel/nf_tables/nf-tables.ts';
import type { Chain, NftSet, Rule, Table } from '../../../kernel/nf_tables/objects.ts';
import type { RuleDecl, SetDecl, Stmt } from '../../../parsers/nft/ast.ts';
import type { RuleContext } from '../delinearize/context.ts';
import { delinearizeRule } from '../delinearize/index.ts';
import { NOWHERE } from '../node.ts';
import { setDecl } from '../set/decl.ts';
import type { ReadRule } from './chain.ts';

/** Reads rules and sets of one table back into trees. */
export class TableReader {
  readonly nft: NfTables;
  readonly table: Table;
  readonly #sets = new Map<string, SetDecl | undefined>();
  readonly #context: RuleContext;
  #byName: ReadonlyMap<string, NftSet> | undefined;

  /** `inline` false: the rules of chains written in a rule are not known, only their names. */
  constructor(nft: NfTables, table: Table, inline = true) {
    this.nft = nft;
    this.table = table;
    this.#context = {
      family: table.family,
      table: table.name,
      set: (name) => this.anySet(name),
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
      this.#sets.set(name, set && setDecl(this.nft, this.table.family, this.table.name, set, true));
    }
    return this.#sets.get(name);
  }

  get namedSets(): SetDecl[] {
    return this.table.sets.filter((s) => !s.flags.anonymous).map((s) => this.anySet(s.name)!);
  }

  rule(rule: Rule): readonly Stmt[] {
    return delinearizeRule(this.nft.live.rule(rule).exprs, this.#context);
  }

  /** A rule with the numbers that it carries itself. */
  frozen(rule: Rule): readonly Stmt[] {
    return delinearizeRule(rule.exprs, this.#context);
  }

  rules(chain: Chain): ReadRule[] {
    return chain.rules.map((rule) => ({ rule, stmts: this.rule(rule) }));
  }

  /** Does a rule hold compat expressions? Then iptables-nft made the table. */
  get foreign(): boolean {
    return this.table.chains.some((c) => c.rules.some((r) => r.exprs.some((e) => e.kind === 'match' || e.kind === 'target')));
  }
}
