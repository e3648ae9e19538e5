import type { Rule } from '../../kernel/nf_tables/objects.ts';
import type { XtFamily } from '../../kernel/xt/definition.ts';
import type { XtCommand } from '../../parsers/xtables/command.ts';
import type { OptionName } from '../../parsers/xtables/flags.ts';
import type { XtRule } from '../../parsers/xtables/rule.ts';
import type { ListFormat, PrintEnvironment } from './print.ts';
import { chainHeader, ruleLine, saveRule } from './print.ts';
import { arpWriter } from './print-arp.ts';
import { bridgeWriter } from './print-bridge.ts';
import type { ViewChain } from './view.ts';

/** How one family's tools show chains and rules (struct nft_family_ops). */
export interface Writer {
  tableHeader(table: string): string;
  header(chain: ViewChain, references: number, f: ListFormat, c: XtCommand): string;
  line(rule: XtRule, num: number, f: ListFormat, env: PrintEnvironment, options: ReadonlySet<OptionName>, chain?: string, table?: string): string;
  row(rule: XtRule, f: ListFormat, env: PrintEnvironment): string;
  save(rule: XtRule, counters: boolean, env: PrintEnvironment): string;
  /** Is a rule of a chain listed? */
  shows(rule: Rule): boolean;
  /** A chain's line in -save, where it is not `:NAME POLICY`. */
  saveChain?(chain: ViewChain): string;
}

const inet: Writer = {
  tableHeader: () => '',
  header: (c, references, f) => chainHeader(c.name, c.base ? { name: c.policy.toUpperCase(), packets: c.packets, bytes: c.bytes } : null, references, f),
  line: (r, num, f, env) => ruleLine(r, num, f, env),
  row: (r, f, env) => ruleLine(r, 0, f, env),
  save: saveRule,
  shows: () => true,
};

const WRITERS: Readonly<Record<XtFamily, Writer>> = { ip: inet, ip6: inet, arp: arpWriter, bridge: bridgeWriter };
export const writerOf = (family: XtFamily): Writer => WRITERS[family];
