import type { Choice } from './random.ts';
import type { Step } from './real.ts';

/** A ruleset with a bit of everything that can be listed, reset, looked up and told about. */
const RULESET = `table ip t {
	counter c1 { packets 5 bytes 10; comment "cc"; }
	quota q1 { over 10 mbytes used 5 kbytes; }
	limit l1 { rate 10/second; }
	ct helper h1 { type "ftp" protocol tcp; }
	ct timeout to1 { protocol tcp; policy = { established: 100 }; }
	ct expectation e1 { protocol tcp; dport 21; timeout 1m; size 4; l3proto ip; }
	synproxy sp { mss 1460; wscale 7; timestamp sack-perm; }
	set s1 { type ipv4_addr; elements = { 1.2.3.4, 5.6.7.8 }; }
	set s2 { type ipv4_addr; flags dynamic,timeout; timeout 1h; size 100; }
	set s3 { type inet_service; flags interval; elements = { 1-10, 22, 1000-65535 }; }
	map m1 { type ipv4_addr : mark; elements = { 1.1.1.1 : 5 }; }
	map v1 { type inet_service : verdict; elements = { 22 : accept }; }
	chain c { type filter hook input priority 0; counter packets 3 bytes 4; ip saddr @s1 counter packets 5 bytes 6 drop; quota 5 mbytes used 1 mbytes; }
	chain d { ip saddr 1.2.3.4 counter name "c1" accept; update @s2 { ip daddr counter }; }
}
table inet u {
	quota q9 { 5 mbytes; }
	set s1 { type ipv6_addr; }
	chain c { type nat hook prerouting priority dstnat; }
}
table netdev n {
	chain i { type filter hook ingress device "lo" priority 0; }
}
`;

const WORDS = [
  '-a',
  '-j',
  '-s',
  '-t',
  '-n',
  '-S',
  '-N',
  '-p',
  '-T',
  '-u',
  '-y',
  '-e',
  '-c',
  '--handle',
  '--json',
  '--numeric',
  '--num',
  '--n',
  '--he',
  '--terse=1',
  '-z',
  '--bogus',
  '--',
  '-an',
  '-jz',
  '-d',
  '-D',
  '-I',
];
const TABLES = ['', ' ip', ' inet', ' t', ' table t', ' table inet u', ' ip t', ' inet u', ' table nope', ' foo', ' bridge'];
const MANY = [
  'tables',
  'chains',
  'sets',
  'maps',
  'meters',
  'counters',
  'quotas',
  'limits',
  'synproxys',
  'ct helpers',
  'ct timeouts',
  'ct expectations',
  'secmarks',
  'flowtables',
  'ruleset',
  'hooks',
  'flow tables',
  'ct timeout',
];
const ONE = ['chain', 'set', 'map', 'counter', 'quota', 'limit', 'synproxy', 'ct helper', 'ct timeout', 'ct expectation', 'table', 'meter', 'flowtable', 'secmark'];
const NAMES = ['c', 'd', 'c1', 'q1', 'l1', 'h1', 'to1', 'e1', 'sp', 's1', 's2', 's3', 'm1', 'v1', 'i', 'nope', 's', 'c2', 'q9'];
const KEYS = [
  '1.2.3.4',
  '5.6.7.8',
  '1.1.1.1',
  '22',
  '5',
  '5-7',
  '5-70',
  '2000',
  '2000-3000',
  '1000-65535',
  '1-10',
  '11',
  '5, 22',
  '22, 5',
  '0',
  'foo',
  '::1',
  '22 : accept',
  '1.1.1.1 : 5',
];

/** Reads and changes of the state of objects: list, reset, get, and deletions with hints. */
function asked(c: Choice): string {
  switch (c.below(6)) {
    case 0:
      return `${c.one(['list', 'list', 'reset'])} ${c.one(MANY)}${c.one(TABLES)}`;
    case 1:
      return `${c.one(['list', 'reset', 'flush', 'delete', 'destroy'])} ${c.one(ONE)} ${c.one(['', 'ip ', 'inet ', 'ip6 '])}${c.one(['t', 't', 'u', 'tt'])} ${c.one(NAMES)}`;
    case 2:
      return `${c.one(['get', 'get', 'reset', 'delete', 'destroy', 'create', 'add'])} element t ${c.one(['s1', 's2', 's3', 's3', 'm1', 'v1', 's4'])} { ${c.one(KEYS)} }`;
    case 3:
      return `${c.one(['reset', 'list'])} ${c.one(['rules', 'rules t', 'rules ip', 'rules chain t c', 'rules table t', 'rule t c', 'rules inet', 'rules chain t nope'])}`;
    case 4:
      return c.one([
        'import ruleset json',
        'import json',
        'export ruleset json',
        'export ruleset xml',
        'import vm json',
        'list hooks arp',
        'list hooks ip device lo',
        'list hooks netdev device lo',
        'monitor foo',
        'rename chain t d e',
        'rename chain t x y',
      ]);
    default:
      return `${c.one(['add', 'create', 'insert', 'replace', 'delete', 'destroy'])} rule t ${c.one(['c', 'd', 'x'])} ${c.one(['accept', 'handle 99', 'handle 99 accept', 'index 1 accept', 'position 99 drop', 'jump cc', 'ip saddr @s11', 'ip saddr', 'counter name "c11"'])}`;
  }
}

const EXPRESSIONS = [
  'ip saddr',
  'tcp flags',
  'ct state',
  'meta mark',
  'iifname',
  'ether type',
  'vlan id',
  'icmp type',
  'icmpv6 code',
  'ip dscp',
  'rt classid',
  'socket mark',
  'meta hour',
  'meta time',
  'ct label',
  'fib saddr type',
  'osf name',
  'ipsec in reqid',
  'numgen inc mod 4',
  'exthdr frag',
  'tcp option sack left',
  'sctp chunk data',
  '@th,16,16',
  'dccp option 5',
  '{ 1, 2 }',
];
const TYPES = ['verdict', 'mark', 'ether_type', 'arp_op', 'inet_service', 'ifname', 'invalid', 'ct_event', 'realm', 'dscp', 'day', 'string', 'foo', 'fib_addrtype', 'uid'];

const SELECTORS: Readonly<Record<string, readonly string[]>> = {
  'ip saddr': ['1.1.1.1', '1.1.1.2', '10.0.0.0/8', '3.3.3.3-4.4.4.4', '{ 5.5.5.5, 6.6.6.6 }'],
  'ip daddr': ['7.1.1.1', '7.1.1.2', '17.0.0.0/8'],
  'tcp dport': ['22', '80', '443', '1-10', '{ 5, 6 }', 'ssh'],
  'tcp sport': ['1', '2', '3'],
  iifname: ['eth0', '"eth1"'],
  'ct state': ['new', 'established', '{ new, related }'],
  'meta l4proto': ['tcp', 'udp'],
  'meta mark': ['1', '2', '0x10'],
};

/** A ruleset for -o: runs of rules with the same selectors, statements and ends, now and then others. */
function optimizable(c: Choice): string {
  const rules: string[] = [];
  for (let groups = 1 + c.below(3); groups > 0; groups--) {
    const selectors = c.some(Object.keys(SELECTORS), 3),
      middle = c.in(3) ? c.one(['counter', 'log', 'log prefix "x"', 'limit rate 5/second', 'notrack', 'meta mark set 1']) : '',
      end = c.one(['accept', 'drop', 'jump other', 'return', 'reject', '', 'accept comment "yo"']);
    for (let n = 1 + c.below(4); n > 0; n--) {
      const order = c.in(6) ? [...selectors].reverse() : selectors;
      const last = c.in(3) ? c.one(['accept', 'drop', 'goto other', '']) : end;
      rules.push([...order.map((s) => `${s} ${c.one(SELECTORS[s])}`), middle, last].filter((x) => x !== '').join(' '));
    }
  }
  return `table ${c.one(['ip', 'inet'])} t {\n\tchain other { }\n\tchain c {\n${rules.map((r) => `\t\t${r}\n`).join('')}\t}\n}\n`;
}

const INCLUDED = [
  'add table t\n',
  'add table t\nadd rule t c bogus\n',
  'include "b.nft"\n',
  'define x = 22\n',
  'add table t\nadd chain t c { type nat hook foo priority 0; }\n',
  'add table a',
  '',
];
const INCLUDES = ['a.nft', './a.nft', 'sub/*.nft', 'sub', 'nope', 'sub/*', 'nope/*', 'a.nf[t]'];

/** A file that includes others, with and without errors in them. */
function including(c: Choice): Step {
  const lines = Array.from({ length: 1 + c.below(3) }, () =>
    c.one([`include "${c.one(INCLUDES)}"`, 'add table z', 'add rule z y drop', '\tadd rule z \\\n\ty tcp dport $x', 'undefine x', `define x = ${c.below(9)}`, 'foo # bar']),
  );
  return {
    argv: ['nft', ...(c.in(4) ? ['-D', c.one(['x=1', 'x', 'x=', '5=5', 'x={ 1, 2 }'])] : []), '-f', c.one(['x.nft', 'x.nft', './x.nft', 'sub', 'nope/x.nft', 'missing'])],
    files: { 'x.nft': `${lines.join('\n')}\n`, 'a.nft': c.one(INCLUDED), 'b.nft': c.one(INCLUDED), 'sub/p.nft': c.one(INCLUDED), 'sub/q.nft': c.one(INCLUDED) },
  };
}

const LISTINGS = [
  'list ruleset',
  'list ruleset ip',
  'list table t',
  'list table inet u',
  'list chain t c',
  'list chain t d',
  'list chain inet u c',
  'list set t s1',
  'list set t s3',
  'list map t m1',
  'list map t v1',
  'list set inet u s1',
  'list sets',
  'list sets table t',
  'list maps ip',
  'list counters',
  'list counter t c1',
  'list quota t q1',
  'list limits table t',
  'list tables',
  'list tables ip',
  'list chains',
  'list chains inet',
  'list flowtables',
  'list meters',
  'reset counters',
  'reset counter t c1',
  'reset quotas',
  'reset rules',
  'reset rules chain t c',
  'reset set t s1',
  'reset map t m1',
  'get element t s1 { 1.2.3.4 }',
  'list chain t zz',
  'list set t zz',
];
const CHANGES = [
  'add table ip6 w',
  'add table t',
  'add chain t e',
  'add chain t d',
  'add chain t f { type filter hook output priority 0; policy drop; }',
  'add set t s9 { type mark; }',
  'add element t s1 { 9.9.9.9 }',
  'add element t s3 { 100-200 }',
  'delete element t s1 { 1.2.3.4 }',
  'flush chain t d',
  'delete chain t d',
  'flush set t s1',
  'flush map t m1',
  'add rule t d drop',
  'add rule t c ip daddr @s1 accept',
  'add rule t e counter name "c7"',
  'insert rule t c tcp dport { 5, 6 } drop',
  'delete rule t c handle 99',
  'delete table inet u',
  'delete table t',
  'delete table zz',
  'destroy table zz',
  'flush table t',
  'flush ruleset',
  'add counter t c7',
  'add counter t c8 { packets 4 bytes 5; comment "y"; }',
  'add synproxy t sp2 { mss 1460; wscale 7; timestamp sack-perm; }',
  'add ct timeout t to2 { protocol udp; policy = { replied : 5 }; comment "y"; }',
  'add limit t l8 { rate over 4 mbytes/second burst 5 bytes; }',
  'add quota t q8 { 5 mbytes; }',
  'delete counter t c1',
  'delete set inet u s1',
  'delete map t v1',
  'rename chain t d dd',
  'add map t m9 { type mark : verdict; }',
  'add element t m9 { 5 : drop }',
];

/** Several commands in one run: what one of them asks the kernel for decides what the others see. */
function several(c: Choice): Step {
  const echo = c.in(3);
  const words = Array.from({ length: 2 + c.below(3) }, () => (echo || c.in(3) ? c.one(CHANGES) : c.one(LISTINGS)));
  return { argv: ['nft', ...(echo ? [c.one(['-e', '-ea', '-ej', '-es'])] : c.in(2) ? [c.one(['-a', '-j', '-s', '-t', '-n', '-e', '-c'])] : []), words.join('; ')], judged: true };
}

const TYPED = [
  'add table t',
  'add chain t c',
  'add rule t c tcp dport $x',
  'define x = 1',
  'redefine x = 2',
  'undefine x',
  'foo',
  '',
  '  ',
  'quit',
  ' quit',
  'list \\',
  'ruleset',
  'add table t \\',
  '; add chain t c',
  'table t {',
  '}',
  '# no',
  'list tables; list chains',
];

/** A session of one of the kinds of what is not a rule: options, listings, describe, -o, includes, -i. */
export function session(c: Choice): Step[] {
  const ruleset: Step = { argv: ['nft', 'list', 'ruleset'] },
    loaded: Step = { argv: ['nft', '-f', '-'], stdin: RULESET };
  switch (c.below(8)) {
    case 0: {
      const words = ['nft', ...c.some(WORDS, 3), ...(c.in(3) ? [] : ['list', 'ruleset']), ...(c.in(4) ? [c.one(WORDS)] : [])];
      return [loaded, { argv: words, judged: true }];
    }
    case 1:
    case 2:
      return [loaded, { argv: ['nft', ...(c.in(2) ? [c.one(['-j', '-a', '-s', '-t', '-n'])] : []), asked(c)], judged: true }, ruleset];
    case 3:
      return [{ argv: ['nft', 'describe', c.in(2) ? c.one(TYPES) : c.one(EXPRESSIONS)] }];
    case 4:
      return [{ argv: ['nft', '-o', ...(c.in(4) ? ['-c'] : []), '-f', 'a.nft'], files: { 'a.nft': optimizable(c) } }, ruleset];
    case 5:
      return [including(c), ruleset];
    case 6:
      return [loaded, several(c), ruleset];
    default:
      return [
        { argv: ['nft', ...(c.in(3) ? [c.one(['-e', '-a', '-j', '-c'])] : []), '-i'], stdin: `${Array.from({ length: 2 + c.below(6) }, () => c.one(TYPED)).join('\n')}\n` },
        ruleset,
      ];
  }
}
