import chalk from 'chalk';
import { ACCEPTED } from '../../host/packet/fate.ts';
import { decisionText } from '../report.ts';
import type { ChainStep, ConntrackStep, HookPart, HookStep, PacketTrace, RouteStep, RuleStep, Step } from '../../host/trace/steps.ts';

/** Rules that did not match shown of a chain, unless all are asked for: those that came closest. */
const NEAR_MISSES = 5;

const good = new Set(['accept', 'confirmed', 'local', 'forward']);
const paint = (verdict: string): string =>
  (good.has(verdict) ? chalk.green : verdict === 'drop' || verdict === 'refused' || verdict === 'unreachable' ? chalk.red : chalk.yellow)(verdict);

function failedText(r: RuleStep): string {
  const f = r.failed;
  if (!f) return '';
  const is = f.missing ? 'the packet has no such field' : f.actual === null ? 'does not hold' : `is ${f.actual}`;
  return `${f.test}: ${is}`;
}

const pad = (n: number): string => '  '.repeat(n);

function ruleLines(r: RuleStep, all: boolean): string[] {
  const indent = pad(3 + r.depth),
    at = `${r.chain} ${r.position}`;
  if (!r.matched) return [`${indent}${chalk.dim(`✗ ${at}  ${r.text}`)}`, `${indent}    ${failedText(r)}`, ...(all ? r.lookups.map((l) => `${indent}    ${lookupText(l)}`) : [])];
  const verdict = r.verdict === null ? '' : `  ${chalk.bold('→')} ${paint(r.verdict)}`;
  return [`${indent}✓ ${at}  ${r.text}${verdict}`, ...r.lookups.filter((l) => all || l.element !== null).map((l) => `${indent}    ${lookupText(l)}`)];
}

const lookupText = (l: RuleStep['lookups'][number]): string =>
  `${l.set ? `set ${l.set}` : 'set'}: ${l.key} ${l.element === null ? 'is not there' : l.element === 'there' ? 'is there' : `is there (${l.element})`}`;

/** The rules worth showing: those that matched, and of the others the ones that came closest to it. */
function shownRules(c: ChainStep, all: boolean): { readonly rules: readonly RuleStep[]; readonly left: number } {
  if (all) return { rules: c.rules, left: 0 };
  const misses = c.rules.filter((r) => !r.matched);
  const near = c.verdict === 'drop' ? new Set([...misses].sort((a, b) => b.held - a.held).slice(0, NEAR_MISSES)) : new Set<RuleStep>();
  return { rules: c.rules.filter((r) => r.matched || near.has(r)), left: misses.length - near.size };
}

function chainLines(c: ChainStep, all: boolean): string[] {
  const name = c.tool === 'nft' ? `${c.family} ${c.table} ${c.chain}` : `${c.tool} ${c.table} ${c.chain}`;
  const { rules, left } = shownRules(c, all);
  const rest = left > 0 ? [`${pad(3)}${chalk.dim(`${left} ${rules.length ? 'other ' : ''}${left === 1 ? 'rule does' : 'rules do'} not match`)}`] : [];
  return [
    `${pad(2)}${chalk.bold(name)} ${chalk.dim(`(${c.type}, priority ${c.priority})`)}: ${paint(c.verdict)}${c.by === 'policy' ? ' by policy' : ''}`,
    ...rules.flatMap((r) => ruleLines(r, all)),
    ...rest,
  ];
}

function conntrackLine(s: ConntrackStep): string {
  const why = s.why ? `: ${s.why}` : '';
  const how = s.created ? 'new entry' : s.entry ? (s.direction === 'reply' ? 'reply direction' : 'original direction') : '';
  return `${pad(2)}conntrack: ${s.state === 'invalid' ? chalk.red(s.state) : s.state}${why}${how ? ` (${how})` : ''}${s.dropped ? ` → ${paint('drop')}` : ''}`;
}

function partLines(p: HookPart, all: boolean): string[] {
  switch (p.step) {
    case 'chain':
      return chainLines(p, all);
    case 'conntrack':
      return [conntrackLine(p), ...(all && p.entry ? [`${pad(3)}${chalk.dim(p.entry)}`] : [])];
    case 'nat':
      return [`${pad(2)}${p.what} NAT: ${p.before.src} → ${p.before.dst}  becomes  ${p.after.src} → ${p.after.dst}`];
    case 'confirm':
      return p.ok ? (all ? [`${pad(2)}conntrack: entry confirmed`, `${pad(3)}${chalk.dim(p.entry)}`] : []) : [`${pad(2)}conntrack: ${chalk.red('the entry clashes with another')}`];
    case 'defrag':
      return [`${pad(2)}${p.complete ? 'fragments are complete: one packet again' : 'a fragment: waits for the others'}`];
  }
}

function hookLines(h: HookStep, all: boolean): string[] {
  const parts = h.parts.flatMap((p) => (all || p.step !== 'chain' || p.rules.length > 0 || p.verdict !== 'accept' ? partLines(p, all) : []));
  const devices = [h.in && `in ${h.in}`, h.out && `out ${h.out}`].filter(Boolean).join(', ');
  if (parts.length === 0 && h.verdict === 'accept' && !all) return [];
  return [`${pad(1)}${chalk.underline(`${h.family} ${h.hook}`)}${devices && chalk.dim(` ${devices}`)}${h.verdict === 'accept' ? '' : ` → ${paint(h.verdict)}`}`, ...parts];
}

function routeLine(r: RouteStep): string {
  const via = `${r.gateway ? `via ${r.gateway} ` : ''}${r.device ? `dev ${r.device}` : ''}`;
  const what: Readonly<Record<string, string>> = { local: 'to this host', forward: r.when === 'input' ? `forwarded ${via}` : `out ${via}`, multicast: 'multicast' };
  const when = r.when === 'reroute' ? 'routing again' : 'routing';
  return `${pad(1)}${when}: ${what[r.decision] ?? `${paint(r.decision)}${r.reason ? ` (${r.reason})` : ''}`}`;
}

function stepLines(s: Step, all: boolean): string[] {
  switch (s.step) {
    case 'received':
    case 'made':
      return [];
    case 'hook':
      return hookLines(s, all);
    case 'route':
      return [routeLine(s)];
    case 'drop':
      return s.reason === 'NETFILTER_DROP' && !all ? [] : [`${pad(1)}dropped: ${chalk.red(s.reason)}${s.why ? ` (${s.why})` : ''}`];
    case 'delivered':
      return [`${pad(1)}delivered to this host`];
    case 'unwanted':
      return [`${pad(1)}${s.reason === 'NO_SOCKET' ? 'nobody listens there' : `not taken: ${s.reason}`}`];
    case 'cut':
      return [`${pad(1)}cut into ${s.pieces} fragments`];
    case 'waiting':
      return [`${pad(1)}waits for the link-layer address of ${s.nexthop} on ${s.device}`];
    case 'left':
      return [`${pad(1)}left ${chalk.bold(s.device)}: ${s.packet}${all ? `\n${pad(2)}${chalk.dim(s.frame)}` : ''}`];
    default:
      return partLines(s, all);
  }
}

function titleOf(t: PacketTrace): string {
  const first = t.steps[0];
  if (first?.step === 'received') return `in ${first.device}: ${first.packet}`;
  if (first?.step === 'made' && first.origin !== 'send') return `${first.origin}: ${first.packet}`;
  return `sent: ${t.packet}`;
}

/** A packet's way for people. */
export function traceText(t: PacketTrace, all: boolean): string {
  const verdict = ACCEPTED.has(t.verdict) ? chalk.green(t.verdict) : t.verdict === 'dropped' || t.verdict === 'rejected' ? chalk.red(t.verdict) : chalk.yellow(t.verdict);
  const lines = [chalk.bold(titleOf(t)), ...t.steps.flatMap((s) => stepLines(s, all)), `${pad(1)}${chalk.bold(verdict)}${t.decision ? ` by ${decisionText(t.decision)}` : ''}`];
  return `${lines.join('\n')}\n`;
}
