/** A small seeded generator of choices, so that a failing run can be repeated by its seed. */
export class Choice {
  #x: number;
  constructor(seed: number) {
    this.#x = (seed * 2654435761) >>> 0 || 1;
  }

  #next(): number {
    this.#x ^= this.#x << 13;
    this.#x ^= this.#x >>> 17;
    this.#x ^= this.#x << 5;
    return this.#x >>> 0;
  }

  /** Uniform in 0 … n - 1. */
  below(n: number): number {
    return this.#next() % n;
  }
  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
  /** True in one of n. */
  in(n: number): boolean {
    return this.below(n) === 0;
  }
  some<T>(list: readonly T[], atMost: number): T[] {
    const left = [...list];
    return Array.from({ length: Math.min(atMost, left.length, 1 + this.below(atMost)) }, () => left.splice(this.below(left.length), 1)[0]);
  }
}
