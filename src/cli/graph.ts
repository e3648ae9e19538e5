import { writeFileSync } from 'node:fs';
import chalk from 'chalk';
import { graphOf } from '../host/graph/model.ts';
import { graphSvg } from '../host/graph/svg.ts';
import { graphText } from '../host/graph/text.ts';
import { StateHost } from '../host/state/state-host.ts';

/** `drywall graph`: hooks, chains, jumps and counters, as text for a terminal or as SVG into a file. */
export async function graph(state: string, o: { readonly svg?: string }): Promise<void> {
  const host = await StateHost.open(state);
  const worlds = graphOf(host.host);
  host.abandon();
  if (o.svg === undefined) process.stdout.write(graphText(worlds, { hook: chalk.bold, chain: chalk.cyan, drop: chalk.red, faint: chalk.dim }));
  else writeFileSync(o.svg, graphSvg(worlds));
}
