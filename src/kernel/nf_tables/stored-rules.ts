import type { Expression } from '../expr/expression.ts';
import type { Chain, Rule, Ruleset } from './objects.ts';
import { factsOf, presetSummary, type RuleFacts } from './rule-facts.ts';
import { makerOf, type Patterned, patterned } from './rule-text.ts';

/**
 * Rules as they are kept: in pieces of a few rules of one chain, so that a change to a long chain writes little, and what a
 * command does not look into is neither read nor decoded. A piece is two rows: `rules KEY` has what the model wants to know
 * of every rule, `code KEY` what rules are made of (rule-text.ts), a line each. A key is never used again.
 */

/** Rows of the subsystem; empty where there is none. */
export interface Rows {
  get(key: string): Uint8Array;
  all(prefix: string): Iterable<readonly [key: string, bytes: Uint8Array]>;
}

/** At most so many rules to a piece. */
const PIECE = 32;
const HEADS = 'rules ';
const headRow = (key: string): string => HEADS + key;
const codeRow = (key: string): string => `code ${key}`;
const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];

interface Head {
  /** Of each rule, in order. */
  readonly handles: readonly number[];
  readonly ids: readonly number[];
  /** Which of `facts` it has; empty where all have the same. */
  readonly fact: readonly number[];
  readonly facts: readonly (readonly [edges: readonly string[], checkedFor: readonly string[]])[];
}

type Body = Omit<Rule, 'handle' | 'id' | 'facts'>;

/** A piece of a chain: stored already, or to be stored. */
interface Piece {
  readonly key: string;
  readonly rules: readonly Rule[];
  /** Facts that its rules have, each once. */
  readonly facts: Head['facts'];
  stored: boolean;
}

/** The code of a stored piece, read when a rule of it is first looked into: how many patterns, the patterns, then a line a rule. */
class Code {
  readonly #rows: Rows;
  readonly #key: string;
  #lines: readonly string[] | undefined;

  constructor(rows: Rows, key: string) {
    this.#rows = rows;
    this.#key = key;
  }

  rule(at: number): Patterned {
    this.#lines ??= decoder.decode(this.#rows.get(this.#key)).split('\n');
    const [pattern, ...values] = this.#lines[1 + Number(this.#lines[0]) + at].split(' ');
    return { pattern: this.#lines[1 + Number(pattern)], values };
  }
}

/** A rule whose bytecode is decoded when somebody looks at it. Long chains have many of these: they hold little. */
class StoredRule implements Rule {
  private readonly head: Head;
  private readonly code: Code;
  private readonly at: number;
  private body: Body | undefined = undefined;
  private known: RuleFacts | undefined = undefined;
  home: Piece | undefined = undefined;

  constructor(head: Head, code: Code, at: number) {
    this.head = head;
    this.code = code;
    this.at = at;
  }

  patterned(): Patterned {
    return this.code.rule(this.at);
  }
  private load(): Body {
    if (!this.body) {
      const { pattern, values } = this.patterned();
      this.body = makerOf(pattern)(values) as Body;
    }
    return this.body;
  }
  get handle(): bigint {
    return BigInt(this.head.handles[this.at]);
  }
  get id(): number {
    return this.head.ids[this.at];
  }
  get exprs(): readonly Expression[] {
    return this.load().exprs;
  }
  get comment(): string | undefined {
    return this.load().comment;
  }
  get userdata(): Uint8Array | undefined {
    return this.load().userdata;
  }
  get compat(): Rule['compat'] {
    return this.load().compat;
  }
  get facts(): RuleFacts {
    if (!this.known) {
      const [edges, checkedFor] = this.head.facts[this.head.fact[this.at] ?? 0];
      this.known = { edges, checkedFor: new Set(checkedFor) };
    }
    return this.known;
  }
}

/** Pieces of rules that were made in this process. */
const homes = new WeakMap<Rule, Piece>();
const homeOf = (rule: Rule): Piece | undefined => (rule instanceof StoredRule ? rule.home : homes.get(rule));
const settle = (rule: Rule, piece: Piece): void => {
  if (rule instanceof StoredRule) rule.home = piece;
  else homes.set(rule, piece);
};
/** Pieces of chains that nobody has looked into yet. */
const unread = new WeakMap<Chain, readonly string[]>();
/** Pieces of lists of rules, which are frozen. */
const composed = new WeakMap<readonly Rule[], readonly Piece[]>();

function patternOf(rule: Rule): Patterned {
  if (rule instanceof StoredRule) return rule.patterned();
  const { handle: _, id: _id, facts: _facts, ...body } = rule;
  return patterned(body);
}

function codeOf(rules: readonly Rule[]): string {
  const patterns = new Map<string, number>();
  let lines = '';
  for (const rule of rules) {
    const { pattern, values } = patternOf(rule);
    let at = patterns.get(pattern);
    if (at === undefined) patterns.set(pattern, (at = patterns.size));
    lines += `${at}${values.map((v) => ` ${v}`).join('')}\n`;
  }
  return `${patterns.size}\n${[...patterns.keys()].map((p) => `${p}\n`).join('')}${lines}`;
}

/** Rules by their pieces: reads what is stored, and tells what is to be stored instead. */
export class StoredRules {
  readonly #stored = new Map<string, Piece>();
  #rows: Rows | undefined;
  #heads: Map<string, Head> | undefined;
  #made = 0;

  /** A chain from its pieces, its rules read when first looked at. */
  chain(own: Omit<Chain, 'rules'>, keys: readonly string[], rows: Rows): Chain {
    this.#rows = rows;
    const read = (): readonly Rule[] => this.#read(keys);
    let rules: readonly Rule[] | undefined;
    const chain: Chain = Object.freeze({
      ...own,
      get rules() {
        if (!rules) {
          rules = read();
          unread.delete(chain);
        }
        return rules;
      },
    });
    unread.set(chain, keys);
    return chain;
  }

  #read(keys: readonly string[]): readonly Rule[] {
    const pieces = keys.map((key) => this.#piece(key));
    const rules = Object.freeze(([] as Rule[]).concat(...pieces.map((p) => p.rules)));
    composed.set(rules, pieces);
    const facts = pieces.flatMap((p) => p.facts);
    const [first, ...others] = facts.map(([, checkedFor]) => checkedFor);
    presetSummary(
      rules,
      facts.flatMap(([edges]) => edges),
      (first ?? []).filter((k) => others.every((o) => o.includes(k))),
    );
    return rules;
  }

  #piece(key: string): Piece {
    const rows = this.#rows!;
    this.#heads ??= new Map(Array.from(rows.all(HEADS), ([k, bytes]) => [k, JSON.parse(decoder.decode(bytes)) as Head]));
    const head = this.#heads.get(headRow(key));
    if (!head) throw new Error(`rules ${key} are missing in the state`);
    const code = new Code(rows, codeRow(key));
    const rules: StoredRule[] = [];
    const piece: Piece = { key, rules, facts: head.facts, stored: true };
    for (let i = 0; i < head.ids.length; i++) {
      const rule = new StoredRule(head, code, i);
      rule.home = piece;
      rules.push(rule);
    }
    this.#stored.set(key, piece);
    return piece;
  }

  /** Pieces of a chain: those that are whole and in place stay, the rest is cut anew. */
  keysOf(chain: Chain, generation: number): readonly string[] {
    return unread.get(chain) ?? this.#pieces(chain.rules, generation).map((p) => p.key);
  }

  #pieces(rules: readonly Rule[], generation: number): readonly Piece[] {
    let pieces = composed.get(rules);
    if (!pieces) composed.set(rules, (pieces = this.#compose(rules, generation)));
    return pieces;
  }

  #compose(rules: readonly Rule[], generation: number): readonly Piece[] {
    const out: Piece[] = [];
    let fresh: Rule[] = [];
    const cut = (): void => {
      const last = out.at(-1);
      if (fresh.length && last && last.rules.length + fresh.length <= PIECE) fresh = [...(out.pop() as Piece).rules, ...fresh];
      for (let i = 0; i < fresh.length; i += PIECE) out.push(this.#newPiece(fresh.slice(i, i + PIECE), generation));
      fresh = [];
    };
    for (let i = 0; i < rules.length; ) {
      const home = homeOf(rules[i]);
      if (home?.rules.every((r, k) => r === rules[i + k])) {
        cut();
        out.push(home);
        i += home.rules.length;
      } else fresh.push(rules[i++]);
    }
    cut();
    return out;
  }

  #newPiece(rules: readonly Rule[], generation: number): Piece {
    const piece: Piece = { key: `${generation}.${this.#made++}`, rules, facts: [], stored: false };
    for (const r of rules) settle(r, piece);
    return piece;
  }

  /** Every row. */
  *rows(r: Ruleset): Generator<readonly [key: string, bytes: Uint8Array]> {
    for (const t of r.tables) for (const c of t.chains) for (const p of this.#pieces(c.rules, r.generation)) yield* rowsOf(p);
  }

  /** Rows to be written and, as null, those that go. */
  *changes(r: Ruleset): Generator<readonly [key: string, bytes: Uint8Array | null]> {
    const used = new Set<string>();
    for (const t of r.tables)
      for (const c of t.chains) {
        for (const key of unread.get(c) ?? []) used.add(key);
        if (unread.has(c)) continue;
        for (const p of this.#pieces(c.rules, r.generation)) {
          used.add(p.key);
          if (p.stored) continue;
          yield* rowsOf(p);
          p.stored = true;
          this.#stored.set(p.key, p);
        }
      }
    for (const key of this.#stored.keys())
      if (!used.has(key)) {
        this.#stored.delete(key);
        yield [headRow(key), null];
        yield [codeRow(key), null];
      }
  }
}

function* rowsOf(p: Piece): Generator<readonly [key: string, bytes: Uint8Array]> {
  yield [headRow(p.key), encoder.encode(`${JSON.stringify(headOf(p.rules))}\n`)];
  yield [codeRow(p.key), encoder.encode(codeOf(p.rules))];
}

function headOf(rules: readonly Rule[]): Head {
  const facts: [readonly string[], readonly string[]][] = [];
  const known = new Map<string, number>();
  const fact = rules.map((r) => {
    const { edges, checkedFor } = factsOf(r);
    const words = JSON.stringify([edges, [...checkedFor]]);
    let at = known.get(words);
    if (at === undefined) {
      known.set(words, (at = facts.length));
      facts.push([edges, [...checkedFor]]);
    }
    return at;
  });
  return { handles: rules.map((r) => Number(r.handle)), ids: rules.map((r) => r.id), fact: facts.length > 1 ? fact : [], facts };
}
