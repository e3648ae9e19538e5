import { type Format, inWords } from '../report.ts';

const data = (s: string): string => s.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (s: string): string => data(s).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** Workflow commands that put failures beside the lines of a pull request. */
export const format: Format = {
  name: 'github',
  each: (o) => o.failures.map((f) => `::error file=${property(o.file)},line=${f.line},title=${property(o.name)}::${data(inWords(f))}\n`).join(''),
  tail: (all) => `${all.filter((o) => o.failures.length === 0).length} of ${all.length} tests passed\n`,
};
