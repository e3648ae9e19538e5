import type { XtExtension, XtOption, XtOptionType } from '../../src/kernel/xt/definition.ts';
import { allExtensions } from '../../src/kernel/xt/find.ts';
import type { Choice } from './random.ts';

/** Values to try for each kind of option: usual ones, the ends of the range, and ones just outside it. */
const VALUES: Readonly<Record<XtOptionType, readonly string[]>> = {
  none: [],
  uint8: ['0', '1', '7', '255', '256', '0x1f', 'x'],
  uint16: ['0', '1', '443', '65535', '65536', '0x10'],
  uint32: ['0', '1', '4096', '4294967295', '4294967296', '0xff'],
  uint64: ['0', '1', '18446744073709551615', '18446744073709551616'],
  uint8rc: ['0', '1:2', '5:', ':9', '255', '9:1', '256'],
  uint16rc: ['0:65535', '1:2', '5:', ':9', '3', '9:1'],
  uint32rc: ['1', '1:2', '5:', ':9', '0x100:0x200', '4294967296'],
  uint64rc: ['1', '1:2', '5:', ':9'],
  double: ['0.5', '1', '0', '1.5', 'x'],
  string: ['a', 'eth0', 'some text', '', 'averyveryverylongnamethatgoesonandon'],
  tosmask: ['0x10', '0x10/0x3f', '255', '256', 'Minimize-Delay'],
  markmask32: ['1', '0x1/0xff', '0xffffffff', '5/0', '0x100000000'],
  syslogLevel: ['debug', '4', 'emerg', '9'],
  host: ['10.0.0.1', 'fd00::1', '1.2.3', 'nowhere.invalid'],
  hostmask: ['10.0.0.0/8', '10.0.0.1', '10.0.0.0/255.0.0.0', 'fd00::/8', '10.0.0.0/33'],
  plen: ['24', '0', '64', '129'],
  plenmask: ['24', '255.255.255.0', '64'],
  protocol: ['tcp', '17', 'icmp', '256', 'bogus'],
  port: ['22', 'ssh', '0', '65536'],
  portrc: ['1:2', '22', '53:', ':1024', '2:1', 'ssh'],
  ethermac: ['02:00:00:00:00:01', '2:0:0:0:0:1', '02:00:00:00:00'],
  raw: [
    '1',
    '1,2',
    '1:10',
    'tcp',
    '10.0.0.1',
    '10.0.0.1-10.0.0.9',
    '10.0.0.1:80',
    'NEW,ESTABLISHED',
    'SYN,ACK',
    'SYN',
    '0x1/0x2',
    'src',
    'src,dst',
    '5/sec',
    '100',
    'all',
    'fd00::1',
    'host-unreachable',
    'foo',
    'port-unreach',
    'any',
  ],
};

const BASE: readonly (readonly string[])[] = [
  ['-s', '10.1.0.0/16'],
  ['-d', '192.0.2.7'],
  ['!', '-s', '10.0.0.1'],
  ['-i', 'eth0'],
  ['-o', 'eth+'],
  ['!', '-i', 'lo'],
  ['-s', 'fd00::/64'],
  ['-f'],
];
const PROTOS = ['tcp', 'udp', 'icmp', 'sctp', 'dccp', 'esp', 'ah', 'ipv6-icmp', 'udplite', '89'];

function option(c: Choice, o: XtOption): string[] {
  const values = VALUES[o.type];
  const words = [...(c.in(o.invert ? 4 : 30) ? ['!'] : []), `--${o.name}`];
  if (values.length && !c.in(40)) words.push(c.one(values));
  if (o.type === 'raw' && c.in(4)) words.push(c.one(VALUES.raw));
  return words;
}

const options = (c: Choice, e: XtExtension, family: 'ip' | 'ip6'): string[] =>
  c
    .some(
      e.options.filter((o) => !o.families || o.families.includes(family)),
      3,
    )
    .flatMap((o) => option(c, o));

const of = (kind: XtExtension['kind'], family: 'ip' | 'ip6'): XtExtension[] => allExtensions(kind).filter((e) => e.families.includes(family));

/** A random rule command for iptables or ip6tables: most are nearly right, as people's are. */
export function ruleLine(c: Choice): string[] {
  const family = c.in(3) ? 'ip6' : 'ip';
  const table = c.one(['filter', 'filter', 'mangle', 'nat', 'raw']);
  const chain =
    { filter: ['INPUT', 'FORWARD', 'OUTPUT'], mangle: ['PREROUTING', 'FORWARD', 'POSTROUTING'], nat: ['PREROUTING', 'POSTROUTING'], raw: ['PREROUTING', 'OUTPUT'] }[table] ?? [];
  const words = [family === 'ip' ? 'iptables' : 'ip6tables', '-t', table, '-A', c.one(chain)];
  if (!c.in(3)) words.push('-p', c.one(PROTOS));
  for (const b of c.some(BASE, 2)) if (!c.in(2)) words.push(...b);
  if (!c.in(3)) {
    const m = c.one(of('match', family));
    words.push('-m', m.name, ...options(c, m, family));
  }
  if (c.in(2)) words.push('-j', c.one(['ACCEPT', 'DROP', 'RETURN']));
  else {
    const t = c.one(of('target', family));
    words.push('-j', t.name, ...(t.options.length ? options(c, t, family) : []));
  }
  return words;
}
