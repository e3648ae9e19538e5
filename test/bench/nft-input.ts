/**
 * A hundred shapes of rules of `table inet t`, whose named things `nftRules` makes. What differs from rule to rule: `$a` an
 * address, `$6` an address of IPv6, `$p` a port, `$q` another, `$n` a number, `$d` a device, `$m` a number below 64.
 */
const SHAPES = `
ip saddr $a accept
ip daddr $a drop
ip saddr $a ip daddr 192.0.2.$m accept
ip saddr 10.$m.0.0/16 counter drop
ip saddr $a-10.255.255.255 accept
ip saddr != $a counter return
ip daddr { $a, 192.0.2.1 } accept
ip daddr != { $a, 192.0.2.0/24 } drop
ip saddr . tcp dport { $a . $p } accept
ip saddr . ip daddr . udp dport { $a . 192.0.2.1 . $p, 192.0.2.2 . $a . $q } drop
ip protocol tcp ip saddr $a drop
ip protocol { tcp, udp } ip daddr $a accept
ip ttl $m ip saddr $a drop
ip ttl > $m accept
ip dscp cs1 ip saddr $a accept
ip length $p-65535 drop
ip id $p drop
ip saddr @addresses counter packets 0 bytes 0 drop
ip saddr @nets ip daddr $a accept
ip saddr $a tcp dport vmap { 22 : accept, $p : drop }
ip daddr $a meta mark set ip saddr map { 10.0.0.1 : 0x00000001, $a : 0x00000002 }
ip6 saddr $6 accept
ip6 daddr $6 drop
ip6 saddr fd00:$m::/32 counter accept
ip6 saddr { $6, fd01::1 } drop
ip6 nexthdr tcp ip6 saddr $6 accept
ip6 hoplimit < $m drop
ip6 flowlabel $n drop
ip6 saddr $6 tcp flags syn / syn,ack log prefix "x$n" drop
ip6 daddr $6 udp dport $p accept
exthdr frag exists ip6 saddr $6 drop
rt type 0 ip6 saddr $6 drop
tcp dport $p accept
tcp sport $p drop
tcp dport { $p, 443 } accept
tcp dport != $p counter return
tcp dport $p-65535 accept
tcp dport { 22, 80, $p-65535 } drop
tcp dport @ports accept
tcp sport $q tcp dport $p ct state new accept
tcp flags syn tcp dport $p limit rate $m/second accept
tcp flags & (fin | syn | rst | ack) == syn tcp dport $p counter
tcp flags != syn ct state new tcp dport $p drop
tcp dport $p tcp option maxseg size set 1400
tcp option maxseg size $p drop
tcp dport $p reject with tcp reset
tcp dport vmap @verdicts
udp dport $p accept
udp sport $p ip daddr 192.0.2.$m drop
udp sport $p udp dport $q drop
udp dport { 53, $p } counter accept
udp dport $p reject with icmpx admin-prohibited
udp dport $p meter m$m { ip saddr limit rate 10/second } accept
sctp dport $p accept
udplite dport $p drop
th dport $p ip saddr $a accept
meta l4proto { tcp, udp } th dport $p accept
meta l4proto icmp ip saddr $a accept
icmp type echo-request ip saddr $a limit rate 5/second accept
icmp type { echo-reply, echo-request } ip saddr $a accept
icmpv6 type { nd-neighbor-solicit, nd-router-advert } ip6 saddr $6 accept
icmpv6 type echo-request limit rate over $m/minute burst 7 packets drop
iifname "$d" counter return
iifname { "$d", "lo" } accept
iifname "$d" oifname "eth9" tcp dport $p accept
iifname != "$d" ip saddr $a drop
iifname . ip saddr { "$d" . $a } accept
iif "lo" ip daddr $a accept
oifname "ppp*" ip saddr $a drop
meta mark $n accept
meta mark & 0x000000ff == 0x0000001f ip saddr $a drop
meta mark set $n
meta mark set ct mark tcp dport $p
meta pkttype multicast ip saddr $a drop
meta skuid $n accept
meta nfproto ipv6 tcp dport $p accept
meta priority set 1:$m ip saddr $a
meta cgroup $n counter accept
ct state new,established meta mark $n accept
ct state vmap { established : accept, related : accept, invalid : drop } comment "c$n"
ct state established,related tcp dport $p counter packets 0 bytes 0 accept
ct mark $n drop
ct mark set $n
ct status dnat ip saddr $a accept
ct direction original ip saddr $a accept
ct original ip saddr $a ct original proto-dst $p accept
ct count over $m drop comment "n$n"
log prefix "n$n: " level info flags all
counter name "hits" ip saddr $a
quota over $n mbytes drop
limit rate over $n bytes/second drop
fib saddr . iif oif missing ip saddr $a drop
tcp dport $p add @seen { ip saddr timeout 5m }
tcp dport $p jump other comment "jump $n"
ether saddr 02:00:00:00:00:01 ip saddr $a accept
numgen random mod $n vmap { 0 : drop, 1 : accept }
jhash ip saddr . tcp sport mod 16 seed 0x$m vmap { 0 : drop }
time "2026-01-01" - "2026-12-31" tcp dport $p accept
@th,16,16 $p drop
ip saddr $a goto other
`
  .trim()
  .split('\n');

export const address = (i: number): string => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;

const value = (name: string, i: number): string => {
  switch (name) {
    case 'a':
      return address(i);
    case '6':
      return `fd00::${(1 + (i & 0xffff)).toString(16)}`;
    case 'p':
      return String(1000 + (i % 60_000));
    case 'q':
      return String(1 + ((i * 7) % 60_000));
    case 'd':
      return `eth${i & 7}`;
    case 'm':
      return String(10 + (i % 50));
    default:
      return String(1 + i);
  }
};

const HEAD = `table inet t {
	counter hits { }
	set addresses { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 }; }
	set nets { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.0/24 }; }
	set ports { type inet_service; elements = { 22, 80 }; }
	set seen { type ipv4_addr; flags dynamic,timeout; }
	map verdicts { type inet_service : verdict; elements = { 22 : accept, 23 : drop }; }
	chain other { counter; }
`;

/** A document of `n` rules, all in one chain. */
export function nftRules(n: number): string {
  const rules = Array.from({ length: n }, (_, i) => `\t\t${SHAPES[i % SHAPES.length].replace(/\$(\w)/g, (_all, name: string) => value(name, i))}\n`);
  return `${HEAD}\tchain c {\n\t\ttype filter hook input priority 0;\n${rules.join('')}\t}\n}\n`;
}

const list = (n: number, item: (i: number) => string): string => Array.from({ length: n }, (_, i) => item(i)).join(', ');

/** A set of `n` addresses. */
export const nftElements = (n: number): string => `table ip t {\nset s {\n type ipv4_addr\n elements = { ${list(n, address)} }\n}\n}\n`;

/** A set of `n` intervals, none touching another. */
export const nftIntervals = (n: number): string =>
  `table ip t {\nset s {\n type ipv4_addr\n flags interval\n elements = { ${list(n, (i) => `${address(i * 4)}-${address(i * 4 + 2)}`)} }\n}\n}\n`;
