import type { XtFamily } from '../../kernel/xt/definition.ts';
import type { HasArg, LongOption } from './getopt.ts';

/** Commands and options that the tools themselves know (iptables/xshared.h, xtables.c, xtables-eb.c, xtables-arp.c). */
export type CommandName =
  | 'append'
  | 'delete'
  | 'deleteNum'
  | 'check'
  | 'insert'
  | 'replace'
  | 'list'
  | 'listRules'
  | 'flush'
  | 'zero'
  | 'zeroNum'
  | 'newChain'
  | 'deleteChain'
  | 'renameChain'
  | 'policy'
  | 'changeCounters'
  | 'initTable'
  | 'none';

export const COMMAND_LETTER: Readonly<Partial<Record<CommandName, string>>> = {
  append: 'A',
  delete: 'D',
  deleteNum: 'D',
  check: 'C',
  insert: 'I',
  replace: 'R',
  list: 'L',
  listRules: 'S',
  flush: 'F',
  zero: 'Z',
  zeroNum: 'Z',
  newChain: 'N',
  deleteChain: 'X',
  renameChain: 'E',
  policy: 'P',
  changeCounters: 'C',
};

/** Keys by which the parse loop tells options apart: the short letter, or a word for long-only ones. */
type Row = readonly [key: string, arg: HasArg, ...long: string[]];

const COMMANDS: readonly Row[] = [
  ['A', 'required', 'append'],
  ['D', 'required', 'delete'],
  ['C', 'required', 'check'],
  ['I', 'required', 'insert'],
  ['R', 'required', 'replace'],
  ['L', 'optional', 'list'],
  ['S', 'optional', 'list-rules'],
  ['F', 'optional', 'flush'],
  ['Z', 'optional', 'zero'],
  ['N', 'required', 'new-chain'],
  ['X', 'optional', 'delete-chain'],
  ['E', 'required', 'rename-chain'],
  ['P', 'required', 'policy'],
];

const IP: readonly Row[] = [
  ...COMMANDS,
  ['s', 'required', 'source', 'src'],
  ['d', 'required', 'destination', 'dst'],
  ['p', 'required', 'protocol'],
  ['i', 'required', 'in-interface'],
  ['j', 'required', 'jump'],
  ['t', 'required', 'table'],
  ['m', 'required', 'match'],
  ['n', 'no', 'numeric'],
  ['o', 'required', 'out-interface'],
  ['v', 'no', 'verbose'],
  ['w', 'optional', 'wait'],
  ['W', 'optional', 'wait-interval'],
  ['x', 'no', 'exact'],
  ['f', 'no', 'fragments'],
  ['V', 'no', 'version'],
  ['h', 'optional', 'help'],
  ['line-numbers', 'no', 'line-numbers'],
  ['M', 'required', 'modprobe'],
  ['c', 'required', 'set-counters'],
  ['g', 'required', 'goto'],
  ['4', 'no', 'ipv4'],
  ['6', 'no', 'ipv6'],
];

const ARP: readonly Row[] = [
  ...COMMANDS,
  ['s', 'required', 'source-ip', 'src-ip'],
  ['d', 'required', 'destination-ip', 'dst-ip'],
  ['src-mac', 'required', 'source-mac', 'src-mac'],
  ['dst-mac', 'required', 'destination-mac', 'dst-mac'],
  ['l', 'required', 'h-length'],
  ['proto-length', 'required', 'p-length'],
  ['opcode', 'required', 'opcode'],
  ['h-type', 'required', 'h-type'],
  ['proto-type', 'required', 'proto-type'],
  ['i', 'required', 'in-interface'],
  ['j', 'required', 'jump'],
  ['m', 'required', 'match'],
  ['t', 'required', 'table'],
  ['n', 'no', 'numeric'],
  ['o', 'required', 'out-interface'],
  ['v', 'no', 'verbose'],
  ['x', 'no', 'exact'],
  ['V', 'no', 'version'],
  ['h', 'optional', 'help'],
  ['line-numbers', 'no', 'line-numbers'],
  ['M', 'required', 'modprobe'],
  ['c', 'required', 'set-counters'],
];

const BRIDGE: readonly Row[] = [
  ['A', 'required', 'append'],
  ['I', 'required', 'insert'],
  ['D', 'required', 'delete'],
  ['L', 'optional', 'list'],
  ['Lc', 'no', 'Lc'],
  ['Ln', 'no', 'Ln'],
  ['Lx', 'no', 'Lx'],
  ['Lmac2', 'no', 'Lmac2'],
  ['Z', 'optional', 'zero'],
  ['F', 'optional', 'flush'],
  ['P', 'required', 'policy'],
  ['i', 'required', 'in-interface', 'in-if'],
  ['logical-in', 'required', 'logical-in'],
  ['logical-out', 'required', 'logical-out'],
  ['o', 'required', 'out-interface', 'out-if'],
  ['V', 'no', 'version'],
  ['h', 'optional', 'help'],
  ['j', 'required', 'jump'],
  ['c', 'required', 'set-counters'],
  ['change-counters', 'required', 'change-counters'],
  ['p', 'required', 'proto', 'protocol'],
  ['s', 'required', 'source', 'src'],
  ['d', 'required', 'destination', 'dst'],
  ['t', 'required', 'table'],
  ['M', 'required', 'modprobe'],
  ['N', 'required', 'new-chain'],
  ['E', 'required', 'rename-chain'],
  ['X', 'optional', 'delete-chain'],
  ['init-table', 'no', 'init-table'],
  ['concurrent', 'no', 'concurrent'],
  ['v', 'no', 'verbose'],
  ['check', 'required', 'check'],
];

export const ROWS: Readonly<Record<XtFamily, readonly Row[]>> = { ip: IP, ip6: IP, arp: ARP, bridge: BRIDGE };

export const longRows = <V>(family: XtFamily, wrap: (key: string) => V): LongOption<V>[] =>
  ROWS[family].flatMap(([key, arg, ...names]) => names.map((name) => ({ name, arg, value: wrap(key) })));

/** The getopt strings (xshared.h: IPT_OPTSTRING, ARPT_OPTSTRING, EBT_OPTSTRING). */
const SHORT: Readonly<Record<XtFamily, string>> = {
  ip: 'A:C:D:E:F::I:L::M:N:P:VX::Z::c:d:i:j:o:p:s:t:vR:S::W::46bfg:h::m:nw::x',
  ip6: 'A:C:D:E:F::I:L::M:N:P:VX::Z::c:d:i:j:o:p:s:t:vR:S::W::46bfg:h::m:nw::x',
  arp: 'A:C:D:E:F::I:L::M:N:P:VX::Z::c:d:i:j:o:p:s:t:vR:S::h::l:nx',
  bridge: 'A:C:D:E:F::I:L::M:N:P:VX::Z::c:d:i:j:o:p:s:t:vhR:S::',
};

export function shortRows<V>(family: XtFamily, wrap: (key: string) => V): Map<string, { arg: HasArg; value: V }> {
  const out = new Map<string, { arg: HasArg; value: V }>();
  for (const [, letter, colons] of SHORT[family].matchAll(/([^:])(:{0,2})/g)) {
    out.set(letter, { arg: colons === '::' ? 'optional' : colons === ':' ? 'required' : 'no', value: wrap(letter) });
  }
  return out;
}

/** Options in the order of their bits (xshared.h: OPT_*), with their name in messages and the commands they go with. */
const RULE: readonly CommandName[] = ['append', 'delete', 'check', 'insert', 'replace', 'changeCounters'];
export type OptionName =
  | 'numeric'
  | 'source'
  | 'destination'
  | 'protocol'
  | 'jump'
  | 'verbose'
  | 'exact'
  | 'in-interface'
  | 'out-interface'
  | 'line-numbers'
  | 'set-counters'
  | 'fragments'
  | 'src-mac'
  | 'dst-mac'
  | 'h-length'
  | 'opcode'
  | 'h-type'
  | 'proto-type'
  | 'logical-in'
  | 'logical-out'
  | 'Lc'
  | 'Lx'
  | 'Lmac2';

export interface OptionRule {
  readonly name: OptionName;
  readonly commands: readonly CommandName[] | null;
  readonly invert: boolean;
}

export const OPTIONS: readonly OptionRule[] = [
  { name: 'numeric', commands: ['list'], invert: false },
  { name: 'source', commands: RULE, invert: true },
  { name: 'destination', commands: RULE, invert: true },
  { name: 'protocol', commands: RULE, invert: true },
  { name: 'jump', commands: RULE, invert: false },
  { name: 'verbose', commands: null, invert: false },
  { name: 'exact', commands: ['list'], invert: false },
  { name: 'in-interface', commands: RULE, invert: true },
  { name: 'out-interface', commands: RULE, invert: true },
  { name: 'line-numbers', commands: ['list'], invert: false },
  { name: 'set-counters', commands: ['append', 'insert', 'replace', 'policy'], invert: false },
  { name: 'fragments', commands: RULE, invert: true },
  { name: 'src-mac', commands: RULE, invert: true },
  { name: 'dst-mac', commands: RULE, invert: true },
  { name: 'h-length', commands: RULE, invert: true },
  { name: 'opcode', commands: RULE, invert: true },
  { name: 'h-type', commands: RULE, invert: true },
  { name: 'proto-type', commands: RULE, invert: true },
  { name: 'logical-in', commands: RULE, invert: true },
  { name: 'logical-out', commands: RULE, invert: true },
  { name: 'Lc', commands: ['list'], invert: false },
  { name: 'Lx', commands: ['list'], invert: false },
  { name: 'Lmac2', commands: ['list'], invert: false },
];
