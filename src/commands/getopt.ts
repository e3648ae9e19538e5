/** What getopt_long(3) found: an option by its `val`, a word that is none, or an error. */
export type GetoptItem =
  | { readonly kind: 'option'; readonly val: string; readonly arg: string | null /** Index of the next word (optind), after this option. */; readonly optind: number }
  | { readonly kind: 'missing'; readonly optind: number; readonly opt: string; readonly message: string }
  | {
      readonly kind: 'unknown';
      readonly optind: number;
      readonly opt: string;
      /** Several long options begin so. */
      readonly ambiguous?: boolean;
      /** What the C library prints of it on stderr, after the program's name and `: `. */
      readonly message: string;
    };

export interface LongOption {
  readonly name: string;
  readonly arg: 'no' | 'required' | 'optional';
  readonly val: string;
}

/**
 * getopt_long of the GNU C library over a copy of argv: permutes (non-options move to the end), accepts unique abbreviations,
 * optional arguments only when attached. The option tables may change between two calls of `next`.
 */
export class Getopt {
  readonly argv: string[];
  readonly short: string;
  optind = 1;
  #nextchar = '';
  #first = 1;
  #last = 1;

  constructor(argv: readonly string[], short: string) {
    this.argv = [...argv];
    this.short = short;
  }

  next(long: readonly LongOption[]): GetoptItem | null {
    if (this.#nextchar === '') {
      if (this.#last > this.optind) this.#last = this.optind;
      if (this.#first > this.optind) this.#first = this.optind;
      if (this.#first !== this.#last && this.#last !== this.optind) this.#exchange();
      else if (this.#last !== this.optind) this.#first = this.optind;
      while (this.optind < this.argv.length && !this.#isOption(this.argv[this.optind])) this.optind++;
      this.#last = this.optind;
      if (this.optind !== this.argv.length && this.argv[this.optind] === '--') {
        this.optind++;
        if (this.#first !== this.#last && this.#last !== this.optind) this.#exchange();
        else if (this.#first === this.#last) this.#first = this.optind;
        this.#last = this.argv.length;
        this.optind = this.argv.length;
      }
      if (this.optind >= this.argv.length) {
        if (this.#first !== this.#last) this.optind = this.#first;
        return null;
      }
      const word = this.argv[this.optind];
      if (word.startsWith('--')) return this.#long(word.slice(2), long);
      this.#nextchar = word.slice(1);
    }
    return this.#short();
  }

  #isOption(word: string): boolean {
    return word.length > 1 && word[0] === '-';
  }

  /** Words skipped so far go behind the options just read. */
  #exchange(): void {
    const skipped = this.argv.slice(this.#first, this.#last),
      read = this.argv.slice(this.#last, this.optind);
    this.argv.splice(this.#first, skipped.length + read.length, ...read, ...skipped);
    this.#first += read.length;
    this.#last = this.optind;
  }

  #long(text: string, long: readonly LongOption[]): GetoptItem {
    const eq = text.indexOf('=');
    const name = eq < 0 ? text : text.slice(0, eq);
    let found = long.find((o) => o.name === name);
    if (!found) {
      const near = long.filter((o) => o.name.startsWith(name));
      if (near.length > 0 && near.every((o) => o.val === near[0].val && o.arg === near[0].arg)) found = near[0];
      else {
        this.optind++;
        const message = near.length > 1 ? `option '--${text}' is ambiguous; possibilities:${near.map((o) => ` '--${o.name}'`).join('')}` : `unrecognized option '--${text}'`;
        return { kind: 'unknown', optind: this.optind, opt: name, ambiguous: near.length > 1, message };
      }
    }
    this.optind++;
    if (eq >= 0) {
      if (found.arg === 'no') return { kind: 'unknown', optind: this.optind, opt: found.name, message: `option '--${found.name}' doesn't allow an argument` };
      return { kind: 'option', val: found.val, arg: text.slice(eq + 1), optind: this.optind };
    }
    if (found.arg !== 'required') return { kind: 'option', val: found.val, arg: null, optind: this.optind };
    if (this.optind >= this.argv.length) return { kind: 'missing', optind: this.optind, opt: found.name, message: `option '--${found.name}' requires an argument` };
    return { kind: 'option', val: found.val, arg: this.argv[this.optind++], optind: this.optind };
  }

  #short(): GetoptItem {
    const c = this.#nextchar[0];
    this.#nextchar = this.#nextchar.slice(1);
    const at = c === ':' || c === ';' ? -1 : this.short.indexOf(c, this.short[0] === ':' ? 1 : 0);
    if (this.#nextchar === '') this.optind++;
    if (at < 0) return { kind: 'unknown', optind: this.optind, opt: c, message: `invalid option -- '${c}'` };
    if (this.short[at + 1] !== ':') return { kind: 'option', val: c, arg: null, optind: this.optind };
    const rest = this.#nextchar;
    this.#nextchar = '';
    if (rest !== '') {
      this.optind++;
      return { kind: 'option', val: c, arg: rest, optind: this.optind };
    }
    if (this.short[at + 2] === ':') return { kind: 'option', val: c, arg: null, optind: this.optind };
    if (this.optind >= this.argv.length) return { kind: 'missing', optind: this.optind, opt: c, message: `option requires an argument -- '${c}'` };
    return { kind: 'option', val: c, arg: this.argv[this.optind++], optind: this.optind };
  }
}
