import type { Choice } from '../../random.ts';
import type { Command } from '../scenario.ts';

/** How rules of one family are made: what comes first, one rule, and what lists them. */
interface LinkRules {
  readonly head: (c: Choice, devices: readonly string[]) => Command[];
  readonly rule: (c: Choice, word: (template: string) => string) => Command;
  readonly lists: readonly string[];
}

interface Names {
  readonly devices: readonly string[];
  readonly hosts: readonly (readonly [iface: string, mac: string, address: string, vlan: number])[];
  readonly own: readonly (readonly [mac: string, address: string])[];
}

/** `{d}` a device, `{m}` a MAC, `{a}` an address, `{n}` a network, `{6}` an IPv6 address, `{p}` a port, `{!}` an inversion for xtables, `{~}` for nft. */
export function linkExpand(c: Choice, template: string, names: Names): string {
  const is6 = (a: string): boolean => a.includes(':');
  return template.replace(/\{([dman6p!~])\}/g, (_, key: string) => {
    switch (key) {
      case 'd':
        return c.one(names.devices);
      case 'm':
        return c.in(3) ? c.one(names.own)[0] : c.one(names.hosts)[1];
      case 'a':
        return c.one([...names.hosts.map(([, , a]) => a), ...names.own.map(([, a]) => a)].filter((a) => !is6(a)));
      case 'n':
        return c.one(['192.168.5.0/24', '192.168.0.0/16', '10.0.0.0/24', '192.168.5.4/31', '0.0.0.0/1']);
      case '6':
        return c.one(['fd00:5::2', 'fd00:5::4', 'fd00:a::2', 'fd00:b::10']);
      case 'p':
        return c.one(['22', '53', '80', '443']);
      case '!':
        return c.in(4) ? '! ' : '';
      default:
        return c.in(4) ? '!= ' : '';
    }
  });
}

const argv = (line: string): Command => ({ argv: line.trim().split(/\s+/) });
const nft = (text: string): Command => ({ argv: ['nft', '-f', '-'], stdin: `${text}\n` });

const EBT_MATCHES = [
  '-p IPv4',
  '-p IPv4 --ip-src {!}{a}',
  '-p IPv4 --ip-dst {n}',
  '-p IPv4 --ip-proto tcp --ip-dport {p}',
  '-p IPv4 --ip-proto udp --ip-sport 1000:1002',
  '-p IPv4 --ip-proto icmp --ip-icmp-type echo-request',
  '-p IPv4 --ip-tos {!}0x48',
  '-p IPv6 --ip6-src {6}',
  '-p IPv6 --ip6-proto tcp --ip6-dport {p}',
  '-p IPv6 --ip6-proto ipv6-icmp --ip6-icmp-type echo-request',
  '-p ARP --arp-op Request',
  '-p ARP --arp-op 2',
  '-p ARP --arp-ip-src {a}',
  '-p ARP --arp-ip-dst {!}{n}',
  '-p ARP --arp-mac-src {m}',
  '-p ARP --arp-gratuitous',
  '-p ARP --arp-htype 1 --arp-ptype 0x800',
  '-p 802_1Q --vlan-id 10',
  '-p 802_1Q --vlan-prio 1',
  '-p 802_1Q --vlan-encap IPv4',
  '-p LENGTH --802_3-sap 0x42',
  '-p LENGTH --802_3-type 0x0800',
  '-p LENGTH',
  '-p {!}0x9000',
  '-s {!}{m}',
  '-d {m}',
  '-d Broadcast',
  '-d {!}Multicast',
  '-s 02:00:00:00:05:02/ff:ff:ff:ff:ff:fe',
  '--pkttype-type {!}multicast',
  '--pkttype-type host',
  '--pkttype-type otherhost',
  '--mark 1',
  '--mark {!}0/2',
  '--limit 1/minute --limit-burst 3',
  '-d BGA --stp-type 0',
  '-d BGA --stp-root-prio 0x8000',
  '--among-src 02:00:00:00:05:02,02:00:00:00:05:04=192.168.5.4',
  '--among-dst {!}02:00:00:00:05:03,02:00:00:00:05:05=192.168.5.5',
  '',
] as const;
const EBT_SIDES = ['', '-i {d}', '-i {!}{d}', '--logical-in br0', '-o {d}', '--logical-out br0'] as const;
const EBT: Readonly<Record<string, { readonly chains: readonly string[]; readonly targets: readonly string[] }>> = {
  filter: {
    chains: ['INPUT', 'FORWARD', 'FORWARD', 'OUTPUT', 'U1'],
    targets: ['-j ACCEPT', '-j DROP', '-j CONTINUE', '-j RETURN', '-j U1', '-j mark --mark-set 1 --mark-target CONTINUE', '-j mark --mark-or 2', ''],
  },
  nat: {
    chains: ['PREROUTING', 'POSTROUTING', 'OUTPUT'],
    targets: [
      '-j dnat --to-destination {m}',
      '-j dnat --to-destination {m} --dnat-target CONTINUE',
      '-j snat --to-source {m}',
      '-j snat --to-source {m} --snat-arp --snat-target CONTINUE',
      '-j redirect',
      '-j redirect --redirect-target CONTINUE',
      '-j arpreply --arpreply-mac {m}',
      '-j arpreply --arpreply-mac {m} --arpreply-target CONTINUE',
      '-j DROP',
      '-j ACCEPT',
      '-j mark --mark-set 1 --mark-target CONTINUE',
    ],
  },
  broute: { chains: ['BROUTING'], targets: ['-j DROP', '-j ACCEPT', '-j redirect --redirect-target DROP', '-j mark --mark-set 1 --mark-target CONTINUE'] },
};

const ARPT_MATCHES = [
  '-s {!}{a}',
  '-d {n}',
  '--source-mac {m}',
  '--destination-mac {!}{m}',
  '--opcode Request',
  '--opcode {!}2',
  '--h-length 6',
  '--h-type 1',
  '--proto-type 0x800',
  '-i {d}',
  '-o {d}',
  '',
] as const;

/** What nft can match in a frame, wherever it is looked at. */
const FRAME = [
  'ether saddr {~}{m}',
  'ether daddr {m}',
  'ether daddr ff:ff:ff:ff:ff:ff',
  'ether type arp',
  'ether type {~}ip',
  'ether type { ip, ip6, arp }',
  'ether type 0x9000',
  'vlan id 10',
  'vlan id {~}{ 10, 20 }',
  'vlan pcp 1',
  'vlan id 10 ip saddr {a}',
  'vlan type ip',
  'ip saddr {~}{a}',
  'ip daddr {n}',
  'ip protocol { tcp, udp }',
  'ip ttl < 64',
  'ip dscp 0x12',
  'ip frag-off & 0x1fff != 0',
  'ip6 saddr {6}',
  'tcp dport {~}{p}',
  'tcp flags syn',
  'udp dport {p}',
  'udp length > 20',
  'icmp type echo-request',
  'icmpv6 type echo-request',
  'sctp dport {p}',
  'arp operation request',
  'arp operation {~}{ request, reply }',
  'arp saddr ip {a}',
  'arp daddr ip {n}',
  'arp saddr ether {m}',
  'arp htype 1',
  'arp plen 4',
  'meta protocol {~}ip',
  'meta protocol vlan',
  'meta l4proto {~}tcp',
  'meta pkttype {~}broadcast',
  'meta pkttype { host, otherhost }',
  'meta length > 100',
  'meta length 28-84',
  'meta mark 1',
  'meta iiftype ether',
  'meta oiftype ether',
  'meta rtclassid 0',
  'meta nfproto ipv4',
  '@nh,0,8 0x45',
  '@ll,0,48 0xffffffffffff',
  '@th,16,16 {p}',
  'ether saddr . ip saddr { 02:00:00:00:05:02 . 192.168.5.2, 02:00:00:00:05:04 . 192.168.5.4 }',
  'ether daddr . meta protocol { ff:ff:ff:ff:ff:ff . arp }',
  'limit rate 1/minute burst 3 packets',
  'numgen inc mod 2 0',
] as const;
const SET = [
  'meta mark set 1',
  'ether saddr set {m}',
  'ether daddr set {m}',
  'meta pkttype set host',
  'ip ttl set 5',
  'ip dscp set 8',
  'tcp dport set 8080',
  'vlan id set 7',
  'meta priority set 1:2',
  'ip saddr set {a}',
  'arp daddr ip set {a}',
  'ether daddr set {m} ether type ip',
] as const;
const VERDICTS = ['accept', 'drop', 'continue', 'return', 'jump u', 'goto u', '', ''] as const;

const nftFamily = (
  family: string,
  chains: readonly string[],
  o: { readonly matches: readonly string[]; readonly changes: readonly string[]; readonly heads: (c: Choice, devices: readonly string[]) => string[] },
): LinkRules => ({
  head: (c, devices) => [nft(`table ${family} t {\nchain u { }\n${o.heads(c, devices).join('\n')}\n}`)],
  rule(c, word) {
    const parts = c.some(o.matches, 2);
    const change = c.in(4) ? [c.one(o.changes)] : [];
    const last = c.one(VERDICTS);
    const chain = c.one(['u', ...chains, ...chains]);
    return nft(
      word(
        `add rule ${family} t ${chain} ${[...parts, ...(c.in(8) ? ['meta iifname {d}'] : []), ...change].join(' ')} counter ${chain === 'u' && last.endsWith(' u') ? '' : last}`,
      ),
    );
  },
  lists: [`nft list table ${family} t`],
});

const policy = (c: Choice): string => (c.in(6) ? ' policy drop;' : '');

export const LINK_RULES: Readonly<Record<'ebtables' | 'bridge' | 'netdev' | 'arp' | 'arptables' | 'inet', LinkRules>> = {
  ebtables: {
    head: (c) => [argv('ebtables -N U1'), ...(c.in(6) ? [argv('ebtables -P FORWARD DROP')] : []), ...(c.in(8) ? [argv('ebtables -P INPUT DROP')] : [])],
    rule(c, word) {
      const table = c.one(['filter', 'filter', 'nat', 'broute']);
      const { chains, targets } = EBT[table];
      return argv(word(`ebtables -t ${table} -A ${c.one(chains)} ${c.one(EBT_MATCHES)} ${c.one(EBT_SIDES)} ${c.one(targets)}`));
    },
    lists: ['ebtables -L --Lc', 'ebtables -t nat -L --Lc', 'ebtables -t broute -L --Lc'],
  },
  arptables: {
    head: (c) => (c.in(6) ? [argv('arptables -P INPUT DROP')] : []),
    rule: (c, word) =>
      argv(
        word(
          `arptables -A ${c.one(['INPUT', 'INPUT', 'OUTPUT'])} ${c.one(ARPT_MATCHES)} ${c.one(ARPT_MATCHES)} ${c.one(['-j ACCEPT', '-j DROP', '', '-j mangle --mangle-ip-s {a}', '-j mangle --mangle-mac-d {m} --mangle-target DROP', '-j MARK --set-mark 1', '-j CLASSIFY --set-class 1:2'])}`,
        ),
      ),
    // Not arptables-save: it asks a name server for the addresses that are to be written, and waits.
    lists: ['arptables -nvL --exact'],
  },
  bridge: nftFamily('bridge', ['pre', 'in', 'fwd', 'out', 'post'], {
    matches: [...FRAME, 'meta ibrname "br0"', 'meta obrname "br0"', 'meta ibrpvid 1', 'ct state new', 'ct state established', 'meta iifname {d}', 'meta oifname {d}'],
    changes: [...SET, 'reject', 'reject with icmp port-unreachable', 'reject with tcp reset', 'meta broute set 1', 'dup to {d}', 'ct mark set 1', 'notrack'],
    heads: (c) => [
      `chain pre { type filter hook prerouting priority ${c.one(['-300', '-100'])}; }`,
      `chain in { type filter hook input priority -200;${policy(c)} }`,
      `chain fwd { type filter hook forward priority -200;${policy(c)} }`,
      'chain out { type filter hook output priority 200; }',
      'chain post { type filter hook postrouting priority 300; }',
    ],
  }),
  netdev: nftFamily('netdev', ['ing', 'eg'], {
    matches: FRAME,
    changes: [...SET, 'fwd to {d}', 'dup to {d}', 'vlan id set 20', 'notrack'],
    heads: (c, devices) => [
      `chain ing { type filter hook ingress devices = { ${c.some(devices, 3).join(', ')} } priority 0;${policy(c)} }`,
      `chain eg { type filter hook egress device ${c.one(devices)} priority 0;${policy(c)} }`,
    ],
  }),
  arp: nftFamily('arp', ['in', 'out'], {
    matches: FRAME.filter((m) => /^(?:arp|ether|meta (?:iif|pkt|mark|len|proto)|@nh|limit)/.test(m)),
    changes: ['meta mark set 1', 'arp daddr ip set {a}', 'arp saddr ether set {m}', 'meta priority set 1:2'],
    heads: (c) => [`chain in { type filter hook input priority 0;${policy(c)} }`, 'chain out { type filter hook output priority 0; }'],
  }),
  inet: nftFamily('inet', ['pre', 'in', 'fwd', 'out', 'post'], {
    matches: [
      ...FRAME.filter((m) => !/^(?:arp|vlan)/.test(m)),
      'meta iifname {d}',
      'meta oifname {d}',
      'meta iifkind { bridge, vlan, veth }',
      'meta oifkind bridge',
      'ct state established',
      'fib saddr oifname {d}',
      'iif {d}',
    ],
    changes: ['meta mark set 1', 'ip ttl set 5', 'reject', 'ct mark set 1', 'dup to 192.168.5.2'],
    heads: (c) => [
      'chain pre { type filter hook prerouting priority -150; }',
      `chain in { type filter hook input priority 0;${policy(c)} }`,
      `chain fwd { type filter hook forward priority 0;${policy(c)} }`,
      'chain out { type filter hook output priority 0; }',
      'chain post { type filter hook postrouting priority 0; }',
    ],
  }),
};
