import type { Location, Source } from './ast.ts';
import type { PlainElements } from './plain-elements.ts';
import { keyword } from './words.ts';

export interface Token {
  readonly type: string;
  readonly value: string | bigint;
  readonly loc: Location;
}

const WORD = /[a-zA-Z_.][a-zA-Z0-9/\-_.]*/y;
const ASTERISK = /(?:[a-zA-Z_.][a-zA-Z0-9/\-_.]*(?:\\\*[a-zA-Z_.][a-zA-Z0-9/\-_.]*|\\\*|\*)|\\\*)/y;
const TIME = /(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?/y;
const HEX = /0[xX][0-9a-fA-F]+/y;
const DEC = /\d+/y;
const MAC = /(?:[0-9a-fA-F]{1,2}:){5}[0-9a-fA-F]{1,2}/y;
const IP4 = /(?:\d{1,3}\.){3}\d{1,3}/y;
const ADDRESS = /[0-9a-fA-F:.]+/y;
const CLASSID = /[0-9a-fA-F]{1,4}:[0-9a-fA-F]{1,4}(?=[ \t\n:\-},])/y;
/** An address or number between commas, or two as a range, or a prefix, perhaps on the next line; tokens that no other pattern could make longer. */
const ELEMENT = /[ \t]*(?:\n[ \t]*)?(?:(?:\d{1,3}\.){3}\d{1,3}|0|[1-9]\d{0,17})(?:-(?:(?:\d{1,3}\.){3}\d{1,3}|0|[1-9]\d{0,17})|\/(?:0|[1-9]\d{0,2}))?[ \t]*,/y;
const isBlank = (code: number): boolean => code === 32 || code === 9;
const NEWLINE = 10;
const VLAN_TYPE = /8021ad|8021q/y;
const QUOTED = /"[^"]*"/y;
const BLANK = /[ ]+|\t+/y;
const COMMENT_LINE = /[ \t]*#[^\n]*\n/y;
const COMMENT = /#[^\n]*(?=\n)/y;
const CONTINUED = /\\\n/y;
const PUNCTUATION: Readonly<Record<string, string>> = {
  '==': '==',
  '!=': '!=',
  '<=': '<=',
  '>=': '>=',
  '<<': '<<',
  '>>': '>>',
  '<': '<',
  '>': '>',
  ',': 'comma',
  '.': 'dot',
  ':': 'colon',
  ';': 'semicolon',
  '{': '{',
  '}': '}',
  '[': '[',
  ']': ']',
  '(': '(',
  ')': ')',
  '^': '^',
  '&': '&',
  '|': '|',
  '!': '!',
  '/': '/',
  '-': '-',
  '*': '*',
  '@': '@',
  $: '$',
  '=': '=',
  '+': '+',
};

/** The forms of RFC 4291 that the scanner knows: eight groups, or `::` for at least one, the last two perhaps dotted after `::`. */
function isIp6(text: string): boolean {
  if (!/^[0-9a-fA-F:.]*$/.test(text)) return false;
  const at = text.indexOf('::');
  const hex = (g: string): boolean => /^[0-9a-fA-F]{1,4}$/.test(g);
  if (at < 0) {
    const g = text.split(':');
    return g.length === 8 && g.every(hex);
  }
  const left = at ? text.slice(0, at).split(':') : [];
  const right = text.slice(at + 2) ? text.slice(at + 2).split(':') : [];
  let n = left.length + right.length;
  const last = right.at(-1);
  if (last?.includes('.')) {
    if (!/^(\d{1,3}\.){3}\d{1,3}$/.test(last)) return false;
    right.pop();
    n += 1;
  }
  return n <= 7 && left.every(hex) && right.every(hex);
}

function ip6Length(text: string, at: number): number {
  ADDRESS.lastIndex = at;
  const run = ADDRESS.exec(text)?.[0];
  if (!run?.includes(':')) return 0;
  for (let n = Math.min(run.length, 45); n > 1; n--) if (isIp6(run.slice(0, n))) return n;
  return 0;
}

const lengthOf = (re: RegExp, text: string, at: number): number => {
  re.lastIndex = at;
  return re.exec(text)?.[0].length ?? 0;
};

/** One text being read: the command line, a file, an included file. */
class Input {
  readonly source: Source;
  at = 0;
  line = 1;
  lineStart = 0;
  readonly depth: number;
  constructor(source: Source, depth: number) {
    this.source = source;
    this.depth = depth;
  }
}

/**
 * nft's scanner: flex's longest match (the reason not to use moo, which takes the first), words that depend on the innermost open
 * scope, and a stack of inputs for `include`. The parser leaves scopes as it reduces.
 */
export class Lexer {
  private inputs: Input[] = [];
  private readonly stack: string[] = [];
  private readonly open = new Map<string, number>();
  private scope = '';
  private waiting = 0;
  /** Start of the line on which the last piece of input was: what an error at the end of a file shows. */
  private lastLine = 0;

  push(source: Source, depth: number): void {
    this.inputs.push(new Input(source, depth));
  }
  /** The innermost open scope: which words are words here. */
  get innermost(): string {
    return this.scope;
  }
  get depth(): number {
    return this.inputs.at(-1)?.depth ?? 1;
  }

  enter(scope: string): void {
    this.stack.push(this.scope);
    this.scope = scope;
    this.open.set(scope, (this.open.get(scope) ?? 0) + 1);
  }

  /** scanner_pop_start_cond: a scope that is not the innermost waits until the ones within are left. */
  leave(scope: string): void {
    this.open.set(scope, (this.open.get(scope) ?? 0) - 1);
    if (scope !== this.scope) {
      this.waiting++;
      return;
    }
    while (this.waiting > 0) {
      this.waiting--;
      this.scope = this.stack.pop() ?? '';
      if ((this.open.get(this.scope) ?? 0) > 0) return;
    }
    this.scope = this.stack.pop() ?? '';
  }

  private locate(input: Input, from: number, length: number): Location {
    return { source: input.source, line: input.line, start: from - input.lineStart, end: from - input.lineStart + length, offset: input.lineStart };
  }

  next(): Token {
    for (;;) {
      const input = this.inputs.at(-1);
      if (!input) throw new Error('lexer: read past the end');
      const { text } = input.source;
      const at = input.at;
      if (at >= text.length) {
        const loc: Location = { source: input.source, line: input.line, start: at - input.lineStart, end: at - input.lineStart + 1, offset: this.lastLine };
        this.inputs.pop();
        if (this.inputs.length === 0) {
          this.inputs.push(input);
          return { type: 'eof', value: '', loc };
        }
        continue;
      }
      const token = this.scan(input, text, at);
      if (token) return token;
    }
  }

  /** After a comma: the elements that follow, while they are plain and each has a comma after it; the last such comma. */
  plainElements(into: PlainElements): Token | null {
    const input = this.inputs.at(-1) as Input;
    const { text } = input.source;
    const before = into.count;
    for (;;) {
      ELEMENT.lastIndex = input.at;
      if (!ELEMENT.test(text)) break;
      let start = input.at;
      for (let c = text.charCodeAt(start); isBlank(c) || c === NEWLINE; c = text.charCodeAt(++start)) if (c === NEWLINE) this.newline(input, start + 1);
      let end = ELEMENT.lastIndex - 1;
      while (isBlank(text.charCodeAt(end - 1))) end--;
      into.push(input.line, input.lineStart, start, end);
      input.at = ELEMENT.lastIndex;
    }
    if (into.count === before) return null;
    this.lastLine = input.lineStart;
    return { type: 'comma', value: ',', loc: this.locate(input, input.at - 1, 1) };
  }

  get source(): Source {
    return (this.inputs.at(-1) as Input).source;
  }

  private newline(input: Input, to: number): void {
    input.at = to;
    input.line++;
    input.lineStart = to;
  }

  private scan(input: Input, text: string, at: number): Token | null {
    this.lastLine = input.lineStart;
    const c = text[at] as string;
    if (at === input.lineStart) {
      const n = lengthOf(COMMENT_LINE, text, at);
      if (n) {
        this.newline(input, at + n);
        return null;
      }
    }
    if (c === ' ' || c === '\t') {
      input.at += lengthOf(BLANK, text, at);
      return null;
    }
    if (c === '\n') {
      const loc = this.locate(input, at, 1);
      this.newline(input, at + 1);
      return { type: 'newline', value: c, loc };
    }
    if (c === '\\' && lengthOf(CONTINUED, text, at)) {
      this.newline(input, at + 2);
      return null;
    }
    if (c === '#') {
      const n = lengthOf(COMMENT, text, at);
      if (n) {
        input.at += n;
        return null;
      }
    }
    const found = this.longest(text, at, c);
    const loc = this.locate(input, at, found.length);
    input.at = at + found.length;
    if (found.opens) this.enter(found.opens);
    return { type: found.type, value: found.number ?? found.value, loc };
  }

  /** A quoted string may span lines; columns then go on counting, as update_pos does. */
  private longest(text: string, at: number, c: string): { type: string; length: number; value: string; opens?: string; number?: bigint } {
    if (c === '"') {
      const n = lengthOf(QUOTED, text, at);
      if (n) return { type: 'quoted', length: n, value: text.slice(at + 1, at + n - 1) };
      return { type: 'junk', length: 1, value: c };
    }
    if (c === '[') {
      const n = ip6Length(text, at + 1);
      if (n && text[at + 1 + n] === ']') return { type: 'string', length: n + 2, value: text.slice(at + 1, at + 1 + n) };
    }
    let best = 0;
    let type = 'junk';
    const offer = (n: number, t: string): void => {
      if (n > best) {
        best = n;
        type = t;
      }
    };
    const word = lengthOf(WORD, text, at);
    let kw: ReturnType<typeof keyword>;
    if (word) kw = keyword(text.slice(at, at + word), this.scope);
    if (kw) offer(word, 'keyword');
    const two = at + 1 < text.length ? PUNCTUATION[text.slice(at, at + 2)] : undefined;
    const one = PUNCTUATION[c];
    if (two) offer(2, two);
    else if (one) offer(1, one);
    if (/[0-9a-fA-F:]/.test(c)) {
      offer(lengthOf(VLAN_TYPE, text, at), 'string');
      offer(lengthOf(MAC, text, at), 'string');
      offer(lengthOf(IP4, text, at), 'string');
      offer(ip6Length(text, at), 'string');
      offer(lengthOf(TIME, text, at), 'string');
      offer(lengthOf(HEX, text, at), 'hex');
      offer(lengthOf(DEC, text, at), 'dec');
      // the trailing context counts for the length of the match
      const cls = lengthOf(CLASSID, text, at);
      if (cls && cls + 1 > best) {
        best = cls + 1;
        type = 'classid';
      }
    }
    offer(lengthOf(ASTERISK, text, at), 'asterisk');
    offer(word, 'string');
    if (best === 0) {
      // one byte at a time, as flex sees it
      return { type: 'junk', length: 1, value: c };
    }
    if (type === 'classid') {
      best--;
      type = 'string';
    }
    const value = text.slice(at, at + best);
    if (type === 'keyword' && kw) {
      return { type: kw.token, length: best, value, ...(kw.opens ? { opens: kw.opens } : {}) };
    }
    if (type === 'hex' || type === 'dec') return numeral(value, type, best);
    if (type === '@') return { type, length: 1, value, opens: 'at' };
    return { type, length: best, value };
  }
}

/** strtoull: octal with a leading zero; what does not fit, or is no octal number, stays a word. */
function numeral(value: string, type: 'hex' | 'dec', length: number): { type: string; length: number; value: string; number?: bigint } {
  const octal = type === 'dec' && value.startsWith('0') && value.length > 1;
  if (octal && /[89]/.test(value)) return { type: 'string', length, value };
  const n = octal ? BigInt(`0o${value.slice(1)}`) : BigInt(value);
  if (n > 0xffffffffffffffffn) return { type: 'string', length, value };
  return { type: 'num', length, value, number: n };
}
