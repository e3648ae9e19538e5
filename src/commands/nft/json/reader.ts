import type { Expr, Location, Named, Source, Stmt } from '../../../parsers/nft/ast.ts';
import { nftError, NOWHERE, type NftError } from '../../../parsers/nft/error.ts';
import type { NameContext } from '../datatype/index.ts';
import { isObject, type JsonIn, type JsonObject, typeName } from './text.ts';

/** What is being read is refused; the errors are in the reader. */
export class Refused extends Error {}

type Kind = 's' | 'i' | 'b' | 'o' | 'I';
const EXPECTED: Readonly<Record<Exclude<Kind, 'o'>, string>> = { s: 'string', i: 'integer', I: 'integer', b: 'true or false' };

const fits = (kind: Kind, v: JsonIn): boolean => kind === 'o' || (kind === 's' ? typeof v === 'string' : kind === 'b' ? typeof v === 'boolean' : typeof v === 'bigint');

/** json_ctx: reads values and collects the messages of parser_json.c, innermost first. */
export class JsonReader {
  readonly errors: NftError[] = [];
  readonly names: NameContext;
  private readonly source: Source;

  constructor(text: string, names: NameContext) {
    this.names = names;
    this.source = { kind: 'command line', name: '', text };
  }

  /** json_error */
  fail(message: string): never {
    this.errors.push(nftError(`${message}\n`.replace(/\n$/, '')));
    throw new Refused(message);
  }

  /** An error that is told but does not keep the rest from being done. */
  note(message: string): void {
    this.errors.push(nftError(message));
  }

  /** json_unpack_err: jansson's errors carry the column within the format that was unpacked, not within the document. */
  lib(message: string, column: number): never {
    const place: Location = { source: this.source, line: 1, start: column, end: column + 1, offset: 0 };
    this.errors.push(nftError(message, place));
    throw new Refused(message);
  }

  /** Runs `read`; where it is refused, adds what was being read. */
  within<T>(message: string, read: () => T): T {
    try {
      return read();
    } catch (e) {
      if (e instanceof Refused) this.errors.push(nftError(message));
      throw e;
    }
  }

  /** Optional item: absent or of the wrong type is not there. */
  maybe(v: JsonIn | undefined, key: string, kind: 's'): string | undefined;
  maybe(v: JsonIn | undefined, key: string, kind: 'i' | 'I'): bigint | undefined;
  maybe(v: JsonIn | undefined, key: string, kind: 'b'): boolean | undefined;
  maybe(v: JsonIn | undefined, key: string, kind: 'o'): JsonIn | undefined;
  maybe(v: JsonIn | undefined, key: string, kind: Kind): JsonIn | undefined {
    if (!isObject(v) || !Object.hasOwn(v, key)) return undefined;
    const item = v[key] as JsonIn;
    return fits(kind, item) ? item : undefined;
  }

  /** An item of `{s:s, s:o …}`; `nth`: which of them. */
  need(v: JsonIn | undefined, key: string, kind: 's', nth?: number): string;
  need(v: JsonIn | undefined, key: string, kind: 'i' | 'I', nth?: number): bigint;
  need(v: JsonIn | undefined, key: string, kind: 'b', nth?: number): boolean;
  need(v: JsonIn | undefined, key: string, kind: 'o', nth?: number): JsonIn;
  need(v: JsonIn | undefined, key: string, kind: Kind, nth = 0): JsonIn {
    const column = 3 + 5 * nth;
    if (!isObject(v)) return this.lib(`Expected object, got ${typeName(v)}`, 0);
    if (!Object.hasOwn(v, key)) return this.lib(`Object item not found: ${key}`, column);
    const item = v[key] as JsonIn;
    if (!fits(kind, item)) return this.lib(`Expected ${EXPECTED[kind as 's']}, got ${typeName(item)}`, column);
    return item;
  }

  /** The one member of an object that names its kind; null: not that shape (json_unpack_stmt). */
  single(v: JsonObject): [string, JsonIn] | null {
    const entries = Object.entries(v);
    return entries.length === 1 ? (entries[0] as [string, JsonIn]) : null;
  }

  named(name: string): Named {
    return { loc: NOWHERE, name };
  }
}

export type ReadExpr = (v: JsonIn, r: JsonReader) => Expr;
export type ReadStmt = (v: JsonIn, r: JsonReader, key: string) => Stmt;
export { NOWHERE };
