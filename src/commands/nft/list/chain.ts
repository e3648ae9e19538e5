import type { Chain, Rule } from '../../../kernel/nf_tables/objects.ts';
import type { Family } from '../../../kernel/net/hook.ts';
import type { Stmt } from '../../../parsers/nft/ast.ts';
import type { Json } from '../datatype/index.ts';
import { Printer } from '../print/context.ts';
import { priorityText } from './priority.ts';

/** Devices are listed by name, as nft sorts what the kernel gives. */
const inOrder = (devices: readonly string[]): string[] => [...devices].sort();

/** A chain as a listing has it: one that the same run declares may not have said its policy. */
export type ShownChain = Omit<Chain, 'policy'> & { readonly policy?: Chain['policy'] };

/** `type … hook … priority …; policy …;` */
export function hookText(chain: Omit<ShownChain, 'rules'>, family: Family, p: Printer, quoted = true): string {
  const h = chain.hook;
  if (!h) return '';
  const q = (d: string): string => (quoted ? `"${d}"` : d);
  const devices = h.devices.length === 1 && quoted ? ` device ${q(h.devices[0])}` : h.devices.length ? ` devices = { ${inOrder(h.devices).join(', ')} }` : '';
  return `type ${h.type} hook ${h.name}${devices} priority ${priorityText(h.priority, family, h.name, p.options.numericPrio)};${chain.policy ? ` policy ${chain.policy};` : ''}`;
}

export interface ReadRule {
  readonly rule: Rule;
  readonly stmts: readonly Stmt[];
}

/** Translated xt extensions want the rule's family and protocol. */
export const forRule = (p: Printer, family: Family, rule: Rule): Printer =>
  new Printer({ ...p.context, family, proto: { number: rule.compat?.proto ?? 0, inverted: rule.compat?.inv ?? false } }, p.indent);

/** rule_print: statements, comment, handle. */
export function ruleText(r: ReadRule, p: Printer): string {
  return r.stmts.map((s) => p.stmt(s)).join(' ') + (r.rule.comment !== undefined ? ` comment "${r.rule.comment}"` : '') + (p.options.handle ? ` # handle ${r.rule.handle}` : '');
}

/** chain_print */
export function chainText(chain: ShownChain, family: Family, rules: Iterable<ReadRule>, p: Printer): string {
  let text = `\tchain ${chain.name} {${p.options.handle ? ` # handle ${chain.handle}` : ''}\n`;
  if (chain.comment !== undefined) text += `\t\tcomment "${chain.comment}"\n`;
  if (chain.hook) text += `\t\t${hookText(chain, family, p)}\n`;
  for (const r of rules) text += `\t\t${ruleText(r, forRule(p, family, r.rule))}\n`;
  return `${text}\t}\n`;
}

/** chain_print_json */
export function chainJson(chain: Omit<ShownChain, 'rules'>, family: Family, table: string): Json {
  const out: Record<string, Json> = { family, table, name: chain.name, handle: chain.handle };
  if (chain.comment !== undefined) out.comment = chain.comment;
  const h = chain.hook;
  if (h) {
    if (h.devices.length) out.dev = h.devices.length === 1 ? h.devices[0] : inOrder(h.devices);
    Object.assign(out, { type: h.type, hook: h.name, prio: h.priority, ...(chain.policy && { policy: chain.policy }) });
  }
  return { chain: out };
}

/** rule_print_json */
export function ruleJson(r: ReadRule, family: Family, table: string, chain: string, p: Printer): Json {
  const out: Record<string, Json> = { family, table, chain, handle: r.rule.handle };
  if (r.rule.comment !== undefined) out.comment = r.rule.comment;
  if (r.stmts.length) out.expr = r.stmts.map((s) => p.jsonStmt(s));
  return { rule: out };
}
