import type { CoverageReport, RuleCoverage } from '../../host/suite/coverage.ts';

/** lcov tracefile over the lines on which rules were written: a line is as often hit as its rules; each test is a branch with two ways. */
export function lcov(report: CoverageReport, name: (file: string) => string): string {
  const files = new Map<string, RuleCoverage[]>();
  for (const r of report.rules) if (r.origin) files.set(r.origin.file, [...(files.get(r.origin.file) ?? []), r]);
  return [...files].map(([file, rules]) => section(name(file), rules)).join('');
}

function section(file: string, rules: readonly RuleCoverage[]): string {
  const hits = new Map<number, number>();
  const branches: string[] = [];
  let reached = 0;
  for (const r of rules) {
    const line = r.origin?.line ?? 0;
    hits.set(line, (hits.get(line) ?? 0) + r.hits);
    for (const [i, t] of r.tests.entries())
      for (const [way, seen] of [t.held, t.failed].entries()) {
        branches.push(`BRDA:${line},${r.rule.id},${2 * i + way},${r.asked === 0 ? '-' : Number(seen)}\n`);
        reached += Number(seen);
      }
  }
  const lines = [...hits].sort(([a], [b]) => a - b);
  return `TN:drywall\nSF:${file}\n${branches.join('')}BRF:${branches.length}\nBRH:${reached}\n${lines.map(([line, n]) => `DA:${line},${n}\n`).join('')}LF:${lines.length}\nLH:${lines.filter(([, n]) => n > 0).length}\nend_of_record\n`;
}
