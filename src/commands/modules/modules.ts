import { allExtensions } from '../../kernel/xt/find.ts';

/** What modinfo(8) shows of a module that is part of the kernel. */
export interface KernelModule {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly author: string;
  readonly license: string;
  readonly parameters: readonly string[];
}

const NETFILTER = 'Netfilter Core Team <coreteam@netfilter.org>';

/** Connection tracking helpers: name, description, author, further parameters; all take `ports` but where empty. */
const HELPERS: readonly (readonly [string, string, string, readonly string[]])[] = [
  ['ftp', 'ftp connection tracking helper', 'Rusty Russell <rusty@rustcorp.com.au>', ['ports:array of ushort', 'loose:bool']],
  ['tftp', 'TFTP connection tracking helper', 'Magnus Boden <mb@ozaba.mine.nu>', ['ports:Port numbers of TFTP servers (array of ushort)']],
  [
    'irc',
    'IRC (DCC) connection tracking helper',
    'Harald Welte <laforge@netfilter.org>',
    [
      'ports:port numbers of IRC servers (array of ushort)',
      'max_dcc_channels:max number of expected DCC channels per IRC session (uint)',
      'dcc_timeout:timeout on for unestablished DCC channels (uint)',
    ],
  ],
  ['sip', 'SIP connection tracking helper', 'Christian Hentschel <chentschel@arnet.com.ar>', ['ports:port numbers of SIP servers (array of ushort)']],
  ['amanda', 'Amanda connection tracking module', 'Brian J. Murrell <netfilter@interlinx.bc.ca>', ['master_timeout:timeout for the master connection (uint)']],
  ['pptp', 'Netfilter connection tracking helper module for PPTP', 'Harald Welte <laforge@gnumonks.org>', []],
  ['h323', 'H.323 connection tracking helper', 'Jing Min Zhao <zhaojingmin@users.sourceforge.net>', []],
  ['sane', 'SANE connection tracking helper', 'Michal Schmidt <mschmidt@redhat.com>', ['ports:array of ushort']],
  ['snmp', 'SNMP service broadcast connection tracking helper', 'Jiri Olsa <jolsa@redhat.com>', ['timeout:timeout for master connection/replies in seconds (uint)']],
  [
    'netbios_ns',
    'NetBIOS name service broadcast connection tracking helper',
    'Patrick McHardy <kaber@trash.net>',
    ['timeout:timeout for master connection/replies in seconds (uint)'],
  ],
];

const plain = (name: string, description: string, aliases: readonly string[] = []): KernelModule => ({
  name,
  aliases,
  description,
  author: NETFILTER,
  license: 'GPL',
  parameters: [],
});

/** The modules of the modelled kernel, all built in. */
export const modules: readonly KernelModule[] = [
  ...HELPERS.map(
    ([name, description, author, parameters]): KernelModule => ({
      name: `nf_conntrack_${name}`,
      aliases: [`nfct-helper-${name.replace('_', '-')}`, `ip_conntrack_${name}`],
      description,
      author,
      license: 'GPL',
      parameters,
    }),
  ),
  ...HELPERS.slice(0, 8).map(([name]) => plain(`nf_nat_${name}`, `${name} NAT helper`, [`ip_nat_${name}`])),
  plain('nf_conntrack', 'Connection tracking core', ['ip_conntrack', 'nf_conntrack_ipv4', 'nf_conntrack_ipv6', 'nf_conntrack-2', 'nf_conntrack-10']),
  plain('nf_conntrack_netlink', 'ctnetlink', ['ip_conntrack_netlink', 'nfnetlink-subsys-1', 'nfnetlink-subsys-2']),
  plain('nf_nat', 'Network address translation core', ['nf_nat_ipv4', 'nf_nat_ipv6', 'iptable_nat', 'ip6table_nat']),
  ...[
    'nf_tables',
    'nfnetlink',
    'nft_compat',
    'nft_ct',
    'nft_nat',
    'nft_masq',
    'nft_redir',
    'nft_reject',
    'nft_log',
    'nft_limit',
    'nft_counter',
    'nft_fib',
    'nft_hash',
    'nft_numgen',
    'nft_quota',
    'nft_socket',
    'nft_tproxy',
    'nft_synproxy',
    'nft_chain_nat',
    'nf_defrag_ipv4',
    'nf_defrag_ipv6',
    'nf_reject_ipv4',
    'nf_reject_ipv6',
    'nf_log_syslog',
    'nf_log_ipv4',
    'nf_log_ipv6',
    'x_tables',
    'ip_tables',
    'ip6_tables',
    'arp_tables',
    'ebtables',
    'iptable_filter',
    'iptable_mangle',
    'iptable_raw',
    'iptable_security',
    'ip6table_filter',
    'ip6table_mangle',
    'ip6table_raw',
    'ebtable_filter',
    'ebtable_nat',
    'ebtable_broute',
    'arptable_filter',
    'ip_set',
    'br_netfilter',
    'bridge',
    'tun',
    'veth',
    '8021q',
    'dummy',
  ].map((n) => plain(n, n)),
  ...[...allExtensions('match'), ...allExtensions('target')].map((e) => plain(`xt_${e.name}`, `Xtables: ${e.name} ${e.kind}`, [`ipt_${e.name}`, `ip6t_${e.name}`])),
];

/** Dashes and underscores are one to kmod. */
export const findModule = (name: string): KernelModule | undefined => {
  const n = name.replaceAll('-', '_').replace(/\.ko(\.\w+)?$/, '');
  return modules.find((m) => m.name === n || m.aliases.some((a) => a.replaceAll('-', '_') === n));
};
