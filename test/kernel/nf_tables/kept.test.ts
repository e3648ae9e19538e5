import { describe, expect, test } from 'vitest';
import { MemoryHost } from '../../../src/host/create.ts';

/** UDP of IPv4 with its header's checksum. */
function udp(src: string, dst: string, sport: number, dport: number): Uint8Array {
  const p = new Uint8Array(28);
  const view = new DataView(p.buffer);
  p.set([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17]);
  p.set(src.split('.').map(Number), 12);
  p.set(dst.split('.').map(Number), 16);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += view.getUint16(i);
  view.setUint16(10, ~((sum & 0xffff) + (sum >> 16)) & 0xffff);
  view.setUint16(20, sport);
  view.setUint16(22, dport);
  view.setUint16(24, 8);
  return p;
}

const SETUP = ['ip link set tun0 up', 'ip addr add 192.0.2.1/24 dev tun0'];

/** Everything that remembers packets, and how its memory shows. */
const KEEPERS: Readonly<Record<string, readonly string[]>> = {
  recent: ['iptables -A INPUT -m recent --name r --update --seconds 60 --hitcount 3 -j DROP', 'iptables -A INPUT -m recent --name r --set -j ACCEPT'],
  hashlimit: ['iptables -A INPUT -m hashlimit --hashlimit-upto 1/minute --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name h -j ACCEPT'],
  'hashlimit of bytes': ['iptables -A INPUT -m hashlimit --hashlimit-upto 16b/s --hashlimit-burst 16b --hashlimit-name b -j ACCEPT'],
  'limit of xtables': ['iptables -A INPUT -m limit --limit 1/minute --limit-burst 3 -j ACCEPT'],
  'limit of the legacy tools': ['iptables-legacy -A INPUT -m limit --limit 1/minute --limit-burst 3 -j ACCEPT'],
  quota: ['iptables -A INPUT -m quota --quota 100 -j ACCEPT'],
  statistic: ['iptables -A INPUT -m statistic --mode nth --every 3 --packet 1 -j ACCEPT'],
  connlimit: ['iptables -A INPUT -m conntrack --ctstate NEW -m connlimit --connlimit-above 2 -j DROP'],
  rateest: [
    'iptables -A INPUT -j RATEEST --rateest-name e --rateest-interval 250ms --rateest-ewmalog 500ms',
    'iptables -A INPUT -m rateest --rateest e --rateest-gt --rateest-pps 0 -j DROP',
  ],
  'limit, quota and turns of nft': [
    'nft add table ip t',
    'nft add chain ip t c { type filter hook input priority 0; }',
    'nft add rule ip t c limit rate 3/minute burst 2 packets counter',
    'nft add rule ip t c quota over 90 bytes counter',
    'nft add rule ip t c numgen inc mod 3 1 counter',
    'nft add rule ip t c ct count over 2 counter',
  ],
  'sets that packets fill': [
    'nft add table ip t',
    'nft add set ip t s { type ipv4_addr . inet_service; flags dynamic,timeout; timeout 40s; }',
    'nft add chain ip t c { type filter hook input priority 0; }',
    'nft add rule ip t c add @s { ip saddr . udp dport limit rate over 2/minute burst 1 packets } counter',
    'nft add rule ip t c update @s { ip saddr . udp sport counter } counter',
  ],
};
const LISTINGS = ['iptables-save -c', 'iptables-legacy-save -c', 'nft list ruleset', 'cat /proc/net/xt_recent/r'];

const DEVICES = [{ name: 'tun0', type: 'tun' as const }];

/** What is listed after each of some packets; `between`: what becomes of the host after each. */
async function story(rules: readonly string[], between: (host: MemoryHost) => MemoryHost): Promise<string[]> {
  let host = new MemoryHost({ devices: DEVICES });
  for (const line of [...SETUP, ...rules]) {
    const r = await host.exec(['sh', '-c', line.includes('{') ? line.replace(/^nft (.*)$/, "nft '$1'") : line]);
    if (r.status !== 0) throw new Error(`${line}: ${r.stderr}`);
  }
  const seen: string[] = [];
  for (let i = 0; i < 14; i++) {
    host = between(host);
    await host.inject('tun0', udp(`192.0.2.${10 + (i % 2)}`, '192.0.2.1', 1000 + (i % 5), 53));
    await host.advance([0.1, 3, 0, 25][i % 4]);
    host = between(host);
    for (const line of LISTINGS) seen.push(((await host.exec(['sh', '-c', line])).stdout ?? '').replace(/^# (Generated|Completed).*\n/gm, ''));
  }
  return seen;
}

describe('what packets leave behind lasts: a host that begins anew after each packet does as one that goes on', () => {
  test.each(Object.entries(KEEPERS))('%s', async (_, rules) => {
    const whole = await story(rules, (host) => host);
    expect(new Set(whole).size).toBeGreaterThan(3); // it does remember
    expect(await story(rules, (host) => new MemoryHost({}, host.snapshot()))).toEqual(whole);
  });
});
