import { PORTS } from './random-frame.ts';
import { pick, type Random } from './random.ts';

const port = (r: Random): number => (r(6) === 0 ? r(65536) : pick(r, PORTS));
const range = (r: Random, value: (r: Random) => number): string => {
  const a = value(r),
    b = value(r);
  return a === b ? String(a) : `${Math.min(a, b)}-${Math.max(a, b)}`;
};
const some = (n: number, f: () => string): string[] => [...new Set(Array.from({ length: n }, f))];
/** Ranges that do not touch: those that do are merged or refused. */
const ports = (r: Random): string =>
  r(3) === 0 ? `${pick(r, [20, 30])}-${pick(r, [60, 90])}, ${pick(r, [400, 440])}-${pick(r, [500, 2000])}` : some(1 + r(4), () => String(port(r))).join(', ');
const address = (r: Random): string => `192.168.1.${1 + r(12)}`;
const not = (r: Random): string => pick(r, ['', '', '!= ']);
const compared = (r: Random): string => pick(r, ['', '', '!= ', '< ', '> ', '<= ', '>= ']);

const TESTS: readonly ((r: Random) => string)[] = [
  (r) => `ip saddr ${not(r)}${address(r)}`,
  (r) => `ip saddr ${not(r)}192.168.1.${pick(r, ['0/30', '4/30', '0/24', '2/31', '0/25'])}`,
  (r) => `ip saddr ${not(r)}192.168.1.${1 + r(5)}-192.168.1.${6 + r(r(2) ? 6 : 90)}`,
  (r) => `ip saddr ${not(r)}{ ${some(1 + r(3), () => address(r)).join(', ')} }`,
  (r) => `ip daddr ${not(r)}${pick(r, ['10.0.0.2', '10.0.0.0/8', '192.168.1.1', '10.0.0.0-10.0.1.5'])}`,
  (r) => `ip6 saddr ${not(r)}${pick(r, ['fd01::2', 'fd01::/64', 'fd01::/127', 'fd01::1-fd01::3'])}`,
  (r) => `ip6 hoplimit ${compared(r)}${pick(r, [1, 2, 64])}`,
  (r) => `${pick(r, ['tcp', 'udp', 'th'])} ${pick(r, ['sport', 'dport'])} ${compared(r)}${port(r)}`,
  (r) => `${pick(r, ['tcp', 'udp'])} dport ${not(r)}${range(r, port)}`,
  (r) => `${pick(r, ['tcp', 'udp'])} ${pick(r, ['sport', 'dport'])} ${not(r)}{ ${ports(r)} }`,
  (r) => `ip saddr . ${pick(r, ['tcp', 'udp'])} dport ${not(r)}{ ${some(1 + r(3), () => `${address(r)} . ${port(r)}`).join(', ')} }`,
  (r) => `ip saddr . udp dport { 192.168.1.1-192.168.1.${2 + r(4)} . ${range(r, port)} }`,
  (r) => `ip ttl ${compared(r)}${pick(r, [1, 2, 63, 64])}`,
  (r) => `ip dscp ${not(r)}${pick(r, ['cs0', 'ef', 'cs1'])}`,
  (r) => `ip length ${compared(r)}${28 + r(40)}`,
  (r) => `ip id & ${pick(r, [1, 3, 255])} ${pick(r, ['==', '!='])} ${r(4)}`,
  (r) => `meta l4proto ${not(r)}${pick(r, ['tcp', 'udp', 'icmp', '{ tcp, udp }'])}`,
  (r) => `meta nfproto ${pick(r, ['ipv4', 'ipv6'])}`,
  (r) => `meta mark ${compared(r)}${r(4)}`,
  (r) => `meta mark & ${pick(r, ['0x3', '0x1'])} ${pick(r, ['==', '!='])} ${r(3)}`,
  (r) => `meta length ${compared(r)}${28 + r(60)}`,
  (r) => `iifname ${not(r)}${pick(r, ['"eth0"', '"eth1"', '"eth*"', '"e*"', '{ "eth1", "eth7" }'])}`,
  (r) => `oifname ${not(r)}${pick(r, ['"eth0"', '"lo"', '"eth*"'])}`,
  (r) => `iif ${not(r)}${pick(r, ['eth0', 'eth1'])}`,
  (r) => `ct state ${not(r)}${pick(r, ['new', 'established', 'invalid', 'new,established', '{ new, related }'])}`,
  (r) => `ct mark ${compared(r)}${r(3)}`,
  (r) => `ct status ${pick(r, ['seen-reply', 'confirmed', 'assured'])}`,
  (r) => `tcp flags ${pick(r, ['syn', '& (syn | ack) == syn', '!= syn', '& fin == 0'])}`,
  (r) => `ether saddr ${not(r)}${pick(r, ['02:00:00:00:01:0a', '02:00:00:00:01:0b'])}`,
  (r) => `icmp type ${pick(r, ['echo-request', 'echo-reply', '{ echo-request, destination-unreachable }'])}`,
  (r) => `${pick(r, ['udp', 'tcp'])} dport @${pick(r, ['named', 'counted'])}`,
  (r) => `tcp option ${pick(r, ['maxseg', 'window'])} ${pick(r, ['exists', 'missing'])}`,
  (r) => `limit rate ${pick(r, ['2/second', 'over 3/second'])}`,
  () => 'fib daddr type local',
  () => 'counter',
];
const ACTS: readonly ((r: Random, chains: readonly string[]) => string)[] = [
  () => 'counter',
  () => 'counter accept',
  () => 'counter drop',
  () => 'accept',
  () => 'drop',
  () => 'counter return',
  (r) => `counter meta mark set ${r(4)}`,
  (r) => `counter ct mark set ${r(3)}`,
  (r) => `meta mark set meta mark | ${1 + r(2)} counter`,
  (r) => `ip ttl set ${pick(r, [2, 64, 70])} counter`,
  (r) => `udp dport set ${pick(r, PORTS)} counter`,
  () => 'counter reject',
  (r) => `update @seen { ip saddr${r(2) ? ' counter' : ''} }`,
  () => 'add @counted { udp dport } counter',
  (r, chains) => `counter ${pick(r, ['jump', 'goto'])} ${pick(r, chains)}`,
  (r, chains) => `ip saddr vmap { 192.168.1.1 : drop, 192.168.1.2 : jump ${pick(r, chains)}, 192.168.1.3 : accept }`,
  () => 'counter tcp dport { 22, 80 } counter',
];

/** Tests of what rules before them change. */
const CHANGEABLE: readonly ((r: Random) => string)[] = [
  (r) => `meta mark ${compared(r)}${r(4)}`,
  (r) => `ct mark ${compared(r)}${r(3)}`,
  (r) => `ip ttl ${compared(r)}${pick(r, [2, 64, 70])}`,
  (r) => `udp dport ${compared(r)}${port(r)}`,
];

/** Rules of one kind side by side, as in real chains, so that there is something to tell apart by. */
function rule(r: Random, kinds: readonly ((r: Random) => string)[], chains: readonly string[]): string {
  const tests = Array.from({ length: r(8) === 0 ? 0 : 1 + r(2) }, () => pick(r, r(4) === 0 ? TESTS : kinds)(r));
  const act = r(3) === 0 ? pick(r, ACTS)(r, chains) : 'counter';
  return [...tests, chains.length === 0 && /jump|goto/.test(act) ? 'counter' : act].join(' ');
}

export const SKELETON = `table inet t {
 set named { type inet_service; elements = { 22, 53 }; }
 set counted { type inet_service; size 64; flags dynamic; counter; }
 set seen { type ipv4_addr; size 64; flags dynamic; counter; }
 chain deep { }
 chain side { }
 chain forward { type filter hook forward priority 0; policy accept; }
 chain early { type filter hook prerouting priority mangle; }
 chain input { type filter hook input priority 0; }
}
`;

/** `nft` commands that fill the chains of the skeleton, `size` rules in the longest. The tool refuses some. */
export function randomRules(r: Random, size: number): string[] {
  const kinds = Array.from({ length: 1 + r(4) }, () => pick(r, r(3) ? TESTS : CHANGEABLE)),
    share = Math.ceil(size / 4);
  const fill = (n: number, chain: string, chains: readonly string[]): string[] => Array.from({ length: n }, () => `add rule inet t ${chain} ${rule(r, kinds, chains)}`);
  return [
    ...fill(share, 'deep', []),
    ...fill(share, 'side', ['deep']),
    ...fill(size, 'forward', ['side', 'deep']),
    ...fill(share, 'early', ['side', 'deep']),
    ...fill(share, 'input', ['side']),
  ];
}

const bang = (r: Random): string => pick(r, ['', '', '! ']);
const IPTABLES: readonly ((r: Random) => string)[] = [
  (r) => `${bang(r)}-s ${pick(r, [address(r), '192.168.1.0/30', '192.168.1.4/31'])}`,
  (r) => `-p ${pick(r, ['tcp', 'udp'])} ${bang(r)}--dport ${pick(r, [String(port(r)), '20:90', '1024:', ':1000'])}`,
  (r) => `-p tcp ${bang(r)}--tcp-flags SYN,ACK,FIN ${pick(r, ['SYN', 'ACK', 'SYN,ACK'])}`,
  (r) => `-p ${pick(r, ['tcp', 'udp'])} -m multiport ${bang(r)}${pick(r, ['--dports', '--sports', '--ports'])} ${pick(r, ['22,80', '53,1024:65535', '1:5000', '443'])}`,
  (r) => `-m iprange ${bang(r)}${pick(r, ['--src-range', '--dst-range'])} ${pick(r, ['192.168.1.2-192.168.1.4', '10.0.0.0-10.0.0.9'])}`,
  (r) => `-m mark ${bang(r)}--mark ${r(3)}${pick(r, ['', '/1', '/3'])}`,
  (r) => `-m conntrack ${bang(r)}--ctstate ${pick(r, ['NEW', 'ESTABLISHED', 'INVALID', 'NEW,ESTABLISHED', 'DNAT', 'UNTRACKED,NEW'])}`,
  (r) => `-m conntrack --ctstatus ${pick(r, ['CONFIRMED', 'NONE'])}`,
  (r) => `-m connmark ${bang(r)}--mark ${r(3)}`,
  (r) => `-m length ${bang(r)}--length ${pick(r, ['28', '30:50', '0:40'])}`,
  (r) => `-m ttl ${pick(r, ['--ttl-lt 64', '--ttl-gt 2', '--ttl-eq 64'])}`,
  (r) => `-p icmp --icmp-type ${pick(r, ['8', '0', '3/1', 'any'])}`,
  (r) => `-m tos ${bang(r)}--tos ${pick(r, ['0x10', '0xb8/0xfc'])}`,
  (r) => `-m dscp ${bang(r)}--dscp ${pick(r, ['0', '46'])}`,
  (r) => `${bang(r)}-i ${pick(r, ['eth0', 'eth1', 'eth+'])}`,
  () => '-m comment --comment some',
  () => '-f',
  () => '-m limit --limit 2/sec',
  () => '-m pkttype --pkt-type unicast',
  (r) => `-m recent --name r ${pick(r, ['--set', '--rcheck', '! --rcheck'])}`,
];
/** The same for IPv6: what names addresses or the header of IPv4 has other words. */
const IP6TABLES: readonly ((r: Random) => string)[] = [
  (r) => `${bang(r)}-s ${pick(r, ['fd01::2', 'fd01::/126', 'fd01::3'])}`,
  (r) => `-m iprange ${bang(r)}--src-range fd01::1-fd01::${2 + r(4)}`,
  (r) => `-m hl ${pick(r, ['--hl-lt 64', '--hl-gt 2', '--hl-eq 64'])}`,
  (r) => `-p icmpv6 --icmpv6-type ${pick(r, ['128', '129', '1/0'])}`,
  ...IPTABLES.filter((f) => !/-s |range|ttl|icmp|-f\b/.test(String(f))),
];
const TARGETS: readonly ((r: Random) => string)[] = [() => '-j ACCEPT', () => '-j DROP', () => '', () => '', () => '', () => '-j RETURN', () => '-j REJECT', () => '-j side'];

/** Commands of one of the tools that fill the chains of the filter and mangle tables. */
export function randomIptables(r: Random, size: number, tool: 'iptables' | 'iptables-legacy' | 'ip6tables'): string[] {
  const words = tool === 'ip6tables' ? IP6TABLES : IPTABLES;
  const tests = (): string => Array.from({ length: 1 + r(2) }, () => pick(r, words)(r)).join(' ');
  const line = (chain: string, target: string): string => `${tool} -A ${chain} ${tests()} ${target}`.trim().replace(/ {2,}/g, ' ');
  const once = (text: string): boolean => !/-p .*-p |-m (\w+) .*-m \1 |-s .*-s |-i .*-i |-f.*-f/.test(text);
  const fill = (n: number, make: () => string): string[] => Array.from({ length: n }, make).filter(once);
  return [
    `${tool} -N side`,
    ...fill(size >> 1, () => line('side', pick(r, TARGETS.slice(0, -1))(r))),
    ...fill(size, () => line('FORWARD', pick(r, TARGETS)(r))),
    ...fill(size >> 1, () => line('INPUT', pick(r, TARGETS)(r))),
    ...fill(size >> 1, () => `${tool} -t mangle -A PREROUTING ${tests()} -j ${pick(r, [`MARK --set-mark ${r(3)}`, 'CONNMARK --save-mark', 'TOS --set-tos 0x10'])}`),
  ];
}
