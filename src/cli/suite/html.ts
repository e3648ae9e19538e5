import { escaped } from '../../host/graph/markup.ts';
import type { CoverageReport, RuleCoverage } from '../../host/suite/coverage.ts';
import type { Suggestion } from '../../host/suite/suggest.ts';
import { percent } from './coverage-text.ts';

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; --good: #1a7f37; --bad: #cf222e; --half: #9a6700; --line: #8884; }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1 { font-size: 1.4rem } h2 { font-size: 1.05rem; margin-top: 2rem }
dl { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem } dt { opacity: .7 } dd { margin: 0; font-size: 1.4rem; font-variant-numeric: tabular-nums }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top; padding: .3rem .6rem; border-top: 1px solid var(--line) }
code { font: 13px/1.5 ui-monospace, monospace; white-space: pre-wrap } .n { text-align: right; font-variant-numeric: tabular-nums }
.good { border-left: 4px solid var(--good) } .bad { border-left: 4px solid var(--bad) } .half { border-left: 4px solid var(--half) } small { opacity: .75; display: block }`;

const state = (r: RuleCoverage): string => (r.hits === 0 ? 'bad' : r.tests.every((t) => t.held && t.failed) ? 'good' : 'half');

function row(r: RuleCoverage, s: Suggestion | undefined): string {
  const unseen = r.tests
    .filter((t) => !(t.held && t.failed))
    .map((t) => `<small><code>${escaped(t.text)}</code> ${t.held ? 'never false' : t.failed ? 'never true' : 'never asked'}</small>`);
  const hint =
    s?.kind === 'packet'
      ? s.steps.map((p) => `<small>try: <code>${escaped(p.send)}</code>${p.in === undefined ? '' : ` in ${escaped(p.in)}`}</small>`).join('')
      : s?.kind === 'shadowed'
        ? `<small><code>${escaped(s.packet)}</code> is met before by <code>${escaped(s.by)}</code></small>`
        : '';
  const where = r.origin ? `<small>${escaped(r.origin.file)}:${r.origin.line}</small>` : '';
  return `<tr class="${state(r)}"><td class="n">${r.hits}</td><td class="n">${r.asked}</td><td><code>${escaped(r.text)}</code>${where}</td><td>${unseen.join('')}${hint}</td></tr>`;
}

/** Tables of what was reached, without a page around them. */
export function coverageTables(report: CoverageReport, suggestions: ReadonlyMap<RuleCoverage, Suggestion>): string {
  const chains = Map.groupBy(report.rules, (r) => `${r.table.family} ${r.table.name} ${r.chain.name}`);
  const shares = [
    ['rules hit', report.share.rules],
    ['answers of tests', report.share.tests],
    ['policies', report.share.policies],
    ['set elements', report.share.elements],
  ] as const;
  const tables = [...chains].map(([name, rules]) => {
    const policy = report.policies.find((p) => `${p.table.family} ${p.table.name} ${p.chain.name}` === name);
    const end = policy
      ? `<tr class="${policy.hits ? 'good' : 'bad'}"><td class="n">${policy.hits}</td><td></td><td><code>policy ${policy.chain.policy}</code></td><td></td></tr>`
      : '';
    return `<h2>${escaped(name)}</h2><table><thead><tr><th class="n">hits</th><th class="n">asked</th><th>rule</th><th>not seen</th></tr></thead><tbody>${rules.map((r) => row(r, suggestions.get(r))).join('')}${end}</tbody></table>`;
  });
  return `<dl>${shares.map(([label, share]) => `<div><dt>${label}</dt><dd>${percent(share)}</dd></div>`).join('')}</dl>\n${tables.join('\n')}`;
}

/** One page that needs nothing else. */
export const coverageHtml = (report: CoverageReport, suggestions: ReadonlyMap<RuleCoverage, Suggestion>): string => `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Rule coverage</title><style>${STYLE}</style>
<h1>Rule coverage</h1>
${coverageTables(report, suggestions)}
</html>
`;
