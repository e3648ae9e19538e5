import chalk from 'chalk';
import Table from 'cli-table3';
import type { Chain, Table as NftTable } from '../kernel/nf_tables/objects.ts';
import type { HookName } from '../kernel/net/hook.ts';
import { StateHost } from '../host/state/state-host.ts';

/** The order in which a packet meets the hooks. */
const HOOKS: readonly HookName[] = ['ingress', 'prerouting', 'input', 'forward', 'output', 'postrouting', 'egress'];

const colour = (policy: Chain['policy']): string => (policy === 'drop' ? chalk.red('drop') : chalk.green('accept'));

/** A table of what each hook does: its base chains in the order in which packets meet them. */
export async function summary(state: string): Promise<string> {
  const host = await StateHost.open(state);
  const tables = host.host.net.nft.ruleset.tables;
  host.abandon();
  const base = tables.flatMap((table) => table.chains.filter((c) => c.hook).map((chain) => ({ table, chain })));
  if (base.length === 0) return 'No base chains: every packet is accepted.\n';
  const out = new Table({ head: ['hook', 'priority', 'chain', 'rules', 'otherwise'].map((h) => chalk.bold(h)), style: { head: [], border: [] } });
  for (const hook of HOOKS) {
    const here = base.filter(({ chain }) => chain.hook?.name === hook).sort((a, b) => (a.chain.hook?.priority ?? 0) - (b.chain.hook?.priority ?? 0));
    for (const [i, { table, chain }] of here.entries()) out.push([i === 0 ? hook : '', chain.hook?.priority ?? 0, name(table, chain), chain.rules.length, colour(chain.policy)]);
  }
  return `${out.toString()}\n`;
}

const name = (t: NftTable, c: Chain): string => `${t.family} ${t.name} ${c.name}`;
