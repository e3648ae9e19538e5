import type { Conntrack } from './entry.ts';

/**
 * Connections in the order in which they came. Each knows its place: a Set of some 100,000 costs a third of what a new
 * connection takes. While it is gone through, connections may leave, but none may come.
 */
export class Entries {
  readonly #all: (Conntrack | null)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(ct: Conntrack): void {
    if (this.#all.length > 2 * this.#size + 64) this.#close();
    ct.place = this.#all.length;
    this.#all.push(ct);
    this.#size++;
  }

  delete(ct: Conntrack): void {
    if (this.#all[ct.place] !== ct) return;
    this.#all[ct.place] = null;
    this.#size--;
  }

  /** Those that left leave no gaps any longer. */
  #close(): void {
    let to = 0;
    for (const ct of this) {
      ct.place = to;
      this.#all[to++] = ct;
    }
    this.#all.length = to;
  }

  *[Symbol.iterator](): Generator<Conntrack, undefined> {
    for (let i = 0; i < this.#all.length; i++) {
      const ct = this.#all[i];
      if (ct) yield ct;
    }
  }
}
