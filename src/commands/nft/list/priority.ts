import type { Family, HookName } from '../../../kernel/net/hook.ts';

/** std_prios of src/rule.c, and those of bridges. */
const STANDARD: readonly (readonly [string, number])[] = [
  ['raw', -300],
  ['mangle', -150],
  ['dstnat', -100],
  ['filter', 0],
  ['security', 50],
  ['srcnat', 100],
];
const BRIDGE: readonly (readonly [string, number])[] = [
  ['dstnat', -300],
  ['filter', -200],
  ['out', 100],
  ['srcnat', 300],
];
const REACH = 10;

/** std_prio_family_hook_compat */
export function prioFits(name: string, family: Family, hook: HookName): boolean {
  if (family === 'bridge')
    return name === 'filter' || (name === 'dstnat' && hook === 'prerouting') || (name === 'out' && hook === 'output') || (name === 'srcnat' && hook === 'postrouting');
  const inet = family === 'ip' || family === 'ip6' || family === 'inet';
  switch (name) {
    case 'filter':
      return inet || family === 'arp' || family === 'netdev';
    case 'dstnat':
      return inet && (hook === 'prerouting' || hook === 'output');
    case 'srcnat':
      return inet && (hook === 'postrouting' || hook === 'input');
    default:
      return inet;
  }
}

export const standardPriorities = (family: Family): readonly (readonly [string, number])[] => (family === 'bridge' ? BRIDGE : STANDARD);

/** prio2str */
export function priorityText(priority: number, family: Family, hook: HookName, numeric: boolean): string {
  if (numeric) return String(priority);
  for (const [name, standard] of standardPriorities(family)) {
    if (Math.abs(priority - standard) > REACH) continue;
    if (!prioFits(name, family, hook)) break;
    const offset = priority - standard;
    return offset === 0 ? name : `${name} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;
  }
  return String(priority);
}
