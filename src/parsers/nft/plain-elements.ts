import type { Expr, ExprOf, Location, Source } from './ast.ts';
import { node, rangeRhs, setElem, symbolOf } from './build/expression.ts';

const NUMBERS = 4;

/** Elements of a set that are an address or a number each, or a range or prefix of such: where they stand, and no trees. */
export class PlainElements {
  readonly source: Source;
  count = 0;
  /** Of each: line, start of the line in the text, start and end of the element in the text. */
  #at = new Int32Array(64 * NUMBERS);

  constructor(source: Source) {
    this.source = source;
  }

  push(line: number, offset: number, start: number, end: number): void {
    const i = this.count++ * NUMBERS;
    if (i === this.#at.length) {
      const larger = new Int32Array(i * 2);
      larger.set(this.#at);
      this.#at = larger;
    }
    this.#at[i] = line;
    this.#at[i + 1] = offset;
    this.#at[i + 2] = start;
    this.#at[i + 3] = end;
  }

  start(n: number): number {
    return this.#at[n * NUMBERS + 2];
  }
  end(n: number): number {
    return this.#at[n * NUMBERS + 3];
  }

  loc(n: number, from = this.start(n), to = this.end(n)): Location {
    const offset = this.#at[n * NUMBERS + 1];
    return { source: this.source, line: this.#at[n * NUMBERS], start: from - offset, end: to - offset, offset };
  }

  /** What the automaton would make of element `n`. */
  tree(n: number): Expr {
    const { text } = this.source,
      [start, end] = [this.start(n), this.end(n)];
    const word = (from: number, to: number): ExprOf<'symbol'> => symbolOf(text.slice(from, to), this.loc(n, from, to));
    const whole = this.loc(n),
      sign = text.slice(start, end).search(/[-/]/);
    if (sign < 0) return setElem([word(start, end)], whole);
    const left = word(start, start + sign),
      rest = start + sign + 1;
    if (text[rest - 1] === '-') return setElem([rangeRhs([left, '-', word(rest, end)], whole)], whole);
    return setElem([node({ kind: 'prefix', prefix: left, prefixLen: Number(text.slice(rest, end)) }, whole)], whole);
  }

  trees(): Expr[] {
    return Array.from({ length: this.count }, (_, n) => this.tree(n));
  }
}

/** The elements of a set, each a tree. */
export const eachElement = (items: readonly Expr[]): Expr[] =>
  items.some((i) => i.kind === 'plain_elements') ? items.flatMap((i) => (i.kind === 'plain_elements' ? i.elements.trees() : [i])) : [...items];
