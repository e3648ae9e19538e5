import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import ceilings from './ceilings.json' with { type: 'json' };
import { conntrackSession } from './conntrack-lines.ts';
import { conntrackMatches } from './conntrack-match.ts';
import { compare, describeDifference, type Difference } from './differential.ts';
import { expectSession } from './expect-lines.ts';
import { nfctSession } from './nfct-lines.ts';
import { Choice } from './random.ts';
import { askedRoot, type Step, whyNot } from './real.ts';
import { sysctlSession } from './sysctl-lines.ts';

const reason = whyNot();
if (reason) console.log(`live conntrack tests not run: ${reason}`);

const seed = Number(process.env.DRYWALL_SEED ?? 1);
const KINDS: readonly (readonly [string, (c: Choice) => Step[], number])[] = [
  ['conntrack', conntrackSession, Number(process.env.DRYWALL_SESSIONS ?? 200)],
  ['expectations', expectSession, Number(process.env.DRYWALL_SESSIONS ?? 100)],
  ['nfct', nfctSession, Number(process.env.DRYWALL_SESSIONS ?? 100)],
  ['sysctl', sysctlSession, Number(process.env.DRYWALL_SESSIONS ?? 100)],
];

const lacksNfct = reason === null && !existsSync(join(askedRoot, 'usr/sbin/nfct'));
if (lacksNfct) console.log('live nfct tests not run: the folder of the real tools was made without it');

describe.skipIf(reason !== null).each(KINDS)('random sessions of %s', (name, session, wanted) => {
  test.skipIf(name === 'nfct' && lacksNfct)(`${wanted} of them give what the real tools give`, async () => {
    const c = new Choice(seed);
    const differences: Difference[] = [];
    for (let left = wanted; left > 0; left -= 100) {
      const o = await compare(
        Array.from({ length: Math.min(left, 100) }, () => session(c)),
        conntrackMatches,
      );
      differences.push(...o.differences);
    }
    console.log(`live ${name}: seed ${seed}, ${wanted} sessions compared, ${differences.length} differ`);
    const share = differences.length / wanted;
    if (share > ceilings.conntrack) console.log(differences.slice(0, 20).map(describeDifference).join('\n\n'));
    // What is known to differ is in docs/divergences.md; the share of it may fall, never rise.
    expect(share).toBeLessThanOrEqual(ceilings.conntrack);
  });
});

describe.skipIf(reason !== null)('files of /proc/net', () => {
  test('are as the kernel formats them', async () => {
    const before = [
      'sysctl -q -w net.ipv6.conf.default.accept_dad=0',
      'ip link add v0 type veth peer name v1',
      'ip link set v0 address 02:00:00:00:00:01 up',
      'ip link set v1 address 02:00:00:00:00:02 up',
      'ip addr add 10.0.0.1/24 dev v0',
      'ip addr add 192.168.7.9/32 dev v0',
      'ip -6 addr add 2001:db8::5/64 dev v0',
      'ip -6 addr add fec0::5/64 dev v0 nodad',
      'ip route add default via 10.0.0.254',
      'ip route add 172.16.0.0/12 via 10.0.0.253 metric 50',
      'ip route add 10.9.0.7/32 dev v1',
      'ip route add blackhole 10.8.0.0/16',
      'ip route add unreachable 10.7.0.0/16',
      'ip route add prohibit 10.7.0.0/24',
      'ip neigh add 10.0.0.254 lladdr 02:00:00:00:00:99 dev v0',
      'ip neigh add 10.0.0.253 lladdr 02:00:00:00:00:98 dev v0 nud reachable',
      'ip neigh add proxy 10.0.0.77 dev v0',
    ];
    const files = ['arp', 'route', 'if_inet6', 'tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6', 'icmp', 'icmp6', 'udplite', 'udplite6', 'ip_tables_names', 'ip6_tables_names'];
    const alone = [
      'cat /proc/net/dev',
      'cat /proc/net/stat/synproxy',
      'cat /proc/net/ip_conntrack',
      'cat /proc/sys/net/ipv4/ip_conntrack_max',
      'sysctl net.ipv4.netfilter.ip_conntrack_max',
      'conntrack -L dying',
      'conntrack -L unconfirmed -o xml',
    ];
    const { differences } = await compare(
      [...files.map((f) => [...before, `cat /proc/net/${f}`]), ...alone.map((l) => [l])].map((lines) => lines.map((l) => ({ argv: l.split(' ') }))),
      conntrackMatches,
    );
    expect(differences.map(describeDifference)).toEqual([]);
  });
});
