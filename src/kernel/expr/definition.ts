import type { Errno } from '../errno.ts';
import type { Family } from '../net/hook.ts';
import type { Netns } from '../netns.ts';
import type { BaseHook, NftObject, NftSet } from '../nf_tables/objects.ts';
import type { Expression, ExpressionKind, ObjectKind } from './expression.ts';
import type { Op, OpEnvironment } from './machine.ts';
import type { RegisterUse } from './registers.ts';
import type { TestEnvironment, TestReader } from './tests.ts';

export type ExpressionOf<K extends ExpressionKind> = Extract<Expression, { kind: K }>;

/** What an expression may look at while it is made (struct nft_ctx). */
export interface InitContext {
  readonly net: Netns;
  readonly family: Family;
  readonly table: string;
  readonly chain: { readonly name: string; readonly hook?: BaseHook };
  /** NFTA_RULE_COMPAT. */
  readonly compat?: { readonly proto: number; readonly inv: boolean };
  set(name: string): NftSet | undefined;
  object(kind: ObjectKind, name: string): NftObject | undefined;
}

/** What it may look at when the chains are walked: the base chain from which it can be reached. */
export interface ValidateContext {
  readonly net: Netns;
  readonly family: Family;
  readonly table: string;
  readonly base: BaseHook;
  set(name: string): NftSet | undefined;
  readonly compat?: { readonly proto: number; readonly inv: boolean };
}

/** One kind of bytecode expression: net/netfilter/nft_KIND.c. The folder `kind` is the registry. */
export interface ExpressionDefinition<K extends ExpressionKind = ExpressionKind> {
  readonly kind: K;
  /** Has this kernel no module for it in that family? */
  missing?(expr: ExpressionOf<K>, ctx: InitContext): boolean;
  /** What select_ops refuses: a rule's expressions are all selected before the first is made. */
  select?(expr: ExpressionOf<K>, ctx: InitContext): Errno | null;
  /** Any other refusal of select_ops, and init. */
  check?(expr: ExpressionOf<K>, ctx: InitContext): Errno | null;
  /** The registers that init reads and fills; one that does neither says nothing. */
  registers?(expr: ExpressionOf<K>, use: RegisterUse, ctx: InitContext): void;
  /** ops->validate */
  validate?(expr: ExpressionOf<K>, ctx: ValidateContext): Errno | null;
  /**
   * What it says as tests over fields of the packet. False, or no such face: it has effects, so that nothing behind it may
   * be asked before it ran.
   */
  tests?(expr: ExpressionOf<K>, reader: TestReader, env: TestEnvironment): boolean;
  /** ops->eval, with what init prepared. */
  compile(expr: ExpressionOf<K>, env: OpEnvironment): Op;
}

export const defineExpression = <K extends ExpressionKind>(definition: ExpressionDefinition<K>): ExpressionDefinition<K> => Object.freeze(definition);
