import type { Cmd, Expr, ExprOf, Location, Source, SymbolEntry } from './ast.ts';
import { Refused, Stop } from './automaton.ts';
import { fromBytes, nftError, toBytes, type NftError } from './error.ts';
import { Lexer } from './lexer.ts';
import { closest } from './misspell.ts';
import { META_KEYS } from './words.ts';

/** What the parser needs of the outside. */
export interface ParseEnv {
  /** Each element of a set as a tree, also of many plain ones. */
  readonly trees?: boolean;
  /** The names of files that a pattern of `include` matches, sorted; directories end in `/`. Null: the path does not exist. */
  glob(pattern: string): readonly string[];
  /** Text of a file, or why not. */
  readFile(path: string): { readonly text: string } | { readonly error: string } | { readonly irregular: true };
  /** `-I`, in order; the default path comes last. */
  readonly includePaths: readonly string[];
  /** `type NAME`: null is an unknown one. */
  datatype(name: string): { readonly id: string; readonly byteorder: 'invalid' | 'host' | 'big'; readonly size: number } | null;
  /** `-D NAME=VALUE`. */
  readonly defines?: readonly (readonly [name: string, value: string])[];
  readonly maxErrors?: number;
  /** Definitions that outlive the text; they are added to. */
  readonly scope?: Scope;
}

const DEFAULT_INCLUDE_PATH = '/etc';
const MAX_INCLUDE_DEPTH = 16;

export class Scope {
  readonly parent: Scope | null;
  symbols: SymbolEntry[] = [];
  constructor(parent: Scope | null) {
    this.parent = parent;
  }
  lookup(name: string): SymbolEntry | undefined {
    return this.symbols.findLast((s) => s.identifier === name) ?? this.parent?.lookup(name);
  }
  /** symbol_unbind: whatever this scope says of the name; what outer ones say stays, and an unknown one is no error. */
  forget(name: string): void {
    this.symbols = this.symbols.filter((s) => s.identifier !== name);
  }
}

/** Marks an opened block on the stack: a block thrown away by error recovery closes its scope. */
export interface OpenedScope {
  readonly openedScope: true;
}

export class ParserState {
  readonly lexer = new Lexer();
  readonly cmds: Cmd[] = [];
  readonly errors: NftError[] = [];
  readonly env: ParseEnv;
  nerrs = 0;
  onRecovered: () => void = () => {};
  /** Called at the end of the text instead of reading on: a text that is still being typed. */
  atEnd: ((accepts: (token: string) => boolean) => void) | null = null;
  private scopes: Scope[];
  private readonly source: Source;

  constructor(source: Source, env: ParseEnv, top?: Scope) {
    this.source = { ...source, text: toBytes(source.text) };
    this.env = env;
    this.scopes = [env.scope ?? top ?? new Scope(null)];
    this.lexer.push(this.source, source.kind === 'file' ? 1 : 0);
  }

  startLocation(): Location {
    return { source: this.source, line: 0, start: 0, end: 0, offset: 0 };
  }
  error(loc: Location, message: string): void {
    this.errors.push(nftError(message, loc));
  }
  /** Queues an error and refuses the rule. */
  fail(loc: Location, message: string): never {
    this.error(loc, message);
    throw new Refused();
  }
  leave(scope: string): void {
    this.lexer.leave(scope);
  }
  discarded(): void {
    /* a token thrown away while recovering */
  }
  /** What recovery throws away; a part of a block has had its effect on the block, which lies below, when it was read. */
  dropped(value: unknown, below: unknown): void {
    if (typeof value === 'function') {
      try {
        value(below);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
    }
    if (typeof value === 'object' && value !== null && 'openedScope' in value) this.closeScope();
  }

  recovered(): null {
    if (++this.nerrs === (this.env.maxErrors ?? 10)) throw new Stop(false);
    this.onRecovered();
    return null;
  }

  openScope(loc: Location): OpenedScope {
    if (this.scopes.length >= 5) {
      this.error(loc, 'too many levels of nesting');
      this.nerrs++;
    }
    this.scopes.push(new Scope(this.scopes.at(-1) as Scope));
    return { openedScope: true };
  }
  closeScope(): void {
    if (this.scopes.length > 1) this.scopes.pop();
  }
  get topScope(): Scope {
    return this.scopes[0] as Scope;
  }
  private get scope(): Scope {
    return this.scopes.at(-1) as Scope;
  }

  define(name: string, loc: Location, expr: Expr): null {
    if (this.scope.lookup(name)) this.fail(loc, `redefinition of symbol '${name}'`);
    this.bind(name, expr);
    return null;
  }
  bind(name: string, expr: Expr): void {
    this.scope.symbols.push({ identifier: name, expr, refs: 0 });
  }
  redefine(name: string, expr: Expr): null {
    this.bind(name, expr);
    return null;
  }
  undefine(name: string): null {
    this.scope.forget(name);
    return null;
  }

  lookup(name: string, loc: Location): SymbolEntry {
    const found = this.scope.lookup(name);
    if (found) {
      found.refs++;
      return found;
    }
    const near = closest(name, this.visible());
    return this.fail(loc, near === undefined ? `unknown identifier '${name}'` : `unknown identifier '${name}'; did you mean identifier '${near}\u2019?`);
  }
  /** The newest of a scope first, as its list is searched. */
  private visible(): string[] {
    const out: string[] = [];
    for (let s: Scope | null = this.scope; s; s = s.parent) out.push(...s.symbols.map((x) => x.identifier).reverse());
    return out;
  }
  variable(name: string, loc: Location, whole: Location): ExprOf<'variable'> {
    return { kind: 'variable', name, symbol: this.lookup(name, loc), loc: whole, dtype: 'invalid', byteorder: 'invalid', len: 0 };
  }

  comment(text: string, loc: Location): string {
    if (text.length > 128) this.fail(loc, 'comment too long, 128 characters maximum allowed');
    return fromBytes(text);
  }

  /** `log prefix` with `$variables` inside. */
  prefix(text: string, loc: Location): string {
    if (!text.includes('$')) return fromBytes(text);
    return fromBytes(
      text.replace(/\$([a-zA-Z0-9_]*)/g, (_, name: string) => {
        const { expr } = this.lookup(name, loc);
        return expr.kind === 'symbol' ? expr.identifier : '';
      }),
    );
  }

  time(text: string, loc: Location): bigint {
    const unit: Record<string, bigint> = { d: 86400000n, h: 3600000n, m: 60000n, s: 1000n, ms: 1n };
    const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text);
    if (/^\d+$/.test(text)) return BigInt(text) * 1000n;
    if (!parts || text === '') this.fail(loc, 'wrong time format');
    return ['d', 'h', 'm', 's', 'ms'].reduce((sum, u, i) => sum + BigInt((parts as RegExpExecArray)[i + 1] ?? 0) * (unit[u] as bigint), 0n);
  }

  unit(word: string, loc: Location): bigint {
    if (word === 'bytes') return 1n;
    if (word === 'kbytes') return 1024n;
    if (word === 'mbytes') return 1048576n;
    return this.fail(loc, 'Wrong unit format, expecting bytes, kbytes or mbytes');
  }
  /** rate_parse: `kbytes/second` as one word. */
  rate(n: bigint, word: string, loc: Location): { rate: bigint; unit: bigint } {
    const slash = word.indexOf('/');
    if (slash < 0) this.fail(loc, 'wrong rate format, expecting {bytes,kbytes,mbytes}/{second,minute,hour,day,week}');
    const factor = this.unit(word.slice(0, slash), loc);
    const units: Record<string, bigint> = { second: 1n, minute: 60n, hour: 3600n, day: 86400n, week: 604800n };
    const unit = units[word.slice(slash + 1)];
    if (unit === undefined) return this.fail(loc, 'Wrong time format, expecting second, minute, hour, day or week');
    return { rate: BigInt.asUintN(64, n * factor), unit };
  }

  metaKey(word: string, loc: Location): string {
    if (word === 'secpath') return 'ipsec';
    if ((META_KEYS as readonly string[]).includes(word)) return word;
    return this.fail(loc, `syntax error, unexpected ${word}, known keys are ${META_KEYS.join(', ')}`);
  }

  datatype(name: string, loc: Location): Expr {
    const t = this.env.datatype(name);
    if (!t) return this.fail(loc, `unknown datatype ${name}`);
    return { kind: 'value', value: 0n, loc, dtype: t.id, byteorder: t.byteorder, len: t.size };
  }

  /** scanner_include_file. */
  include(name: string, loc: Location): null {
    const path = fromBytes(name);
    if (/^(\.\/|\.\.\/|\/)/.test(path)) {
      if (this.includeGlob(path, loc) === 1) this.fail(loc, `File not found: ${path}`);
      return null;
    }
    let missing = true;
    for (const dir of [...this.env.includePaths, DEFAULT_INCLUDE_PATH]) {
      const found = this.includeGlob(`${dir}/${path}`, loc);
      if (found === 0) return null;
      if (found === 2) missing = false;
    }
    if (missing) this.fail(loc, `File not found: ${path}`);
    return null;
  }

  /** 0: one file without wildcards; 1: no such file; 2: wildcards, the search goes on. */
  private includeGlob(pattern: string, loc: Location): 0 | 1 | 2 {
    const wild = /[*?[]/.test(pattern);
    const files = this.env.glob(pattern);
    if (files.length === 0) return wild ? 2 : 1;
    const depth = this.lexer.depth;
    for (const file of [...files].reverse()) {
      if (file.endsWith('/')) continue;
      if (depth === MAX_INCLUDE_DEPTH) this.fail(loc, `Include nested too deeply, max ${MAX_INCLUDE_DEPTH} levels`);
      const read = this.env.readFile(file);
      if ('irregular' in read) this.fail(loc, `Not a regular file: "${file}"\n`);
      if ('error' in read) this.fail(loc, `Could not open file "${file}": ${read.error}\n`);
      this.lexer.push({ kind: 'file', name: file, text: toBytes((read as { text: string }).text), from: loc }, depth + 1);
    }
    return wild ? 2 : 0;
  }
}
