import { describe, expect, test } from 'vitest';
import { firewall } from '../../src/vitest.ts';

describe('the TypeScript API', () => {
  test('a firewall that drops, rejects and lets in', async () => {
    const fw = await firewall({ load: 'examples/documents/05-firewall.nft', run: 'nft add rule inet firewall input tcp dport 25 reject' });
    expect(fw.send('ip saddr 203.0.113.7 tcp dport 22 flags syn', { in: 'eth0' })).toBeAccepted();
    expect(fw.send('ip saddr 203.0.113.7 tcp dport 23 flags syn', { in: 'eth0' })).toBeDropped();
    const mail = fw.send('ip saddr 203.0.113.7 tcp dport 25 flags syn', { in: 'eth0' });
    expect(mail).toBeRejected();
    expect(mail).toBeDecidedBy('tcp dport 25 reject');
    expect(mail).toHaveState('new');
    expect(mail).toLeave('eth0 icmp port-unreachable');
    expect(mail).not.toBeAccepted();
    expect(fw.send('ip daddr 203.0.113.7 udp sport 4000 dport 53')).toBeAccepted();
    expect(await fw.missing({ conntrack: [] })).toEqual([expect.stringContaining('conntrack: wanted nothing, got udp')]);
    await fw.advance('1h');
    expect(await fw.missing({ conntrack: [] })).toEqual([]);
    expect((await fw.run('nft list tables')).stdout).toBe('table inet firewall\n');
  });

  test('a matcher that does not hold tells what became of the packet', async () => {
    const fw = await firewall({});
    const p = fw.send('ip saddr 203.0.113.7 udp dport 9', { in: 'eth0' });
    expect(() => expect(p).toBeDropped()).toThrow(/expected the packet to be dropped[\s\S]*delivered/);
  });
});
