import type { XtFamily } from '../../src/kernel/xt/definition.ts';
import type { Choice } from './random.ts';
import type { Step } from './real.ts';
import { CHAINS, TOOL } from './xtables-lines.ts';

/** Sequences of commands about chains and rules: what the commands do to each other, and how the options of the tools go together. */

const BODIES: Readonly<Record<XtFamily, readonly string[]>> = {
  ip: [
    '-j ACCEPT',
    '-s 10.0.0.1 -j DROP',
    '-s 10.0.0.1,10.0.0.2 -j ACCEPT',
    '-s 10.0.0.0/8,192.168.0.1 -d 1.1.1.1,2.2.2.2 -j RETURN',
    '! -s 10.0.0.1,10.0.0.2 -j ACCEPT',
    '-p tcp --dport 22 -j ACCEPT',
    '-p tcp -m tcp --sport 1:5 ! --syn',
    '-p udp -m multiport --dports 1,2,3 -j REJECT',
    '-m state --state NEW -j LOG --log-prefix a',
    '-m comment --comment x -j RETURN',
    '-i eth0 -j C1',
    '-o eth+ -g C1',
    '-j C2',
    '-j nosuch',
    '-f -j DROP',
    '-p icmp --icmp-type 8 -j ACCEPT',
    '',
    '-c 3 4 -j ACCEPT',
    '-d localhost -j ACCEPT',
    '-j ACCEPT -j DROP',
    '-p 0 -j DROP',
    '-m mark --mark 1',
    '-j',
    '-p tcp --dport x',
    '-s 10.0.0.0/33',
    '-m nosuch',
    '-j LOG --bad',
  ],
  ip6: [
    '-j ACCEPT',
    '-s fd00::1 -j DROP',
    '-s fd00::1,fd00::2 -j ACCEPT',
    '-p tcp --dport 22 -j ACCEPT',
    '-p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT',
    '-m comment --comment x -j RETURN',
    '-i eth0 -j C1',
    '-g C1',
    '-j C2',
    '-f',
    '-p esp -j DROP',
    '-s 10.0.0.1',
    '-d ::1/64 -j REJECT',
    '',
  ],
  arp: [
    '-j ACCEPT',
    '-s 10.0.0.1 -j DROP',
    '--src-mac 1:2:3:4:5:6 -j ACCEPT',
    '-j C1',
    '-j mangle --mangle-ip-s 1.1.1.1',
    '-i eth0',
    '-o eth0 -j ACCEPT',
    '--opcode 1 -j MARK --set-mark 1',
    '-s 10.0.0.1,10.0.0.2',
    '-j nosuch',
  ],
  bridge: [
    '-j ACCEPT',
    '-s 1:2:3:4:5:6 -j DROP',
    '-p IPv4 --ip-src 10.0.0.1 -j ACCEPT',
    '-p ARP --arp-op 1',
    '-j C1',
    '-i eth0 -j CONTINUE',
    '-o eth0',
    '--mark 5 -j RETURN',
    '--log -j ACCEPT',
    '-j mark --set-mark 1',
    '-j nosuch',
    '--among-src 1:2:3:4:5:6,2:3:4:5:6:7 -j DROP',
    '-p IPv6 --ip6-src fd00::1',
  ],
};

const USER = ['C1', 'C2', 'ch-3', 'C1', 'C2'];
const ODD_NAMES = ['', '-x', '!x', 'ACCEPT', 'a b', 'x'.repeat(28), 'x'.repeat(29), 'INPUT', 'nosuch', '*', 'REJECT', 'tcp', 'queue', 'ä'];

/** Short and long forms of the commands; every beginning of a long one that is enough is one more. */
const LONG: Readonly<Record<string, string>> = {
  '-A': '--append',
  '-I': '--insert',
  '-D': '--delete',
  '-R': '--replace',
  '-C': '--check',
  '-L': '--list',
  '-S': '--list-rules',
  '-F': '--flush',
  '-Z': '--zero',
  '-N': '--new-chain',
  '-X': '--delete-chain',
  '-E': '--rename-chain',
  '-P': '--policy',
};

function spelled(c: Choice, letter: string, family: XtFamily): string {
  if (letter === '-C' && family === 'bridge') return '--check';
  if (c.below(5) > 0) return letter;
  const long = LONG[letter];
  return c.in(2) ? long : long.slice(0, 3 + c.below(long.length - 2));
}

const NUMBERS = ['1', '1', '2', '3', '0', '-1', '99', 'x', '', '1:2', '0x1', '01', '2147483648', '1x', '-1:', ':2', '2:1'];

function flags(c: Choice, family: XtFamily): string[] {
  if (family === 'bridge') return c.in(2) ? [] : c.some(['--Ln', '--Lc', '--Lx', '--Lmac2', '-n', '-v', '--concurrent', '--line-numbers'], 2);
  if (c.in(4)) return [];
  const all = [
    '-n',
    '-v',
    '-x',
    '--line-numbers',
    '-nv',
    '-vnx',
    '-vv',
    '--numeric',
    '--verbose',
    '--exact',
    '--line',
    '-w',
    '-w 3',
    '-W 10',
    '-4',
    '-6',
    '-c',
    '-f',
    '-i eth0',
    '-j ACCEPT',
    '-p tcp',
    '-h',
    '-V',
  ];
  return c.some(c.in(4) ? all : all.slice(0, 11), 3).flatMap((f) => f.split(' '));
}

type Maker = (c: Choice, family: XtFamily, chain: () => string, number: () => string) => string[];
const body: Maker = (c, family) =>
  c
    .one(BODIES[family])
    .split(' ')
    .filter((w) => w !== '');
const maybe = (c: Choice, words: () => string[]): string[] => (c.in(2) ? words() : []);

const COMMANDS: readonly (readonly [number, string, Maker])[] = [
  [6, '-N', (_c, _f, chain) => [chain()]],
  [2, '-X', (c, _f, chain) => maybe(c, () => [chain()])],
  [2, '-E', (c, _f, chain) => [chain(), ...(c.in(12) ? [] : [chain()])]],
  [
    2,
    '-P',
    // What ebtables says of a policy that it does not know is what errno was left at (docs/divergences.md).
    (c, f, chain) => [
      chain(),
      ...(c.in(12) ? [] : [c.one(['ACCEPT', 'DROP', 'DROP', 'RETURN', ...(f === 'bridge' ? [] : ['QUEUE', 'CONTINUE', 'REJECT', 'accept', ''])])]),
      ...maybe(c, () => (c.in(6) ? ['-c', '1', '2'] : [])),
    ],
  ],
  [2, '-F', (c, _f, chain) => maybe(c, () => [chain()])],
  [2, '-Z', (c, _f, chain, number) => maybe(c, () => [chain(), ...maybe(c, () => [number()])])],
  [9, '-A', (c, f, chain, number) => [chain(), ...body(c, f, chain, number)]],
  [4, '-I', (c, f, chain, number) => [chain(), ...maybe(c, () => [number()]), ...body(c, f, chain, number)]],
  [3, '-R', (c, f, chain, number) => [chain(), ...(c.in(12) ? [] : [number()]), ...body(c, f, chain, number)]],
  [4, '-D', (c, f, chain, number) => [chain(), ...(c.in(2) ? [number()] : body(c, f, chain, number))]],
  [3, '-C', (c, f, chain, number) => [chain(), ...body(c, f, chain, number)]],
  [5, '-L', (c, f, chain, number) => [...maybe(c, () => [chain(), ...maybe(c, () => [number()])]), ...flags(c, f)]],
  [5, '-S', (c, f, chain, number) => [...maybe(c, () => [chain(), ...maybe(c, () => [number()])]), ...(f === 'bridge' ? [] : flags(c, f))]],
];
const DRAWN = COMMANDS.flatMap((row) => Array.from({ length: row[0] }, () => row));

/** What nft may have put where the tools of the iptables family look: tables and chains like theirs, and unlike. */
const FOREIGN = [
  'add table ip filter',
  'add table ip filter { chain INPUT { type filter hook input priority 0; policy drop; ip saddr 1.1.1.1 counter accept; }; }',
  'add table ip filter { chain INPUT { type filter hook input priority 5; }; }',
  'add table ip filter { chain x { tcp dport { 22, 80 } accept; }; }',
  'add table ip filter { chain FORWARD { type filter hook forward priority 0; meta mark 5 log prefix "a" counter drop; }; chain user { counter jump user2; }; chain user2 { return; }; }',
  'add table ip nat { chain POSTROUTING { type nat hook postrouting priority 100; masquerade; }; }',
  'add table ip nat { chain PREROUTING { type filter hook prerouting priority -100; }; }',
  'add table inet t { chain c { type filter hook input priority 0; counter; }; }',
  'add table ip6 filter { chain OUTPUT { type filter hook output priority 0; ip6 daddr fd00::1 counter accept; }; }',
  'add table ip mine { set s { type ipv4_addr; elements = { 1.1.1.1 }; }; chain c { ip saddr @s drop; }; }',
  'add table ip filter { set s { type ipv4_addr; }; chain OUTPUT { type filter hook output priority 0; ip daddr @s counter; }; }',
  'add table ip filter { flags dormant; chain INPUT { type filter hook input priority 0; }; }',
  'add table arp filter { chain INPUT { type filter hook input priority 0; arp operation request counter drop; }; }',
  'add table bridge filter { chain INPUT { type filter hook input priority -200; ether saddr 1:2:3:4:5:6 counter drop; }; }',
  'add table ip raw { chain PREROUTING { type filter hook prerouting priority -300; iifname "eth*" notrack; }; }',
  'add rule ip filter INPUT counter accept',
  'add rule ip filter INPUT ip saddr 10.0.0.0/8 tcp dport 1-5 counter packets 3 bytes 4 jump C1',
  'add rule ip filter INPUT limit rate 1/second',
  'add rule ip filter INPUT ct state new counter accept comment "x"',
  'add chain ip filter extra',
  'delete chain ip filter C1',
  'flush ruleset',
];

/** The commands of one session with one tool, seen at the end by the tool that saves and by nft. */
export function commandSession(c: Choice): Step[] {
  const family = c.one(['ip', 'ip', 'ip', 'ip6', 'bridge', 'arp'] as const);
  const tool = TOOL[family];
  const tables = CHAINS[family];
  const home = c.in(3) ? c.one(Object.keys(tables)) : 'filter';
  const builtin = tables[home].split(' ');
  const chain = (): string => (c.in(25) ? c.one(ODD_NAMES) : c.in(2) ? c.one(USER) : c.one(builtin));
  const number = (): string => c.one(NUMBERS.slice(0, c.in(5) ? NUMBERS.length : 4));
  const foreign = c.in(4);
  const steps: Step[] = [];
  for (let n = 5 + c.below(9); n > 0; n--) {
    if (foreign && c.in(3)) {
      steps.push({ argv: ['nft', c.one(FOREIGN)] });
      continue;
    }
    const [, letter, make] = c.one(DRAWN);
    const t = c.in(30)
      ? ['-t', c.one(['nosuch', 'broute', '', 'mangle', 'nat'])]
      : home === 'filter' && c.in(2)
        ? []
        : c.in(6)
          ? [`-t${home}`]
          : c.in(6)
            ? [`--table=${home}`]
            : ['-t', home];
    const words = [spelled(c, letter, family), ...make(c, family, chain, number)];
    const argv = c.in(8) ? [...words, ...t] : [...t, ...words];
    if (family !== 'bridge' && c.in(15))
      argv.push(...c.one(['-w', '-w 5', '-v', '-vv', '-n', '-x', '--line-numbers', '-c 5 6', '-4', '-6', '--modprobe=/x', '-M x', '-L', '-F']).split(' '));
    steps.push({ argv: [tool, ...argv] });
  }
  const judged = { ...steps[c.below(steps.length)], judged: true as const };
  return [
    ...steps.map((s) => (s.argv === judged.argv ? judged : s)),
    { argv: [`${tool}-save`, ...(c.in(2) ? ['-c'] : []), ...(c.in(3) && family !== 'arp' && family !== 'bridge' ? ['-t', home] : [])] },
    {
      argv: c.one([
        ['nft', 'list', 'ruleset'],
        ['nft', '-j', 'list', 'ruleset'],
        ['iptables-save'],
        [tool, '-L'],
        [tool, '-t', home, '-L', ...(family === 'bridge' ? ['--Lc'] : ['-nv'])],
      ]),
    },
  ];
}
