import { fromText, toLine } from '../net/plain-text.ts';
import { backendOf, type ElementStore, makeElements } from './elements.ts';
import type { Chain, NftSet, Rule, Ruleset, SetElement, Table } from './objects.ts';
import { factsOf, presetFacts } from './rule-facts.ts';

/**
 * A list kept apart from the rest of a subsystem's data, a line an item, so that a change writes one list and reading one
 * costs no decoding. `stamp` is another value whenever the list has changed.
 */
export interface StoredList {
  readonly key: string;
  readonly stamp: unknown;
  lines(): Line[];
}
/** The stored lists: lines, each ended by a newline; empty where there is none. */
export interface ReadLists {
  get(key: string): Uint8Array;
}

/** A stretch of bytes with its newline. */
export interface Line {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const NEWLINE = 10;
const TAB = 9;
const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
const newLine = (text: string): Line => {
  const bytes = encoder.encode(`${text}\n`);
  return { bytes, start: 0, end: bytes.length };
};
const textOf = (l: Line): string => decoder.decode(l.bytes.subarray(l.start, l.end - 1));

function linesOf(bytes: Uint8Array): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start) + 1;
    lines.push({ bytes, start, end });
    start = end;
  }
  return lines;
}

/** A ruleset without its rules and elements. */
interface Skeleton {
  readonly tables: readonly SkeletonTable[];
  readonly generation: number;
}
type SkeletonTable = Omit<Table, 'chains' | 'sets'> & { readonly chains: readonly Omit<Chain, 'rules'>[]; readonly sets: readonly Omit<NftSet, 'elements'>[] };

export interface PlainNfTables {
  readonly ruleset: Skeleton;
  readonly live: unknown;
  readonly refs: ReadonlyMap<number, number>;
  readonly handles: ReadonlyMap<bigint, bigint>;
  readonly counters: { readonly tableHandle: bigint; readonly chainNumber: number; readonly id: number };
}

export const skeletonOf = (r: Ruleset): Skeleton => ({
  generation: r.generation,
  tables: r.tables.map((t) => ({
    ...t,
    chains: t.chains.map(({ rules: _, ...chain }) => chain),
    sets: t.sets.map(({ elements: _, ...set }) => set),
  })),
});

/** Text of a rule as it was read or last written: rules are frozen, so it stays right. */
const written = new WeakMap<Rule, Line>();

const wordsOf = (words: Iterable<string>): string => {
  let text = '';
  for (const w of words) text += text ? ` ${encodeURIComponent(w)}` : encodeURIComponent(w);
  return text;
};

function textOfRule(rule: Rule): string {
  const { handle, id, ...rest } = rule;
  const { edges, checkedFor } = factsOf(rule);
  return `${handle}\t${id}\t${wordsOf(edges)}\t${wordsOf(checkedFor)}\t${toLine(rest)}\n`;
}

/** What was not written before is encoded in one go. */
function linesOfRules(rules: readonly Rule[]): Line[] {
  const fresh = rules.filter((r) => !written.has(r));
  const bytes = encoder.encode(fresh.map(textOfRule).join(''));
  let start = 0;
  fresh.forEach((rule) => {
    const end = bytes.indexOf(NEWLINE, start) + 1;
    written.set(rule, { bytes, start, end });
    start = end;
  });
  return rules.map((r) => written.get(r) as Line);
}

const splits = new Map<string, readonly string[]>([['', []]]);

/** Few different texts occur in a ruleset, many times each. */
function splitWords(text: string): readonly string[] {
  let words = splits.get(text);
  if (!words) splits.set(text, (words = text.split(' ').map(decodeURIComponent)));
  return words;
}

type RuleBody = Omit<Rule, 'handle' | 'id'>;

/** A rule whose bytecode is decoded when somebody looks at it. Own accessors, so that a spread copies their values. */
function lazyRule(line: Line): Rule {
  let at = line.start;
  const number = (): number => {
    let n = 0;
    for (; line.bytes[at] !== TAB; at++) n = n * 10 + line.bytes[at] - 48;
    at++;
    return n;
  };
  const words = (): readonly string[] => {
    let text = '';
    for (; line.bytes[at] !== TAB; at++) text += String.fromCharCode(line.bytes[at]);
    at++;
    return splitWords(text);
  };
  const handle = BigInt(number());
  const id = number();
  const edges = words();
  const checkedFor = words();
  const body: Line = { bytes: line.bytes, start: at, end: line.end };
  let known: RuleBody | undefined;
  const load = (): RuleBody => (known ??= fromText(textOf(body)) as RuleBody);
  const rule: Rule = {
    handle,
    id,
    get exprs() {
      return load().exprs;
    },
    get comment() {
      return load().comment;
    },
    get userdata() {
      return load().userdata;
    },
    get compat() {
      return load().compat;
    },
  };
  presetFacts(rule, edges, checkedFor);
  written.set(rule, line);
  return Object.freeze(rule);
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));
const PLAIN_FLAGS = Object.freeze({ intervalEnd: false, catchall: false });
const END_FLAGS = Object.freeze({ intervalEnd: true, catchall: false });
const NO_EXPRS = Object.freeze([]);
/** What a plain element has. */
const PLAIN: ReadonlySet<string> = new Set(['key', 'flags', 'exprs', 'id']);

function isPlain(e: SetElement): boolean {
  if (e.flags.catchall || e.exprs.length) return false;
  for (const k in e) if (!PLAIN.has(k)) return false;
  return true;
}

/** All elements of a set: one that is but a key is its number, `+` or `-` (an end), and the key in hex. */
const elementLines = (store: ElementStore): Line => newLine(textsOf(store).join('\n'));

function textsOf(store: ElementStore): string[] {
  const lines: string[] = [];
  for (const e of store) {
    if (!isPlain(e)) {
      lines.push(toLine(e));
      continue;
    }
    let text = `${e.id}${e.flags.intervalEnd ? '-' : '+'}`;
    for (let i = 0; i < e.key.length; i++) text += HEX[e.key[i]];
    lines.push(text);
  }
  return lines;
}

const nibble = (code: number): number => (code < 58 ? code - 48 : code - 87);

function elementOf(line: Line): SetElement {
  const { bytes } = line;
  let at = line.start,
    id = 0;
  if (bytes[at] === 123) return Object.freeze(fromText(textOf(line)) as SetElement);
  for (; bytes[at] > 47; at++) id = id * 10 + bytes[at] - 48;
  const end = bytes[at++] === 45;
  const key = new Uint8Array((line.end - 1 - at) >> 1);
  for (let i = 0; i < key.length; i++, at += 2) key[i] = (nibble(bytes[at]) << 4) | nibble(bytes[at + 1]);
  return Object.freeze({ key, flags: end ? END_FLAGS : PLAIN_FLAGS, exprs: NO_EXPRS, id });
}

const chainKey = (id: number): string => `chain ${id}`;
const ANONYMOUS = 'anonymous';
const setKey = (id: number): string => `set ${id}`;

export function* listsOf(r: Ruleset): Generator<StoredList> {
  const anonymous = anonymousSets(r);
  if (anonymous) yield anonymous;
  for (const t of r.tables) {
    for (const c of t.chains) if (c.rules.length) yield { key: chainKey(c.id), stamp: c.rules, lines: () => linesOfRules(c.rules) };
    for (const s of t.sets) {
      const store = s.elements as ElementStore;
      if (store.size && !s.flags.anonymous) yield { key: setKey(s.id), stamp: store.version, lines: () => [elementLines(store)] };
    }
  }
}

/** Anonymous sets are many and small, so those of all tables are one list: the set's number and its count, then its elements. */
function anonymousSets(r: Ruleset): StoredList | null {
  const sets = r.tables.flatMap((t) => t.sets.filter((s) => s.flags.anonymous));
  if (!sets.length) return null;
  const stores = sets.map((s) => s.elements as ElementStore);
  return {
    key: ANONYMOUS,
    stamp: sets.map((s, i) => `${s.id}:${stores[i].version}`).join(),
    lines: () => [newLine(stores.flatMap((store, i) => [`${sets[i].id} ${store.size}`, ...textsOf(store)]).join('\n'))],
  };
}

function readAnonymous(bytes: Uint8Array): Map<number, Line[]> {
  const found = new Map<number, Line[]>(),
    lines = linesOf(bytes);
  for (let i = 0; i < lines.length; ) {
    const [id, count] = textOf(lines[i++]).split(' ').map(Number);
    found.set(id, lines.slice(i, i + count));
    i += count;
  }
  return found;
}

/** The frozen ruleset again, each set's elements in the backend that the kernel would choose. */
export function rebuildRuleset(data: Skeleton, read: ReadLists, now: () => number): Ruleset {
  const anonymous = readAnonymous(read.get(ANONYMOUS));
  const set = (s: Omit<NftSet, 'elements'>): NftSet => {
    const elements = makeElements(backendOf(s.flags, s.fieldLens) ?? 'hash', s.fieldLens, now);
    for (const line of s.flags.anonymous ? (anonymous.get(s.id) ?? []) : linesOf(read.get(setKey(s.id)))) elements.restore(elementOf(line));
    return Object.freeze({ ...s, elements });
  };
  const chain = (c: Omit<Chain, 'rules'>): Chain => Object.freeze({ ...c, rules: Object.freeze(linesOf(read.get(chainKey(c.id))).map(lazyRule)) });
  return Object.freeze({
    generation: data.generation,
    tables: Object.freeze(data.tables.map((t) => Object.freeze({ ...t, chains: Object.freeze(t.chains.map(chain)), sets: Object.freeze(t.sets.map(set)) }))),
  });
}
