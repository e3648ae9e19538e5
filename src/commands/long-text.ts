/** Lines to a piece. */
const LINES = 64;

/** A long text made line by line. What is put together with `+` stays in its parts till somebody reads it, which takes many times the room. */
export class LongText {
  #lines: string[] = [];
  #pieces: string[] = [];

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length < LINES) return;
    this.#pieces.push(this.#lines.join(''));
    this.#lines = [];
  }

  toString(): string {
    return this.#pieces.join('') + this.#lines.join('');
  }
}
