import { actions, tables, terminals } from '../generated/nft/nft.ts';
import type { Expr, Location } from './ast.ts';
import { addItem, node } from './build/expression.ts';
import type { Token } from './lexer.ts';
import { PlainElements } from './plain-elements.ts';
import type { ParserState } from './state.ts';
import { tokenName } from './words.ts';

type Action = (values: readonly unknown[], loc: Location, locs: readonly Location[], state: ParserState) => unknown;

/** Thrown by an action to make a syntax error without its message (bison's YYERROR); YYABORT and YYACCEPT. */
export class Refused extends Error {}
export class Stop extends Error {
  readonly accepted: boolean;
  constructor(accepted: boolean) {
    super();
    this.accepted = accepted;
  }
}

const names: readonly string[] = terminals;
const NUMBER = new Map(names.map((n, i) => [n, i]));
const ERROR = NUMBER.get('error') as number;
const words = new Int16Array(Uint8Array.from(atob(tables), (c) => c.charCodeAt(0)).buffer);
const STATES = words[0] as number;
const PRODS = words[1] as number;
const HEAD = 2 + 2 * PRODS;
const DATA = HEAD + 5 * STATES;
const at = (i: number): number => words[i] as number;
const offset = (i: number): number => DATA + (at(i) & 0xffff) + ((at(i + 1) & 0xffff) << 16);

/** Looks a symbol up in a sorted row of pairs; 0: none (no action and no state has that number there). */
function find(row: number, symbol: number): number {
  let lo = 0;
  let hi = at(row) - 1;
  while (lo <= hi) {
    const mid = (lo + hi) >> 1;
    const s = at(row + 1 + 2 * mid);
    if (s === symbol) return at(row + 2 + 2 * mid);
    if (s < symbol) lo = mid + 1;
    else hi = mid - 1;
  }
  return 0;
}

const actionRow = (state: number): number => offset(HEAD + 5 * state);
const defaultOf = (state: number): number => at(HEAD + 5 * state + 2);
const gotoRow = (state: number): number => offset(HEAD + 5 * state + 3);

/** yysyntax_error: at most four expected tokens are named. */
function message(state: number, token: Token): string {
  const row = actionRow(state);
  const expected: string[] = [];
  for (let i = 0; i < at(row); i++) {
    const s = at(row + 1 + 2 * i);
    if (s !== ERROR) expected.push(tokenName(names[s] as string));
  }
  const list = expected.length > 0 && expected.length < 5 ? `, expecting ${expected.join(' or ')}` : '';
  return `syntax error, unexpected ${tokenName(token.type)}${list}`;
}

/** Would a token be shifted, after the reductions it lets happen? */
function accepts(before: readonly number[], type: string): boolean {
  const states = [...before];
  const symbol = NUMBER.get(type) as number;
  for (;;) {
    const s = states.at(-1) as number;
    const act = find(actionRow(s), symbol);
    if (act > 0) return true;
    const prod = act < 0 ? -act : defaultOf(s);
    if (prod === 0) return false;
    states.length -= at(3 + 2 * prod);
    states.push(find(gotoRow(states.at(-1) as number), at(2 + 2 * prod)));
  }
}

/** Runs the automaton as bison's skeleton does: default reductions without looking ahead, `error` rules, three quiet tokens. */
export function run(state: ParserState): boolean {
  const states = [0];
  const values: unknown[] = [undefined];
  const locs: Location[] = [state.startLocation()];
  let token: Token | null = null;
  let errors = 0;
  state.onRecovered = () => {
    errors = 0;
  };
  try {
    for (;;) {
      const s = states.at(-1) as number;
      const row = actionRow(s);
      let act = 0;
      if (at(row) > 0) {
        token ??= state.lexer.next();
        if (token.type === 'eof' && state.atEnd) {
          state.atEnd((type) => accepts(states, type));
          return false;
        }
        act = find(row, NUMBER.get(token.type) as number);
      }
      if (act > 0) {
        const t = token as Token;
        states.push(act - 1);
        values.push(t.value);
        locs.push(t.loc);
        if (t.type === 'eof' && at(actionRow(act - 1)) === 0 && defaultOf(act - 1) === 0) return true; // the end of `input`
        token = null;
        if (errors > 0) errors--;
        continue;
      }
      const prod = act < 0 ? -act : defaultOf(s);
      if (prod > 0) {
        if (reduce(prod)) continue;
        errors = 3; // YYERROR
        if (!popToError()) return false;
        continue;
      }
      const t = token as Token;
      if (errors === 0) state.error(t.loc, message(s, t));
      if (errors === 3) {
        if (t.type === 'eof') return false;
        token = null;
        state.discarded();
      }
      errors = 3;
      if (!popToError(t.loc)) return false;
    }
  } catch (e) {
    if (e instanceof Stop) return e.accepted;
    throw e;
  }

  function popToError(where?: Location): boolean {
    let top = where ?? (locs.at(-1) as Location);
    for (;;) {
      const act = find(actionRow(states.at(-1) as number), ERROR);
      if (act > 0) {
        states.push(act - 1);
        values.push(undefined);
        locs.push(where ?? top);
        return true;
      }
      if (states.length === 1) return false;
      states.pop();
      const dropped = values.pop();
      top = locs.pop() as Location;
      state.dropped(dropped, values.at(-1));
    }
  }

  /** False where the action refuses. */
  function reduce(prod: number): boolean {
    const lhs = at(2 + 2 * prod);
    const n = at(3 + 2 * prod);
    const action = actions[prod - 1] as Action | null;
    const base = states.length - n;
    if (n === 1 && !action) {
      // value and place stay as they are
      states[base] = find(gotoRow(states[base - 1] as number), lhs);
      return true;
    }
    const d = values.slice(base);
    const a = locs.slice(base);
    const loc = n === 1 ? (a[0] as Location) : n > 1 ? span(a[0] as Location, a[n - 1] as Location) : after(locs[base - 1] as Location);
    let value: unknown;
    try {
      value = action ? action(d, loc, a, state) : d[0];
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      states.length = base;
      values.length = base;
      locs.length = base;
      return false;
    }
    states.length = base;
    values.length = base;
    locs.length = base;
    states.push(find(gotoRow(states[base - 1] as number), lhs));
    values.push(value);
    locs.push(action === addItem && errors === 0 && token?.type === 'comma' ? moreElements(d, loc) : loc);
    return true;
  }

  /** Elements of a set that are plain, up to the next comma: what the automaton would make of them, of many not yet done. */
  function moreElements(d: readonly unknown[], loc: Location): Location {
    const [list, , item] = d as [Expr, unknown, Expr];
    if (list.kind !== 'set' || item.kind !== 'set_elem') return loc;
    const elements = new PlainElements(state.lexer.source),
      comma = state.lexer.plainElements(elements);
    if (!comma) return loc;
    token = comma;
    const last = elements.loc(elements.count - 1);
    if (elements.count < MANY || state.env.trees) for (let n = 0; n < elements.count; n++) list.items.push(elements.tree(n));
    else list.items.push(node({ kind: 'plain_elements', elements }, last));
    return span(loc, last);
  }
}

/** So many plain elements in a row stay as they stand in the text. */
const MANY = 64;

const span = (from: Location, to: Location): Location => ({ source: to.source, line: from.line, start: from.start, end: to.end, offset: from.offset });
/** location_update of an empty rule: the last column of what is before it. */
const after = (l: Location): Location => ({ source: l.source, line: l.line, start: Math.max(l.end - 1, 0), end: l.end, offset: l.offset });
