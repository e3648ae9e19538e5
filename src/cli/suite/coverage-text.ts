import chalk from 'chalk';
import Table from 'cli-table3';
import type { CoverageReport, RuleCoverage } from '../../host/suite/coverage.ts';
import type { Suggestion } from '../../host/suite/suggest.ts';

export const percent = (share: number): string => `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;

const LABELS: readonly (readonly [keyof CoverageReport['share'], string])[] = [
  ['rules', 'rules hit'],
  ['tests', 'answers of tests'],
  ['policies', 'policies'],
  ['elements', 'set elements'],
];

export const summaryOf = (r: CoverageReport): string => LABELS.map(([key, label]) => `${label} ${percent(r.share[key])}`).join(', ');

const answers = (r: RuleCoverage): string =>
  r.tests
    .filter((t) => !(t.held && t.failed))
    .map((t) => (t.held ? `${t.text} ${chalk.dim('never false')}` : t.failed ? `${t.text} ${chalk.dim('never true')}` : `${t.text} ${chalk.dim('never asked')}`))
    .join('\n');

/** Rules as a table, and how those that nothing hit could be. */
export function coverageText(report: CoverageReport, suggestions: ReadonlyMap<RuleCoverage, Suggestion>): string {
  const table = new Table({ head: ['hits', 'chain', 'rule', 'not seen'].map((h) => chalk.bold(h)), style: { head: [], border: [] }, wordWrap: true, colWidths: [7, 20, 52, 44] });
  for (const r of report.rules) table.push([r.hits ? chalk.green(r.hits) : chalk.red(0), `${r.table.family} ${r.table.name} ${r.chain.name}`, r.text, answers(r)]);
  const policies = report.policies.filter((p) => p.hits === 0).map((p) => `policy of ${p.table.family} ${p.table.name} ${p.chain.name} was never reached\n`);
  const sets = report.sets.filter((s) => s.reached < s.elements && !s.set.flags.anonymous).map((s) => `set ${s.set.name}: ${s.reached} of ${s.elements} elements were reached\n`);
  return `\n${table.toString()}\n${policies.join('')}${sets.join('')}${[...suggestions].map(([r, s]) => suggestionText(r, s)).join('')}\ncoverage: ${summaryOf(report)}\n`;
}

export function suggestionText(r: RuleCoverage, s: Suggestion): string {
  const where = r.origin ? `${r.origin.file}:${r.origin.line}: ` : '';
  const head = `${chalk.yellow('not hit')} ${where}${r.text}\n`;
  if (s.kind === 'packet') return `${head}${s.steps.map((p) => `    send: ${p.send}${p.in === undefined ? '' : `   in: ${p.in}`}\n`).join('')}`;
  return s.kind === 'shadowed' ? `${head}    ${s.packet} is met before by: ${s.by}\n` : head;
}
