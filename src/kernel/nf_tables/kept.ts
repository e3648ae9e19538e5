import { fromText, toLine } from '../net/plain-text.ts';
import type { Netns } from '../netns.ts';
import { revive, type SharedTable } from '../xt/shared-table.ts';
import type { Rows } from './stored-rules.ts';

/** What one expression of one rule keeps between packets: plain data, undefined until its first packet. */
export interface Cell {
  value: unknown;
}

interface Plain {
  /** By rule, then by the expression's place in it. */
  readonly cells: ReadonlyMap<number, ReadonlyMap<number, Cell>>;
  readonly shared: ReadonlyMap<string, unknown>;
}

const ROW = 'kept';
const encoder = new TextEncoder();
const NOTHING = toLine({ cells: new Map(), shared: new Map() } satisfies Plain);

/**
 * What expressions keep between packets beside the numbers that are listed (live.ts): limit credit, quotas and turns of xt
 * extensions by rule, and their tables by name. A row of its own in the state, read when something first asks.
 */
export class Kept {
  readonly #net: Netns;
  readonly #cells = new Map<number, Map<number, Cell>>();
  readonly #shared = new Map<string, SharedTable>();
  #rows: Rows | null = null;
  /** As it was read or last written; null: not read yet. */
  #text: string | null = NOTHING;

  constructor(net: Netns) {
    this.#net = net;
  }

  /** The state that it is kept in. */
  attach(rows: Rows): void {
    this.#rows = rows;
    this.#text = null;
  }

  #load(): void {
    if (this.#text !== null || !this.#rows) return;
    this.#text = new TextDecoder().decode(this.#rows.get(ROW)).trimEnd() || NOTHING;
    const { cells, shared } = fromText(this.#text) as Plain;
    for (const [rule, own] of cells) this.#cells.set(rule, new Map(own));
    for (const [key, data] of shared) this.#shared.set(key, revive(key, data, this.#net));
  }

  cell(rule: number, at: number): Cell {
    this.#load();
    let own = this.#cells.get(rule);
    if (!own) this.#cells.set(rule, (own = new Map()));
    let cell = own.get(at);
    if (!cell) own.set(at, (cell = { value: undefined }));
    return cell;
  }

  /** Tables that extensions share by name. */
  get shared(): Map<string, SharedTable> {
    this.#load();
    return this.#shared;
  }

  /** Its row when it is another; `known` gives the test whether there is a rule of an id. */
  *changes(known: () => (rule: number) => boolean): Generator<readonly [key: string, bytes: Uint8Array | null]> {
    if (this.#text === null) return;
    if (this.#cells.size) {
      const isThere = known();
      for (const rule of this.#cells.keys()) if (!isThere(rule)) this.#cells.delete(rule);
    }
    const text = this.#now();
    if (text === this.#text) return;
    this.#text = text;
    yield [ROW, text === NOTHING ? null : encoder.encode(`${text}\n`)];
  }

  #now(): string {
    const data: Plain = { cells: this.#cells, shared: new Map(Array.from(this.#shared, ([key, table]) => [key, table.export()])) };
    return toLine(data);
  }

  /** Its row, if any. */
  *rows(): Generator<readonly [key: string, bytes: Uint8Array]> {
    this.#load();
    const text = this.#now();
    if (text !== NOTHING) yield [ROW, encoder.encode(`${text}\n`)];
  }
}
