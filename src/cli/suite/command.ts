import { existsSync, globSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { Coverage, type CoverageReport, type RuleCoverage } from '../../host/suite/coverage.ts';
import { jsonSchema } from '../../host/suite/format.ts';
import { LoadedSuite, type Outcome, type SuiteFiles } from '../../host/suite/play.ts';
import { list } from '../../host/suite/format.ts';
import { type ReadSuite, readSuite, SuiteError } from '../../host/suite/read.ts';
import { type Suggestion, suggest } from '../../host/suite/suggest.ts';
import { coverageText, percent } from './coverage-text.ts';
import { formatNamed } from './formats.ts';
import { coverageHtml } from './html.ts';
import { lcov } from './lcov.ts';

export interface TestOptions {
  readonly format: string;
  /** Part of the names of the tests to run. */
  readonly filter?: string;
  readonly coverage?: boolean;
  readonly lcov?: string;
  readonly html?: string;
  /** Percent of rules that must be hit. */
  readonly min?: number;
  readonly watch?: boolean;
  readonly schema?: boolean;
}

/** Exit statuses of `drywall test`. */
const STATUS = { passed: 0, failed: 1, wrong: 2 } as const;

/** Where suites are when none is named. */
const PATTERN = '**/*.suite.{yaml,yml}';

const filesBeside = (file: string): SuiteFiles => ({
  resolve: (name) => resolve(dirname(file), name),
  read: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
});

const shown = (file: string): string => {
  const here = relative(process.cwd(), file);
  return here.startsWith('..') ? file : here;
};

interface Covered {
  readonly report: CoverageReport;
  readonly suggestions: ReadonlyMap<RuleCoverage, Suggestion>;
}

function covered(loaded: LoadedSuite, coverage: Coverage): Covered {
  const report = coverage.report(loaded.host().machine);
  const open = report.rules.filter((r) => r.hits === 0);
  return { report, suggestions: new Map(open.map((r) => [r, suggest(r, () => loaded.host())])) };
}

/** Runs suites once. Throws SuiteError for what is wrong in their files. */
async function runOnce(suites: readonly ReadSuite[], o: TestOptions): Promise<number> {
  const format = formatNamed(o.format);
  const out = (text: string): void => {
    process.stdout.write(text);
  };
  const wanted = suites.map((s) => ({ s, cases: s.cases.filter((c) => o.filter === undefined || c.name.includes(o.filter)) }));
  const wantsCoverage = o.coverage === true || o.lcov !== undefined || o.html !== undefined || o.min !== undefined;
  const all: Outcome[] = [];
  const reports: Covered[] = [];
  out(format.head?.(wanted.reduce((n, w) => n + w.cases.length, 0)) ?? '');
  for (const { s, cases } of wanted) {
    const coverage = wantsCoverage ? new Coverage() : null;
    const loaded = await LoadedSuite.load(s, filesBeside(s.file), coverage);
    for (const c of cases) {
      const outcome = { ...(await loaded.play(c)), file: shown(s.file) };
      out(format.each?.(outcome, all.length) ?? '');
      all.push(outcome);
    }
    if (coverage) reports.push(covered(loaded, coverage));
  }
  out(format.tail?.(all) ?? '');
  const enough = reports.map((r) => tellCoverage(r, o, format.coverage === true)).every(Boolean);
  if (o.lcov !== undefined) writeFileSync(o.lcov, reports.map((r) => lcov(r.report, shown)).join(''));
  if (o.html !== undefined) writeFileSync(o.html, reports.map((r) => coverageHtml(r.report, r.suggestions)).join('\n'));
  return enough && all.every((t) => t.failures.length === 0) ? STATUS.passed : STATUS.failed;
}

/** Runs a suite for what it covers. Throws SuiteError. */
export async function coverSuite(file: string): Promise<Covered> {
  const coverage = new Coverage();
  const suite = read(file);
  const loaded = await LoadedSuite.load(suite, filesBeside(suite.file), coverage);
  for (const c of suite.cases) await loaded.play(c);
  return covered(loaded, coverage);
}

/** Prints what was covered; false when it is less than was asked for. */
function tellCoverage({ report, suggestions }: Covered, o: TestOptions, table: boolean): boolean {
  if (table) process.stdout.write(coverageText(report, suggestions));
  const least = o.min ?? 0;
  if (report.share.rules * 100 >= least) return true;
  process.stderr.write(`drywall test: ${percent(report.share.rules)} of the rules were hit, wanted ${least} %\n`);
  return false;
}

const read = (file: string): ReadSuite => {
  const path = resolve(file);
  if (!existsSync(path)) throw new SuiteError('no such file', file, { line: 1, column: 1 });
  return readSuite(path, readFileSync(path, 'utf8'));
};

async function once(files: readonly string[], o: TestOptions): Promise<number> {
  try {
    return await runOnce(files.map(read), o);
  } catch (e) {
    if (!(e instanceof SuiteError)) throw e;
    process.stderr.write(`drywall test: ${shown(e.file)}:${e.place.line}:${e.place.column}: ${e.message}\n`);
    return STATUS.wrong;
  }
}

/** Files whose change asks for another run. */
function watched(files: readonly string[]): Set<string> {
  const all = new Set(files.map((f) => resolve(f)));
  for (const f of files) {
    try {
      for (const name of list(read(f).load)) all.add(resolve(dirname(f), name));
    } catch (e) {
      if (!(e instanceof SuiteError)) throw e; // it was told by the run
    }
  }
  return all;
}

/** Runs again whenever a suite or a file that it loads changes; ends by a signal. */
async function runWatching(files: readonly string[], o: TestOptions): Promise<number> {
  for (;;) {
    const status = await once(files, o);
    process.stdout.write(`status ${status}; waiting for changes\n`);
    const paths = watched(files);
    await new Promise<void>((done) => {
      const watchers = [...new Set([...paths].map((p) => dirname(p)))]
        .filter((d) => existsSync(d))
        .map((d) =>
          watch(d, (_, name) => {
            if (name === null || !paths.has(resolve(d, name))) return;
            for (const w of watchers) w.close();
            done();
          }),
        );
    });
    // An editor may write in several steps.
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** `drywall test` */
export async function runTests(files: readonly string[], o: TestOptions): Promise<number> {
  if (o.schema) {
    process.stdout.write(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
    return STATUS.passed;
  }
  const found = files.length ? files : globSync(PATTERN, { exclude: (f) => f.includes('node_modules') }).sort();
  if (found.length === 0) {
    process.stderr.write(`drywall test: no suites here (${PATTERN})\n`);
    return STATUS.wrong;
  }
  return o.watch ? runWatching(found, o) : once(found, o);
}
