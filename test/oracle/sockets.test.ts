import { expect, test, describe as suite } from 'vitest';
import { MemoryHost } from '../../src/host/create.ts';
import { ptonV4, ptonV6 } from '../../src/kernel/xt/address.ts';
import { patchFrame } from '../conformance/patch.ts';
import { NEIGHBOURS, NETS, ROUTER_DEVICES, setUpRouter } from '../conformance/topology.ts';
import { ethernet, flags, ip, PROTO, tcp, udp } from './packets/frames.ts';
import { Kernel } from './packets/kernel.ts';
import type { Command, Scenario, Step } from './packets/scenario.ts';
import { whyNot } from './real.ts';

/** What rules see of the host's sockets: real listeners in the router's namespace, and drywall's. */
const reason = whyNot();
if (reason) console.log(`live socket tests not run: ${reason}`);

interface Listener {
  readonly proto: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly transparent?: boolean;
  readonly uid?: number;
}

/** A listener of perl that goes by itself after some seconds. */
function perl(l: Listener): Command {
  const six = l.address.includes(':');
  const address = l.address === '*' ? '0.0.0.0' : l.address;
  const lines = [
    'use Socket; use POSIX ();',
    `socket(my $s, ${six ? 'AF_INET6' : 'AF_INET'}, ${l.proto === 'tcp' ? 'SOCK_STREAM' : 'SOCK_DGRAM'}, 0) or die "socket $!";`,
    'setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1) or die "reuse $!";',
    l.transparent ? `setsockopt($s, ${six ? '41, 75' : '0, 19'}, 1) or die "transparent $!";` : '',
    `bind($s, ${six ? `pack_sockaddr_in6(${l.port}, Socket::inet_pton(AF_INET6, "${address}"))` : `pack_sockaddr_in(${l.port}, inet_aton("${address}"))`}) or die "bind $!";`,
    l.proto === 'tcp' ? 'listen($s, 5) or die "listen $!";' : '',
    'exit 0 if fork; open(STDIN, "<", "/dev/null"); open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null"); POSIX::setsid(); alarm 4;',
    l.proto === 'tcp' ? 'our @kept; my $i = 0; $i++ while accept($kept[$i], $s);' : 'sleep 4;',
  ];
  return { argv: ['perl', '-e', lines.join('\n')] };
}

const macs = (iface: string, src: string): [string, string] => [
  NETS.find((n) => n.dev === iface)?.mac ?? '',
  NEIGHBOURS.find(([, , ...all]) => all.includes(src))?.[1] ?? '02:00:00:00:00:fe',
];
let id = 0;
function packet(iface: string, src: string, dst: string, proto: number, payload: Buffer): Step {
  const p = ip({ src, dst, proto, payload, id: ++id });
  const [to, from] = macs(iface, src);
  return { inject: { iface, frame: ethernet(to, from, p).toString('hex') } };
}
/** SYN, then what completes the connection (its acknowledgement taken from the answer, step `n`) and a byte of data. */
function connection(iface: string, src: string, dst: string, dport: number, n: number): Step[] {
  const make = (letters: string, seq: number, data = ''): Step => packet(iface, src, dst, PROTO.tcp, tcp({ sport: 2000, dport, flags: flags(letters), seq, data }));
  const l4 = 14 + (src.includes(':') ? 40 : 20);
  const patched = (s: Step): Step => ({ ...s, patch: [{ at: l4 + 8, from: [n, 0, l4 + 4, 4], add: 1 }] }) as Step;
  return [make('S', 1000), patched(make('A', 1001)), patched(make('PA', 1001, 'x'))];
}
const datagram = (iface: string, src: string, dst: string, dport: number): Step => packet(iface, src, dst, PROTO.udp, udp(2000, dport, 'hello'));

interface Case {
  readonly name: string;
  readonly listeners: readonly Listener[];
  readonly rules: readonly string[];
  readonly nft?: string;
  readonly steps: readonly Step[];
}

const LOCAL_BY_MARK = [
  'ip rule add fwmark 1 lookup 100',
  'ip route add local 0.0.0.0/0 dev lo table 100',
  'ip -6 rule add fwmark 1 lookup 100',
  'ip -6 route add local ::/0 dev lo table 100',
];
const SOCKET_RULES = ['', ' --transparent', ' --nowildcard', ' --transparent --nowildcard'].flatMap((o) => [
  `iptables -t mangle -A PREROUTING -m socket${o}`,
  `iptables -t mangle -A INPUT -m socket${o}`,
  `ip6tables -t mangle -A PREROUTING -m socket${o}`,
]);
const NFT_SOCKET = `table inet s {
chain p { type filter hook prerouting priority -100;
socket transparent 0 counter
socket transparent 1 counter
socket wildcard 0 counter
socket wildcard 1 counter
socket mark 0 counter
}
chain i { type filter hook input priority 0;
socket wildcard 0 counter
meta skuid 0 counter
meta skuid 1000 counter
}
chain o { type filter hook output priority 0;
meta skuid 0 counter
meta skgid 0 counter
socket transparent 0 counter
socket wildcard 0 counter
socket wildcard 1 counter
}
}
`;

const everywhere = (dst: string, dst6: string): Step[] => [
  ...connection('eth0', '10.0.0.2', dst, 80, 0),
  datagram('eth0', '10.0.0.3', dst, 53),
  ...connection('eth0', 'fd00:a::2', dst6, 80, 4),
  datagram('eth0', 'fd00:a::3', dst6, 53),
];

const CASES: readonly Case[] = [
  { name: 'nobody listens', listeners: [], rules: SOCKET_RULES, nft: NFT_SOCKET, steps: everywhere('10.0.0.1', 'fd00:a::1') },
  {
    name: 'listeners on any address',
    listeners: [
      { proto: 'tcp', address: '::', port: 80 },
      { proto: 'udp', address: '::', port: 53 },
    ],
    rules: SOCKET_RULES,
    nft: NFT_SOCKET,
    steps: everywhere('10.0.0.1', 'fd00:a::1'),
  },
  {
    name: 'listeners on their own addresses',
    listeners: [
      { proto: 'tcp', address: '10.0.0.1', port: 80 },
      { proto: 'udp', address: '10.0.0.1', port: 53 },
      { proto: 'tcp', address: 'fd00:a::1', port: 80 },
      { proto: 'udp', address: 'fd00:a::1', port: 53 },
    ],
    rules: [...SOCKET_RULES, 'iptables -A OUTPUT -m owner --uid-owner 0', 'iptables -A OUTPUT -m owner --socket-exists', 'ip6tables -A OUTPUT -m owner --gid-owner 0'],
    nft: NFT_SOCKET,
    steps: everywhere('10.0.0.1', 'fd00:a::1'),
  },
  {
    name: 'TPROXY to transparent listeners',
    listeners: [
      { proto: 'tcp', address: '*', port: 3128, transparent: true },
      { proto: 'udp', address: '*', port: 3128, transparent: true },
      { proto: 'tcp', address: 'fd00:a::1', port: 3128, transparent: true },
    ],
    rules: [
      ...LOCAL_BY_MARK,
      'iptables -t mangle -A PREROUTING -m socket --transparent --nowildcard',
      ...['tcp', 'udp'].map((p) => `iptables -t mangle -A PREROUTING -p ${p} -d 8.8.8.8 -j TPROXY --on-port 3128 --tproxy-mark 1`),
      'ip6tables -t mangle -A PREROUTING -p tcp -d 2001:db8::8 -j TPROXY --on-port 3128 --on-ip fd00:a::1 --tproxy-mark 1',
      'iptables -A INPUT',
      'iptables -A OUTPUT -s 8.8.8.8',
      'iptables -A FORWARD',
      'ip6tables -A INPUT',
    ],
    steps: [...connection('eth1', '192.168.1.10', '8.8.8.8', 80, 0), datagram('eth1', '192.168.1.20', '8.8.8.8', 53), ...connection('eth1', 'fd00:b::10', '2001:db8::8', 80, 4)],
  },
  {
    name: 'TPROXY to listeners that are not transparent, and without a route for the mark',
    listeners: [
      { proto: 'tcp', address: '*', port: 3128 },
      { proto: 'udp', address: '*', port: 3129, transparent: true },
    ],
    rules: [
      'iptables -t mangle -A PREROUTING -p tcp -d 8.8.8.8 -j TPROXY --on-port 3128 --tproxy-mark 1',
      'iptables -t mangle -A PREROUTING -p udp -d 8.8.8.8 -j TPROXY --on-port 3129 --tproxy-mark 1',
      'iptables -A INPUT',
      'iptables -A FORWARD',
    ],
    steps: [...connection('eth1', '192.168.1.10', '8.8.8.8', 80, 0).slice(0, 1), datagram('eth1', '192.168.1.20', '8.8.8.8', 53)],
  },
  {
    name: 'nft tproxy, with and without an address',
    listeners: [
      { proto: 'tcp', address: '10.0.0.1', port: 3128, transparent: true },
      { proto: 'udp', address: '192.168.1.1', port: 53, transparent: true },
    ],
    rules: LOCAL_BY_MARK,
    nft: `table inet t {
chain p { type filter hook prerouting priority -150;
meta l4proto tcp socket transparent 1 counter
ip daddr 8.8.8.8 tcp dport 80 tproxy ip to 10.0.0.1:3128 meta mark set 1 counter
ip daddr 8.8.8.8 udp dport 53 tproxy ip to 192.168.1.1 meta mark set 1 counter
ip daddr 8.8.8.8 tcp dport 81 tproxy ip to :9 meta mark set 1 counter
}
chain i { type filter hook input priority 0; counter
meta skuid 0 counter
}
}
`,
    steps: [
      ...connection('eth1', '192.168.1.10', '8.8.8.8', 80, 0),
      datagram('eth1', '192.168.1.20', '8.8.8.8', 53),
      packet('eth1', '192.168.1.20', '8.8.8.8', PROTO.tcp, tcp({ sport: 2001, dport: 81, flags: flags('S'), seq: 5 })),
    ],
  },
];

const LISTS: readonly Command[] = [{ argv: ['iptables-save', '-c'] }, { argv: ['ip6tables-save', '-c'] }, { argv: ['nft', 'list', 'ruleset'] }].slice(0, 3);
const frameShape = (iface: string, f: Uint8Array): string => `${iface} ${f.length} ${Buffer.from(f.subarray(26, 38)).toString('hex')}`;
const text = (t: string): string => t.replace(/^#.* on .*$/gm, '');

async function ours(c: Case, commands: readonly Command[]): Promise<{ readonly lists: string[]; readonly frames: string[][] }> {
  const host = new MemoryHost({ container: true, devices: ROUTER_DEVICES });
  await setUpRouter(host);
  for (const l of c.listeners) {
    const address = l.address === '*' || l.address === '::' ? null : (ptonV4(l.address) ?? ptonV6(l.address));
    host.machine.net.stack.sockets.listen({ proto: l.proto, port: l.port, address, uid: l.uid ?? 0, service: 'discard', once: false, transparent: l.transparent });
  }
  for (const x of commands) expect((await host.exec(x.argv, { stdin: x.stdin })).stderr).toBe('');
  const outs: Uint8Array[][] = [];
  const frames: string[][] = [];
  for (const s of c.steps) {
    if (!('inject' in s)) continue;
    const bytes = s.patch && outs[s.patch[0].from[0]]?.[0] ? patchFrame(s.inject.frame, s.patch, outs) : Uint8Array.from(Buffer.from(s.inject.frame, 'hex'));
    const out = await host.inject(s.inject.iface, bytes);
    outs.push(out.map((o) => o.frame));
    frames.push(out.map((o) => frameShape(o.iface, o.frame)));
  }
  const lists: string[] = [];
  for (const l of LISTS) lists.push(text((await host.exec(l.argv)).stdout));
  await host.close();
  return { lists, frames };
}

suite.skipIf(reason !== null)('sockets as rules see them', () => {
  test.each(CASES.map((c) => [c.name, c] as const))(
    '%s',
    async (_, c) => {
      const commands: Command[] = [...c.rules.map((r) => ({ argv: r.split(' ') })), ...(c.nft === undefined ? [] : [{ argv: ['nft', '-f', '-'], stdin: c.nft }])];
      const scenario: Scenario = { id: c.name, about: '', setup: [...c.listeners.map(perl), ...commands], steps: [...c.steps, ...LISTS] };
      const kernel = new Kernel(0);
      const answers = await kernel.play(scenario);
      kernel.close();
      const setup = answers.slice(0, scenario.setup.length);
      expect(setup.map((a) => `${a.status} ${a.stderr}`)).toEqual(setup.map(() => '0 '));
      const steps = answers.slice(scenario.setup.length);
      const real = {
        lists: steps.slice(c.steps.length).map((a) => text(a.stdout ?? '')),
        frames: steps.slice(0, c.steps.length).map((a) => a.out.map(([iface, f]) => frameShape(iface, Uint8Array.from(Buffer.from(f, 'hex'))))),
      };
      expect(await ours(c, commands)).toEqual(real);
    },
    60_000,
  );
});
