import type { FibRule } from '../../kernel/stack/fib.ts';
import { abbreviates, addrText, IpError, parsePrefix, parseUint } from './arguments.ts';
import type { Words } from './arguments.ts';
import { refused } from './context.ts';
import type { IpContext } from './context.ts';
import { parseTable, tableText } from './route.ts';

/** ip rule */
export function runRule(c: IpContext, words: Words): void {
  const verb = words.more ? words.next() : 'show';
  const family: 4 | 6 = c.family === 6 ? 6 : 4;
  if (abbreviates(verb, 'add')) add(c, words, family);
  else if (abbreviates(verb, 'delete')) remove(c, words, family);
  else if (abbreviates(verb, 'list') || abbreviates(verb, 'show') || verb === 'lst') for (const r of c.stack.fib.rules(family)) c.call.out(`${text(r)}\n`);
  else if (abbreviates(verb, 'flush'))
    c.stack.fib.setRules(
      family,
      c.stack.fib.rules(family).filter((r) => r.pref === 0),
    );
  else throw new IpError(`Command "${verb}" is unknown, try "ip rule help".\n`);
}

function read(c: IpContext, words: Words): { rule: FibRule; pref: number | null; given: boolean } {
  let pref: number | null = null,
    given = false;
  const r: { -readonly [K in keyof FibRule]: FibRule[K] } = {
    pref: 0,
    not: false,
    from: null,
    to: null,
    iif: null,
    oif: null,
    mark: null,
    tos: 0,
    action: 'table',
    table: 254,
    proto: 'boot',
  };
  while (words.more) {
    const w = words.next();
    if (w === 'not') r.not = true;
    else if (w === 'from') {
      const p = parsePrefix(words.next(), c.family);
      r.from = p.len === 0 ? null : p;
    } else if (w === 'to') {
      const p = parsePrefix(words.next(), c.family);
      r.to = p.len === 0 ? null : p;
    } else if (w === 'iif' || w === 'dev') r.iif = words.next();
    else if (w === 'oif') r.oif = words.next();
    else if (w === 'fwmark') {
      const [v, m] = words.next().split('/');
      r.mark = { value: parseUint(v, 'fwmark value is invalid'), mask: m === undefined ? 0xffffffff : parseUint(m, 'fwmask value is invalid') };
    } else if (w === 'tos' || w === 'dsfield') r.tos = Number.parseInt(words.next(), 16) || 0;
    else if (abbreviates(w, 'priority') || abbreviates(w, 'preference') || w === 'order' || w === 'pref') pref = parseUint(words.next(), 'preference value is invalid');
    else if (abbreviates(w, 'table') || w === 'lookup') {
      r.table = parseTable(words.next());
      given = true;
    } else if (w === 'blackhole' || w === 'unreachable' || w === 'prohibit') r.action = w;
    else if (w === 'type') {
      const t = words.next();
      if (t === 'blackhole' || t === 'unreachable' || t === 'prohibit') r.action = t;
    } else if (w === 'protocol') r.proto = words.next();
    else throw new IpError(`Error: argument "${w}" is wrong: Failed to parse rule type\n`);
  }
  return { rule: r, pref, given };
}

function add(c: IpContext, words: Words, family: 4 | 6): void {
  const { rule, pref } = read(c, words);
  const rules = c.stack.fib.rules(family);
  // fib_default_rule_pref: just before the second rule.
  const at = pref ?? (rules.length > 1 ? Math.max(0, rules[1].pref - 1) : 0);
  if (rules.some((r) => r.pref === at && same({ ...rule, pref: at }, r))) throw refused('File exists');
  const made = { ...rule, pref: at };
  const i = rules.findIndex((r) => r.pref > at);
  c.stack.fib.setRules(family, i < 0 ? [...rules, made] : [...rules.slice(0, i), made, ...rules.slice(i)]);
}

const same = (a: FibRule, b: FibRule): boolean =>
  JSON.stringify({ ...a, proto: '', from: a.from && addrText(a.from.addr), to: a.to && addrText(a.to.addr) }) ===
  JSON.stringify({ ...b, proto: '', from: b.from && addrText(b.from.addr), to: b.to && addrText(b.to.addr) });

function remove(c: IpContext, words: Words, family: 4 | 6): void {
  const { rule, pref, given } = read(c, words);
  const rules = c.stack.fib.rules(family);
  const i = rules.findIndex(
    (r) =>
      (pref === null || r.pref === pref) &&
      (!given || r.table === rule.table) &&
      (!rule.mark || (r.mark?.value === rule.mark.value && r.mark.mask === rule.mark.mask)) &&
      (!rule.from || (r.from && addrText(r.from.addr) === addrText(rule.from.addr) && r.from.len === rule.from.len)) &&
      (!rule.to || (r.to && addrText(r.to.addr) === addrText(rule.to.addr) && r.to.len === rule.to.len)) &&
      (rule.iif === null || r.iif === rule.iif) &&
      (rule.oif === null || r.oif === rule.oif),
  );
  if (i < 0) throw refused('No such file or directory');
  c.stack.fib.setRules(
    family,
    rules.filter((_, j) => j !== i),
  );
}

function text(r: FibRule): string {
  const prefix = (p: NonNullable<FibRule['from']>): string => (p.len === p.addr.length * 8 ? addrText(p.addr) : `${addrText(p.addr)}/${p.len}`);
  let t = `${r.pref}:\t${r.not ? 'not ' : ''}from ${r.from ? prefix(r.from) : 'all'}`;
  if (r.to) t += ` to ${prefix(r.to)}`;
  if (r.tos) t += ` tos 0x${r.tos.toString(16)}`;
  if (r.mark) t += ` fwmark 0x${r.mark.value.toString(16)}${r.mark.mask === 0xffffffff ? '' : `/0x${r.mark.mask.toString(16)}`}`;
  if (r.iif !== null) t += ` iif ${r.iif}`;
  if (r.oif !== null) t += ` oif ${r.oif}`;
  return `${t} ${r.action === 'table' ? `lookup ${tableText(r.table)}` : r.action}`;
}
