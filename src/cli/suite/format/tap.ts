import { type Format, inWords } from '../report.ts';

/** Test Anything Protocol, version 14. */
export const format: Format = {
  name: 'tap',
  head: (total) => `TAP version 14\n1..${total}\n`,
  each(o, i) {
    const name = o.name.replaceAll('\n', ' ').replaceAll('#', '\\#');
    if (o.failures.length === 0) return `ok ${i + 1} - ${name}\n`;
    const lines = o.failures.map((f) => `    - line: ${f.line}\n      message: ${JSON.stringify(inWords(f))}\n`).join('');
    return `not ok ${i + 1} - ${name}\n  ---\n  file: ${JSON.stringify(o.file)}\n  failures:\n${lines}  ...\n`;
  },
};
