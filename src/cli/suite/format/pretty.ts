import chalk from 'chalk';
import type { Outcome } from '../../../host/suite/play.ts';
import { packetText } from '../../report.ts';
import type { Format } from '../report.ts';

const indent = (text: string, by: string): string => text.replaceAll(/^(?=.)/gm, by);

function failure(f: Outcome['failures'][number], file: string): string {
  const where = chalk.dim(`${file}:${f.line}`);
  if (f.expected === undefined) return `    ${f.what.replaceAll('\n', '\n    ')} ${where}\n`;
  const both = [
    [chalk.green('wanted'), f.expected],
    [chalk.red('got   '), f.actual ?? 'nothing'],
  ].map(([label, text]) => `      ${label} ${text.trimEnd().replaceAll('\n', '\n             ')}\n`);
  return `    ${chalk.bold(f.what)} ${where}\n${both.join('')}`;
}

/** For people. */
export const format: Format = {
  name: 'pretty',
  coverage: true,
  each(o) {
    if (o.failures.length === 0) return `${chalk.green('✓')} ${o.name}\n`;
    const packet = o.failures.find((f) => f.packet)?.packet;
    return `${chalk.red('✗')} ${o.name}\n${o.failures.map((f) => failure(f, o.file)).join('')}${packet ? indent(packetText(packet, 'packet:'), '      ') : ''}`;
  },
  tail(all) {
    const bad = all.filter((o) => o.failures.length > 0).length;
    return `\n${chalk.green(`${all.length - bad} passed`)}${bad ? `, ${chalk.red(`${bad} failed`)}` : ''}\n`;
  },
};
