import type { Choice } from '../../random.ts';
import { expand } from './pools.ts';

export type XtTool = 'iptables' | 'ip6tables';

/** Matches for both families; `{x}` as in pools.ts. Values are ones that the conversations meet. */
const BOTH = [
  '{!}-i {i}',
  '{!}-o {i}',
  '-p tcp',
  '-p udp',
  '{!}-p tcp',
  '-p tcp {!}--dport {p}',
  '-p tcp --dport {r}',
  '-p tcp {!}--sport {r}',
  '-p udp {!}--dport {p}',
  '-p udp --sport {r}',
  '-p tcp {!}--syn',
  '-p tcp {!}--tcp-flags SYN,ACK,FIN,RST SYN',
  '-p tcp --tcp-flags ACK ACK',
  '-p tcp --tcp-flags ALL SYN,ACK',
  '-p tcp --tcp-flags PSH PSH',
  '-p tcp --tcp-flags ALL NONE',
  '-p tcp {!}--tcp-option 2',
  '-p tcp --tcp-option 8',
  '-p tcp -m tcpmss {!}--mss 1000:1459',
  '-p tcp -m multiport {!}--dports {p},{r}',
  '-p udp -m multiport --ports 53,{r}',
  '-p tcp -m multiport --sports {r},80',
  '-p sctp {!}--dport 80',
  '-p sctp --chunk-types any INIT',
  '-p sctp --chunk-types all INIT',
  '-p sctp --chunk-types only DATA:U',
  '-p udplite -m multiport --sports {r}',
  '-p dccp --dport {r}',
  '-p dccp --dccp-types REQUEST,RESPONSE',
  '-p 47',
  '-p esp -m esp --espspi 1:1000',
  '-p ah -m ah --ahspi 1:1000',
  '-p ipcomp -m ipcomp --ipcompspi 1:1000',
  '-m conntrack {!}--ctstate {t}',
  '-m state --state NEW,ESTABLISHED',
  '-m conntrack --ctstate DNAT',
  '-m conntrack {!}--ctstate SNAT',
  '-m conntrack {!}--ctproto 17',
  '-m conntrack --ctstatus ASSURED',
  '-m conntrack {!}--ctstatus SEEN_REPLY',
  '-m conntrack --ctstatus CONFIRMED,EXPECTED',
  '-m conntrack --ctstatus NONE',
  '-m conntrack {!}--ctexpire 1:200',
  '-m conntrack --ctdir ORIGINAL',
  '-m conntrack --ctdir REPLY',
  '-m conntrack --ctproto tcp --ctorigdstport {p}',
  '-m conntrack --ctproto udp --ctreplsrcport {r}',
  '-m connmark {!}--mark {M}',
  '-m mark {!}--mark {M}',
  '-m connbytes {!}--connbytes 2:4 --connbytes-dir both --connbytes-mode packets',
  '-m connbytes --connbytes 100 --connbytes-dir original --connbytes-mode bytes',
  '-m connbytes --connbytes 40:60 --connbytes-dir reply --connbytes-mode avgpkt',
  '-m connlimit --connlimit-above 1',
  '-m connlimit --connlimit-upto 2 --connlimit-daddr',
  '-m connlimit --connlimit-above 2 --connlimit-mask 8',
  '-m connlabel {!}--label 3',
  '-m connlabel --label 5 --set',
  '-m helper {!}--helper ftp',
  '-m length {!}--length 40:60',
  '-m length --length 100:',
  '-m limit --limit 1/hour --limit-burst {u}',
  '-m hashlimit --hashlimit-upto 1/hour --hashlimit-burst {u} --hashlimit-mode srcip --hashlimit-name h{#}',
  '-m hashlimit --hashlimit-above 1/hour --hashlimit-burst {u} --hashlimit-mode dstip,dstport --hashlimit-name h{#}',
  '-m hashlimit --hashlimit-above 2/hour --hashlimit-burst 3 --hashlimit-mode srcip,srcport --hashlimit-srcmask 16 --hashlimit-name h{#}',
  '-m hashlimit --hashlimit-upto 1kb/s --hashlimit-burst 2kb --hashlimit-name h{#}',
  '-m recent --name r1 --set',
  '-m recent --name r1 {!}--rcheck --hitcount {u}',
  '-m recent --name r1 {!}--update --seconds 60 --hitcount {u}',
  '-m recent --name r1 --remove --rdest',
  '-m recent --name r2 --set --rdest',
  '-m recent --name r2 --rcheck --rdest --rttl',
  '-m statistic --mode nth --every {u} --packet 0',
  '-m statistic --mode nth {!}--every 3 --packet 2',
  '-m quota {!}--quota 200',
  '-m u32 --u32 "0>>22&0x3C@0>>16=1000:1500"',
  '-m u32 {!}--u32 "6&0xFF=6"',
  '-m string --algo bm --string answer',
  '-m string --algo kmp {!}--string data --from 20 --to 80',
  '-m string --algo bm --hex-string "|616e|SW" --icase',
  '-m bpf --bytecode "4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0"',
  '-m pkttype {!}--pkt-type unicast',
  '-m pkttype --pkt-type broadcast',
  '-m mac {!}--mac-source 02:00:00:00:00:02',
  '-m cpu {!}--cpu 900',
  '-m devgroup {!}--src-group 0',
  '-m devgroup --dst-group 0',
  '-m owner --uid-owner 0',
  '-m owner {!}--socket-exists',
  '-m policy --dir in --pol none',
  '-m policy --dir out --pol ipsec',
  '-m socket',
  '-m socket --transparent',
  '-m socket --nowildcard --restore-skmark',
  '-m rpfilter',
  '-m rpfilter {!}--loose',
  '-m rpfilter --invert',
  '-m rpfilter --validmark --accept-local',
  '-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 0xdeadbeef',
  '-m time --timestart 00:00 --timestop 23:59:59',
  '-m comment --comment "a b"',
  '-m set {!}--match-set s1 src',
  '-m set {!}--match-set s2 dst,dst',
  '-m set --match-set s1 src --return-nomatch',
  '-m physdev --physdev-is-in',
  '-m physdev ! --physdev-is-bridged',
  '-p tcp -m osf --genre Linux --ttl 0',
  '-p udp -m udp --dport {r} -m conntrack --ctstate {t}',
  '-m cgroup --cgroup 0',
  '-m nfacct --nfacct-name a1',
  '-m dscp {!}--dscp {d}',
  '-m dscp --dscp-class CS1',
  '-m tos {!}--tos 0x48',
  '-m tos --tos 0x10/0x3f',
  '-m ecn --ecn-ip-ect 3',
  '-m ecn ! --ecn-ip-ect 2',
  '-p tcp -m ecn --ecn-tcp-cwr',
  '-p tcp -m ecn --ecn-tcp-ece',
];
const FOUR = [
  '{!}-s {a}',
  '{!}-d {a}',
  '{!}-s {n}',
  '{!}-d {n}',
  '-p {l}',
  '{!}-f',
  '-p icmp {!}--icmp-type echo-request',
  '-p icmp --icmp-type 3/3',
  '-p icmp --icmp-type any',
  '-m ttl --ttl-eq 64',
  '-m ttl --ttl-lt 64',
  '-m ttl --ttl-gt 5',
  '-m iprange {!}--src-range 10.0.0.2-10.0.0.3',
  '-m iprange {!}--dst-range 192.168.1.10-192.168.1.15',
  '-m addrtype {!}--dst-type LOCAL',
  '-m addrtype --src-type UNICAST',
  '-m addrtype --dst-type BROADCAST',
  '-m addrtype --dst-type MULTICAST,BROADCAST',
  '-m addrtype --src-type LOCAL --limit-iface-in',
  '-m addrtype --dst-type LOCAL --limit-iface-out',
  '-m realm --realm 0',
  '-m conntrack {!}--ctorigdst {a}',
  '-m conntrack --ctreplsrc {n}',
  '-m conntrack --ctorigsrc {n} --ctrepldst {n}',
];
const SIX = [
  '{!}-s {A}',
  '{!}-d {A}',
  '{!}-s {N}',
  '{!}-d {N}',
  '-p {L}',
  '-p icmpv6 {!}--icmpv6-type echo-request',
  '-p icmpv6 --icmpv6-type 1/4',
  '-p icmpv6 --icmpv6-type neighbour-solicitation',
  '-m hl --hl-eq 64',
  '-m hl --hl-lt 64',
  '-m hl ! --hl-eq 1',
  '-m iprange {!}--src-range fd00:a::2-fd00:a::3',
  '-m addrtype {!}--dst-type LOCAL',
  '-m addrtype --src-type UNICAST',
  '-m addrtype --dst-type MULTICAST',
  '-m eui64',
  '-m frag --fragfirst',
  '-m frag ! --fragid 5',
  '-m frag --fragmore',
  '-m frag --fraglast --fragres',
  '-m hbh {!}--hbh-len 8',
  '-m hbh --hbh-opts 5:2',
  '-m dst --dst-len 8',
  '-m rt --rt-type 0 --rt-segsleft 0:2',
  '-m rt ! --rt-type 2',
  '-m ipv6header --header frag --soft',
  '-m ipv6header {!}--header hop,frag',
  '-m ipv6header --header proto',
  '-m srh --srh-next-hdr 6',
  '-m mh --mh-type 1:5',
  '-m conntrack {!}--ctorigdst {A}',
  '-m conntrack --ctreplsrc {N}',
];

type Table = 'filter' | 'mangle' | 'nat' | 'raw' | 'security';
const TARGETS: Readonly<Record<Table, readonly string[]>> = {
  filter: ['ACCEPT', 'ACCEPT', 'DROP', 'REJECT', 'RETURN', 'U1', 'U2', 'LOG --log-prefix x', 'NFLOG --nflog-group 1', 'NFQUEUE --queue-num 0 --queue-bypass', 'NFQUEUE --queue-num 1', 'AUDIT --type accept', 'MARK --set-mark 3', 'SET --add-set s1 src', 'SET --del-set s1 src', 'SET --add-set s2 dst,dst --exist', 'TRACE', '', '', '', 'REJECT --reject-with tcp-reset', 'SYNPROXY --mss 1460 --wscale 7'],
  mangle: [
    'MARK --set-mark {m}', 'MARK --set-xmark {M}', 'MARK --and-mark 0xf', 'MARK --or-mark 2', 'MARK --xor-mark 3', 'TOS --set-tos 0x10/0x3f', 'TOS --set-tos 0x08', 'TOS --or-tos 0x02', 'DSCP --set-dscp-class AF11', 'DSCP --set-dscp 46',
    'TCPMSS --set-mss 1200', 'TCPMSS --clamp-mss-to-pmtu', 'TCPOPTSTRIP --strip-options sack-permitted,timestamp', 'CONNMARK --set-mark {m}', 'CONNMARK --set-xmark 1/3', 'CONNMARK --save-mark', 'CONNMARK --restore-mark --nfmask 0xf --ctmask 0xff',
    'CONNMARK --or-mark 4', 'CLASSIFY --set-class 1:2', 'CHECKSUM --checksum-fill', 'TPROXY --on-port 8080 --tproxy-mark 1', 'IDLETIMER --timeout 1000 --label i{#}', 'ACCEPT', 'DROP', '', 'SET --add-set s1 dst', 'RATEEST --rateest-name e{#} --rateest-interval 250ms --rateest-ewmalog 0.5s',
  ],
  nat: [],
  raw: ['CT --notrack', 'NOTRACK', 'CT --zone {u}', 'CT --zone-orig 3', 'CT --zone-reply 2', 'CT --zone mark', 'CT --ctevents new', 'CT --helper ftp', 'CT --helper tftp', 'CT --timeout pol', 'DROP', 'ACCEPT', 'MARK --set-mark {m}', 'TRACE', ''],
  security: ['ACCEPT', 'DROP', 'MARK --set-mark 1', 'CONNSECMARK --save', ''],
};
const FOUR_TARGETS: Readonly<Record<Table, readonly string[]>> = {
  filter: ['REJECT --reject-with icmp-host-prohibited', 'REJECT --reject-with icmp-proto-unreachable', 'REJECT --reject-with icmp-admin-prohibited', 'REJECT --reject-with icmp-net-unreachable'],
  mangle: ['TTL --ttl-set 10', 'TTL --ttl-inc 3', 'TTL --ttl-dec 2', 'TTL --ttl-dec 64', 'ECN --ecn-tcp-remove', 'TEE --gateway 172.16.0.10', 'TEE --gateway 192.168.1.20', 'HMARK --hmark-tuple src,dst,sport --hmark-mod 10 --hmark-offset 1 --hmark-rnd 7', 'HMARK --hmark-tuple ct,src,dst --hmark-mod 4 --hmark-rnd 1'],
  nat: [],
  raw: [],
  security: [],
};
const SIX_TARGETS: typeof FOUR_TARGETS = {
  filter: ['REJECT --reject-with icmp6-adm-prohibited', 'REJECT --reject-with icmp6-no-route', 'REJECT --reject-with icmp6-addr-unreachable', 'REJECT --reject-with icmp6-policy-fail'],
  mangle: ['HL --hl-set 10', 'HL --hl-inc 3', 'HL --hl-dec 2', 'TEE --gateway fd00:c::10', 'SNPT --src-pfx fd00:b::/64 --dst-pfx fd00:d::/64', 'DNPT --src-pfx fd00:d::/64 --dst-pfx fd00:b::/64'],
  nat: [],
  raw: [],
  security: [],
};
const NAT: Readonly<Record<XtTool, Readonly<Record<string, readonly string[]>>>> = {
  iptables: {
    PREROUTING: ['DNAT --to-destination 192.168.1.10', 'DNAT --to-destination 192.168.1.10-192.168.1.13', 'DNAT --to-destination 192.168.1.10-192.168.1.13 --persistent', 'DNAT --to-destination 172.16.0.20:90', 'DNAT --to-destination :8080', 'DNAT --to-destination 192.168.1.10:1000-1003/80', 'REDIRECT', 'REDIRECT --to-ports 2000', 'REDIRECT --to-ports 2000-2003', 'NETMAP --to 192.168.1.0/24', 'ACCEPT', 'DNAT --to-destination 10.0.0.3', ''],
    INPUT: ['SNAT --to-source 10.0.0.3', 'ACCEPT', 'NETMAP --to 10.0.0.0/24'],
    OUTPUT: ['DNAT --to-destination 192.168.1.10', 'REDIRECT --to-ports 2000', 'DNAT --to-destination 172.16.0.20:90', 'ACCEPT'],
    POSTROUTING: ['MASQUERADE', 'MASQUERADE --to-ports 3000-3004', 'SNAT --to-source 10.0.0.77', 'SNAT --to-source 10.0.0.77-10.0.0.78', 'SNAT --to-source 10.0.0.77:5000', 'SNAT --to-source 10.0.0.77:5000-5003', 'SNAT --to-source 10.0.0.77 --persistent', 'NETMAP --to 172.16.0.0/24', 'ACCEPT', 'SNAT --to-source 192.168.1.1', ''],
  },
  ip6tables: {
    PREROUTING: ['DNAT --to-destination fd00:b::10', 'DNAT --to-destination [fd00:b::10]:53', 'DNAT --to-destination fd00:b::10-fd00:b::13', 'REDIRECT --to-ports 2000', 'REDIRECT', 'NETMAP --to fd00:b::/64', 'ACCEPT', 'DNAT --to-destination fd00:a::3'],
    INPUT: ['SNAT --to-source fd00:a::3', 'ACCEPT'],
    OUTPUT: ['DNAT --to-destination fd00:b::10', 'REDIRECT --to-ports 2000', 'ACCEPT'],
    POSTROUTING: ['MASQUERADE', 'MASQUERADE --to-ports 3000-3004', 'SNAT --to-source fd00:a::77', 'SNAT --to-source [fd00:a::77]:5000', 'NETMAP --to fd00:c::/64', 'ACCEPT'],
  },
};
const CHAINS: Readonly<Record<Table, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['FORWARD', 'FORWARD', 'INPUT', 'OUTPUT', 'U1', 'U2'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

export interface XtLine {
  readonly table: Table;
  readonly chain: string;
  readonly rule: string;
}

/** One rule; whether the tool takes it is for the caller to find out. */
export function xtRule(c: Choice, tool: XtTool, table: Table, n: () => number): XtLine {
  const chain = c.one(CHAINS[table]);
  const own = tool === 'iptables' ? FOUR : SIX;
  const matches = Array.from({ length: [0, 1, 1, 1, 2, 2, 3][c.below(7)] }, () => c.one(c.in(3) ? own : BOTH));
  const family = (tool === 'iptables' ? FOUR_TARGETS : SIX_TARGETS)[table];
  const target = table === 'nat' ? c.one(NAT[tool][chain]) : c.one(family.length && c.in(4) ? family : TARGETS[table]);
  // A rule has one -p: the later of two gives way.
  const seen = new Set<string>();
  const kept = matches.filter((m) => {
    const key = m.includes('-p ') ? 'p' : (/^(?:\{!\})?(-m \S+|-\S)/.exec(m)?.[1] ?? m);
    return !seen.has(key) && seen.add(key);
  });
  if (/:\d|:\d|--to-ports|tcp-reset|TPROXY/.test(target) && !kept.some((m) => /-p (tcp|udp)/.test(m))) kept.unshift(/tcp-reset/.test(target) || c.in(2) ? '-p tcp' : '-p udp');
  if (/TCPMSS|ECN|TCPOPT|SYNPROXY/.test(target)) kept.unshift(target.startsWith('TCPMSS') ? '-p tcp --syn' : '-p tcp');
  const jump = target === '' ? '' : target === 'U1' && c.in(3) ? ' -g U1' : ` -j ${target}`;
  const rule = expand(c, `${kept.join(' ')}${jump}`.trim()).replaceAll('{#}', () => String(n()));
  return { table, chain, rule };
}

export const XT_TABLES = Object.keys(CHAINS) as readonly Table[];

/** The text for TOOL-restore of the rules a tool has taken. */
export function restoreText(c: Choice, rules: readonly XtLine[]): string {
  return XT_TABLES.filter((t) => rules.some((r) => r.table === t) || c.in(6))
    .map((table) => {
      const builtin = [...new Set(CHAINS[table])];
      const policy = (chain: string): string => (chain.startsWith('U') ? '-' : table === 'filter' && c.in(6) ? 'DROP' : 'ACCEPT');
      return [`*${table}`, ...builtin.map((x) => `:${x} ${policy(x)} [0:0]`), ...rules.filter((r) => r.table === table).map((r) => `-A ${r.chain} ${r.rule}`), 'COMMIT', ''].join('\n');
    })
    .join('');
}
