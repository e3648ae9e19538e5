import { describe, expect, it } from 'vitest';
import { createHost } from '../../../src/index.ts';
import type { SimulatedHost } from '../../../src/index.ts';

async function router(): Promise<SimulatedHost> {
  const host = await createHost({ devices: [{ name: 'tun0', type: 'tun' }] });
  for (const line of ['ip link set tun0 up', 'ip addr add 10.0.0.1/24 dev tun0']) expect((await host.exec(line.split(' '))).status).toBe(0);
  return host;
}

/** A SYN from 10.0.0.2 to 10.0.0.1, source port `sport`, sequence number 1, window 1024. */
const syn = (sport: number, bits = 2): Uint8Array =>
  Uint8Array.of(0x45, 0, 0, 40, 0, 7, 0x40, 0, 64, 6, 0x26, 0xc7, 10, 0, 0, 2, 10, 0, 0, 1, sport >> 8, sport & 255, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, bits, 4, 0, 0, 0, 0, 0);

describe('kernel log', () => {
  it('has the lines of LOG rules in the form of nf_log_syslog', async () => {
    const host = await router();
    await host.exec(['iptables', '-A', 'INPUT', '-j', 'LOG', '--log-prefix', 'in: ', '--log-tcp-sequence']);
    await host.exec(['nft', 'add rule ip filter INPUT log prefix "nft "']);
    await host.advance(5);
    await host.inject('tun0', syn(1000));
    const { stdout } = await host.exec(['dmesg', '-t']);
    const common = 'IN=tun0 OUT= MAC= SRC=10.0.0.2 DST=10.0.0.1 LEN=40 TOS=0x00 PREC=0x00 TTL=64 ID=7 DF PROTO=TCP SPT=1000 DPT=80 ';
    expect(stdout).toBe(`in: ${common}SEQ=1 ACK=0 WINDOW=1024 RES=0x00 SYN URGP=0 \nnft ${common}WINDOW=1024 RES=0x00 SYN URGP=0 \n`);
    expect((await host.exec(['dmesg', '-c'])).stdout).toMatch(/^\[ {4}5\.000000\] in: /);
    expect((await host.exec(['dmesg'])).stdout).toBe('');
    await host.close();
  });
});

describe('a full connection table', () => {
  it('drops new connections, counts them and says so', async () => {
    const host = await router();
    await host.exec(['iptables', '-A', 'INPUT', '-m', 'conntrack', '--ctstate', 'NEW', '-j', 'ACCEPT']);
    await host.exec(['iptables', '-t', 'raw', '-A', 'OUTPUT', '-j', 'DROP']);
    await host.exec(['sysctl', '-w', 'net.netfilter.nf_conntrack_checksum=0', 'net.netfilter.nf_conntrack_max=3']);
    for (let i = 0; i < 16; i++) await host.inject('tun0', syn(2000 + i));
    expect((await host.exec(['conntrack', '-C'])).stdout).toBe('3\n');
    const { stdout } = await host.exec(['conntrack', '-S']);
    expect(stdout).toContain('cpu=0');
    expect(stdout).toMatch(/ insert_failed=0 drop=13 early_drop=0 /);
    const full = 'nf_conntrack: nf_conntrack: table full, dropping packet\n';
    expect((await host.exec(['dmesg', '-ct'])).stdout).toBe(full.repeat(10));
    await host.advance(6);
    await host.inject('tun0', syn(3000));
    expect((await host.exec(['dmesg', '-t'])).stdout).toBe(`net_ratelimit: 3 callbacks suppressed\n${full}`);
    await host.close();
  });

  it('makes room from what is not assured in the buckets nearby', async () => {
    const host = await router();
    await host.exec(['iptables', '-A', 'INPUT', '-m', 'conntrack', '--ctstate', 'NEW', '-j', 'ACCEPT']);
    await host.exec(['iptables', '-t', 'raw', '-A', 'OUTPUT', '-j', 'DROP']);
    await host.exec(['sysctl', '-w', 'net.netfilter.nf_conntrack_checksum=0', 'net.netfilter.nf_conntrack_max=600', 'net.netfilter.nf_conntrack_buckets=512']);
    for (let i = 0; i < 700; i++) await host.inject('tun0', syn(2000 + i));
    const { stdout } = await host.exec(['conntrack', '-S']);
    expect(Number(/early_drop=(\d+)/.exec(stdout)?.[1])).toBeGreaterThan(90);
    expect((await host.exec(['dmesg'])).stdout).toBe('');
    await host.close();
  });
});
