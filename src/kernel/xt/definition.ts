import type { Errno } from '../errno.ts';
import type { XtInfo } from '../expr/expression.ts';
import type { FieldTest } from '../expr/field.ts';
import type { Family } from '../net/hook.ts';
import type { Skb } from '../net/skb.ts';
import type { HookState } from '../net/hook-state.ts';
import type { Netns } from '../netns.ts';
import type { SharedTable } from './shared-table.ts';

/**
 * What one xtables extension is: every face of one match or target, in one file of this folder (match/NAME.ts,
 * target/NAME.ts). The folder is the registry: src/kernel/xt/generated/index.ts is made from it in the build.
 * Options are data; one engine (src/parsers/xtables/options.ts) checks bounds, inversion, repetition and conflicts
 * and words every error, as iptables' libxtables does (libxtables/xtoptions.c).
 */
export type XtFamily = Extract<Family, 'ip' | 'ip6' | 'arp' | 'bridge'>;

export interface XtExtension<Info extends XtInfo = XtInfo> {
  readonly kind: 'match' | 'target';
  /** Name after -m / -j. */
  readonly name: string;
  /** Name in the kernel where it differs (`state` → `conntrack`). */
  readonly realName?: string;
  /** Families whose tools offer it. */
  readonly families: readonly XtFamily[];
  /** Families for which the kernel has it, where they are fewer: the tools take the rule, the commit says ENOENT. */
  readonly kernelFamilies?: readonly XtFamily[];
  readonly revision: number | Partial<Record<XtFamily, number>>;
  /** The modelled kernel has no such extension: the tools warn about its revision, the commit says ENOENT. */
  readonly absent?: true;
  readonly options: readonly XtOption[];
  /** Text of `-m NAME -h`, complete. */
  help(family: XtFamily): string;
  /** The info before any option (xtables init). */
  init(family: XtFamily): Draft;
  /** Called for each option in order. Throw `XtError` (options.ts) for what the engine's columns cannot say. */
  parse(option: ParsedOption, draft: Draft, context: ParseContext): void;
  /** After all options (x6_fcheck / final_check): missing options, combinations. Makes the finished info. */
  finish(draft: Draft, context: ParseContext): Info;
  /** ebtables: the ethertype that -p must name (0: LENGTH), and what is said where it does not. */
  readonly etherType?: { readonly number: number; readonly message: string };
  /** -S/-save: text with a leading space before each option, as the C functions print it; '' when nothing. */
  save(info: Info, context: PrintContext): string;
  /** -L: text with leading (and where the real one does, trailing) space. `numeric` is -n. */
  print(info: Info, context: PrintContext & { readonly numeric: boolean }): string;
  /** Translation to nft; null: none, so nft lists it as `xt match "name"`. Without surrounding spaces, but for one at the end where the real one leaves it: a comment shows it. */
  translate?(info: Info, context: TranslateContext): string | null;
  /** What the kernel refuses (checkentry, hooks, tables, protocol). null: accepted. */
  check?(info: Info, context: CheckContext): Errno | null;
  /** xtables_match.userspacesize is 0: to -C and -D any two uses are the same. */
  readonly alike?: true;
  /** -C and -D compare bytes of it that the tool never sets: they find no such rule. */
  elusive?(info: Info): boolean;
  /** What the kernel's check leaves of the info, where it changes it. */
  settle?(info: Info): Info;
  /** Match: does the packet match (inversion included)? 'hotdrop' drops it. */
  match?(info: Info, skb: Skb, state: HookState, keep: XtKeep): boolean | 'hotdrop';
  /**
   * Match without a state of its own: tests over fields of the packet that all hold when it matches; `exact`: and only then.
   * None for infos that have no such form.
   */
  tests?(info: Info, family: string): { readonly tests: readonly FieldTest[]; readonly exact: boolean } | null;
  /** Target: verdict; 'continue' goes on with the next rule. */
  target?(info: Info, skb: Skb, state: HookState, keep: XtKeep): XtVerdict;
  /**
   * Name that -S prints after -j or -m when it is not `name` (xtables_target.alias): CT with the NOTRACK flag prints `NOTRACK`.
   * An alias with its own options is a file of its own whose `realName` is the kernel's name (target/NOTRACK.ts → CT).
   */
  saveName?(info: Info): string;
}

export type XtVerdict = 'accept' | 'drop' | 'continue' | 'return' | 'stolen' | { readonly queue: number; readonly bypass: boolean };

/** Working copy while options are read: the extension's own mutable fields. */
export type Draft = { [field: string]: unknown };

export interface XtOption {
  readonly name: string;
  /**
   * Stable id for excl/also; the option's name by default. Rows that share an id are aliases (`--sport`, `--source-port`):
   * as in libxtables, the first row's columns and name are used for all of them, and `parse` gets that first row.
   */
  readonly id?: string;
  readonly short?: string;
  readonly type: XtOptionType;
  /** XTOPT_INVERT: `!` allowed before it. */
  readonly invert?: boolean;
  /** XTOPT_MULTI: may be repeated. */
  readonly multi?: boolean;
  /** Field size of an XTOPT_PUT string: longer values are cut to size - 1 bytes. */
  readonly size?: number;
  /** `raw` only: whether getopt wants an argument; 'required' by default. Without one `raw` is null. */
  readonly argument?: 'required' | 'optional' | 'none';
  /** XTOPT_MANDatory. */
  readonly mandatory?: boolean;
  /** Numbers are read in this base instead of by their look (xt_option_entry.base). */
  readonly base?: 16;
  /** The library cuts the word in place at the first of these (strtok): the rest of it is gone where a tool shows its words again. */
  readonly cutAt?: string;
  /**
   * The option's number in the C source, its place among the rows by default: shows where `--flag=1` gives a value to an option that takes none.
   */
  readonly code?: number;
  readonly min?: number | bigint;
  readonly max?: number | bigint;
  /** Ids of options it excludes / needs, in the order of their ids in the C enum. */
  readonly excludes?: readonly string[];
  readonly requires?: readonly string[];
  /** Only in these families. */
  readonly families?: readonly XtFamily[];
}

/** XTTYPE_* of libxtables, and `raw` where the extension parses the words itself. */
export type XtOptionType =
  | 'none'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'uint8rc'
  | 'uint16rc'
  | 'uint32rc'
  | 'uint64rc'
  | 'double'
  | 'string'
  | 'tosmask'
  | 'markmask32'
  | 'syslogLevel'
  | 'host'
  | 'hostmask'
  | 'plen'
  | 'plenmask'
  | 'protocol'
  | 'port'
  | 'portrc'
  | 'ethermac'
  | 'raw';

/** An option as the engine read it: `value` is the typed value of its XtOptionType (see parsers/xtables/options.ts). */
export interface ParsedOption {
  readonly option: XtOption;
  readonly name: string;
  readonly inverted: boolean;
  readonly raw: string | null;
  readonly value: unknown;
  /** Further words after the value, for options with two or more arguments (`--tcp-flags a b`, `--chunk-types all x`). `take` consumes the next word of the command line. */
  take(): string | undefined;
}

export interface ParseContext {
  readonly family: XtFamily;
  /** -p of the rule so far. */
  readonly proto: { readonly number: number; readonly inverted: boolean } | null;
  /** Options given so far, by name; an extension adds those that the value of another one implies. */
  readonly seen: Set<string>;
  readonly command: string;
  /** The kernel, for extensions that ask it while they parse (SET, set: SO_IP_SET). */
  readonly net: Netns;
  /** Says something on stderr and goes on (`warn: --nflog-range has never worked ...`); with its newline. */
  warn(text: string): void;
  /** Reads files such as /etc/xtables/connlabel.conf and name tables of the host. */
  readonly names: Names;
}

/** Name databases of the host (/etc/services, protocols, passwd …), as the C library's getXbyY answer. */
export interface Names {
  service(name: string, proto: string | null): number | undefined;
  serviceName(port: number, proto: string | null): string | undefined;
  protocol(name: string): number | undefined;
  protocolName(number: number): string | undefined;
  user(name: string): number | undefined;
  userName(uid: number): string | undefined;
  group(name: string): number | undefined;
  groupName(gid: number): string | undefined;
  host(name: string, family: 'ip' | 'ip6'): readonly Uint8Array[];
  hostName(address: Uint8Array): string | undefined;
  network(name: string): Uint8Array | undefined;
  networkName(address: Uint8Array): string | undefined;
  file(path: string): string | undefined;
}

export interface PrintContext {
  readonly family: XtFamily;
  readonly net: Netns;
  readonly names: Names;
  /** Protocol of the rule, for extensions that print by it (multiport). */
  readonly proto: number;
  /** Says something on stderr, with its newline (connlabel without its file). */
  warn(text: string): void;
}

export interface TranslateContext {
  readonly family: XtFamily;
  /** iptables-translate only: definitions of sets that the run declared so far (xt_xlate_set_add); a translation may push one. */
  readonly sets?: string[];
  /** Says something on stderr, with its newline. */
  warn(text: string): void;
  readonly names: Names;
  readonly proto: { readonly number: number; readonly inverted: boolean };
  /** nft's listing (false) or iptables-translate (true): some translations print otherwise. */
  readonly forTranslate: boolean;
  readonly numeric: boolean;
}

export interface CheckContext {
  readonly family: XtFamily;
  readonly net: Netns;
  readonly table: string;
  /** Numbers of the hooks from which the rule's chain can be reached; bit mask. 0: none known. */
  readonly hookMask: number;
  readonly proto: number;
  readonly protoInverted: boolean;
  readonly chainType: 'filter' | 'nat' | 'route' | null;
}

/** State that a rule's extension keeps between packets (quota left, limit credit …) and the namespace's shared tables (recent, hashlimit, rateest). */
export interface XtKeep {
  /** Private to this rule: plain data, made by `make` at first use. */
  own<T>(make: () => T): T;
  /** Shared in the namespace under a name. */
  shared<T extends SharedTable>(key: string, make: () => T): T;
}

/** Typed identity that lets a file say its Info once. */
export const defineExtension = <Info extends XtInfo>(definition: XtExtension<Info>): XtExtension<Info> => Object.freeze(definition);
