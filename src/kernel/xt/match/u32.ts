import { defineExtension } from '../definition.ts';
import { scanUint } from '../number.ts';
import { lengthOf, u32 } from '../packet.ts';
import { draftOf, fail, hex } from '../value.ts';

/** struct xt_u32: each test is a chain of numbers and operators that leads to a value, and the ranges it may lie in. */
type U32Info = { readonly tests: readonly Test[]; readonly invert: boolean };
type Op = '&' | '<<' | '>>' | '@';
type Test = { readonly location: readonly { readonly number: number; readonly op: Op | null }[]; readonly values: readonly { readonly min: number; readonly max: number }[] };
const MAX = 10;

/** libxt_u32.c: u32_parse, positions in its messages count from 0. */
class Reader {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  #space(): void {
    while (/[ \t\n\v\f\r]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }
  #stop(message: string): never {
    return fail(`u32: at char ${this.#at}: ${message}`);
  }

  #number(): number {
    const rest = this.#text.slice(this.#at);
    const n = scanUint(rest) ?? this.#stop('not a number or out of range');
    this.#at += rest.length - n.rest.length;
    return n.value;
  }

  #operator(): Op {
    const c = this.#text[this.#at];
    if (c === '<' || c === '>') {
      if (this.#text[++this.#at] !== c) this.#stop(`a second '${c}' was expected`);
      this.#at++;
      return c === '<' ? '<<' : '>>';
    }
    if (c !== '&' && c !== '@') return this.#stop('operator expected');
    this.#at++;
    return c;
  }

  #location(): Test['location'] {
    const out: { number: number; op: Op | null }[] = [];
    for (;;) {
      this.#space();
      if (this.#at >= this.#text.length) fail('u32: abrupt end of input after location specifier');
      if (this.#text[this.#at] === '=') {
        if (out.length === 0) this.#stop('location spec missing');
        this.#at++;
        return out;
      }
      const op = out.length ? this.#operator() : null;
      out.push({ number: this.#number(), op });
      if (out.length > MAX) this.#stop('too many operators');
    }
  }

  /** The ranges of a test; true: another test follows. */
  #values(out: { min: number; max: number }[]): boolean {
    for (;;) {
      this.#space();
      const c = this.#text[this.#at];
      if (c === undefined) {
        if (out.length === 0) fail('u32: test ended with no value specified');
        return false;
      }
      if (c === '&') {
        if (this.#text[++this.#at] !== '&') this.#stop("a second '&' was expected");
        if (out.length === 0) this.#stop('value spec missing');
        this.#at++;
        return true;
      }
      if (out.length > 0) {
        if (c !== ',') this.#stop('expected "," or "&&"');
        this.#at++;
      }
      const min = this.#number();
      this.#space();
      let max = min;
      if (this.#text[this.#at] === ':') {
        this.#at++;
        max = this.#number();
      }
      out.push({ min, max });
      if (out.length > MAX) this.#stop('too many ","s');
    }
  }

  tests(): Test[] {
    const out: Test[] = [];
    for (let more = true; more; ) {
      const location = this.#location();
      const values: { min: number; max: number }[] = [];
      more = this.#values(values);
      out.push({ location, values });
      if (out.length > MAX) this.#stop('too many "&&"s');
    }
    return out;
  }
}

const text = (i: U32Info): string =>
  ` "${i.tests
    .map((t) => {
      const location = t.location.map((l) => `${l.op ?? ''}0x${hex(l.number)}`).join('');
      return `${location}=${t.values.map((v) => (v.min === v.max ? `0x${hex(v.min)}` : `0x${hex(v.min)}:0x${hex(v.max)}`)).join(',')}`;
    })
    .join('&&')}"`;

export const match = defineExtension<U32Info>({
  kind: 'match',
  name: 'u32',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [{ name: 'u32', type: 'raw', invert: true, mandatory: true }],
  help: () => `u32 match options:
[!] --u32 tests
		tests := location "=" value | tests "&&" location "=" value
		value := range | value "," range
		range := number | number ":" number
		location := number | location operator number
		operator := "&" | "<<" | ">>" | "@"
`,
  init: () => ({ tests: [], invert: false }),
  parse(o, draft) {
    draft['invert'] = o.inverted;
    draft['tests'] = new Reader(o.raw ?? '').tests();
  },
  finish: (draft) => draftOf<U32Info>({ ...draft }),
  save: (i) => `${i.invert ? ' !' : ''} --u32${text(i)}`,
  print: (i) => ` u32${i.invert ? ' !' : ''}${text(i)}`,
  /** xt_u32.c: u32_match_it */
  match: (i, skb) => i.tests.every((t) => holds(t, lengthOf(skb), (at) => u32(skb, skb.network + at))) !== i.invert,
});

function holds(t: Test, length: number, read: (at: number) => number): boolean {
  const first = t.location[0].number;
  if (length < 4 || first > length - 4) return false;
  let at = 0;
  let value = read(first);
  for (const { number, op } of t.location.slice(1)) {
    switch (op) {
      case '&':
        value = (value & number) >>> 0;
        break;
      case '<<':
        value = (value << number) >>> 0;
        break;
      case '>>':
        value = value >>> number;
        break;
      default:
        at += value;
        if (at + 4 > 0xffffffff || length < at + 4 || number > length - at - 4) return false;
        value = read(at + number);
    }
  }
  return t.values.some((v) => value >= v.min && value <= v.max);
}
