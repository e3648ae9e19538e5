import { createHost } from 'drywall';
import { NEIGHBOURS, NETS, ROUTER_DEVICES, setUpRouter } from '../../../conformance/topology.ts';
import type { Choice } from '../../random.ts';
import { address, be16, be32, bytes, chunk, ethernet, flags, fragments4, icmp, ip, mac, PROTO, sctp, tcp, udp } from '../frames.ts';
import type { Command, Scenario, Step } from '../scenario.ts';
import { LINK_RULES, linkExpand } from './link-rules.ts';

type Host = Awaited<ReturnType<typeof createHost>>;

/** A way to put devices together: what makes it, which hosts are where, and what the rules may name. */
interface Layout {
  readonly setup: readonly string[];
  /** Device a frame is injected on, host's MAC, host's address, VLAN that it is in (0: untagged). */
  readonly hosts: readonly (readonly [iface: string, mac: string, address: string, vlan: number])[];
  /** The router's own ends: MAC, address. */
  readonly own: readonly (readonly [mac: string, address: string])[];
  /** Devices where frames of the bridge family and of netdev pass. */
  readonly devices: readonly string[];
  readonly bridge: boolean;
}

const near = (iface: string): Layout['hosts'] => NEIGHBOURS.filter(([dev]) => dev === iface).flatMap(([dev, m, ...all]) => all.map((a) => [dev, m, a, 0] as const));
const own = NETS.flatMap((n) => [n.v4, n.v6].map((a) => [n.mac, a.replace(/\/.*/, '')] as const));
const QUIET = 'sysctl -q -w net.ipv6.conf.default.disable_ipv6=1';
const neighbour = (a: string, m: string, dev: string): string => `ip neigh replace ${a} lladdr ${m} dev ${dev} nud permanent`;

const BRIDGE = [
  QUIET,
  'ip link add br0 type bridge mcast_snooping 0',
  'ip link set eth1 master br0',
  'ip link set eth2 master br0',
  'ip link set br0 address 02:00:00:00:05:10',
  'ip link set br0 up',
];
const bridgeHosts: Layout['hosts'] = [
  ['eth1', '02:00:00:00:05:02', '192.168.5.2', 0],
  ['eth1', '02:00:00:00:05:03', '192.168.5.3', 0],
  ['eth2', '02:00:00:00:05:04', '192.168.5.4', 0],
  ['eth2', '02:00:00:00:05:05', '192.168.5.5', 0],
  ['eth1', '02:00:00:00:05:12', 'fd00:5::2', 0],
  ['eth2', '02:00:00:00:05:14', 'fd00:5::4', 0],
];

const LAYOUTS: Readonly<Record<string, Layout>> = {
  plain: { setup: [], hosts: NETS.flatMap((n) => near(n.dev)), own, devices: ['eth0', 'eth1', 'eth2'], bridge: false },
  bridge: {
    setup: [...BRIDGE, 'ip addr add 192.168.5.1/24 dev br0', ...[2, 3, 4, 5].map((n) => neighbour(`192.168.5.${n}`, `02:00:00:00:05:0${n}`, 'br0'))],
    hosts: [...bridgeHosts, ...near('eth0')],
    own: [['02:00:00:00:05:10', '192.168.5.1'], ...own],
    devices: ['eth0', 'eth1', 'eth2', 'br0'],
    bridge: true,
  },
  veth: {
    setup: [
      ...BRIDGE,
      'ip link add ve0 address 02:00:00:00:05:20 type veth peer name ve1',
      'ip link set ve1 master br0',
      'ip link set ve1 up',
      'ip link set ve0 up',
      'ip addr add 192.168.5.1/24 dev ve0',
      ...[2, 3, 4, 5].map((n) => neighbour(`192.168.5.${n}`, `02:00:00:00:05:0${n}`, 've0')),
    ],
    hosts: [...bridgeHosts, ...near('eth0')],
    own: [['02:00:00:00:05:20', '192.168.5.1'], ['02:00:00:00:05:10', '192.168.5.1'], ...own],
    devices: ['eth1', 'eth2', 've0', 've1', 'br0'],
    bridge: true,
  },
};

async function router(setup: readonly Command[]): Promise<Host> {
  const host = await createHost({ container: true, devices: ROUTER_DEVICES });
  await setUpRouter(host);
  for (const s of setup) await host.exec(s.argv, { stdin: s.stdin });
  return host;
}

const argv = (line: string): Command => ({ argv: line.split(' ') });

/** Rules of one tool that it takes, and how to list them with their counters. */
async function rules(c: Choice, host: Host, layout: Layout): Promise<{ readonly commands: Command[]; readonly lists: Command[] }> {
  const commands: Command[] = [];
  const lists: Command[] = [];
  const kinds = layout.bridge ? (['ebtables', 'bridge', 'bridge', 'netdev', 'arp', 'arptables', 'inet'] as const) : (['arptables', 'arp', 'netdev', 'netdev', 'inet'] as const);
  const taken = async (command: Command): Promise<void> => {
    if ((await host.exec(command.argv, { stdin: command.stdin })).status === 0) commands.push(command);
  };
  for (const kind of c.some(kinds, 2)) {
    const of = LINK_RULES[kind];
    const word = (t: string): string => linkExpand(c, t, layout);
    for (const head of of.head(c, layout.devices)) await taken(head);
    for (let i = 3 + c.below(10); i > 0; i--) await taken(of.rule(c, word));
    lists.push(...of.lists.map(argv));
  }
  return { commands, lists };
}

const TYPES = [0x0806, 0x86dd, 0x88cc, 0x9000, 0x8863, 0x0842] as const;

function arpFrame(c: Choice, layout: Layout): { readonly iface: string; readonly frame: Buffer } {
  const four = layout.hosts.filter(([, , a]) => !a.includes(':'));
  const [iface, m, a] = c.one(four);
  const self = layout.own.filter(([, x]) => !x.includes(':'));
  const target = c.in(3) ? c.one(four)[2] : c.one([...self.map(([, x]) => x), a, '0.0.0.0', '10.0.0.99', '192.168.5.77', '255.255.255.255', '127.0.0.1', '224.0.0.1']);
  const op = c.one([1, 1, 1, 2, 2, 3, 4, 8, 0]);
  const body = bytes(
    be16(c.in(15) ? 6 : 1, c.in(20) ? 0x86dd : 0x0800),
    c.in(20) ? 8 : 6,
    c.in(20) ? 16 : 4,
    be16(op),
    mac(c.in(8) ? '02:00:00:00:09:09' : m),
    address(c.in(8) ? '0.0.0.0' : c.in(8) ? target : a),
    mac(c.in(2) ? '00:00:00:00:00:00' : c.one(self)[0]),
    address(target),
  );
  const cut = c.in(25) ? body.subarray(0, 20) : body;
  return { iface, frame: ethernet(c.in(3) ? c.one(self)[0] : 'ff:ff:ff:ff:ff:ff', m, cut, 0x0806) };
}

function packetOf(c: Choice, src: string, dst: string): { readonly proto: number; readonly payload: Buffer } {
  const six = src.includes(':') || dst.includes(':');
  const sport = 1000 + c.below(4);
  const dport = c.one([22, 53, 80, 443, 9]);
  const data = c.one(['', 'hi', 'hello world', 'x'.repeat(100), 'y'.repeat(1400)]);
  switch (c.below(6)) {
    case 0:
    case 1:
      return {
        proto: PROTO.tcp,
        payload: tcp({ sport, dport, flags: flags(c.one(['S', 'S', 'SA', 'A', 'PA', 'R', 'FA', ''])), seq: 1000 + c.below(3), ack: c.below(2) * 2000, data: c.in(2) ? data : '' }),
      };
    case 2:
      return { proto: PROTO.udp, payload: udp(sport, dport, data) };
    case 3:
      return six
        ? { proto: PROTO.icmp6, payload: icmp(c.one([128, 129, 1, 3]), 0, (sport << 16) | 1, data) }
        : { proto: PROTO.icmp, payload: icmp(c.one([8, 8, 0, 3, 13]), 0, (sport << 16) | 1, data) };
    case 4:
      return { proto: PROTO.sctp, payload: sctp(sport, dport, 0, chunk(1, 0, be32(1, 65535, 0x00010001, 7))) };
    default:
      return { proto: c.one([PROTO.gre, PROTO.esp, PROTO.igmp, 99, PROTO.ah]), payload: bytes(be32(c.below(3), 1, 2, 3), data) };
  }
}

/** Frames of any sort: between hosts of a segment, to the router, through it; with tags, groups, odd types and lengths. */
function frames(c: Choice, layout: Layout): { readonly iface: string; readonly frame: Buffer }[] {
  if (c.in(5)) return [arpFrame(c, layout)];
  const [iface, m, src, vlan] = c.one(layout.hosts);
  const six = src.includes(':');
  const same = layout.hosts.filter(([, , a]) => a.includes(':') === six && a !== src);
  const self = layout.own.filter(([, a]) => a.includes(':') === six);
  const [toMac, dst] = ((): readonly [string, string] => {
    const [, hostMac, hostAddress] = c.one(same);
    switch (c.below(8)) {
      case 0:
      case 1:
        return [hostMac, hostAddress];
      case 2:
      case 3:
        return c.one(self.length ? self : layout.own);
      case 4:
        return six ? ['33:33:00:00:00:01', 'ff02::1'] : ['ff:ff:ff:ff:ff:ff', c.one(['255.255.255.255', '192.168.5.255', '192.168.1.255'])];
      case 5:
        return six ? ['33:33:00:00:00:fb', 'ff02::fb'] : ['01:00:5e:00:00:fb', '224.0.0.251'];
      case 6:
        return ['02:00:00:00:0f:0f', hostAddress];
      default:
        return [c.one(layout.own)[0], hostAddress];
    }
  })();
  const inner = packetOf(c, src, dst.includes(':') === six ? dst : src);
  const whole = ip({
    src,
    dst: dst.includes(':') === six ? dst : same.length ? c.one(same)[2] : src,
    id: 1 + c.below(3),
    ttl: c.in(8) ? c.one([1, 2, 255]) : 64,
    tos: c.in(4) ? 0x48 : 0,
    ...inner,
  });
  const packets = !six && whole.length > 120 && c.in(4) ? fragments4(whole, c.one([64, 512, 800])) : [whole];
  return packets.map((p) => {
    const plain = ethernet(toMac, m, p);
    if (c.in(12)) return { iface, frame: oddFrame(c, plain) };
    const tag = c.in(8) ? c.one([0, 5, 10, 20]) : vlan;
    if (tag === 0 && !c.in(20)) return { iface, frame: plain };
    const tagged = bytes(plain.subarray(0, 12), be16(0x8100, (c.below(2) << 13) | tag), plain.subarray(12));
    return { iface, frame: c.in(10) ? bytes(plain.subarray(0, 12), be16(c.one([0x88a8, 0x8100]), 30), tagged.subarray(12)) : tagged };
  });
}

/** A frame of another sort with the addresses of this one. */
function oddFrame(c: Choice, plain: Buffer): Buffer {
  const head = plain.subarray(0, 12);
  switch (c.below(4)) {
    case 0:
      return bytes(
        mac(c.one(['01:80:c2:00:00:00', '01:80:c2:00:00:00', '01:80:c2:00:00:0e', '01:80:c2:00:00:01', '01:80:c2:00:00:03'])),
        plain.subarray(6, 12),
        be16(38),
        0x42,
        0x42,
        3,
        be16(0),
        0,
        0,
        0,
        be16(0x8000),
        plain.subarray(6, 12),
        be32(0),
        be16(0x8000),
        plain.subarray(6, 12),
        be16(0x8001, 0, 20, 2, 15),
        Buffer.alloc(8),
      );
    case 1:
      return bytes(head, be16(20), c.one([0xaa, 0xe0, 0x42]), c.one([0xaa, 0xe0, 0x42]), 3, Buffer.from('000000', 'hex'), be16(0x0800), Buffer.alloc(12, 7));
    case 2:
      return bytes(head, be16(c.one(TYPES)), Buffer.alloc(46, 1));
    default:
      return plain.subarray(0, c.one([30, 40, 20]));
  }
}

/** Bridges, VLANs, pairs, ARP and what lies below IP: rules of their families, frames of every sort. */
export async function wideScenario(c: Choice, id: string): Promise<Scenario> {
  const layout = LAYOUTS[c.one(['plain', 'bridge', 'bridge', 'bridge', 'veth', 'veth'])];
  const base = layout.setup.map(argv);
  const scratch = await router(base);
  const made = await rules(c, scratch, layout);
  await scratch.close();
  const steps: Step[] = base.length ? [{ wait: 1.2 }] : [];
  for (let i = 6 + c.below(16); i > 0; i--) {
    for (const { iface, frame } of frames(c, layout)) steps.push({ inject: { iface, frame: frame.toString('hex') } });
    if (c.in(12)) {
      const [, src] = c.one(layout.own.filter(([, a]) => !a.includes(':')));
      const dst = c.one(layout.hosts.filter(([, , a]) => !a.includes(':')))[2];
      steps.push({ local: { packet: ip({ src, dst, id: 9, ...packetOf(c, src, dst) }).toString('hex') } });
    }
  }
  return {
    id,
    about: 'random frames below IP',
    setup: [...base, ...made.commands],
    steps: [...steps, ...made.lists, argv('conntrack -L'), argv('conntrack -L -f ipv6')],
    normalise: { random_ports: true },
  };
}
