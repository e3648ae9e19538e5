import type { createHost } from 'drywall';

type Host = Awaited<ReturnType<typeof createHost>>;

export const TUN_DEVICES = [
  { name: 'tun0', type: 'tun' },
  { name: 'tun1', type: 'tun' },
] as const;

export const NETS = [
  { dev: 'eth0', mac: '02:00:00:00:00:10', v4: '10.0.0.1/24', v6: 'fd00:a::1/64' },
  { dev: 'eth1', mac: '02:00:00:00:01:10', v4: '192.168.1.1/24', v6: 'fd00:b::1/64' },
  { dev: 'eth2', mac: '02:00:00:00:02:10', v4: '172.16.0.1/24', v6: 'fd00:c::1/64' },
] as const;
export const ROUTER_DEVICES = NETS.map(({ dev, mac }) => ({ name: dev, type: 'ethernet' as const, mac }));

/** Hosts that are pretended to be near: device, MAC, addresses. */
export const NEIGHBOURS: readonly (readonly [string, string, ...string[]])[] = [
  ['eth0', '02:00:00:00:00:02', '10.0.0.2', 'fd00:a::2'],
  ['eth0', '02:00:00:00:00:03', '10.0.0.3', 'fd00:a::3'],
  ['eth0', '02:00:00:00:00:fe', '10.0.0.254', 'fd00:a::fe'],
  ['eth0', '02:00:00:00:00:4d', '10.0.0.77'],
  ['eth1', '02:00:00:00:01:0a', '192.168.1.10', 'fd00:b::10'],
  ['eth1', '02:00:00:00:01:14', '192.168.1.20', 'fd00:b::20'],
  ['eth1', '02:00:00:00:01:1e', '192.168.1.30', 'fd00:b::30'],
  ['eth1', '02:00:00:00:01:0b', '192.168.1.11'],
  ['eth1', '02:00:00:00:01:0c', '192.168.1.12'],
  ['eth1', '02:00:00:00:01:0d', '192.168.1.13'],
  ['eth2', '02:00:00:00:02:0a', '172.16.0.10', 'fd00:c::10'],
  ['eth2', '02:00:00:00:02:14', '172.16.0.20', 'fd00:c::20'],
];

const must = async (host: Host, command: string): Promise<void> => {
  const r = await host.exec(command.split(' '));
  if (r.status !== 0) throw new Error(`set-up: ${command}: ${r.stderr}`);
};

export async function setUpTuns(host: Host, ipv6: boolean): Promise<void> {
  for (const n of [1, 2]) {
    await must(host, `ip addr add 10.0.${n}.1/24 dev tun${n - 1}`);
    if (ipv6) await must(host, `ip addr add fd00:${n}::1/64 dev tun${n - 1} nodad`);
    await must(host, `ip link set tun${n - 1} up`);
  }
  await must(host, 'sysctl -q -w net.ipv4.ip_forward=1');
  await must(host, 'sysctl -q -w net.ipv6.conf.all.forwarding=1');
}

/** The router of the packet recordings: wan, lan, dmz (cases/packets/README.md). */
export async function setUpRouter(host: Host): Promise<void> {
  for (const { dev, v4, v6 } of NETS) {
    await must(host, `ip addr add ${v4} dev ${dev}`);
    await must(host, `ip addr add ${v6} dev ${dev} nodad`);
    await must(host, `ip link set ${dev} up`);
  }
  for (const [dev, mac, ...addresses] of NEIGHBOURS) for (const a of addresses) await must(host, `ip neigh replace ${a} lladdr ${mac} dev ${dev} nud permanent`);
  await must(host, 'ip route add default via 10.0.0.254');
  await must(host, 'ip -6 route add default via fd00:a::fe');
  const redirects = ['all', 'default', ...NETS.map((n) => n.dev)].map((d) => `net.ipv4.conf.${d}.send_redirects=0`);
  for (const kv of [
    'net.ipv4.ip_forward=1',
    'net.ipv6.conf.all.forwarding=1',
    ...redirects,
    'net.ipv4.icmp_ratelimit=0',
    'net.ipv4.icmp_ratemask=0',
    'net.ipv6.icmp.ratelimit=0',
    'net.ipv6.auto_flowlabels=0',
  ])
    await must(host, `sysctl -q -w ${kv}`);
}
