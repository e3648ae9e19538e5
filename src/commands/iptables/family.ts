import type { XtFamily } from '../../kernel/xt/definition.ts';
import type { HookName } from '../../kernel/net/hook.ts';
import { NF_ARP_HOOK, NF_INET_HOOK } from '../../kernel/net/hook.ts';

/** Tables and chains that the xtables tools know and make on touch (iptables/nft.c: xtables_ipv4, xtables_arp, xtables_bridge). */
export interface BuiltinChain {
  readonly name: string;
  readonly type: 'filter' | 'nat' | 'route';
  readonly hook: HookName;
  readonly hooknum: number;
  readonly priority: number;
}

export interface BuiltinTable {
  readonly name: string;
  readonly chains: readonly BuiltinChain[];
}

const HOOK: Readonly<Record<string, HookName>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
  OUTPUT: 'output',
  POSTROUTING: 'postrouting',
  BROUTING: 'prerouting',
};

const inet = (name: string, priority: number, type: BuiltinChain['type'] = 'filter'): BuiltinChain => ({
  name,
  type,
  hook: HOOK[name],
  hooknum: NF_INET_HOOK[HOOK[name] as keyof typeof NF_INET_HOOK],
  priority,
});

/** In the order of enum nft_table_type, which is that of -save. */
const INET: readonly BuiltinTable[] = [
  { name: 'mangle', chains: [inet('PREROUTING', -150), inet('INPUT', -150), inet('FORWARD', -150), inet('OUTPUT', -150, 'route'), inet('POSTROUTING', -150)] },
  { name: 'security', chains: [inet('INPUT', 150), inet('FORWARD', 150), inet('OUTPUT', 150)] },
  { name: 'raw', chains: [inet('PREROUTING', -300), inet('OUTPUT', -300)] },
  { name: 'filter', chains: [inet('INPUT', 0), inet('FORWARD', 0), inet('OUTPUT', 0)] },
  { name: 'nat', chains: [inet('PREROUTING', -100, 'nat'), inet('INPUT', 100, 'nat'), inet('OUTPUT', -100, 'nat'), inet('POSTROUTING', 100, 'nat')] },
];

const ARP: readonly BuiltinTable[] = [
  {
    name: 'filter',
    chains: [
      { name: 'INPUT', type: 'filter', hook: 'input', hooknum: NF_ARP_HOOK.input, priority: 0 },
      { name: 'OUTPUT', type: 'filter', hook: 'output', hooknum: NF_ARP_HOOK.output, priority: 0 },
    ],
  },
];

const BRIDGE: readonly BuiltinTable[] = [
  { name: 'filter', chains: [inet('INPUT', -200), inet('FORWARD', -200), inet('OUTPUT', -200)] },
  { name: 'nat', chains: [inet('PREROUTING', -300), inet('OUTPUT', 100), inet('POSTROUTING', 300)] },
  { name: 'broute', chains: [inet('BROUTING', -0x80000000)] },
];

export const BUILTIN: Readonly<Record<XtFamily, readonly BuiltinTable[]>> = { ip: INET, ip6: INET, arp: ARP, bridge: BRIDGE };

export const builtinTable = (family: XtFamily, name: string): BuiltinTable | undefined => BUILTIN[family].find((t) => t.name === name);
/** nft_xt_builtin_init of a whole table: in the order in which nft.c writes the chains down. */
export function madeTogether(family: XtFamily, table: string): readonly string[] {
  if (table === 'nat' && family !== 'bridge') return ['PREROUTING', 'INPUT', 'POSTROUTING', 'OUTPUT'];
  return builtinTable(family, table)?.chains.map((c) => c.name) ?? [];
}

export const builtinChain = (family: XtFamily, table: string, chain: string): BuiltinChain | undefined => builtinTable(family, table)?.chains.find((c) => c.name === chain);
