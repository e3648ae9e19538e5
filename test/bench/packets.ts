import { createHost, type SimulatedHost } from 'drywall';

const ip = (text: string): number[] => text.split('.').map(Number);

/** An Ethernet frame with a UDP packet of 60 bytes; checksums left out, as a sender may for UDP. */
function udp(src: string, dst: string, sport: number, dport: number): Uint8Array {
  const b = new Uint8Array(74);
  b.set([
    2,
    0,
    0,
    0,
    1,
    0x10,
    2,
    0,
    0,
    0,
    1,
    0x0a,
    8,
    0,
    0x45,
    0,
    0,
    60,
    0,
    1,
    0x40,
    0,
    64,
    17,
    0,
    0,
    ...ip(src),
    ...ip(dst),
    sport >> 8,
    sport & 255,
    dport >> 8,
    dport & 255,
    0,
    40,
    0,
    0,
  ]);
  let sum = 0;
  for (let i = 14; i < 34; i += 2) sum += (b[i] << 8) | b[i + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  b[24] = (~sum >> 8) & 255;
  b[25] = ~sum & 255;
  return b;
}

async function router(rules: string): Promise<SimulatedHost> {
  const host = await createHost({
    devices: [
      { name: 'eth0', type: 'ethernet', mac: '02:00:00:00:00:10' },
      { name: 'eth1', type: 'ethernet', mac: '02:00:00:00:01:10' },
    ],
  });
  for (const line of [
    'ip addr add 10.0.0.1/24 dev eth0',
    'ip addr add 192.168.1.1/24 dev eth1',
    'ip link set eth0 up',
    'ip link set eth1 up',
    'sysctl -q -w net.ipv4.ip_forward=1',
    'ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent',
  ]) {
    const r = await host.exec(line.split(' '));
    if (r.status !== 0) throw new Error(`${line}: ${r.stderr}`);
  }
  const r = await host.exec(['nft', '-f', '-'], { stdin: rules });
  if (r.status !== 0) throw new Error(r.stderr);
  return host;
}

/** Nanoseconds a packet over `n` packets, after a tenth of them as warm-up. */
async function perPacket(host: SimulatedHost, n: number, frame: (i: number) => Uint8Array): Promise<number> {
  for (let i = 0; i < n / 10; i++) await host.inject('eth1', frame(i));
  const from = performance.now();
  for (let i = 0; i < n; i++) await host.inject('eth1', frame(i));
  return ((performance.now() - from) * 1e6) / n;
}

const STATEFUL =
  'table inet f {\nchain forward {\n type filter hook forward priority 0; policy drop;\n ct state established,related accept\n ct state invalid drop\n ip saddr 192.168.1.0/24 accept\n}\n}\n';
const chain = (n: number): string =>
  `table ip f {\nchain forward {\n type filter hook forward priority 0;\n${Array.from({ length: n }, (_, i) => `ip saddr 172.${16 + (i >> 16)}.${(i >> 8) & 255}.${i & 255} udp dport ${1 + (i % 60000)} drop`).join('\n')}\n}\n}\n`;
const set = (n: number): string =>
  `table ip f {\nset s {\n type ipv4_addr\n elements = { ${Array.from({ length: n }, (_, i) => `172.${16 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`).join(', ')} }\n}\nchain forward {\n type filter hook forward priority 0;\n ip saddr @s drop\n}\n}\n`;

export async function packetBenches(chosen: (name: string) => boolean): Promise<string[]> {
  const lines: string[] = [];
  const measure = async (name: string, rules: string, n: number, frame: (i: number) => Uint8Array): Promise<number> => {
    if (!chosen(name)) return Number.NaN;
    const ns = await perPacket(await router(rules), n, frame);
    lines.push(`${name.padEnd(44)} ${ns.toFixed(0)} ns a packet (${(1e3 / ns).toFixed(2)} M/s)`);
    return ns;
  };
  const flows = Array.from({ length: 1000 }, (_, i) => udp('192.168.1.10', '10.0.0.2', 1024 + i, 53));
  await measure('packets: forward, no rules', 'table ip f {}', 100_000, (i) => flows[i % 1000]);
  await measure('packets: stateful, established, 1k flows', STATEFUL, 100_000, (i) => flows[i % 1000]);
  await measure('packets: stateful, each a new flow', STATEFUL, 50_000, (i) =>
    udp(`192.168.${1 + (i >> 14)}.${1 + ((i >> 6) & 127)}`, '10.0.0.2', 1024 + (i & 63) * 64 + (i % 61), 53),
  );
  const few = await measure('packets: chain of 10 rules', chain(10), 50_000, (i) => flows[i % 1000]);
  const many = await measure('packets: chain of 10k rules', chain(10_000), 1000, (i) => flows[i % 1000]);
  if (few && many) lines.push(`${'packets: 10k rules against 10'.padEnd(44)} ${(many / few).toFixed(1)} ×`);
  const small = await measure('packets: set of 10 elements', set(10), 50_000, (i) => flows[i % 1000]);
  const large = await measure('packets: set of 100k elements', set(100_000), 50_000, (i) => flows[i % 1000]);
  if (small && large) lines.push(`${'packets: set of 100k against 10'.padEnd(44)} ${(large / small).toFixed(2)} ×`);
  return lines;
}
