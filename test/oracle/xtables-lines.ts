import type { XtExtension, XtFamily, XtOption } from '../../src/kernel/xt/definition.ts';
import { allExtensions } from '../../src/kernel/xt/find.ts';
import type { Choice } from './random.ts';
import type { Step } from './real.ts';
import { BY_TYPE, ETYPE, IP4, IP6, MACS, VALUES } from './xtables-values.ts';

export const TOOL: Readonly<Record<XtFamily, string>> = { ip: 'iptables', ip6: 'ip6tables', arp: 'arptables', bridge: 'ebtables' };
export const CHAINS: Readonly<Record<XtFamily, Readonly<Record<string, string>>>> = {
  ip: {
    filter: 'INPUT FORWARD OUTPUT',
    nat: 'PREROUTING INPUT OUTPUT POSTROUTING',
    mangle: 'PREROUTING INPUT FORWARD OUTPUT POSTROUTING',
    raw: 'PREROUTING OUTPUT',
    security: 'INPUT FORWARD OUTPUT',
  },
  ip6: {
    filter: 'INPUT FORWARD OUTPUT',
    nat: 'PREROUTING INPUT OUTPUT POSTROUTING',
    mangle: 'PREROUTING INPUT FORWARD OUTPUT POSTROUTING',
    raw: 'PREROUTING OUTPUT',
    security: 'INPUT FORWARD OUTPUT',
  },
  arp: { filter: 'INPUT OUTPUT' },
  bridge: { filter: 'INPUT FORWARD OUTPUT', nat: 'PREROUTING OUTPUT POSTROUTING', broute: 'BROUTING' },
};
const PROTOS = 'tcp udp icmp sctp dccp esp ah ipv6-icmp udplite 89 all 0 255 ipcomp 6 mh ipv6'.split(' ');

/** What an extension needs of the rest of the rule, as its users know it: protocol, table, chain. */
interface Need {
  readonly p?: string;
  readonly table?: string;
  readonly chain?: string;
}
export const NEEDS: Readonly<Record<string, Need>> = {
  tcp: { p: 'tcp' },
  udp: { p: 'udp' },
  sctp: { p: 'sctp' },
  dccp: { p: 'dccp' },
  ah: { p: 'ah' },
  esp: { p: 'esp' },
  ipcomp: { p: 'ipcomp' },
  icmp: { p: 'icmp' },
  icmp6: { p: 'ipv6-icmp' },
  mh: { p: 'mh' },
  ecn: { p: 'tcp' },
  tcpmss: { p: 'tcp' },
  osf: { p: 'tcp' },
  multiport: { p: 'tcp udp sctp dccp udplite' },
  rpfilter: { table: 'raw mangle', chain: 'PREROUTING' },
  socket: { chain: 'PREROUTING INPUT', table: 'mangle' },
  owner: { chain: 'OUTPUT POSTROUTING' },
  eui64: { chain: 'PREROUTING INPUT FORWARD' },
  mac: { chain: 'PREROUTING INPUT FORWARD' },
  policy: { chain: 'INPUT OUTPUT FORWARD' },
  CHECKSUM: { table: 'mangle' },
  CLASSIFY: { table: 'mangle', chain: 'OUTPUT FORWARD POSTROUTING' },
  CONNSECMARK: { table: 'mangle security' },
  SECMARK: { table: 'mangle security' },
  CT: { table: 'raw' },
  NOTRACK: { table: 'raw' },
  DNAT: { table: 'nat', chain: 'PREROUTING OUTPUT', p: 'tcp udp' },
  SNAT: { table: 'nat', chain: 'POSTROUTING INPUT', p: 'tcp udp' },
  REDIRECT: { table: 'nat', chain: 'PREROUTING OUTPUT', p: 'tcp udp' },
  MASQUERADE: { table: 'nat', chain: 'POSTROUTING', p: 'tcp udp' },
  NETMAP: { table: 'nat' },
  DNPT: { table: 'mangle', chain: 'PREROUTING' },
  SNPT: { table: 'mangle', chain: 'POSTROUTING' },
  DSCP: { table: 'mangle' },
  ECN: { table: 'mangle', p: 'tcp' },
  HL: { table: 'mangle' },
  TTL: { table: 'mangle' },
  TOS: { table: 'mangle' },
  HMARK: { table: 'mangle', p: 'tcp' },
  REJECT: { table: 'filter', chain: 'INPUT FORWARD OUTPUT', p: 'tcp' },
  SYNPROXY: { p: 'tcp', chain: 'INPUT FORWARD', table: 'filter' },
  TCPMSS: { p: 'tcp', table: 'mangle', chain: 'FORWARD OUTPUT POSTROUTING' },
  TCPOPTSTRIP: { p: 'tcp', table: 'mangle' },
  TPROXY: { p: 'tcp udp', table: 'mangle', chain: 'PREROUTING' },
};
export const BRIDGE_NEEDS: Readonly<Record<string, Need>> = {
  ip: { p: 'IPv4' },
  ip6: { p: 'IPv6' },
  arp: { p: 'ARP' },
  vlan: { p: '802_1Q' },
  '802_3': { p: 'LENGTH' },
  stp: {},
  arpreply: { p: 'ARP', table: 'nat', chain: 'PREROUTING' },
  dnat: { table: 'nat', chain: 'PREROUTING OUTPUT' },
  snat: { table: 'nat', chain: 'POSTROUTING' },
  redirect: { table: 'nat broute', chain: 'PREROUTING BROUTING' },
};

/** One of a list; seldom one of those that the tools refuse. */
function pick(c: Choice, values: string | readonly string[]): string {
  const list = typeof values === 'string' ? values.split('|') : values;
  const from = list.indexOf('!');
  return c.one(from < 0 ? list : c.in(30) ? list.slice(from + 1) : list.slice(0, from));
}
const words = (value: string): string[] => (value === '' ? [''] : value.split(' ').map((w) => w.replaceAll('~', ' ')));

const WIDTH: Readonly<Record<string, bigint>> = { uint8: 255n, uint16: 65535n, uint32: 4294967295n, uint64: 18446744073709551615n };

/** Numbers at the ends of the row's range, between and, rarely, outside them; decimal, hexadecimal, octal. */
function number(c: Choice, o: XtOption, type: string): string {
  const min = BigInt(o.min ?? 0);
  const max = o.max ? BigInt(o.max) : WIDTH[type];
  const mid = min + (max - min) / BigInt(2 + c.below(9));
  const n = c.in(25) ? c.one([min - 1n, max + 1n]) : c.one([min, max, mid, min + 1n, max - 1n, min + 7n < max ? min + 7n : min]);
  if (n < 0n || !c.in(6)) return String(n);
  return c.one([`0x${n.toString(16)}`, `0${n.toString(8)}`, `+${n}`]);
}

function value(c: Choice, e: XtExtension, o: XtOption, family: XtFamily): string[] {
  const named = VALUES[`${e.name}@${family}`]?.[o.name] ?? VALUES[e.name]?.[o.name];
  if (named !== undefined) return words(pick(c, named));
  if (o.type.startsWith('uint')) {
    const type = o.type.replace('rc', '');
    if (!o.type.endsWith('rc')) return [number(c, o, type)];
    const [a, b] = [number(c, o, type), number(c, o, type)];
    return [c.one([a, `${a}:${b}`, `${b}:${a}`, `:${a}`, `${a}:`])];
  }
  return words(pick(c, BY_TYPE[`${o.type}@${family}`] ?? BY_TYPE[o.type]));
}

function option(c: Choice, e: XtExtension, o: XtOption, family: XtFamily): string[] {
  const none = o.type === 'none' || o.argument === 'none';
  return [...(o.invert && c.in(4) ? ['!'] : []), `--${o.name}`, ...(none ? [] : value(c, e, o, family))];
}

const idOf = (o: XtOption): string => o.id ?? o.name;

/** Options that go together, most of the time: all mandatory ones, some others, in any order. */
function options(c: Choice, e: XtExtension, family: XtFamily): string[] {
  const rows = e.options.filter((o) => !o.families || o.families.includes(family));
  const chosen: XtOption[] = [];
  const has = (id: string): boolean => chosen.some((o) => idOf(o) === id);
  const clash = (o: XtOption): boolean => has(idOf(o)) || (o.excludes ?? []).some(has) || chosen.some((x) => (x.excludes ?? []).includes(idOf(o)));
  const add = (o: XtOption): void => {
    if (clash(o) && !c.in(15)) return;
    chosen.push(o);
    for (const id of o.requires ?? []) {
      const r = rows.find((x) => idOf(x) === id);
      if (r && !has(id) && !c.in(20)) chosen.push(r);
    }
  };
  for (const o of rows) if (o.mandatory && !c.in(40)) add(o);
  const extra = c.in(5) ? rows.length : c.below(4);
  for (const o of c.some(rows, Math.max(1, rows.length)).slice(0, chosen.length ? extra : Math.max(1, extra))) add(o);
  const order = c.in(2)
    ? chosen
    : c
        .some(chosen, chosen.length)
        .concat(chosen)
        .filter((o, i, all) => all.indexOf(o) === i);
  return order.flatMap((o) => option(c, e, o, family));
}

/** Never of use here: no such module, no object they name, or not to be had by `-m`. */
const IDLE = new Set(['nfacct', 'ipvs', 'LED', 'CLUSTERIP', 'SECMARK']);
const isUsual = (e: XtExtension, family: XtFamily): boolean =>
  !IDLE.has(e.name) &&
  (e.kernelFamilies ?? e.families).includes(family) &&
  (family === 'bridge' ? !e.families.includes('ip') || e.name === 'limit' : family !== 'arp' || e.kind === 'target' || e.name === 'comment');
function listOf(c: Choice, kind: XtExtension['kind'], family: XtFamily): XtExtension[] {
  const all = allExtensions(kind).filter((e) => e.families.includes(family));
  return c.in(40) ? all : all.filter((e) => isUsual(e, family));
}
const needsOf = (family: XtFamily, e: XtExtension): Need => (family === 'bridge' ? BRIDGE_NEEDS : family === 'arp' ? {} : NEEDS)[e.name] ?? {};

const IFACES = 'eth0|eth+|lo|+|br-0.1|averylongifname|!|averylongifnamex';
const inv = (c: Choice, w: readonly string[]): string[] => (c.in(4) ? ['!', ...w] : [...w]);

/** Tests of the tool itself: addresses, interfaces, ARP fields. */
function selectors(c: Choice, family: XtFamily, chain: string): string[] {
  const one = (list: string): string => pick(c, list);
  const iface = (): string[] =>
    /^(INPUT|PREROUTING|BROUTING)$/.test(chain) || (c.in(2) && !/OUT|POST/.test(chain))
      ? [c.one(['-i', '--in-interface']), pick(c, IFACES)]
      : [c.one(['-o', '--out-interface']), pick(c, IFACES)];
  const own: Readonly<Record<XtFamily, readonly (() => string[])[]>> = {
    ip: [() => [c.one(['-s', '--source', '--src']), one(IP4)], () => [c.one(['-d', '--destination', '--dst']), one(IP4)], iface, () => [c.one(['-f', '--fragments'])]],
    ip6: [() => [c.one(['-s', '--source']), one(IP6)], () => [c.one(['-d', '--dst']), one(IP6)], iface],
    arp: [
      () => [c.one(['-s', '--source-ip']), one(IP4)],
      () => [c.one(['-d', '--destination-ip']), one(IP4)],
      iface,
      () => [c.one(['--source-mac', '--src-mac']), one(MACS)],
      () => ['--destination-mac', one(MACS)],
      () => ['--h-length', c.one(['6', '6', '6', '0', '8', 'x'])],
      () => ['--opcode', c.one(['1', 'Request', 'Reply', '2/3', '65535', 'nak', 'InARP_Request', 'x', '0'])],
      () => ['--h-type', c.one(['1', 'Ethernet', '2', '0xffff', '1/255', 'x'])],
      () => ['--proto-type', c.one(['0x800', 'IPv4', '2048', 'x', '0x806/0xff'])],
    ],
    // --logical-in and --logical-out: the kernel that is asked has no NFT_BRIDGE_META.
    bridge: [() => [c.one(['-s', '--source', '--src']), one(MACS)], () => [c.one(['-d', '--destination']), one(MACS)], iface],
  };
  return c.some(own[family], 2).flatMap((f) => inv(c, f()));
}

export interface RuleLine {
  readonly tool: string;
  readonly table: string;
  readonly chain: string;
  /** The rule itself, without tool, table, command and chain. */
  readonly rule: readonly string[];
}

/** A random rule: of every extension of every family, or of one and of one table, mostly as its manual says. */
export function ruleLine(c: Choice, only?: XtFamily, home?: string): RuleLine {
  const family = only ?? c.one(['ip', 'ip', 'ip', 'ip6', 'ip6', 'bridge', 'bridge', 'arp'] as const);
  const m = c.in(5) ? null : c.one(listOf(c, 'match', family));
  const t = c.in(2) ? null : c.one(listOf(c, 'target', family));
  const sure = !c.in(25);
  const need = (k: keyof Need): string | undefined => {
    const lists = [t, m].flatMap((e) => (e && sure ? (needsOf(family, e)[k]?.split(' ') ?? []) : []));
    return lists.length ? c.one(lists) : undefined;
  };
  const tables = CHAINS[family];
  const table = home ?? need('table') ?? c.one(['filter', 'filter', ...Object.keys(tables)]);
  const chains = (tables[table] ?? tables.filter).split(' ');
  const asked = need('chain');
  const chain = asked && chains.includes(asked) ? asked : c.one(chains);
  const p = need('p') ?? (c.in(3) ? (family === 'bridge' ? pick(c, ETYPE) : c.one(PROTOS)) : undefined);
  const rule: string[] = [];
  if (p !== undefined && family !== 'arp') rule.push(...(c.in(15) ? ['!'] : []), c.one(family === 'bridge' ? ['-p', '--protocol', '--proto'] : ['-p', '--protocol']), p);
  if (c.in(3)) rule.push(...selectors(c, family, chain));
  const matchPart = m ? [...(family === 'bridge' ? [] : [family === 'arp' ? '--match' : c.one(['-m', '--match']), m.name]), ...options(c, m, family)] : [];
  if (family === 'ip' && !rule.includes('-s') && c.in(40)) rule.push('-s', '10.0.0.1,10.0.0.2');
  if (m && family !== 'bridge' && c.in(12)) {
    const m2 = c.one(listOf(c, 'match', family));
    matchPart.push('-m', m2.name, ...options(c, m2, family));
  }
  const watcher = family === 'bridge' && t && (t.name === 'log' || t.name === 'nflog');
  const jump = t
    ? [...(watcher ? [] : ['-j', t.name]), ...options(c, t, family)]
    : c.in(8)
      ? []
      : [family === 'bridge' || !c.in(40) ? c.one(['-j', '--jump']) : '-g', c.one(['ACCEPT', 'DROP', 'RETURN', ...(family === 'bridge' ? ['CONTINUE'] : [])])];
  const swapped = c.in(10);
  rule.push(...(swapped ? [...jump, ...matchPart] : [...matchPart, ...jump]));
  if (c.in(30)) rule.push(...(family === 'bridge' ? ['-c', '3', '4'] : ['-c', '5', '600']));
  return { tool: TOOL[family], table, chain, rule };
}

const JUNK = [
  '!',
  '-m',
  '--',
  '-',
  'x',
  '',
  '-j',
  '--help',
  '-h',
  '-p',
  '--dport',
  '4294967296',
  '-1',
  '0',
  '-x',
  '-n',
  '--line-numbers',
  '-f',
  '-4',
  '-6',
  '-w',
  '-A',
  '-L',
  '--to',
  '-c',
  '-v',
  '-g',
  'ACCEPT',
  '-i',
  '--set-counters',
  '-V',
  '-C',
];

/** A line with a slip in it: words left out, doubled, swapped, cut, negated, given a value they do not take. */
export function spoiled(c: Choice, line: readonly string[]): string[] {
  const w = [...line];
  for (let n = 1 + c.below(2); n > 0; n--) {
    const i = 1 + c.below(Math.max(1, w.length - 1));
    const kind = c.below(12);
    if (kind === 0) w.splice(i, 1);
    else if (kind === 1) w.splice(i, 0, w[i] ?? 'x');
    else if (kind === 2 && w.length > 2) w.splice(Math.max(1, i - 1), 2, ...w.slice(Math.max(1, i - 1), Math.max(1, i - 1) + 2).reverse());
    else if (kind === 3) w.splice(i, 0, '!');
    else if (kind === 4) w.splice(i, 0, c.one(JUNK));
    else if (kind === 5) w[i] = `${w[i] ?? ''}${c.one(['x', ':', '/', '0', ',', '-', '=1', '=', '+', '999'])}`;
    else if (kind === 6) w[i] = (w[i] ?? 'x').slice(0, -1);
    else if (kind === 7) w[i] = c.one(JUNK);
    else if (kind === 8) w.splice(i, 2);
    else if (kind === 9) w.push(...w.slice(i, i + 2));
    else if (kind === 10) w[i] = (w[i] ?? '').toUpperCase();
    else {
      const flags = w.flatMap((x, k) => (x.startsWith('--') && x.length > 3 ? [k] : []));
      if (flags.length) {
        const k = c.one(flags);
        w[k] = c.in(2) ? `${w[k]}=${w[k + 1] ?? '1'}` : w[k].slice(0, 3 + c.below(w[k].length - 3));
      }
    }
  }
  return w;
}

/** What a rule takes to be there: sets, estimators. */
export const before = (rule: readonly string[]): string[][] => [
  ...['S1', 'S2'].filter((s) => rule.includes(s)).map((s) => ['ipset', 'create', s, s === 'S1' ? 'hash:ip' : 'hash:ip,port']),
  ...['R1', 'R2']
    .filter((r) => rule.includes(r) && rule.includes('rateest'))
    .map((r) => ['iptables', '-t', 'mangle', '-A', 'OUTPUT', '-j', 'RATEEST', '--rateest-name', r, '--rateest-interval', '250ms', '--rateest-ewmalog', '1s']),
];

/** The commands of one session about one rule: it goes in, is read back in some of the ways there are, and perhaps goes out. */
export function ruleSession(c: Choice, line: RuleLine, spoil: boolean): Step[] {
  const { tool, table, chain, rule } = line;
  const t = ['-t', table];
  const bridge = tool === 'ebtables';
  const ways: readonly (() => string[])[] = [
    () => [tool, ...t, '-L', chain, ...(bridge ? c.one([[], ['--Lc'], ['--Ln'], ['--Lmac2'], ['--Lx']]) : c.one([['-n'], ['-nv'], ['-v'], [], ['-nvx', '--line-numbers']]))],
    () => [tool, ...t, '-L', chain, ...(bridge ? ['--Lc', '--Ln'] : ['-nv'])],
    () => [tool, ...t, '-S', ...(bridge ? [] : c.one([[], ['-v'], [chain, '1']]))],
    () => ['nft', 'list', 'ruleset'],
    () => ['nft', '-j', 'list', 'ruleset'],
    () => ['nft', '-a', 'list', 'ruleset'],
    () => [`${tool}-translate`, ...t, '-A', chain, ...rule],
  ];
  const first = c.in(5) ? [tool, ...t, '-I', chain, ...(c.in(2) ? ['1'] : []), ...rule] : [tool, ...t, '-A', chain, ...rule];
  const steps = [[`${tool}-save`, ...t], ...c.some(ways, 3).map((f) => f())];
  if (c.in(3)) steps.push([tool, ...t, bridge ? '--check' : '-C', chain, ...rule]);
  if (!bridge && c.in(6)) steps.push([tool, ...t, '-R', chain, '1', ...rule], [`${tool}-save`, ...t, '-c']);
  if (c.in(3)) steps.push([tool, ...t, '-D', chain, ...rule], [tool, ...t, '-S']);
  return [...before(rule).map((argv) => ({ argv })), { argv: spoil ? spoiled(c, first) : first, judged: true }, ...steps.map((argv) => ({ argv }))];
}
