import chalk from 'chalk';
import { ACCEPTED } from '../host/packet/fate.ts';
import type { DecisionReport, PacketReport } from '../host/packet/report.ts';

const paint = (v: PacketReport['verdict']): string => (ACCEPTED.has(v) ? chalk.green : v === 'dropped' || v === 'rejected' ? chalk.red : chalk.yellow)(v);

export function decisionText(d: DecisionReport): string {
  const where = `${d.tool === 'nft' ? `${d.family} ${d.table} ${d.chain}` : `${d.tool} ${d.table} ${d.chain}`}`;
  return `${d.rule === null ? 'policy' : `rule ${d.rule}`} of ${where} (hook ${d.hook})`;
}

/** A packet's report for people. */
export function packetText(r: PacketReport, from: string): string {
  const lines = [`${from} ${r.packet}`];
  const by = r.decision ? ` by ${decisionText(r.decision)}` : r.reason ? `: ${r.reason}${r.why ? ` (${r.why})` : ''}` : '';
  lines.push(`  ${paint(r.verdict)}${by}`);
  if (r.decision) lines.push(`    ${chalk.bold(r.decision.text)}`);
  if (r.state) lines.push(`  state ${r.state}${r.state === 'invalid' && r.why ? ` (${r.why})` : ''}`);
  for (const l of r.left) lines.push(`  left ${l.device}: ${l.packet}`);
  if (r.left.length === 0) lines.push('  nothing left');
  if (r.conntrack) lines.push(`  conntrack ${r.conntrack.event === 'new' ? '[NEW]' : '[UPDATE]'} ${r.conntrack.line}`);
  return `${lines.join('\n')}\n`;
}
