import type { ChainDecl, Expr, FlowtableDecl, ObjDecl, RuleDecl, SetDecl } from '../../../parsers/nft/ast.ts';
import type { ElementStore } from '../../../kernel/nf_tables/elements.ts';
import type { Family } from '../../../kernel/net/hook.ts';

/** What nft knows of the ruleset while it evaluates (cache.c): the kernel's, and what earlier commands of the same run declare. */
export interface CachedRule {
  readonly handle?: bigint;
  readonly decl?: RuleDecl;
  id?: number;
}
export interface CachedChain {
  readonly name: string;
  readonly decl?: ChainDecl;
  /** By a command of the run. */
  readonly declared?: true;
  rules: CachedRule[];
}
export interface CachedTable {
  readonly family: Family;
  readonly name: string;
  readonly chains: Map<string, CachedChain>;
  readonly sets: Map<string, SetDecl>;
  readonly objs: Map<string, ObjDecl>;
  readonly flowtables: Map<string, FlowtableDecl | null>;
}

export const objKey = (type: string, name: string): string => `${type}\0${name}`;

export class Cache {
  readonly tables: CachedTable[];
  /** Elements of a set that the kernel has, as a set expression; intervals as ranges. Asked once for each set that needs it. */
  readonly elements: (table: CachedTable, set: SetDecl) => Expr | undefined;

  /** The same as the kernel keeps them. */
  readonly store: (table: CachedTable, set: SetDecl) => ElementStore | undefined;

  constructor(tables: CachedTable[] = [], elements: Cache['elements'] = () => undefined, store: Cache['store'] = () => undefined) {
    this.tables = tables;
    this.elements = elements;
    this.store = store;
  }

  find(family: string, name: string | undefined): CachedTable | undefined {
    return this.tables.find((t) => t.family === family && t.name === name);
  }
  add(family: Family, name: string): CachedTable {
    const table: CachedTable = { family, name, chains: new Map(), sets: new Map(), objs: new Map(), flowtables: new Map() };
    this.tables.push(table);
    return table;
  }
  remove(table: CachedTable): void {
    this.tables.splice(this.tables.indexOf(table), 1);
  }
}
