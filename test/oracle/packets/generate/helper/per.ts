import type { Item, Type } from '../../../../../src/kernel/conntrack/h323/schema.ts';
import type { Choice } from '../../../random.ts';

/** An address and port that may be named in a message. */
export interface Named {
  readonly addr: Buffer;
  readonly port: number;
}

/** Where addresses come from: those of so many bytes; mostly 4 or 16 are asked for. */
export interface Names {
  readonly length: 4 | 16;
  name(length: number): Named;
}

/** Aligned PER (X.691), written: random values of a type, in which addresses are those that `names` gives. */
export class PerWriter {
  readonly #c: Choice;
  readonly #names: Names;
  readonly #bytes: number[] = [];
  #bit = 0;

  constructor(c: Choice, names: Names) {
    this.#c = c;
    this.#names = names;
  }

  #bits(value: number, n: number): void {
    for (let i = n - 1; i >= 0; i--) {
      if (this.#bit === 0) this.#bytes.push(0);
      this.#bytes[this.#bytes.length - 1] |= ((value >>> i) & 1) << (7 - this.#bit);
      this.#bit = (this.#bit + 1) & 7;
    }
  }
  #raw(b: Iterable<number>): void {
    this.#bit = 0;
    this.#bytes.push(...b);
  }
  #junk(n: number): void {
    this.#raw(Array.from({ length: n }, () => this.#c.one([0, 1, 255, this.#c.below(256)])));
  }
  #length(n: number): void {
    this.#raw(n < 128 && !this.#c.in(40) ? [n] : [0x80 | (n >> 8), n & 255]);
  }
  #open(type: Item['type']): void {
    if (typeof type === 'string') {
      const n = this.#c.below(5);
      this.#length(n);
      this.#junk(n);
      return;
    }
    const inner = new PerWriter(this.#c, this.#names).write(type);
    this.#length(inner.length);
    this.#raw(inner);
  }
  /** Things that lead to addresses are there more often. */
  #there(f: Item): boolean {
    return f.kept ? !this.#c.in(5) : this.#c.in(5);
  }

  #sequence(t: Extract<Type, { kind: 'sequence' }>): void {
    const { more } = t,
      present = t.root.map((f) => !f.optional || this.#there(f)),
      count = more ? more.length + (this.#c.in(15) ? 1 : 0) : 0,
      later = Array.from({ length: count }, (_, i) => (more && i < more.length ? this.#there(more[i]) : this.#c.in(2))),
      last = later.lastIndexOf(true);
    if (more) this.#bits(last >= 0 ? 1 : 0, 1);
    for (const [i, f] of t.root.entries()) if (f.optional) this.#bits(present[i] ? 1 : 0, 1);
    const named = t.root.length === 2 && t.root[0].kept && typeof t.root[0].type !== 'string' && t.root[0].type.kind === 'octets' ? this.#names.name(t.root[0].type.least) : null;
    if (named) this.#raw([...named.addr, named.port >> 8, named.port & 255]);
    else
      for (const [i, f] of t.root.entries()) {
        if (!present[i]) continue;
        if (f.type === 'unread') this.#junk(2);
        else if (f.open || f.type === 'jumped') this.#open(f.type);
        else this.#value(f.type);
      }
    if (!more || last < 0) return;
    const shown = this.#c.in(4) ? count : last + 1;
    this.#bits(shown - 1, 7);
    for (let i = 0; i < shown; i++) this.#bits(later[i] ? 1 : 0, 1);
    this.#bit = 0;
    for (let i = 0; i < shown; i++) if (later[i]) this.#open(more[i]?.type ?? 'jumped');
  }

  #choice(t: Extract<Type, { kind: 'choice' }>): void {
    const all = [...t.root, ...(t.more ?? [])],
      other = this.#c.in(8) ? null : this.#names.length === 4 ? /^ip6/i : /^ip[^6]/i,
      kept = all.filter((f) => f.kept && !other?.test(f.name));
    const f = kept.length && !this.#c.in(9) ? this.#c.one(kept) : this.#c.one(all);
    const i = all.indexOf(f),
      extended = i >= t.root.length || (t.more !== null && this.#c.in(60));
    if (t.more) this.#bits(extended ? 1 : 0, 1);
    if (!extended) {
      this.#bits(i, t.bits);
      if (typeof f.type === 'string') this.#junk(3);
      else this.#value(f.type);
      return;
    }
    this.#bits(this.#c.in(40) ? 60 : Math.max(0, i - t.root.length), 7);
    this.#bit = 0;
    this.#open(f.type);
  }

  #value(t: Type): void {
    const c = this.#c;
    switch (t.kind) {
      case 'null':
        return;
      case 'boolean':
        this.#bits(c.below(2), 1);
        return;
      case 'oid':
        this.#raw([6, 0, 8, 0x91, 0x4a, 0, 4]);
        return;
      case 'integer':
        if (t.size === 'byte') this.#junk(1);
        else if (t.size === 'word') this.#junk(2);
        else if (t.size === 'long') {
          const n = 1 + c.below(3);
          this.#bits(n - 1, 2);
          this.#raw([...Array<number>(n - 1).fill(0), 30 + c.below(200)]);
        } else if (t.size === 'unbounded') {
          this.#length(2);
          this.#junk(2);
        } else this.#bits(c.below(1 << t.size.bits), t.size.bits);
        return;
      case 'bits': {
        const n = 8 * c.below(3) + (c.in(4) ? 3 : 0);
        if (t.size === 'word') this.#raw([0, n]);
        else this.#length(n);
        if (n > 0) this.#junk((n + 7) >> 3);
        this.#bit = n & 7;
        return;
      }
      case 'digits':
      case 'bmp': {
        const n = c.below(4) + 1;
        if (t.size === 'byte') this.#raw([n - 1]);
        else this.#bits(n - 1, t.size.bits);
        this.#junk(t.kind === 'bmp' ? 2 * n : n >> 1);
        if (t.kind === 'digits' && n & 1) this.#bits(5, 4);
        return;
      }
      case 'octets': {
        if (t.size === 'fixed') {
          if (t.least > 2) this.#junk(t.least);
          else for (let i = 0; i < t.least; i++) this.#bits(c.below(256), 8);
          return;
        }
        const n = t.least + c.below(4);
        if (t.size === 'any') this.#length(n);
        else if (t.size === 'byte') this.#raw([n - t.least]);
        else this.#bits(n - t.least, t.size.bits);
        this.#junk(n);
        return;
      }
      case 'list': {
        const n = t.most === 0 ? c.below(3) : c.in(20) ? t.most + c.below(2) : c.below(4);
        this.#length(n);
        for (let i = 0; i < n; i++) {
          if (t.of.open) this.#open(t.of.type);
          else if (typeof t.of.type !== 'string') this.#value(t.of.type);
        }
        return;
      }
      case 'sequence':
        this.#sequence(t);
        return;
      case 'choice':
        this.#choice(t);
        return;
    }
  }

  write(t: Type): Buffer {
    this.#value(t);
    return Buffer.from(this.#bytes);
  }
}
