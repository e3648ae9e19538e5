import { escaped } from '../../../host/graph/markup.ts';
import { type Format, inWords } from '../report.ts';

/** XML 1.0 has no place for other control characters, however written; a line's end is kept in an attribute only by its number. */
const xml = (s: string): string => escaped(Array.from(s, (c) => (c < ' ' && c !== '\n' && c !== '\t' ? '\uFFFD' : c)).join('')).replaceAll('\n', '&#10;');

/** The XML that CI servers read. */
export const format: Format = {
  name: 'junit',
  tail(all) {
    const files = [...new Set(all.map((o) => o.file))];
    const suites = files.map((file) => {
      const mine = all.filter((o) => o.file === file);
      const cases = mine.map((o) => {
        const failures = o.failures.map((f) => `      <failure message="${xml(inWords(f))}">${xml(`${file}:${f.line}: ${inWords(f)}`)}</failure>\n`).join('');
        const open = `    <testcase classname="${xml(file)}" name="${xml(o.name)}" file="${xml(file)}" line="${o.line}"`;
        return failures ? `${open}>\n${failures}    </testcase>\n` : `${open}/>\n`;
      });
      return `  <testsuite name="${xml(file)}" tests="${mine.length}" failures="${mine.filter((o) => o.failures.length > 0).length}">\n${cases.join('')}  </testsuite>\n`;
    });
    return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites tests="${all.length}" failures="${all.filter((o) => o.failures.length > 0).length}">\n${suites.join('')}</testsuites>\n`;
  },
};
