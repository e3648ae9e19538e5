/**
 * getopt_long(3) of glibc with an optstring that begins with `-:`: words that are no options come back as such, in place,
 * and mistakes are results. Options may be added between two calls, as xtables tools do when they load an extension.
 */
export type HasArg = 'no' | 'required' | 'optional';

export interface LongOption<V> {
  readonly name: string;
  readonly arg: HasArg;
  readonly value: V;
}

export type Token<V> =
  | { readonly kind: 'option'; readonly value: V; readonly arg: string | null }
  | { readonly kind: 'word'; readonly text: string }
  /** A required argument is not there; `shown` is the word of the command line. */
  | { readonly kind: 'missing'; readonly shown: string }
  /** Unknown or ambiguous; `shown` is the word, or `-x` of a cluster. */
  | { readonly kind: 'unknown'; readonly shown: string };

export interface OptionTable<V> {
  /** In order; of equal names the first counts, and it alone stands in `exact`. */
  readonly long: readonly LongOption<V>[];
  readonly exact: ReadonlyMap<string, LongOption<V>>;
  readonly short: ReadonlyMap<string, { readonly arg: HasArg; readonly value: V }>;
  same(a: V, b: V): boolean;
  /** getopt's `optopt`: the letter of an option, where it has one. */
  letter(value: V): string | null;
}

export class Getopt<V> {
  readonly argv: readonly string[];
  /** Index of the next word. */
  index = 1;
  private cluster = '';
  private rest = false;
  private back: { readonly index: number; readonly cluster: string } = { index: 1, cluster: '' };

  constructor(argv: readonly string[]) {
    this.argv = argv;
  }

  /** Undoes the last call to `next` (getopt's `optind--` after an extension was loaded). */
  again(): void {
    this.index = this.back.index;
    this.cluster = this.back.cluster;
  }

  /** xs_has_arg: the next word exists and is neither an option nor `!`. */
  hasWord(): boolean {
    const w = this.argv[this.index];
    return w !== undefined && w[0] !== '-' && w[0] !== '!';
  }

  take(): string {
    return this.argv[this.index++];
  }

  next(table: OptionTable<V>): Token<V> | null {
    this.back = { index: this.index, cluster: this.cluster };
    if (this.cluster) return this.short(table);
    const word = this.argv[this.index];
    if (word === undefined) return null;
    // What follows `--` is left to the caller.
    if (this.rest) return null;
    if (word === '--') {
      this.index++;
      this.rest = true;
      return null;
    }
    if (word[0] !== '-' || word === '-') {
      this.index++;
      return { kind: 'word', text: word };
    }
    this.index++;
    if (word.startsWith('--')) return this.long(table, word);
    this.cluster = word.slice(1);
    return this.short(table);
  }

  private long(table: OptionTable<V>, word: string): Token<V> {
    const eq = word.indexOf('=');
    const name = word.slice(2, eq < 0 ? undefined : eq);
    const given = eq < 0 ? null : word.slice(eq + 1);
    const found = table.exact.get(name) ?? this.abbreviated(table, name);
    if (!found) return { kind: 'unknown', shown: word };
    if (given !== null) return found.arg === 'no' ? { kind: 'unknown', shown: this.needless(table, found.value, word) } : { kind: 'option', value: found.value, arg: given };
    if (found.arg !== 'required') return { kind: 'option', value: found.value, arg: null };
    if (this.index >= this.argv.length) return { kind: 'missing', shown: word };
    return { kind: 'option', value: found.value, arg: this.take() };
  }

  /** `--flag=1`: the tools name such an option by its letter. */
  private needless(table: OptionTable<V>, value: V, word: string): string {
    const letter = table.letter(value);
    return letter === null ? word : `-${letter}`;
  }

  private abbreviated(table: OptionTable<V>, name: string): LongOption<V> | undefined {
    const all = table.long.filter((o) => o.name.startsWith(name));
    return all.every((o) => o === all[0] || (o.arg === all[0].arg && table.same(o.value, all[0].value))) ? all[0] : undefined;
  }

  private short(table: OptionTable<V>): Token<V> {
    const c = this.cluster[0];
    this.cluster = this.cluster.slice(1);
    const o = c === ':' || c === ';' || c === '-' ? undefined : table.short.get(c);
    if (!o) return { kind: 'unknown', shown: `-${c}` };
    if (o.arg === 'no') return { kind: 'option', value: o.value, arg: null };
    const glued = this.cluster;
    this.cluster = '';
    if (glued) return { kind: 'option', value: o.value, arg: glued };
    if (o.arg === 'optional') return { kind: 'option', value: o.value, arg: null };
    if (this.index >= this.argv.length) return { kind: 'missing', shown: this.argv[this.argv.length - 1] };
    return { kind: 'option', value: o.value, arg: this.take() };
  }
}
