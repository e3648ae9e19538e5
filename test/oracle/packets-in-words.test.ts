import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildPacket } from '../../src/host/packet/build.ts';
import { CaptureWriter, LINKTYPE } from '../../src/host/pcap/write.ts';
import { seededRandom } from '../../src/host/random.ts';
import { Netns } from '../../src/kernel/netns.ts';
import { tcpdump, whyNoTalk } from './talk.ts';

const why = whyNoTalk();
if (why) console.log(`packets in words not read by tcpdump: ${why}`);

/** Packets as people write them, and what tcpdump calls them. */
const PACKETS: readonly (readonly [string, RegExp])[] = [
  ['tcp dport 22', /\.40000 > 192\.0\.2\.10\.22: Flags \[S\], cksum \w+ \(correct\)/],
  [
    'tcp flags syn,ack option maxseg size 1460 option sack-perm option timestamp tsval 1 tsecr 0 option nop option window count 7',
    /\[S\.\].*options \[mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7\]/,
  ],
  ['tcp seq 1 ack 2 win 3 urg 4 flags urg|ack', /Flags \[\.U\].*\(correct\).*win 3, urg 4/],
  ['ip dscp ef ecn ce ttl 7 id 99 tcp', /tos 0xbb,CE, ttl 7, id 99/],
  ['ip6 tcp dport 443 payload "abc"', /443: Flags \[P\.\].*\(correct\).*length 3/],
  ['udp dport 9 payload "odd"', /\.9: \[udp sum ok\] UDP, length 3/],
  ['icmp type echo-request payload size 56', /ICMP echo request, id 1, seq 1, length 64/],
  ['icmp type destination-unreachable code port-unreachable ip udp sport 53', /ICMP 192\.0\.2\.1 udp port 53 unreachable/],
  ['icmp type redirect code 1 gateway 192.0.2.9 ip udp', /redirect .* to host 192\.0\.2\.9/],
  ['icmp type timestamp-request', /time stamp query/],
  ['icmpv6 type nd-neighbor-solicit', /> ff02::1:ff00:10: \[icmp6 sum ok\] ICMP6, neighbor solicitation.*who has 2001:db8::10/],
  ['icmpv6 type packet-too-big mtu 1280 ip6 tcp', /\[icmp6 sum ok\] ICMP6, packet too big, mtu 1280/],
  ['igmp type membership-report-v2 group 239.1.1.1', /> 239\.1\.1\.1: igmp v2 report 239\.1\.1\.1/],
  ['sctp chunk data tsn 1 stream 2 payload "hello"', /\[DATA\] \[TSN: 1\] \[SID: 2\]/],
  ['dccp dport 5', /cksum \w+ \(correct\)\) DCCP-Request/],
  ['ah spi 7 tcp dport 80', /AH\(length=4\(24-bytes\),spi=0x00000007.*\(correct\)/],
  ['gre key 7 seq 9 ip6 icmpv6', /key=0x7, seq 9, length 60/],
  ['vlan id 5 vlan id 7 tcp', /\(correct\)/],
  ['vxlan vni 5 ip tcp', /\[udp sum ok\] VXLAN, flags \[I\] \(0x08\), vni 5/],
  ['geneve vni 6 ip udp', /Geneve, Flags \[none\], vni 0x6/],
  ['ip6 hbh dst tcp', /HBH \(padn\) DSTOPT \(padn\).*\(correct\)/],
  ['arp operation reply', /ARP.*Reply 192\.0\.2\.1 is-at 02:00:c0:00:02:01/],
  ['ip option rr ptr 4 udp', /options \(RR 0\.0\.0\.0,EOL\)/],
  ['ip ip udp dport 9', /proto IPIP \(4\).*\n.*\n? *.*\[udp sum ok\]/],
];

describe.skipIf(why !== null)('tcpdump reads packets in words as they were meant', () => {
  const net = new Netns({ clock: { now: () => 0, wall: () => 0 }, random: seededRandom(1), container: true });
  const dev = net.stack.addDevice('eth0', 'ethernet', { mac: Uint8Array.of(2, 0, 0, 0, 0, 0x10) });
  net.stack.setUp(dev, true);
  const local = Uint8Array.of(192, 0, 2, 10);
  dev.addrs4.push({ local, peer: local, len: 24, broadcast: null, label: 'eth0', scope: 0, secondary: false });
  dev.addrs6.unshift({ addr: Uint8Array.of(0x20, 1, 0xd, 0xb8, ...new Uint8Array(11), 0x10), len: 64, scope: 0, flags: ['permanent'], kernel: false });
  net.stack.fib.invalidate();

  test.each(PACKETS)('%s', (words, wanted) => {
    const dir = mkdtempSync(join(tmpdir(), 'drywall-words-'));
    try {
      const w = new CaptureWriter(join(dir, 'f'));
      for (const frame of buildPacket(words, { stack: net.stack, in: 'eth0' }).frames) w.packet('eth0', LINKTYPE.ethernet, 1, 0, frame, words);
      w.close();
      const said = tcpdump(join(dir, 'f'));
      expect(said).toMatch(wanted);
      expect(said).not.toMatch(/incorrect|bad cksum|bad udp|wrong/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
