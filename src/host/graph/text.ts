import type { GraphChain, World } from './model.ts';

/** How a picture in text marks things: plain where nobody sees colours. */
export interface Marks {
  hook(text: string): string;
  chain(text: string): string;
  drop(text: string): string;
  faint(text: string): string;
}

export const PLAIN: Marks = { hook: (t) => t, chain: (t) => t, drop: (t) => t, faint: (t) => t };

const packets = (n: bigint | null): string => (n === null ? '' : ` ${n} packet${n === 1n ? '' : 's'}`);
const count = (n: number): string => (n === 1 ? '1 rule' : `${n} rules`);

/** A tree for each hook: base chains by priority, below them the rules that jump and where to. */
export function graphText(worlds: readonly World[], m: Marks = PLAIN): string {
  if (worlds.length === 0) return 'no chains: every packet is accepted\n';
  const lines: string[] = [];
  for (const w of worlds) {
    const byKey = new Map([...w.hooks.flatMap((h) => h.chains), ...w.reached, ...w.idle].map((c) => [c.key, c]));
    for (const h of w.hooks) {
      lines.push(m.hook(w.name === 'ip' ? h.name : `${w.name} ${h.name}`));
      h.chains.forEach((c, i) => {
        tree(c, i === h.chains.length - 1, '', new Set(), lines, byKey, m);
      });
    }
    if (w.idle.length) lines.push(m.faint(`nothing leads to ${w.idle.map((c) => `${c.family} ${c.table} ${c.name}`).join(', ')}`));
  }
  return `${lines.join('\n')}\n`;
}

function label(c: GraphChain, m: Marks): string {
  const policy = c.policy ? ` policy ${c.policy.verdict === 'drop' ? m.drop('drop') : 'accept'}${packets(c.policy.packets)}` : '';
  const where = c.hook ? `${c.hook.priority} ` : '';
  const devices = c.hook?.devices.length ? ` on ${c.hook.devices.join(', ')}` : '';
  return `${m.faint(where)}${m.chain(`${c.family} ${c.table} ${c.name}`)}${devices} ${m.faint(`(${count(c.rules.length)})`)}${policy}`;
}

function tree(c: GraphChain, last: boolean, indent: string, on: ReadonlySet<string>, lines: string[], byKey: ReadonlyMap<string, GraphChain>, m: Marks): void {
  lines.push(`${indent}${last ? '└─ ' : '├─ '}${label(c, m)}`);
  const below = `${indent}${last ? '   ' : '│  '}`;
  const jumps = c.rules.filter((r) => r.to !== null);
  jumps.forEach((r, i) => {
    const end = i === jumps.length - 1;
    lines.push(`${below}${end ? '└─ ' : '├─ '}${r.text}${m.faint(packets(r.packets))}`);
    const to = r.to === null ? undefined : byKey.get(r.to);
    // A chain is opened once on the way to it: the kernel allows no loops, but a picture may show a chain many times.
    if (to && !on.has(to.key)) tree(to, true, `${below}${end ? '   ' : '│  '}`, new Set([...on, to.key]), lines, byKey, m);
  });
}
