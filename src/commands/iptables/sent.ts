/** What is said of a message that the kernel refuses: `KIND failed (…): what name`. */
interface Said {
  readonly kind: string;
  readonly what: string;
  readonly name: string;
}

/** The messages of a batch as they are told when the kernel refuses them. Most of a long batch are told alike. */
export class Sent {
  readonly #said: Said[] = [];
  readonly #lines: number[] = [];

  add(kind: string, what: string, name: string, line: number): void {
    const last = this.#said.at(-1);
    this.#said.push(last && last.kind === kind && last.what === what && last.name === name ? last : { kind, what, name });
    this.#lines.push(line);
  }

  /** Line of the restore input that a message came from; 0: none. */
  line(message: number): number {
    return this.#lines[message] ?? 0;
  }

  text(message: number, why: string): string {
    const { kind, what, name } = this.#said[message];
    const line = this.line(message);
    return `${line ? `\nline ${line}:` : ''} ${kind} failed (${why}): ${what} ${name}`;
  }
}
