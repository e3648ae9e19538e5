/** What `nft -i` does with a line that was typed: run a command, wait for its rest, end, or nothing. */
export type Typed = { readonly run: string } | 'more' | 'quit' | null;

/** cli.c: a backslash at the end of a line joins the next one to it, `quit` alone ends. */
export class Dialogue {
  #begun = '';

  line(text: string): Typed {
    // an empty line does not end what a backslash began
    if (text === '') return this.#begun === '' ? null : 'more';
    if (text.endsWith('\\')) {
      this.#begun += text.slice(0, -1);
      return 'more';
    }
    const whole = this.#begun + text;
    this.#begun = '';
    if (whole === 'quit') return 'quit';
    return whole.trim() === '' ? null : { run: whole };
  }
}
