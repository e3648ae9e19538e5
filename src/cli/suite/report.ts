import type { Outcome } from '../../host/suite/play.ts';

/** Outcomes of a run in one of the formats of `drywall test --format`. A name for each. */
export interface Format {
  readonly name: string;
  /** Text before the first test, of each outcome as it comes, and after the last. */
  readonly head?: (total: number) => string;
  readonly each?: (o: Outcome, index: number) => string;
  readonly tail?: (all: readonly Outcome[]) => string;
  /** For people: tables of what was covered may follow. */
  readonly coverage?: true;
}

/** A failure in one line. */
export const inWords = (f: Outcome['failures'][number]): string => (f.expected === undefined ? f.what : `${f.what}: wanted ${f.expected}, got ${f.actual ?? 'nothing'}`);
