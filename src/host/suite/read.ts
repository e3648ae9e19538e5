import { type Document, isMap, isNode, isPair, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { Expect, type StepSpec, Suite, type SuiteSpec, type TestSpec } from './format.ts';

/** Where something stands in a suite file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What is wrong with a suite or with a file that it names. */
export class SuiteError extends Error {
  readonly file: string;
  readonly place: Place;

  constructor(message: string, file: string, place: Place) {
    super(message);
    this.file = file;
    this.place = place;
  }

  override toString(): string {
    return `${this.file}:${this.place.line}:${this.place.column}: ${this.message}`;
  }
}

export interface PlacedStep extends StepSpec {
  readonly place: Place;
}

/** One test with a fresh host: its steps in order. */
export interface TestCase {
  readonly name: string;
  readonly place: Place;
  readonly steps: readonly PlacedStep[];
}

export interface ReadSuite extends Omit<SuiteSpec, 'tests'> {
  readonly file: string;
  readonly cases: readonly TestCase[];
  /** Place of what the suite says under a path of keys. */
  at(path: readonly PropertyKey[]): Place;
}

const COLUMNS = ['packet', 'in', 'verdict', 'rule', 'chain', 'state', 'left', 'conntrack'] as const;
type Column = (typeof COLUMNS)[number];
const isColumn = (s: string): s is Column => COLUMNS.some((c) => c === s);

/** Reads the text of a suite file. Throws SuiteError. */
export function readSuite(file: string, text: string): ReadSuite {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const [error] = doc.errors;
  if (error) throw new SuiteError(error.message, file, place(error.pos[0]));
  const at = (path: readonly PropertyKey[]): Place => place(offsetOf(doc, path));
  const parsed = Suite.safeParse(doc.toJS());
  if (!parsed.success) throw wrong(parsed.error.issues[0], file, doc, place);
  const { tests, ...rest } = parsed.data;
  return { ...rest, file, at, cases: tests.flatMap((t, i) => casesOf(t, i, file, at)) };
}

function offsetOf(doc: Document, path: readonly PropertyKey[]): number {
  for (let n = path.length; n >= 0; n--) {
    const node = doc.getIn(path.slice(0, n), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

/** The first complaint of the schema, in words and with its place. */
function wrong(issue: z.core.$ZodIssue, file: string, doc: Document, place: (offset: number) => Place): SuiteError {
  if (issue.code === 'unrecognized_keys') {
    const map = doc.getIn(issue.path, true);
    const key = isMap(map) ? map.items.find((p) => isPair(p) && String(p.key) === issue.keys[0])?.key : undefined;
    const offset = isNode(key) ? (key as Node).range?.[0] : undefined;
    return new SuiteError(`unknown key: ${issue.keys[0]}`, file, place(offset ?? offsetOf(doc, issue.path)));
  }
  const what = issue.path.length ? `${issue.path.join('.')}: ` : '';
  return new SuiteError(`${what}${issue.message}`, file, place(offsetOf(doc, issue.path)));
}

function casesOf(t: TestSpec, i: number, file: string, at: (path: readonly PropertyKey[]) => Place): TestCase[] {
  const path = ['tests', i];
  const { name, steps, table, ...step } = t;
  if (table) return rowsOf(table, name, file, at([...path, 'table', 'rows']));
  if (steps) return [{ name: name ?? `test ${i + 1}`, place: at(path), steps: steps.map((s, k) => ({ ...s, place: at([...path, 'steps', k]) })) }];
  const what = Array.isArray(step.send) ? step.send.at(-1) : step.send;
  return [{ name: name ?? what ?? step.connect ?? step.run?.trim() ?? `test ${i + 1}`, place: at(path), steps: [{ ...step, place: at(path) }] }];
}

/** Rows of a table: each a test of its own, at its line. `start`: place of the block scalar, whose text begins a line later. */
function rowsOf(table: NonNullable<TestSpec['table']>, name: string | undefined, file: string, start: Place): TestCase[] {
  const all = table.rows.split('\n').map((text, i) => ({ cells: text.split('|').map((c) => c.trim()), line: start.line + 1 + i, empty: /^\s*(#.*)?$/.test(text) }));
  const [head, ...rows] = all.filter((r) => !r.empty);
  const fail = (message: string, line: number): never => {
    throw new SuiteError(message, file, { line, column: start.column });
  };
  if (!head) return fail('the table has no head line', start.line);
  const unknown = head.cells.find((c) => !isColumn(c));
  if (unknown !== undefined) fail(`no such column: ${unknown} (there are ${COLUMNS.join(', ')})`, head.line);
  if (!head.cells.includes('packet')) fail('the table has no column `packet`', head.line);
  return rows.map(({ cells, line }) => {
    if (cells.length !== head.cells.length) fail(`${cells.length} cells, and the head has ${head.cells.length}`, line);
    const row: Partial<Record<Column, string>> = {};
    head.cells.forEach((c, k) => {
      if (isColumn(c) && cells[k] !== '') row[c] = cells[k];
    });
    const { packet, in: device = table.in, ...said } = row;
    if (packet === undefined) return fail('a row without a packet', line);
    const expect = Expect.safeParse(said);
    if (!expect.success) return fail(`${expect.error.issues[0].path.join('.')}: ${expect.error.issues[0].message}`, line);
    const place = { line, column: start.column };
    return { name: name === undefined ? packet : `${name}: ${packet}`, place, steps: [{ send: packet, in: device, expect: expect.data, place }] };
  });
}
