import type { Expr, Stmt } from '../../../parsers/nft/ast.ts';
import type { ExpressionDefinition, StatementDefinition } from '../definition.ts';
import type { Json, OutputOptions, PrintContext } from '../datatype/index.ts';
import { expression as expressions } from '../generated/expression.ts';
import { statement as statements } from '../generated/statement.ts';

// made at first use: definitions import this module
let expressionTable: ReadonlyMap<string, ExpressionDefinition> | undefined;
let statementTable: ReadonlyMap<string, StatementDefinition> | undefined;
const expressionByKind = (kind: string): ExpressionDefinition | undefined =>
  (expressionTable ??= new Map((expressions as readonly ExpressionDefinition[]).map((e) => [e.kind, e]))).get(kind);
const statementByKind = (kind: string): StatementDefinition | undefined =>
  (statementTable ??= new Map((statements as readonly StatementDefinition[]).map((s) => [s.kind, s]))).get(kind);

/** Writes expressions and statements as text or JSON, under the output options of nft. */
export class Printer {
  readonly context: PrintContext;
  /** Indentation of inline chains. */
  readonly indent: string;

  constructor(context: PrintContext, indent = '\t\t') {
    this.context = context;
    this.indent = indent;
  }

  get options(): OutputOptions {
    return this.context.options;
  }

  with(options: Partial<OutputOptions>): Printer {
    return new Printer({ ...this.context, options: { ...this.context.options, ...options } }, this.indent);
  }

  expr(e: Expr): string {
    const d = expressionByKind(e.kind);
    if (!d) throw new Error(`cannot print ${e.kind}`);
    return d.print(e, this);
  }

  json(e: Expr): Json {
    const d = expressionByKind(e.kind);
    if (!d) throw new Error(`no JSON of ${e.kind}`);
    return d.json(e, this);
  }

  stmt(s: Stmt): string {
    const d = statementByKind(s.kind);
    if (!d) throw new Error(`cannot print statement ${s.kind}`);
    return d.print(s, this);
  }

  jsonStmt(s: Stmt): Json {
    const d = statementByKind(s.kind);
    if (!d) throw new Error(`no JSON of statement ${s.kind}`);
    return d.json(s, this);
  }
}
