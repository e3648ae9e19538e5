import type { Choice } from '../random.ts';
import { type Named, stateful, verdict } from './named.ts';
import { type Family, type Selector, selector } from './selectors.ts';
import { interval, scalar, several } from './values.ts';

const LOG = [
  'prefix "x: "',
  'level info',
  'level debug',
  'group 3',
  'snaplen 20',
  'queue-threshold 5',
  'flags all',
  'flags tcp seq,options',
  'flags skuid',
  'flags ether',
  'flags ip options',
  'level audit',
  'prefix "a b c "',
];
const REJECT = [
  '',
  'with tcp reset',
  'with icmp port-unreachable',
  'with icmp 3',
  'with icmpv6 no-route',
  'with icmpx admin-prohibited',
  'with icmpx type port-unreachable',
  'with icmp type host-prohibited',
  'with icmpv6 type 4',
];
const LIMIT = [
  'rate 10/second',
  'rate over 400/hour burst 10 packets',
  'rate 5 mbytes/minute',
  'rate over 1 kbytes/second burst 7 kbytes',
  'rate 1/day',
  'rate until 3/week burst 1 packets',
  'rate 1025 bytes/second burst 512 bytes',
  'rate 0/second',
  'rate 10 bytes/hour',
];
const QUOTA = ['10 mbytes', 'over 5 kbytes', 'until 1 mbytes', '500 bytes used 20 bytes', 'over 1025 bytes'];
const FLAGS = ['random', 'persistent', 'fully-random', 'random,persistent'];

const PLAIN: readonly string[] = [
  'counter',
  'counter',
  'last',
  'counter',
  'counter packets 5 bytes 10',
  'last',
  'notrack',
  'ct count 20',
  'ct count over 3',
  'counter name "cnt"',
  'quota name "qta"',
  'limit name "lim"',
  'synproxy name syn',
  'ct helper set "hlp"',
  'ct timeout set "tmo"',
  'ct expectation set "exp"',
  'meta nftrace set 1',
  'synproxy',
  'synproxy mss 1460 wscale 7 timestamp sack-permitted',
  'last used never',
  'reset tcp option sack-permitted',
  'reset tcp option 8',
  'tcp option maxseg size set rt mtu',
];

/** What can be written, and with which values. */
const TARGETS: readonly Selector[] = [
  ['meta mark', 'mark', 32],
  ['ct mark', 'mark', 32],
  ['meta priority', 'classid', 32],
  ['meta pkttype', 'pkt_type', 8],
  ['meta nftrace', 'integer', 1],
  ['ct label', 'ct_label', 128],
  ['ct event', 'ct_event', 32],
  ['ct zone', 'integer', 16],
  ['ct original zone', 'integer', 16],
  ['ip saddr', 'ipv4_addr', 32],
  ['ip daddr', 'ipv4_addr', 32],
  ['ip dscp', 'dscp', 6],
  ['ip ecn', 'ecn', 2],
  ['ip ttl', 'integer', 8],
  ['ip id', 'integer', 16],
  ['ip6 dscp', 'dscp', 6],
  ['ip6 ecn', 'ecn', 2],
  ['ip6 flowlabel', 'integer', 20],
  ['ip6 hoplimit', 'integer', 8],
  ['ip6 daddr', 'ipv6_addr', 128],
  ['tcp dport', 'inet_service', 16],
  ['tcp flags', 'tcp_flag', 8],
  ['tcp window', 'integer', 16],
  ['tcp doff', 'integer', 4],
  ['udp sport', 'inet_service', 16],
  ['udp checksum', 'integer', 16],
  ['ether saddr', 'ether_addr', 48],
  ['vlan id', 'integer', 12],
  ['vlan pcp', 'integer', 3],
  ['arp operation', 'arp_op', 16],
  ['arp saddr ip', 'ipv4_addr', 32],
  ['icmp id', 'integer', 16],
  ['tcp option maxseg size', 'integer', 16],
  ['tcp option window count', 'integer', 8],
  ['@th,16,16', 'integer', 16],
  ['@nh,13,3', 'integer', 3],
  ['@ll,0,48', 'integer', 48],
  ['ip option rr addr', 'ipv4_addr', 32],
  ['frag frag-off', 'integer', 13],
  ['sctp chunk data stream', 'integer', 16],
].map(([text, type, bits]) => ({ text, type, bits }) as Selector);

const foreign = (family: Family, text: string): boolean => {
  if (family === 'ip') return /^(ip6|ether|vlan|arp)/.test(text);
  if (family === 'ip6') return /^(ip |ether|vlan|arp|icmp )/.test(text);
  return family === 'inet' ? /^(vlan|arp)/.test(text) : false;
};

const key = (parts: readonly Selector[]): string => parts.map((k) => k.text).join(' . ');

/** A map written where it is used. */
function anonymousMap(c: Choice, family: Family, data: Selector): string {
  const from = Array.from({ length: c.in(3) ? 2 : 1 }, () => selector(c, family));
  const rows = new Set(Array.from({ length: 1 + c.below(3) }, () => from.map((k) => (c.in(3) ? interval(c, k) : scalar(c, k))).join(' . ')));
  return `${key(from)} map { ${[...rows].map((r) => `${r} : ${scalar(c, data)}`).join(', ')} }`;
}

function written(c: Choice, family: Family, maps: readonly Named[]): string {
  let target = c.one(TARGETS);
  while (foreign(family, target.text) && !c.in(15)) target = c.one(TARGETS);
  const map = maps.find((m) => m.holds === 'values' && m.data?.length === 1 && m.data[0]?.type === target.type);
  const set = `${target.text} set`;
  switch (c.below(10)) {
    case 0:
      return `${set} ${target.text} ${c.one(['&', '|', '^'])} ${scalar(c, target)}`;
    case 1:
      return `${set} ${target.text} & ${scalar(c, target)} | ${scalar(c, target)}`;
    case 2:
      return `${set} ${c.one(['meta mark', 'ct mark', 'ip saddr', 'meta length', 'numgen inc mod 3', 'jhash ip saddr mod 4', 'tcp sport', 'meta priority', 'rt mtu', 'meta cpu', 'ip dscp', 'vlan id'])}`;
    case 3:
      return `${set} ${anonymousMap(c, family, target)}`;
    case 4:
      return map ? `${set} ${key(map.key)} map @${map.name}` : `${set} ${scalar(c, target)}`;
    case 5:
      return `${set} ${c.one(['meta mark', 'ct mark', 'ip dscp'])} ${c.one(['<<', '>>'])} ${c.one(['1', '8', '26'])}${c.in(2) ? ` ${c.one(['|', '&'])} ${c.one(['0x1', 'ct mark', 'meta mark'])}` : ''}`;
    case 6:
      return `${set} ${c.one(['meta mark', 'ct mark'])} ${c.one(['&', '|', '^'])} ${c.one(['ct mark', 'meta mark', '0xff'])}`;
    default:
      return `${set} ${target.type.startsWith('ct_') ? several(c, target, 2, false).join(',') : scalar(c, target)}`;
  }
}

const ADDRESS: Readonly<Record<'ip' | 'ip6', readonly string[]>> = {
  ip: ['10.0.0.1', '10.0.0.1-10.0.0.9', '192.0.2.7'],
  ip6: ['fd00::1', 'fd00::1-fd00::9', '2001:db8::7'],
};
const PORT = ['80', '1000-2000', '65535'];

function translated(c: Choice, family: Family, maps: readonly Named[]): string {
  const l3 = family === 'ip6' || (family === 'inet' && c.in(3)) ? 'ip6' : 'ip';
  const named = family === 'inet' || c.in(4) ? `${l3} ` : '';
  const plural = named || `${l3} `;
  const bracket = (a: string): string =>
    l3 === 'ip6'
      ? a
          .split('-')
          .map((x) => `[${x}]`)
          .join('-')
      : a;
  const flags = c.in(4) ? ` ${c.one(FLAGS)}` : '';
  const address = c.one(ADDRESS[l3]);
  const verb = c.one(['snat', 'dnat']);
  const map = maps.find((m) => m.holds === 'values' && m.data?.[0]?.type === (l3 === 'ip' ? 'ipv4_addr' : 'ipv6_addr'));
  switch (c.below(11)) {
    case 0:
      return `masquerade${c.in(2) ? ` to :${c.one(PORT)}` : ''}${flags}`;
    case 1:
      return `redirect${c.in(2) ? ` to :${c.one(PORT)}` : ''}${flags}`;
    case 2:
      return `tcp dport 1-9 ${verb} ${named}to ${bracket(address)}:${c.one(PORT)}${flags}`;
    case 3:
      return `${verb} ${named}to ${anonymousMap(c, family, { text: '', type: l3 === 'ip' ? 'ipv4_addr' : 'ipv6_addr', bits: 32 })}${flags}`;
    case 4:
      return map
        ? `${verb} ${map.data?.length === 2 ? plural : named}${map.data?.length === 2 ? 'addr . port ' : ''}to ${key(map.key)} map @${map.name}${flags}`
        : `${verb} ${named}to ${address}`;
    case 5:
      return `${verb} ${plural}addr . port to tcp dport map { 80 : ${ADDRESS[l3][0]} . ${c.one(['8080', '8081-8089'])}, 22 : ${ADDRESS[l3][1]?.split('-')[1]} . 2222 }`;
    case 6:
      return `${verb} ${l3} prefix to ${l3} saddr map { ${l3 === 'ip' ? '10.0.0.0/24 : 192.0.2.0/24, 10.0.1.0/24 : 198.51.100.0/24' : 'fd00::/64 : 2001:db8::/64'} }`;
    case 7:
      return `tproxy ${named}to ${c.one([`${bracket(ADDRESS[l3][0] as string)}:50080`, ':50080', ADDRESS[l3][0] as string])}`;
    case 8:
      return `redirect to :tcp dport map { 22 : 8000, 80 : 8080 }`;
    case 9:
      return `${verb} ${named}to ${c.one(['numgen inc mod 2', 'jhash ip saddr mod 2', 'symhash mod 2'])} map { 0 : ${ADDRESS[l3][0]}, 1 : ${ADDRESS[l3][1]?.split('-')[1]} }`;
    default:
      return `${verb} ${named}to ${address}${flags}`;
  }
}

const dynamic = (c: Choice, s: Named): string => {
  const options = s.timeout && c.in(2) ? ` timeout ${c.one(['30s', '1m', '2h'])}` : '';
  const more = c.in(3) ? ` ${stateful(c)}` : '';
  const data = s.holds === 'values' && s.data ? ` : ${s.data.map((d) => (c.in(2) ? scalar(c, d) : d.text)).join(' . ')}` : '';
  return `${c.one(['add', 'update', 'delete'])} @${s.name} { ${key(s.key)}${options}${more}${data} }`;
};

const FORWARD = [
  'dup to 10.0.0.9',
  'dup to 10.0.0.9 device "lo"',
  'dup to ip saddr map { 1.2.3.4 : 5.6.7.8 }',
  'dup to ip daddr device iif',
  'dup to jhash ip saddr mod 2 map { 0 : 1.1.1.1, 1 : 1.1.1.2 } device lo',
];
const FORWARD6 = ['dup to fd00::9', 'dup to ip6 saddr device "lo"', 'dup to meta mark map { 1 : fd00::1, 2 : fd00::2 }'];
const DEVICE = [
  'dup to "lo"',
  'fwd to "lo"',
  'fwd ip to 10.0.0.9 device "lo"',
  'fwd ip6 to fd00::1 device "lo"',
  'fwd to meta mark map { 1 : "lo" }',
  'fwd to iif',
  'fwd ip to ip daddr device "lo"',
];
const elsewhere = (c: Choice, family: Family): string =>
  c.one(c.in(20) ? [...FORWARD, ...FORWARD6, ...DEVICE] : family === 'ip' ? FORWARD : family === 'ip6' ? FORWARD6 : family === 'netdev' ? DEVICE : PLAIN);

const QUEUE = [
  'queue',
  'queue to 3',
  'queue num 1-3 bypass',
  'queue flags fanout,bypass to 0-7',
  'queue to numgen inc mod 4',
  'queue flags bypass to symhash mod 3 offset 2',
  'queue to jhash oif . meta mark mod 32',
  'queue to oifname map { "eth0" : 0, "lo" : 2 }',
  'queue flags bypass to tcp dport map { 22 : 1, 80 : 3 }',
  'queue num 65535',
  'queue to 5-4',
];

/** A statement that is no test; those that end a rule come last in it. */
export function statement(c: Choice, family: Family, sets: readonly Named[]): string {
  const writable = sets.filter((s) => s.dynamic && (s.holds === 'keys' || s.holds === 'values'));
  const objects = sets.filter((s) => s.holds === 'objects');
  switch (c.below(14)) {
    case 0:
    case 1:
      return c.one(PLAIN);
    case 2:
      return `log ${c.some(LOG, 3).join(' ')}`;
    case 3:
      return `limit ${c.one(LIMIT)}`;
    case 4:
      return `quota ${c.one(QUOTA)}`;
    case 5:
    case 6:
    case 7:
      return written(c, family, sets);
    case 8:
    case 9:
      return writable.length ? dynamic(c, c.one(writable)) : c.one(PLAIN);
    case 10: {
      const m = objects[0];
      if (m) return `${m.object} name ${key(m.key)} map @${m.name}`;
      const from = selector(c, family);
      const [kind, object] = c.one([
        ['counter', 'cnt'],
        ['quota', 'qta'],
        ['limit', 'lim'],
        ['synproxy', 'syn'],
      ]);
      return `${kind} name ${from.text} map { ${several(c, from, 2, true)
        .map((v) => `${v} : ${c.in(30) ? 'other' : object}`)
        .join(', ')} }`;
    }
    case 11:
      return elsewhere(c, family);
    case 12: {
      const from = selector(c, family);
      return `meter m${c.below(3)} ${c.in(2) ? 'size 100 ' : ''}{ ${from.text}${c.in(3) ? ' timeout 10s' : ''} ${stateful(c)} }`;
    }
    default:
      return c.one(PLAIN);
  }
}

/** What a rule ends with. */
export function terminal(c: Choice, family: Family, sets: readonly Named[]): string {
  const verdicts = sets.filter((s) => s.holds === 'verdicts');
  switch (c.below(10)) {
    case 0:
      return family === 'arp'
        ? verdict(c)
        : `reject ${c.one(REJECT.filter((r) => c.in(15) || (!r.includes('icmp ') && !r.includes('icmpv6') && (family === 'inet' || family === 'bridge' || !r.includes('icmpx'))) || (r.includes('icmpv6') ? family !== 'ip' : r.includes('icmp ') && family !== 'ip6')))}`.trim();
    case 1:
    case 2:
    case 3:
      return family === 'arp' || family === 'bridge' || family === 'netdev' ? verdict(c) : translated(c, family, sets);
    case 4:
      return c.one(QUEUE);
    case 5: {
      const from = Array.from({ length: 1 + c.below(2) }, () => selector(c, family));
      const rows = new Set(Array.from({ length: 1 + c.below(3) }, () => from.map((k) => (c.in(3) ? interval(c, k) : scalar(c, k))).join(' . ')));
      return `${key(from)} vmap { ${[...rows].map((r) => `${r}${c.in(8) ? ` ${stateful(c)}` : ''} : ${verdict(c)}`).join(', ')} }`;
    }
    case 6: {
      const m = verdicts[0];
      return m ? `${key(m.key)} vmap @${m.name}` : verdict(c);
    }
    case 7:
      return c.in(3) ? `${c.one(['jump', 'goto'])} { ${c.one(['accept', 'counter', 'ip saddr 1.2.3.4 drop'])}; }` : verdict(c);
    default:
      return verdict(c);
  }
}
