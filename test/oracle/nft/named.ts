import type { Choice } from '../random.ts';
import { type Family, type Selector, selector } from './selectors.ts';
import { interval, scalar } from './values.ts';

/** A set or map of the table, as its rules use it. */
export interface Named {
  readonly name: string;
  readonly key: readonly Selector[];
  readonly holds: 'keys' | 'verdicts' | 'objects' | 'values';
  /** Of the values, or the kind of object. */
  readonly data?: readonly Selector[];
  readonly object?: string;
  readonly dynamic: boolean;
  readonly timeout: boolean;
  readonly text: string;
}

const TYPE_NAMES: Readonly<Record<string, readonly string[]>> = {
  ipv4_addr: ['ip saddr', 'ip daddr'],
  ipv6_addr: ['ip6 saddr', 'ip6 daddr'],
  inet_service: ['tcp dport', 'udp sport', 'th dport'],
  inet_proto: ['ip protocol', 'meta l4proto'],
  ether_addr: ['ether saddr'],
  mark: ['meta mark', 'ct mark'],
  ifname: ['iifname', 'oifname', 'meta iifname'],
  iface_index: ['iif', 'oif'],
  ct_state: ['ct state'],
  icmp_type: ['icmp type'],
  ether_type: ['meta protocol', 'ether type'],
  ct_dir: ['ct direction'],
  uid: ['meta skuid'],
  classid: ['meta priority'],
  tcp_flag: ['tcp flags'],
  dscp: ['ip dscp'],
  pkt_type: ['meta pkttype'],
};
const BITS: Readonly<Record<string, number>> = {
  inet_service: 16,
  inet_proto: 8,
  ether_addr: 48,
  ipv6_addr: 128,
  ifname: 128,
  icmp_type: 8,
  ether_type: 16,
  day: 8,
  tcp_flag: 8,
  dscp: 6,
  ct_dir: 8,
  pkt_type: 8,
};
const USUAL = ['ipv4_addr', 'ipv4_addr', 'inet_service', 'inet_service', 'mark', 'ifname', 'inet_proto', 'ether_addr', 'ipv6_addr'];

const typed = (c: Choice): Selector => {
  const type = c.in(3) ? c.one(Object.keys(TYPE_NAMES)) : c.one(USUAL);
  return { type, bits: BITS[type] ?? 32, text: c.one(TYPE_NAMES[type] as readonly string[]) };
};

const parts = (c: Choice, make: () => Selector): Selector[] => Array.from({ length: c.in(2) ? 1 : 2 + c.below(2) }, make);

const options = (c: Choice): string => `${c.in(6) ? ' timeout 1h' : ''}${c.in(12) ? ' timeout 2h expires 90m' : ''}${c.in(6) ? ' comment "some words"' : ''}`;
const STATEFUL = [
  'counter',
  'limit rate 10/second',
  'quota 500 bytes',
  'last',
  'ct count over 5',
  'counter packets 3 bytes 99',
  'limit rate over 3 mbytes/minute burst 8 kbytes',
  'quota over 2 kbytes used 5 bytes',
];
export const stateful = (c: Choice): string => c.one(STATEFUL);

const keyText = (c: Choice, key: readonly Selector[], intervals: boolean): string => key.map((k) => (intervals && c.in(2) ? interval(c, k) : scalar(c, k))).join(' . ');

function elements(c: Choice, key: readonly Selector[], intervals: boolean, timeouts: boolean, data: () => string): string {
  const rows = new Set<string>();
  for (let i = c.below(4); i > 0; i--) rows.add(keyText(c, key, intervals));
  const texts = [...rows].map((r) => `${r}${timeouts && c.in(2) ? options(c) : ''}${data()}`);
  if (c.in(8)) texts.push(`*${data()}`);
  return texts.length ? `\t\telements = { ${texts.join(', ')} }\n` : '';
}

interface Head {
  readonly text: string;
  readonly key: readonly Selector[];
}
function head(c: Choice, family: Family): Head {
  if (c.in(3)) {
    const key = parts(c, () => (c.in(2) ? typed(c) : selector(c, family)));
    return { key, text: `typeof ${key.map((k) => k.text).join(' . ')}` };
  }
  const key = parts(c, () => typed(c));
  return { key, text: `type ${key.map((k) => k.type).join(' . ')}` };
}

const OBJECTS: readonly (readonly [string, string])[] = [
  ['counter', 'cnt'],
  ['quota', 'qta'],
  ['limit', 'lim'],
  ['synproxy', 'syn'],
];

export function namedSet(c: Choice, family: Family, name: string): Named {
  const { key, text } = head(c, family);
  const intervals = c.in(2);
  const dynamic = !intervals && c.in(2);
  const timeout = c.in(3);
  const flags = [...(intervals ? ['interval'] : []), ...(timeout ? ['timeout'] : []), ...(dynamic ? ['dynamic'] : []), ...(c.in(8) && !dynamic ? ['constant'] : [])];
  const kept = c.in(4) ? STATEFUL[c.below(4)] : undefined;
  const lines = [
    text,
    ...(flags.length ? [`flags ${flags.join(',')}`] : []),
    ...(dynamic || c.in(8) ? [`size ${c.one(['128', '65535', '2'])}`] : []),
    ...(timeout && c.in(2) ? [`timeout ${c.one(['5m', '1d2h', '90s'])}`] : []),
    ...(timeout && c.in(4) ? ['gc-interval 10s'] : []),
    ...(intervals && c.in(2) ? ['auto-merge'] : []),
    ...(c.in(8) ? ['policy memory'] : []),
    ...(kept === undefined ? [] : [kept]),
    ...(c.in(8) ? ['comment "a set"'] : []),
  ];
  const element = (): string => (kept !== undefined && c.in(2) ? ` ${kept}` : c.in(100) ? ` ${stateful(c)}` : '');
  return {
    name,
    key,
    holds: 'keys',
    dynamic,
    timeout,
    text: `\tset ${name} {\n${lines.map((l) => `\t\t${l}\n`).join('')}${elements(c, key, intervals, timeout || c.in(6), element)}\t}\n`,
  };
}

const VERDICTS = ['accept', 'drop', 'return', 'continue', 'jump other', 'goto other'];
export const verdict = (c: Choice): string => c.one(VERDICTS);

export function namedMap(c: Choice, family: Family, name: string): Named {
  const { key, text } = head(c, family);
  const byType = text.startsWith('type ');
  const intervals = c.in(2);
  const timeout = c.in(5);
  const dynamic = !intervals && c.in(3);
  const flags = [...(intervals ? ['interval'] : []), ...(timeout ? ['timeout'] : []), ...(dynamic ? ['dynamic'] : [])];
  const kind = c.below(4);
  const object = kind === 1 ? c.one(OBJECTS) : undefined;
  const data = kind >= 2 ? parts(c, () => typed(c)) : undefined;
  const range = data !== undefined && c.in(6);
  const type = object ? object[0] : data ? `${range ? 'interval ' : ''}${data.map((d) => (byType ? d.type : d.text)).join(' . ')}` : 'verdict';
  const value = (): string => ` : ${object ? object[1] : data ? keyText(c, data, range) : verdict(c)}`;
  const lines = [
    `${text} : ${type}`,
    ...(flags.length ? [`flags ${flags.join(',')}`] : []),
    ...(c.in(8) ? ['counter'] : []),
    ...(c.in(8) ? ['comment "a map"'] : []),
    ...(dynamic ? ['size 100'] : []),
  ];
  const holds = object ? 'objects' : data ? 'values' : 'verdicts';
  const body = `${lines.map((l) => `\t\t${l}\n`).join('')}${elements(c, key, intervals, timeout || c.in(6), value)}`;
  return { name, key, holds, ...(data && { data }), ...(object && { object: object[0] }), dynamic, timeout, text: `\tmap ${name} {\n${body}\t}\n` };
}

/** Objects of a table; those named cnt, qta, lim and syn are there in each, for what refers to them. */
export function objects(c: Choice, family: Family): string {
  const l3 = family === 'ip6' ? 'ip6' : 'ip';
  const note = (): string => (c.in(6) ? ' comment "an object";' : '');
  const always = [
    `counter cnt { ${c.one(['', 'packets 5 bytes 100;'])}${note()} }`,
    `quota qta { ${c.one(['over 10 mbytes;', '500 bytes;', 'until 3 kbytes used 1 kbytes;', '25 mbytes;'])}${note()} }`,
    `limit lim { rate ${c.one(['10/second', 'over 400/hour burst 7 packets', '5 mbytes/minute', 'over 512 kbytes/second burst 9 bytes', '1/week'])};${note()} }`,
    `synproxy syn { mss ${c.one(['1460', '0', '65535'])}; wscale ${c.one(['7', '14', '0'])};${c.one(['', ' timestamp', ' sack-permitted', ' timestamp sack-permitted'])};${note()} }`,
  ];
  const some = [
    `ct helper hlp { type "${c.one(['ftp" protocol tcp', 'tftp" protocol udp', 'sip" protocol udp', 'nope" protocol tcp', 'irc" protocol tcp'])};${c.in(3) ? ` l3proto ${l3};` : ''}${note()} }`,
    `ct timeout tmo { protocol ${c.one(['tcp; policy = { established: 2m, close: 4s }', 'udp; policy = { unreplied : 10, replied: 2m10s }', 'tcp; policy = { established : 7440 }', 'tcp', 'udp; policy = { close: 4 }'])}; l3proto ${l3};${note()} }`,
    `ct expectation exp { protocol ${c.one(['tcp', 'udp'])}; dport ${c.one(['9876', '0', '70000'])}; timeout ${c.one(['2m', '90s', '1h'])}; size ${c.one(['8', '255', '1'])}; l3proto ${l3};${note()} }`,
    ...(c.in(12) ? [`secmark sec { "system_u:object_r:x_t:s0";${note()} }`] : []),
    ...(c.in(12)
      ? [`flowtable ft { hook ingress priority ${c.one(['filter', '0', 'filter + 5', '-10'])}; devices = { ${c.one(['lo', '"lo"'])} };${c.in(3) ? ' counter;' : ''} }`]
      : []),
  ].filter(() => c.in(3));
  const used = family === 'arp' || family === 'netdev' || family === 'bridge' ? always.slice(0, 3) : always;
  return [...used, ...some].map((o) => `\t${o}\n`).join('');
}
