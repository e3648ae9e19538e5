import type { Cmd, Location, RuleDecl } from '../../../parsers/nft/ast.ts';
import { fromBytes, position } from '../../../parsers/nft/index.ts';
import type { Printer } from '../print/context.ts';
import { groups } from './matrix.ts';
import { merge } from './merge.ts';
import { refused } from './veto.ts';

export interface Report {
  readonly p: Printer;
  out(text: string): void;
  err(text: string): void;
}

/** nft_optimize: rules of a chain that differ only in values become one with a set or map. */
export function optimize(cmds: readonly Cmd[], report: Report): void {
  for (const cmd of cmds) if (cmd.op === 'add' && cmd.object.kind === 'table') for (const c of cmd.object.decl?.chains ?? []) chain(c.rules, report);
}

/** chain_optimize; the merged rule goes to standard output, all about it to standard error. */
function chain(rules: RuleDecl[], { p, out, err }: Report): void {
  const stateless = p.with({ stateless: true });
  let gone = 0;
  for (const { from, rows } of groups(rules)) {
    if (refused(rows)) continue;
    const merged = merge(rows);
    err(`Merging:\n${rows.map((r) => `${place(r.rule.loc)}\n`).join('')}into:\n\t`);
    out(`${merged.stmts.map((s) => stateless.stmt(s)).join(' ')}${p.options.handle ? ' # handle 0' : ''}`);
    err('\n');
    rules.splice(from - gone, rows.length, merged);
    gone += rows.length - 1;
  }
}

/** rule_optimize_print: the place, and the line as it was written. */
function place(loc: Location): string {
  const { text } = loc.source,
    end = text.indexOf('\n', loc.offset);
  return `${position(loc)}${fromBytes(text.slice(loc.offset, end < 0 ? undefined : end))}`;
}
