import { describe, expect, it } from 'vitest';
import { MemoryHost } from '../../../src/host/create.ts';
import { pick, type Random, random } from './random.ts';
import { randomFrame } from './random-frame.ts';
import { randomIptables, randomRules, SKELETON } from './random-rules.ts';

/**
 * The short interpreter is the reference: a packet that is traced meets every rule and runs every expression. The same
 * packets through the same rules, dispatched, must leave the same frames, counters, sets and connections.
 */
async function machine(rules: readonly (readonly string[])[], reference: boolean): Promise<MemoryHost> {
  const host = new MemoryHost({
    devices: [
      { name: 'eth0', type: 'ethernet', mac: '02:00:00:00:00:10' },
      { name: 'eth1', type: 'ethernet', mac: '02:00:00:00:01:10' },
    ],
  });
  for (const line of [
    'ip addr add 10.0.0.1/24 dev eth0',
    'ip addr add 192.168.1.1/24 dev eth1',
    'ip -6 addr add fd00::1/64 dev eth0',
    'ip -6 addr add fd01::1/64 dev eth1',
    'ip link set eth0 up',
    'ip link set eth1 up',
    'sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
    'ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent',
    'ip -6 neigh replace fd00::2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent',
  ])
    await run(host, line.split(' '));
  await run(host, ['nft', '-f', '-'], SKELETON);
  let refused = 0;
  for (const argv of rules) if ((await host.exec(argv)).status !== 0) refused++;
  expect(refused).toBeLessThanOrEqual(rules.length / 3);
  if (reference) host.machine.net.tracer = { event: () => {} };
  return host;
}

async function run(host: MemoryHost, argv: readonly string[], stdin = ''): Promise<string> {
  const r = await host.exec(argv, { stdin });
  if (r.status !== 0) throw new Error(`${argv.join(' ')}: ${r.stderr}`);
  return r.stdout;
}

async function seen(host: MemoryHost): Promise<string> {
  const saves = ['iptables-save', 'ip6tables-save', 'iptables-legacy-save'].map(async (tool) => (await run(host, [tool, '-c'])).replace(/^#.*\n/gm, ''));
  const save = (await Promise.all(saves)).join('');
  return (await run(host, ['nft', 'list', 'ruleset'])) + save + (await run(host, ['conntrack', '-L']));
}

async function agree(r: Random, rules: readonly (readonly string[])[], packets: number): Promise<void> {
  const fast = await machine(rules, false),
    plain = await machine(rules, true);
  for (let i = 0; i < packets; i++) {
    const frame = randomFrame(r),
      device = pick(r, ['eth1', 'eth1', 'eth1', 'eth0']);
    expect(await fast.inject(device, frame), `packet ${i}`).toEqual(await plain.inject(device, frame));
  }
  const counted = await seen(fast);
  expect(counted).toEqual(await seen(plain));
  expect(counted).toMatch(/packets [1-9]|\[[1-9]/);
}

describe('chains, dispatched', () => {
  it.each(Array.from({ length: 24 }, (_, i) => i))('do with packets what their rules do one after another (nft, ruleset %i)', async (seed) => {
    const r = random(seed + 1);
    const rules = randomRules(r, pick(r, [3, 15, 17, 60, 200])).map((text) => ['nft', text]);
    await agree(r, rules, 120);
  });

  const tools = ['iptables', 'iptables-legacy', 'ip6tables'] as const;
  it.each(Array.from({ length: 24 }, (_, i) => [tools[i % 3], i] as const))('do with packets what their rules do one after another (%s, ruleset %i)', async (tool, seed) => {
    const r = random(seed + 1000);
    const rules = randomIptables(r, pick(r, [3, 20, 40]), tool).map((line) => line.split(' '));
    await agree(r, rules, 120);
  });

  it('ask a match that drops short packets before what stands behind it', async () => {
    const rules = Array.from({ length: 20 }, (_, i) => `iptables -A FORWARD -p tcp -m multiport --dports 7,99 -m mark --mark ${i + 1}`.split(' '));
    const frame = randomFrame(random(1)).slice(0, 14 + 20 + 2);
    frame.set([0x08, 0x00, 0x45, 0, 0, 22, 0, 1, 0, 0, 64, 6, 0, 0, 192, 168, 1, 10, 10, 0, 0, 2], 12);
    frame.set([2, 0, 0, 0, 1, 0x10]);
    let sum = 0;
    for (let i = 14; i < 34; i += 2) sum += (frame[i] << 8) | frame[i + 1];
    sum = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
    frame.set([sum >> 8, sum & 255], 24);
    for (const reference of [true, false]) {
      const host = await machine(rules, reference);
      expect(await host.inject('eth1', frame)).toEqual([]);
      expect(await run(host, ['iptables-save', '-c', '-t', 'filter'])).toContain(':FORWARD ACCEPT [0:0]');
    }
    const open = await machine([], false);
    expect(await open.inject('eth1', frame)).toHaveLength(1);
  });
});
