import type { Choice } from '../random.ts';
import { type Named, namedMap, namedSet, objects } from './named.ts';
import { type Family, type Selector, selector } from './selectors.ts';
import { statement, terminal } from './statements.ts';
import { comparison, interval, scalar } from './values.ts';

const FAMILIES: readonly Family[] = ['ip', 'ip6', 'inet', 'inet', 'ip', 'arp', 'bridge', 'netdev'];

function concatenation(c: Choice, family: Family): string {
  const parts: Selector[] = Array.from({ length: 2 + c.below(3) }, () => selector(c, family));
  const row = (): string => parts.map((p) => (c.in(3) ? interval(c, p) : scalar(c, p))).join(' . ');
  const rows = [...new Set(Array.from({ length: 1 + c.below(3) }, row))];
  return `${parts.map((p) => p.text).join(' . ')} ${c.in(6) ? '!= ' : ''}{ ${rows.join(', ')} }`;
}

function test(c: Choice, family: Family, sets: readonly Named[]): string {
  if (c.in(6)) return concatenation(c, family);
  const keys = sets.filter((s) => s.holds === 'keys');
  if (keys.length && c.in(4)) {
    const s = c.one(keys);
    return `${s.key.map((k) => k.text).join(' . ')} ${c.in(4) ? '!= ' : ''}@${s.name}`;
  }
  const s = selector(c, family);
  return `${s.text} ${comparison(c, s)}`;
}

export function rule(c: Choice, family: Family, sets: readonly Named[]): string {
  const parts = Array.from({ length: c.below(3) }, () => test(c, family, sets));
  if (c.in(2)) parts.push(statement(c, family, sets));
  if (c.in(2)) parts.push(terminal(c, family, sets));
  if (!parts.length) parts.push(test(c, family, sets));
  return `${parts.join(' ')}${c.in(10) ? ' comment "some words"' : ''}`;
}

const PRIORITIES = ['0', 'filter', 'filter + 5', '-3', 'mangle', '-300', 'security', '100', '-150', '50', 'security - 10', 'mangle + 1'];
const HOOKS: Readonly<Record<Family, readonly string[]>> = {
  ip: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
  ip6: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
  inet: ['prerouting', 'input', 'forward', 'output', 'postrouting', 'ingress'],
  arp: ['input', 'output'],
  bridge: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
  netdev: ['ingress', 'egress'],
};

/** Hook, type and priority that the statements of the chain need; now and then what they do not get along with. */
function place(c: Choice, family: Family, body: string): { type: string; hook: string } {
  const link = family === 'arp' || family === 'bridge' || family === 'netdev';
  if (c.in(30)) return { type: c.one(['filter', 'route', 'nat']), hook: c.one(HOOKS.inet) };
  if (/\bfwd\b/.test(body) && family !== 'netdev') return { type: 'filter', hook: 'ingress' };
  if (!link && /\b(snat|masquerade)\b/.test(body)) return { type: 'nat', hook: 'postrouting' };
  if (!link && /\b(dnat|redirect)\b/.test(body)) return { type: 'nat', hook: 'prerouting' };
  if (!link && /tproxy|notrack|timeout set|socket|osf|ct zone set|reject|synproxy/.test(body))
    return { type: 'filter', hook: /notrack|tproxy|zone/.test(body) ? 'prerouting' : 'input' };
  if (!link && c.in(8)) return { type: 'route', hook: 'output' };
  return { type: 'filter', hook: c.one(HOOKS[family]) };
}

function baseChain(c: Choice, family: Family, body: string): string {
  const { type, hook } = place(c, family, body);
  const device = hook === 'ingress' || hook === 'egress' ? ` ${c.one(['device "lo"', 'devices = { lo }', 'device lo'])}` : '';
  const plain = family === 'arp' || family === 'netdev' || family === 'bridge' || type === 'nat' || device;
  const priority = hook === 'postrouting' && c.in(3) && family !== 'bridge' ? 'srcnat' : plain ? c.one(['0', 'filter', '10', 'filter - 1', '-5']) : c.one(PRIORITIES);
  return `type ${type} hook ${hook}${device} priority ${hook === 'postrouting' && /^(mangle \+|filter)/.test(priority) ? '5' : priority};${c.in(4) ? ` policy ${c.one(['accept', 'drop'])};` : ''}${c.in(10) ? ' comment "a chain";' : ''}`;
}

const DEFINITIONS = 'define ADDRS = { 10.0.0.1, 10.0.0.5-10.0.0.9 }\ndefine PORT = 22\ndefine IF = lo\n';
const DEFINED = [
  'ip saddr $ADDRS accept',
  'tcp dport $PORT',
  'tcp dport { $PORT, 80 }',
  'iifname $IF',
  'ip daddr != $ADDRS tcp dport $PORT drop',
  'oifname { $IF, "x*" }',
  'tcp dport $PORT meta mark set $PORT',
  'dnat to $ADDRS',
  'tcp dport $NONE',
];

/** A random ruleset as `nft -f -` takes it: one table with objects, sets, maps, and a chain of a few rules of all kinds. */
export function ruleset(c: Choice): string {
  const family = c.one(FAMILIES);
  const sets: Named[] = [];
  if (c.in(3)) sets.push(namedSet(c, family, 's'));
  if (c.in(4)) sets.push(namedMap(c, family, 'm'));
  const defined = c.in(20);
  const rules = Array.from({ length: sets.length && c.in(4) ? 0 : 1 + c.below(2) }, () => (defined ? c.one(DEFINED) : rule(c, family, sets)));
  const body = rules.map((r) => `\t\t${r}\n`).join('');
  const needs = /\b(cnt|qta|lim|syn|hlp|tmo|exp|sec|ft)\b/.test(body + sets.map((s) => s.text).join('')) || c.in(10);
  const flags = c.in(25) ? '\tflags dormant;\n' : '';
  const note = c.in(25) ? '\tcomment "a table"\n' : '';
  const chain = `\tchain c {\n\t\t${c.in(12) ? '' : baseChain(c, family, body)}\n${body}\t}\n`;
  return `${defined ? DEFINITIONS : ''}table ${family} t {\n${note}${flags}${needs ? objects(c, family) : ''}\tchain other { }\n${sets.map((s) => s.text).join('')}${chain}}\n`;
}
