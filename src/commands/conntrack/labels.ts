/** The names of connection labels: /etc/xtables/connlabel.conf, read as libnetfilter_conntrack reads it. */
export class LabelMap {
  readonly #bits = new Map<string, number>();
  readonly #names = new Map<number, string>();

  static read(file: (path: string) => string | undefined): LabelMap | null {
    const text = file('/etc/xtables/connlabel.conf');
    if (text === undefined) return null;
    const map = new LabelMap();
    for (const line of text.split('\n')) map.#line(line);
    return map.#bits.size > 0 ? map : null;
  }

  #line(line: string): void {
    const m = /^\s*(\d+)[ \t]+([^\s#"]+)/.exec(line);
    if (!m || line.trimStart().startsWith('#')) return;
    const bit = Number(m[1]);
    if (bit > 127 || this.#bits.has(m[2]) || this.#names.has(bit)) return;
    this.#bits.set(m[2], bit);
    this.#names.set(bit, m[2]);
  }

  bit(name: string): number | undefined {
    return this.#bits.get(name);
  }
  name(bit: number): string | undefined {
    return this.#names.get(bit);
  }
}
