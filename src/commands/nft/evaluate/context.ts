import type { ByteOrder, Cmd, DatatypeName, Expr, Location, RuleDecl, SetDecl, Stmt } from '../../../parsers/nft/ast.ts';
import { nftError, type NftError } from '../../../parsers/nft/index.ts';
import type { NameContext } from '../datatype/index.ts';
import { datatype } from '../datatype/index.ts';
import type { Cache, CachedTable } from './cache.ts';
import { ProtoContext } from './proto-context.ts';

/** The error is already in `errors`; the command is given up. */
export class EvaluationFailed extends Error {}

/** expr_ctx: what the value next to be read is. */
export interface Expected {
  dtype: DatatypeName | null;
  byteorder: ByteOrder;
  len: number;
  maxval: number;
  key: Expr | null;
}

const NOTHING: Expected = { dtype: null, byteorder: 'invalid', len: 0, maxval: 0, key: null };

/** eval_ctx */
export class Context {
  readonly names: NameContext;
  readonly cache: Cache;
  readonly errors: NftError[];
  cmd!: Cmd;
  /** Commands that come before and after the one at hand. */
  before: Cmd[] = [];
  after: Cmd[] = [];
  ectx: Expected = { ...NOTHING };
  stmtLen = 0;
  set: SetDecl | null = null;
  rule!: RuleDecl;
  stmt: Stmt | null = null;
  /** Tunnel whose inside the expression at hand looks at. */
  inner: string | null = null;
  /** recursion.list */
  lists = 0;
  private readonly proto: [ProtoContext, ProtoContext] = [new ProtoContext('ip', false), new ProtoContext('bridge', true)];
  readonly ids: { next: number };

  constructor(names: NameContext, cache: Cache, errors: NftError[], ids: { next: number }) {
    this.names = names;
    this.cache = cache;
    this.errors = errors;
    this.ids = ids;
  }

  get pctx(): ProtoContext {
    return this.proto[this.inner ? 1 : 0];
  }
  get outer(): ProtoContext {
    return this.proto[0];
  }
  resetProtocols(family: string): void {
    this.proto[0] = new ProtoContext(family, false);
    this.proto[1] = new ProtoContext('bridge', true);
    this.ectx = { ...NOTHING };
  }

  forget(): void {
    this.ectx = { ...NOTHING };
  }
  /** __expr_set_context */
  expect(dtype: DatatypeName | null, byteorder: ByteOrder, len: number, maxval = 0): void {
    this.ectx = { dtype, byteorder, len, maxval, key: null };
  }
  /** expr_set_context */
  expectType(dtype: DatatypeName | null, len: number): void {
    this.expect(dtype, dtype === null ? 'invalid' : datatype(dtype).byteorder, len);
  }

  error(message: string, ...at: readonly Location[]): void {
    this.errors.push(nftError(message, ...at));
  }
  fail(message: string, ...at: readonly Location[]): never {
    this.error(message, ...at);
    throw new EvaluationFailed(message);
  }

  get table(): CachedTable | undefined {
    return this.cache.find(this.cmd.handle.family, this.cmd.handle.table?.name);
  }
}
