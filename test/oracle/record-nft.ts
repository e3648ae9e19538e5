// node test/oracle/record-nft.ts: asks the real nft what it makes of the rules below, each in every family, and writes
// test/commands/nft/rules.golden.jsonl. Needs root (test/oracle/real.ts).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askAll, whyNot } from './real.ts';
import { type GoldenRule, listed, session } from '../commands/nft/rules.ts';

const FAMILIES = ['ip', 'ip6', 'inet', 'bridge', 'netdev', 'arp'];

/** What one match says of a packet that another one also says: which of the two nft leaves out. */
const FIRST = [
  'meta protocol ip',
  'ether type ip6',
  'ether type vlan',
  'meta nfproto ipv4',
  'ip protocol udp',
  'meta l4proto tcp',
  'vlan id 4',
  'ct l3proto ipv4',
  'ct protocol udp',
];
const SECOND = [
  'udp dport 67',
  'th dport 6',
  'icmp type echo-request',
  'ip saddr 1.2.3.4',
  'meta l4proto icmp',
  'frag id 3',
  'ip option lsrr exists',
  'reject',
  'meta protocol ip',
];

const OTHER = [
  '@nh,0,16 & 0x0fff == 5',
  '@nh,8,8 & 0xfb == 1',
  '@th,16,16 { 1, 2 }',
  'ip dscp set ip dscp | lephb',
  'ip dscp set ip dscp ^ lephb',
  'ip dscp set ip dscp & cs1 | cs1',
  'ip6 flowlabel set ip6 flowlabel | 1',
  'vlan id set vlan id | 1',
  'meta mark & 0xff 1-5',
  'meta iiftype { 1-2, 512 }',
  'fib saddr type { 1-2, 5 }',
  'fib daddr . iif type local',
  'meta hour != "10:00"-"20:30"',
  'tcp flags 1-5',
  'meta mark >> 1 == 5',
  'ct mark >> 8 vmap { 1 : accept }',
  'ip ttl >> 2 == 1',
  'icmp id . tcp option timestamp exists',
  'icmp id . tcp option timestamp { 5-6 . 0 }',
  'ip option rr addr set 10.0.0.2',
  'ct expiration . th sport { 5d . 65535, 1h30m . https }',
  'tcp dport { 22, 80-90 } ct state new,established counter',
  'ip saddr . tcp dport { 10.0.0.0/8 . 22, 192.0.2.1 . 80-90 } accept',
  'meta mark set tcp dport map { 22 : 1, 80 : 2 }',
  'limit rate over 5 mbytes/minute burst 7 kbytes drop',
  'log prefix "x: " level info group 3',
  'tcp dport vmap { 22 : accept, 80 : drop }',
  'tcp option maxseg size set rt mtu',
  'numgen inc mod 3 vmap { 0 : accept, 1-2 : drop }',
  'meta iif 2147483648',
  'jump nowhere',
];

const reason = whyNot();
if (reason) throw new Error(reason);
const rules = [...FIRST.flatMap((a) => SECOND.map((b) => `${a} ${b}`)), ...OTHER];
const asked = FAMILIES.flatMap((family) => rules.map((rule) => ({ family, rule })));
const answers = askAll(asked.map(({ family, rule }) => session(family, rule)));
const golden = asked.map(({ family, rule }, i): GoldenRule => ({ family, rule, ...listed(answers[i] ?? []) }));
writeFileSync(join(import.meta.dirname, '../commands/nft/rules.golden.jsonl'), `${golden.map((g) => JSON.stringify(g)).join('\n')}\n`);
console.log(`${golden.length} rules recorded`);
