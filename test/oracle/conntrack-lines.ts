import type { Choice } from './random.ts';
import type { Step } from './real.ts';

/** Values that options are given: usual ones, the ends of ranges, and what the tool refuses or cuts. */
const V4 = ['1.1.1.1', '1.1.1.2', '2.2.2.2', '10.0.0.5', '127.0.0.1', '255.255.255.255', '0.0.0.0', '224.0.0.1'];
const V6 = ['2001:db8::1', '2001:db8::2', '::1', 'fe80::1', '::ffff:1.2.3.4', '::', 'ff02::1', '2001:db8:0:0:1::'];
const ODD_ADDRESSES = [
  '1.2.3',
  '1',
  '0x7f.1',
  'foo',
  '',
  '1.1.1.1/24',
  '1.1.1.0/32',
  '1.1.1.1/33',
  '1.1.1.1/',
  '1.1.1.1/-1',
  '2001:db8::/32',
  '::/0',
  '1.1.1.256',
  '1.1.1.1 ',
  '2001:db8::g',
  '010.1.1.1',
  '1.1.1.1/24/3',
  '1.1.1.1:80',
  '1.1.1.1/255.255.255.0',
];
const PORTS = ['10', '20', '53', '80', '0', '1', '65535'];
const ODD_PORTS = ['65536', '-1', 'http', '0x10', '010', '', '80abc', ' 7', '99999999999'];
const PROTOCOLS = ['tcp', 'udp', 'udplite', 'sctp', 'dccp', 'icmp', 'icmpv6', 'gre'];
const ODD_PROTOCOLS = [
  'TCP',
  'esp',
  'ah',
  '6',
  '17',
  '1',
  '58',
  '255',
  '256',
  '0',
  '-1',
  '0x11',
  '017',
  '17x',
  'foo',
  '',
  'ipv6-icmp',
  'Udp',
  'ospf',
  '47',
  '132',
  'ip',
  'l2tp',
  '4294967302',
  'IPv6-ICMP',
  '033',
  ' 6',
  '+6',
];
const TCP_STATES = ['NONE', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE', 'LISTEN', 'SYN_SENT2'];
const SCTP_STATES = ['NONE', 'CLOSED', 'COOKIE_WAIT', 'COOKIE_ECHOED', 'ESTABLISHED', 'SHUTDOWN_SENT', 'SHUTDOWN_RECD', 'SHUTDOWN_ACK_SENT', 'HEARTBEAT_SENT'];
const DCCP_STATES = ['NONE', 'REQUEST', 'RESPOND', 'PARTOPEN', 'OPEN', 'CLOSEREQ', 'CLOSING', 'TIMEWAIT', 'IGNORE', 'INVALID'];
const ODD_STATES = ['established', 'FOO', '', '3', 'EST', 'SYN_SENT3'];
const STATUSES = [
  'ASSURED',
  'SEEN_REPLY',
  'UNSET',
  'FIXED_TIMEOUT',
  'EXPECTED',
  'SEEN_REPLY,ASSURED',
  'UNREPLIED',
  '!ASSURED',
  'SEEN_REPLY,!ASSURED',
  'OFFLOAD',
  'HW_OFFLOAD',
  'NONE',
  '!UNREPLIED',
  'CONFIRMED',
  'SRC_NAT',
  'DST_NAT,SEEN_REPLY',
  'assured',
  'SEEN',
  'A',
  '',
  'ASSURED,',
  ',',
  'FOO',
  '!',
  '!FOO',
  'UNREPLIED,ASSURED',
  'SEEN_REPLY,FOO',
];
const MARKS = ['0', '1', '5', '0x10', '5/0xff', '0x10/0', '4294967295', '4294967296', '-1', 'abc', '', '5/', '/5', '010', '1/1', '6/2', '0x/1', '3/x'];
const TIMEOUTS = ['100', '100', '100', '600', '1000', '0', '4294967295', '-1', '5000000', 'abc', '', '0x50', '99999999999', '432000', ' 70'];
const ZONES = ['0', '1', '5', '65535', '65536', '-1', 'x', '0x2', ''];
const OUTPUTS = [
  'extended',
  'id',
  'xml',
  'save',
  'timestamp',
  'ktimestamp',
  'labels',
  'userspace',
  'xml,id',
  'extended,id',
  'id,extended',
  'ext',
  'x',
  'save,id',
  'xml,save',
  'foo',
  '',
  'id,',
  ',id',
  'XML',
  'e,i',
  'ktimestamp,extended',
  'xml,ktimestamp',
  'SAVE',
  'extended,xml,id',
];
const NAT = [
  '3.3.3.3',
  '3.3.3.3:80',
  '3.3.3.3:',
  '3.3.3.3:70000',
  'fd00::3',
  '[fd00::3]:80',
  '[fd00::3',
  '[]:80',
  ':80',
  'foo',
  '3.3.3.3:0',
  '1.1.1.1',
  '3.3.3.3:abc',
  '[fd00::3]',
  '3.3.3.3/24',
  '3.3.3.3:80:90',
  '3.3.3.3:080',
  '3.3.3.3:-1',
  '3.3.3.3: 5',
];
const EVENTS = ['NEW', 'UPDATES', 'DESTROY', 'ALL', 'NEW,DESTROY', 'new', 'FOO', '', 'N', 'UPDATE'];
const ICMP_TYPES = ['8', '0', '13', '14', '15', '16', '17', '18', '128', '129', '3', '255', '256', '-1', 'x', '139', '140', '0x8'];
const COMMANDS = ['-L', '-L', '-L', '-D', '-D', '-U', '-U', '-G', '-F', '-C', '-S', '-I', '-A', '-h', '-V'];
const LONG: Readonly<Record<string, readonly string[]>> = {
  '-L': ['--dump', '-L', '--du'],
  '-D': ['--delete', '-D', '--del'],
  '-U': ['--update', '-U', '--up'],
  '-G': ['--get', '-G', '--g'],
  '-F': ['--flush', '-F', '--fl'],
  '-C': ['--counter', '-C', '--c'],
  '-S': ['--stats', '-S', '--sta'],
  '-I': ['--create', '-I', '--cr'],
  '-A': ['--add', '-A', '--ad'],
  '-h': ['--help', '-h', '--h'],
  '-V': ['--version', '-V', '--v'],
};
const TABLES = ['conntrack', 'expect', 'dying', 'unconfirmed', 'exp', 'con', 'foo', '', 'd', 'u', 'Expect', 'conntrackx'];

const pick = (c: Choice, usual: readonly string[], odd: readonly string[], rare = 12): string => (c.in(rare) ? c.one(odd) : c.one(usual));

/** How odd a line may be: one in `n` choices is a strange one. */
type Rare = number;

const address = (c: Choice, six: boolean, rare: Rare): string => pick(c, six ? V6 : V4, [...ODD_ADDRESSES, ...(six ? V4 : V6)], rare);

/** The options of a protocol, for an entry (all that it needs) or for a filter (some). */
function l4(c: Choice, protocol: string, whole: boolean, rare: Rare): string[] {
  const out: string[] = [];
  const take = (probability: number): boolean => whole || !c.in(probability);
  const port = (): string => pick(c, PORTS, ODD_PORTS, rare);
  const option = (name: string, value: string): number => (c.in(9) ? out.push(`${name}=${value}`) : out.push(name, value));
  const p = protocol.toLowerCase();
  if (['tcp', 'udp', 'udplite', 'sctp', 'dccp', '6', '17', '132', '0x11'].includes(p)) {
    if (take(2)) option(c.one(['--sport', '--orig-port-src', '--sport']), port());
    if (take(2)) option(c.one(['--dport', '--orig-port-dst', '--dport']), port());
    if (c.in(6)) option('--reply-port-src', port());
    if (c.in(6)) option('--reply-port-dst', port());
    if (c.in(rare * 2)) option(c.one(['--mask-port-src', '--mask-port-dst', '--tuple-port-src', '--tuple-port-dst', '--srckey', '--icmp-type']), port());
  }
  if ((p === 'tcp' || p === '6') && (whole ? !c.in(rare) : c.in(3))) option('--state', pick(c, TCP_STATES, ODD_STATES, rare));
  if (p === 'sctp' || p === '132') {
    if (whole ? !c.in(rare) : c.in(3)) option('--state', pick(c, SCTP_STATES, ODD_STATES, rare));
    if (whole ? !c.in(rare) : c.in(5)) option('--orig-vtag', pick(c, ['1', '0', '4294967295'], ['-1', '0x5', 'x', '4294967296'], rare));
    if (whole ? !c.in(rare) : c.in(5)) option('--reply-vtag', pick(c, ['2', '0', '4294967295'], ['-1', '0x5', 'x', '99999999999999999999'], rare));
  }
  if (p === 'dccp') {
    if (whole ? !c.in(rare) : c.in(3)) option('--state', pick(c, DCCP_STATES, ODD_STATES, rare));
    if (whole ? !c.in(rare) : c.in(4)) option('--role', pick(c, ['client', 'server', 'c', 'SERVER'], ['x', '', 'clients'], rare));
  }
  if (p === 'icmp' || p === 'icmpv6' || p === '1' || p === '58') {
    const name = p === 'icmp' || p === '1' ? 'icmp' : 'icmpv6';
    const echo = name === 'icmp' ? ['8', '8', '0', '13', '17'] : ['128', '128', '129', '139'];
    if (take(2)) option(`--${name}-type`, pick(c, echo, ICMP_TYPES, rare));
    if (take(2)) option(`--${name}-code`, pick(c, ['0', '0', '1'], ['255', '256', 'x'], rare));
    if (take(2)) option(`--${name}-id`, pick(c, ['7', '1', '65535'], ['65536', 'x', '0'], rare));
  }
  if (p === 'gre' || p === '47') {
    const key = (): string => pick(c, ['1', '0x10', '65535', '0'], ['65536', 'x', '-1', '010', '09', '0x'], rare);
    if (take(2)) option(c.one(['--srckey', '--orig-key-src']), key());
    if (take(2)) option(c.one(['--dstkey', '--orig-key-dst']), key());
    if (c.in(8)) option('--reply-key-src', key());
    if (c.in(8)) option('--reply-key-dst', key());
    if (c.in(rare * 2)) option(c.one(['--mask-key-src', '--tuple-key-dst']), key());
  }
  return out;
}

function protocolWords(c: Choice, six: boolean, whole: boolean, rare: Rare): string[] {
  const p = c.in(rare) ? c.one(ODD_PROTOCOLS) : c.one(PROTOCOLS.filter((x) => x !== (six ? 'icmp' : 'icmpv6') || c.in(rare)));
  const named = c.one([['-p', p], ['--protonum', p], ['-p', p], [`-p${p}`]]);
  const options = l4(c, p, whole, rare);
  // Options of a protocol before it is named are no options at all.
  return c.in(rare * 3) ? [...options, ...named] : [...named, ...options];
}

/** What may follow any command; `odd` lines take more of what does not belong. */
const EXTRAS: readonly ((c: Choice, six: boolean, rare: Rare) => string[])[] = [
  (c) => ['-m', c.one(MARKS)],
  (c) => [c.one(['-u', '--status']), c.one(STATUSES)],
  (c) => [c.one(['-w', '--zone']), c.one(ZONES)],
  (c) => ['--orig-zone', c.one(ZONES)],
  (c) => ['--reply-zone', c.one(ZONES)],
  (c) => [c.one(['-n', '--src-nat']), ...(c.in(4) ? [] : [c.one(NAT)])],
  (c) => [c.one(['-g', '--dst-nat']), ...(c.in(4) ? [] : [c.one(NAT)])],
  (c) => [c.one(['-j', '--any-nat']), ...(c.in(3) ? [] : [c.one(NAT)])],
  (c) => [c.one(['-o', '--output']), c.one(OUTPUTS)],
  (c) => [c.one(['-f', '--family']), c.one(['ipv4', 'ipv6', 'ipv4', 'ipv', 'foo', 'ipv4x', ''])],
  (c, six, rare) => [c.one(['-s', '--src', '--orig-src']), address(c, six, rare)],
  (c, six, rare) => [c.one(['-d', '--dst', '--orig-dst']), address(c, six, rare)],
  (c, six, rare) => [c.one(['-r', '--reply-src']), address(c, six, rare)],
  (c, six, rare) => [c.one(['-q', '--reply-dst']), address(c, six, rare)],
  (c, six, rare) => ['-s', address(c, six, rare), '--mask-src', c.one(['255.255.255.0', '255.0.0.0', 'ffff::', '0.0.0.0'])],
  (c, six, rare) => ['-d', address(c, six, rare), '--mask-dst', c.one(['255.255.255.0', '255.255.255.255', 'ffff:ffff::', '::'])],
  (c, six) => ['-s', `${c.one(six ? V6 : V4)}/${c.one(['0', '8', '24', '32', '64', '128', '7', '31'])}`],
  (c, six) => ['-d', `${c.one(six ? V6 : V4)}/${c.one(['0', '8', '24', '32', '64', '128'])}`],
  (c) => ['-t', c.one(TIMEOUTS)],
  (c) => ['-c', c.one(['0', '1', '0x10', 'x'])],
  (c) => ['-i', c.one(['1', '0', '4294967295', 'x'])],
  (c) => ['-e', c.one(EVENTS)],
  () => ['-z'],
  () => ['-a', '1'],
  (c) => ['-b', c.one(['1000', 'x', '-1'])],
  (c) => ['-l', c.one(['foo', '1', ''])],
  (c) => ['--label-add', c.one(['foo', '1'])],
  (c) => ['--label-del', ...(c.in(2) ? [] : ['foo'])],
  (c, six, rare) => ['--tuple-src', address(c, six, rare)],
  (c, six, rare) => ['--mask-src', address(c, six, rare)],
];
const COMMON = 16;

export function createLine(c: Choice, rare: Rare): string[] {
  const six = c.in(3);
  const command = c.one(['-I', '-I', '-I', '-A', '--create', '--add']);
  const parts: string[][] = [
    ['-s', address(c, six, rare)],
    ['-d', address(c, six, rare)],
    protocolWords(c, six, true, rare),
    ['-t', c.in(rare / 2) ? c.one(TIMEOUTS) : c.one(['100', '600', '1000'])],
  ];
  const sides = c.below(8);
  if (sides === 0) parts.splice(0, 2, ['-r', address(c, six, rare)], ['-q', address(c, six, rare)]);
  else if (sides === 1) parts.push(['-r', address(c, six, rare)], ['-q', address(c, six, rare)]);
  const extras: readonly (() => string[])[] = [
    () => ['-m', c.in(rare) ? c.one(MARKS) : c.one(['1', '5', '0x10'])],
    () => ['-u', c.in(rare) ? c.one(STATUSES) : c.one(['ASSURED', 'SEEN_REPLY', 'SEEN_REPLY,ASSURED', 'UNSET', 'FIXED_TIMEOUT'])],
    () => ['-w', c.in(rare) ? c.one(ZONES) : c.one(['1', '5'])],
    () => [c.one(['--orig-zone', '--reply-zone']), c.in(rare) ? c.one(ZONES) : c.one(['1', '5'])],
    () => ['-n', c.in(rare) ? c.one(NAT) : c.one(six ? ['fd00::3', '[fd00::3]:80'] : ['3.3.3.3', '3.3.3.3:80'])],
    () => ['-g', c.in(rare) ? c.one(NAT) : c.one(six ? ['fd00::4', '[fd00::4]:81'] : ['4.4.4.4', '4.4.4.4:81'])],
    () => c.one(EXTRAS)(c, six, rare),
  ];
  while (c.in(3)) parts.push(c.one(extras)());
  if (c.in(rare)) parts.splice(c.below(parts.length), 1);
  if (c.in(4)) parts.reverse();
  const at = c.in(5) ? parts.length : 0;
  parts.splice(at, 0, [command]);
  return ['conntrack', ...parts.flat()];
}

function queryLine(c: Choice, rare: Rare): string[] {
  const six = c.in(4);
  const command = c.one(COMMANDS);
  const word = c.in(4) ? c.one(LONG[command]) : command;
  const parts: string[][] = [];
  if (!c.in(3) && command !== '-S' && command !== '-V') parts.push(protocolWords(c, six, command === '-G' || command === '-I', rare));
  if (command === '-G' || command === '-I' || command === '-A') parts.push(['-s', address(c, six, rare)], ['-d', address(c, six, rare)]);
  if (command === '-U')
    parts.push(
      c.one([
        ['-m', c.one(MARKS)],
        ['-t', c.one(TIMEOUTS)],
        ['-u', c.one(STATUSES)],
        ['-m', '7'],
      ]),
    );
  for (let n = c.below(3); n > 0; n--) parts.push((c.in(rare / 2) ? c.one(EXTRAS) : EXTRAS[c.below(COMMON)])(c, six, rare));
  if (c.in(4)) parts.reverse();
  const table = c.in(rare / 2) ? [c.one(TABLES)] : [];
  parts.splice(c.in(6) ? parts.length : 0, 0, [word, ...table]);
  if (c.in(rare * 2)) parts.push([c.one(['extra', '-x', '--foo', '--s', '-L', '!', '--', '-', '--src=1.1.1.1', '--sta', '-LL'])]);
  return ['conntrack', ...parts.flat()];
}

const quoteWord = (c: Choice, w: string): string => (w === '' || /\s/.test(w) || c.in(15) ? `"${w}"` : c.in(20) ? `'${w}'` : w);

/** A file for `-R`: commands a line, comments, blanks, and now and then a broken one. */
function loadFile(c: Choice): string {
  const lines: string[] = [];
  for (let n = 1 + c.below(5); n > 0; n--) {
    const words = (c.in(4) ? queryLine(c, 20) : createLine(c, 30)).slice(1);
    lines.push(`${c.in(8) ? ' ' : ''}${words.map((w) => quoteWord(c, w)).join(c.in(8) ? '  ' : ' ')}${c.in(8) ? ' ' : ''}`);
    if (c.in(8)) lines.push(c.one(['# a comment', '', '  ', '\t# x', '-F', '-L', '-I', 'foo', '-D -p tcp', '-U -m 5', '"', "-D -s '1.1.1.1", '-D -s 1.1.1.1 # all']));
  }
  return lines.join('\n') + (c.in(8) ? '' : '\n');
}

const LISTINGS: readonly (readonly string[])[] = [['-L'], ['-L', '-o', 'extended'], ['-L', '-o', 'save'], ['-L', '-o', 'xml'], ['-C'], ['-L', '-f', 'ipv6', '-o', 'xml'], ['-S']];

/** A session of conntrack: entries, then what looks at them, changes them and takes them away. */
export function conntrackSession(c: Choice): Step[] {
  const rare = c.one([8, 20, 40]);
  const steps: Step[] = [];
  if (c.in(3)) steps.push({ argv: ['sysctl', '-q', '-w', 'net.netfilter.nf_conntrack_acct=1', ...(c.in(2) ? ['net.netfilter.nf_conntrack_timestamp=1'] : [])] });
  for (let n = 1 + c.below(3); n > 0; n--) steps.push({ argv: createLine(c, rare) });
  if (c.in(5)) steps.push({ argv: ['conntrack', c.one(['-R', '--load-file']), '-'], stdin: loadFile(c) });
  for (let n = 2 + c.below(4); n > 0; n--) {
    steps.push({ argv: queryLine(c, rare) });
    if (c.in(2)) steps.push({ argv: ['conntrack', ...c.one(LISTINGS)] });
  }
  steps.push({ argv: ['conntrack', '-L', '-o', 'extended'] }, { argv: ['cat', '/proc/net/nf_conntrack'] });
  return steps;
}
