import type { PrintContext } from '../../kernel/xt/definition.ts';
import { GLUE, macWords } from '../../kernel/xt/ebt.ts';
import { ethertypes } from '../../kernel/net/names/database.ts';
import type { Masked, Name, XtRule, XtUse } from '../../parsers/xtables/rule.ts';
import type { PrintEnvironment } from './print.ts';
import { isPolicyRule, policyOf } from './view.ts';
import type { ViewChain } from './view.ts';
import type { Writer } from './writer.ts';

/** ebtables (iptables/nft-bridge.c): -L and -save print rules alike. */
const not = (x: { readonly inverted: boolean }): string => (x.inverted ? ' !' : '');
const iface = (option: string, n: Name | null): string => (n ? `${not(n)} ${option} ${n.name}` : '');
const mac = (letter: string, m: Masked | null): string => (m ? `${not(m)} -${letter} ${macWords(m)}` : '');

function protocol(r: XtRule): string {
  if (r.bridge?.length) return `${r.bridge.lengthInverted ? ' !' : ''} -p Length`;
  if (!r.proto) return '';
  return `${not(r.proto)} -p ${ethertypes().name(r.proto.number) ?? `0x${r.proto.number.toString(16)}`}`;
}

function text(r: XtRule, env: PrintEnvironment): string {
  const c: PrintContext = { family: 'bridge', net: env.net, names: env.names, proto: r.proto?.number ?? 0, warn: env.warn };
  const b = r.bridge;
  const j = r.jump;
  const name = j.kind === 'none' ? 'CONTINUE' : j.kind === 'target' ? j.use.extension.name : j.name;
  const words =
    protocol(r) +
    (b ? mac('s', b.srcMac) + mac('d', b.dstMac) : '') +
    iface('-i', r.iif) +
    (b ? iface('--logical-in', b.logicalIn) : '') +
    iface('-o', r.oif) +
    (b ? iface('--logical-out', b.logicalOut) : '') +
    r.matches.map((m) => m.extension.save(m.info, c)).join('') +
    ` -j ${name}${j.kind === 'target' ? target(j.use, c) : ''}`;
  return words.replaceAll(`${GLUE} `, '');
}

/** nft_bridge_save_rule prints targets as -L does, after a blank; those of ebtables have one form for both. */
function target({ extension: e, info }: XtUse, c: PrintContext): string {
  if (!e.families.includes('ip')) return e.save(info, c);
  return e.options.length ? ` ${e.print(info, { ...c, numeric: false })}` : '';
}

function userPolicy(c: ViewChain): string {
  const p = c.rules.find((r) => isPolicyRule(r.rule));
  return p ? policyOf(p.rule) : 'RETURN';
}

export const bridgeWriter: Writer = {
  tableHeader: (table) => `Bridge table: ${table}\n`,
  // User chains always show RETURN here, whatever rule carries their policy.
  header: (c) => `\nBridge chain: ${c.name}, entries: ${c.rules.filter((r) => !isPolicyRule(r.rule)).length}, policy: ${c.base ? c.policy.toUpperCase() : 'RETURN'}\n`,
  line(r, num, f, env, options) {
    const counters = options.has('Lc') ? ` , pcnt = ${r.packets} -- bcnt = ${r.bytes}` : '';
    return `${f.lineNumbers ? `${num}. ` : ''}${text(r, env).slice(1)}${counters}\n`;
  },
  row: (r, _f, env) => `${text(r, env).slice(1)}\n`,
  save: (r, _counters, env) => text(r, env),
  shows: (rule) => !isPolicyRule(rule),
  saveChain: (c) => `:${c.name} ${c.base ? c.policy.toUpperCase() : userPolicy(c)}\n`,
};
