import { Code, KeptRule } from './kept-rule.ts';
import type { Chain, Ruleset } from './objects.ts';
import { facts, presetSummary, type RuleFacts } from './rule-facts.ts';
import { RuleWriter } from './rule-text.ts';

/**
 * Rules as they are kept: in pieces of a few rules of one chain, so that a change to a long chain writes little, and what a
 * command does not look into is neither read nor decoded. A piece is two rows: `rules KEY` has what the model wants to know
 * of every rule, `code KEY` what rules are made of (rule-text.ts). A key is never used again.
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

/** Rules of a chain that follow each other: stored already, or to be stored. */
export interface Piece {
  readonly key: string;
  readonly rules: readonly KeptRule[];
  /** Facts that its rules have, each once. */
  readonly facts: readonly RuleFacts[];
  /** What they are made of, where that was written already. */
  readonly text: string | null;
  stored: boolean;
}

/** Pieces of chains that nobody has looked into yet. */
const unread = new WeakMap<Chain, readonly string[]>();
/** Pieces of lists of rules, which are frozen. */
const composed = new WeakMap<readonly KeptRule[], readonly Piece[]>();

function codeOf(rules: readonly KeptRule[]): string {
  const writer = new RuleWriter();
  for (const rule of rules) rule.writeTo(writer);
  return writer.text();
}

/** Rules by their pieces: reads what is stored, and tells what is to be stored instead. */
export class StoredRules {
  readonly #stored = new Map<string, Piece>();
  #rows: Rows | undefined;
  #heads: Map<string, Head> | undefined;
  #made = 0;
  /** The piece that a batch appends rules to. */
  #filling: { readonly rules: readonly KeptRule[]; start: number; end: number } = { rules: [], start: 0, end: 0 };

  /** A chain from its pieces, its rules read when first looked at. */
  chain(own: Omit<Chain, 'rules'>, keys: readonly string[], rows: Rows): Chain {
    this.#rows = rows;
    const read = (): readonly KeptRule[] => this.#read(keys);
    let rules: readonly KeptRule[] | undefined;
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

  #read(keys: readonly string[]): readonly KeptRule[] {
    const pieces = keys.map((key) => this.#piece(key));
    const rules = Object.freeze(([] as KeptRule[]).concat(...pieces.map((p) => p.rules)));
    composed.set(rules, pieces);
    presetSummary(
      rules,
      pieces.flatMap((p) => p.facts),
    );
    return rules;
  }

  #piece(key: string): Piece {
    const rows = this.#rows!;
    this.#heads ??= new Map(Array.from(rows.all(HEADS), ([k, bytes]) => [k, JSON.parse(decoder.decode(bytes)) as Head]));
    const head = this.#heads.get(headRow(key));
    if (!head) throw new Error(`rules ${key} are missing in the state`);
    const code = new Code(() => decoder.decode(rows.get(codeRow(key))));
    const known = head.facts.map(([edges, checkedFor]) => facts(edges, checkedFor));
    const rules: KeptRule[] = [];
    const piece: Piece = { key, rules, facts: known, text: null, stored: true };
    for (let i = 0; i < head.ids.length; i++) {
      const rule = KeptRule.stored(head.handles[i], head.ids[i], known[head.fact[i] ?? 0], code, i);
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

  #pieces(rules: readonly KeptRule[], generation: number): readonly Piece[] {
    let pieces = composed.get(rules);
    if (!pieces) composed.set(rules, (pieces = this.#compose(rules, generation)));
    return pieces;
  }

  #compose(rules: readonly KeptRule[], generation: number): readonly Piece[] {
    const out: Piece[] = [];
    let fresh: KeptRule[] = [];
    const cut = (): void => {
      const last = out.at(-1);
      if (fresh.length && last && last.rules.length + fresh.length <= PIECE) fresh = [...(out.pop() as Piece).rules, ...fresh];
      for (let i = 0; i < fresh.length; i += PIECE) out.push(this.#newPiece(fresh.slice(i, i + PIECE), generation));
      fresh = [];
    };
    for (let i = 0; i < rules.length; ) {
      const { home } = rules[i];
      if (home?.rules.every((r, k) => r === rules[i + k])) {
        cut();
        out.push(home);
        i += home.rules.length;
      } else fresh.push(rules[i++]);
    }
    cut();
    return out;
  }

  #newPiece(rules: readonly KeptRule[], generation: number, text: string | null = null): Piece {
    const piece: Piece = { key: `${generation}.${this.#made++}`, rules, facts: [], text, stored: false };
    for (const r of rules) r.home = piece;
    return piece;
  }

  /**
   * A rule was appended to a chain of a batch for that generation. Each time that a piece is full its rules become text, which
   * takes far less room than objects.
   */
  appended(rules: readonly KeptRule[], generation: number): void {
    const at = rules.length - 1;
    if (this.#filling.rules !== rules || this.#filling.end !== at) this.#filling = { rules, start: at, end: at };
    const { start } = this.#filling;
    this.#filling.end++;
    if (rules.length - start < PIECE) return;
    this.#filling.start = rules.length;
    const full = rules.slice(start);
    const text = codeOf(full);
    const code = new Code(() => text);
    for (const [i, r] of full.entries()) r.cool(code, i);
    this.#newPiece(full, generation, text);
  }

  /** Every row. */
  *rows(r: Ruleset): Generator<readonly [key: string, bytes: Uint8Array]> {
    for (const t of r.tables) for (const c of t.chains) for (const p of this.#pieces(c.rules, r.generation)) yield* rowsOf(p, p.text ?? codeOf(p.rules));
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
          const text = p.text ?? codeOf(p.rules);
          yield* rowsOf(p, text);
          p.stored = true;
          if (p.text === null) moved(p.rules, text);
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

/** Rules that lie in a text that goes are read in another. */
function moved(rules: readonly KeptRule[], text: string): void {
  const code = new Code(() => text);
  for (const [i, r] of rules.entries()) if (r.isCold) r.cool(code, i);
}

function* rowsOf(p: Piece, text: string): Generator<readonly [key: string, bytes: Uint8Array]> {
  yield [headRow(p.key), encoder.encode(`${JSON.stringify(headOf(p.rules))}\n`)];
  yield [codeRow(p.key), encoder.encode(text)];
}

function headOf(rules: readonly KeptRule[]): Head {
  const distinct = [...new Set(rules.map((r) => r.facts))];
  return {
    handles: rules.map((r) => Number(r.handle)),
    ids: rules.map((r) => r.id),
    fact: distinct.length > 1 ? rules.map((r) => distinct.indexOf(r.facts)) : [],
    facts: distinct.map(({ edges, checkedFor }) => [edges, [...checkedFor]]),
  };
}
