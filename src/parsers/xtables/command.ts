import type { Names, XtFamily } from '../../kernel/xt/definition.ts';
import type { Netns } from '../../kernel/netns.ts';
import type { AddressMask } from './addresses.ts';
import type { CommandName, OptionName } from './flags.ts';
import type { XtRule } from './rule.ts';

/** What ends a tool at once without a message of its own: `-V`, `-h`, or the hint to try -h. */
export class XtExit extends Error {
  readonly status: number;
  readonly out: string;
  /** Text for stderr before the hint; null: no hint. */
  readonly hint: string | null;
  constructor(status: number, out: string, hint: string | null) {
    super('exit');
    this.status = status;
    this.out = out;
    this.hint = hint;
  }
}

/** What has a help text: an extension, or the standard target. */
export interface Helped {
  readonly name: string;
  help(family: XtFamily): string;
}

export const STANDARD_HELP: Helped = { name: 'standard', help: () => 'standard match options:\n(If target is DROP, ACCEPT, RETURN or nothing)\n' };

export interface ParseEnvironment {
  readonly family: XtFamily;
  readonly program: string;
  /** -v of the restore tools, which every line begins with. */
  readonly verbose?: number;
  readonly restore: boolean;
  readonly names: Names;
  readonly net: Netns;
  warn(text: string): void;
  /** `uses`: what is shown besides the tool's own help; asking for it reads the words left. */
  help(family: XtFamily, program: string, uses: () => readonly Helped[]): string;
  /** -t of the restore tools: the table of the block. */
  readonly table: string | null;
  /** In -V: nf_tables or legacy. */
  readonly variant: string;
}

/** One command as read (iptables/xshared.c: do_parse): commands that exclude each other have been refused. */
export interface XtCommand {
  readonly commands: ReadonlySet<CommandName>;
  readonly chain: string | null;
  readonly newName: string | null;
  readonly policy: string | null;
  readonly rulenum: number;
  /** ebtables -D chain start:end. */
  readonly rulenumEnd: number;
  readonly table: string;
  readonly verbose: number;
  readonly options: ReadonlySet<OptionName>;
  readonly inverted: ReadonlySet<OptionName>;
  /** The rule; its addresses stand in srcs × dsts. */
  readonly rule: XtRule;
  readonly srcs: readonly AddressMask[];
  readonly dsts: readonly AddressMask[];
  /** ebtables -C: how the two counters change. */
  readonly counterOp: readonly ['set' | 'add' | 'sub', 'set' | 'add' | 'sub'];
  /** The command line's words as reading has left them. */
  readonly left: readonly string[];
  /** What ebtables says of a match without its protocol, once the table is known. */
  readonly unfit: string | null;
  readonly hasCounters: boolean;
  /** Commands without effect: -4 in ip6tables-restore. */
  readonly ignored: boolean;
}
