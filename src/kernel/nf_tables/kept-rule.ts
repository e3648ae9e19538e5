import type { Expression } from '../expr/expression.ts';
import type { Rule } from './objects.ts';
import { factsOf, type RuleFacts } from './rule-facts.ts';
import { type Parts, RuleReader, type RuleWriter } from './rule-text.ts';
import type { Piece } from './stored-rules.ts';

/** A rule without what numbers it. */
export type RuleBody = Pick<Rule, 'exprs' | 'comment' | 'userdata' | 'compat'>;

function partsOf({ exprs, comment, userdata, compat }: RuleBody): Parts {
  if (comment === undefined && !userdata && !compat) return { exprs, rest: null };
  return { exprs, rest: { ...(comment !== undefined && { comment }), ...(userdata && { userdata }), ...(compat && { compat }) } };
}

/**
 * The text of a piece of rules (rule-text.ts), read when one of them is first looked into. Bodies are made each time they are
 * asked for, but for the last one; and only one text is open at a time, so that who goes through a long chain holds little.
 */
export class Code {
  static #open: Code | null = null;
  readonly #text: () => string;
  #reader: RuleReader | null = null;
  #at = -1;
  #last: RuleBody | null = null;

  constructor(text: () => string) {
    this.#text = text;
  }

  get reader(): RuleReader {
    if (Code.#open !== this) {
      if (Code.#open) Code.#open.#close();
      Code.#open = this;
    }
    return (this.#reader ??= new RuleReader(this.#text()));
  }

  #close(): void {
    this.#reader = this.#last = null;
    this.#at = -1;
  }

  body(at: number): RuleBody {
    if (this.#last && this.#at === at) return this.#last;
    const { exprs, rest } = this.reader.rule(at);
    this.#at = at;
    return (this.#last = { exprs: exprs as readonly Expression[], ...rest });
  }
}

/**
 * A rule of the ruleset. Its body is objects while it is warm: of rules made in this process, and of those that packets meet.
 * Of others it is a line of their piece's text.
 */
export class KeptRule implements Rule {
  readonly id: number;
  /** The handle, which stays far below what a number holds. */
  readonly number: number;
  facts: RuleFacts;
  /** The piece that it was last stored in, or is to be. */
  home: Piece | null = null;
  #body: RuleBody | null = null;
  #code: Code | null = null;
  #at = 0;

  private constructor(handle: number, id: number, facts: RuleFacts) {
    this.number = handle;
    this.id = id;
    this.facts = facts;
  }

  static made(handle: bigint, id: number, facts: RuleFacts, body: RuleBody): KeptRule {
    const rule = new KeptRule(Number(handle), id, facts);
    rule.#body = body;
    return rule;
  }

  static stored(handle: number, id: number, facts: RuleFacts, code: Code, at: number): KeptRule {
    const rule = new KeptRule(handle, id, facts);
    rule.cool(code, at);
    return rule;
  }

  get isCold(): boolean {
    return this.#body === null;
  }

  /** From here on its body is line `at` of a text. */
  cool(code: Code, at: number): void {
    this.#body = null;
    this.#code = code;
    this.#at = at;
  }

  writeTo(out: RuleWriter): void {
    if (!this.#body && this.#code) out.copy(this.#code.reader, this.#at);
    else out.add(partsOf(this.#now));
  }

  get #now(): RuleBody {
    if (this.#body) return this.#body;
    if (!this.#code) throw new Error('a rule without a body');
    return this.#code.body(this.#at);
  }

  /** From here on its body stays. */
  warm(): this {
    this.#body = this.#now;
    return this;
  }

  get handle(): bigint {
    return BigInt(this.number);
  }
  get exprs(): readonly Expression[] {
    return this.#now.exprs;
  }
  get comment(): string | undefined {
    return this.#now.comment;
  }
  get userdata(): Uint8Array | undefined {
    return this.#now.userdata;
  }
  get compat(): Rule['compat'] {
    return this.#now.compat;
  }

  /** The rule with other expressions. */
  with(exprs: readonly Expression[]): KeptRule {
    return KeptRule.made(this.handle, this.id, factsOf(exprs), { ...this.#now, exprs });
  }
}
