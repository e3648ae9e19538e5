import { describe, expect, test } from 'vitest';
import { InputWanted } from '../../src/host/execute.ts';
import { StateHost } from '../../src/host/state/state-host.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Does a command ask for its standard input? A shell fetches it only then, and runs the command anew. */
async function asks(line: string): Promise<boolean> {
  const dir = mkdtempSync(join(tmpdir(), 'drywall-stdin-'));
  const host = await StateHost.open(join(dir, 'state.db'));
  try {
    await host.exec(line.split(' '), {
      stdin: () => {
        throw new InputWanted();
      },
    });
    return false;
  } catch (e) {
    if (e instanceof InputWanted) return true;
    throw e;
  } finally {
    host.abandon();
    host.store.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

describe('who is asked for standard input', () => {
  test.each([
    'iptables-restore',
    'iptables-restore -n',
    'ip6tables-restore -w 5 -T nat',
    'iptables-nft-restore --noflush',
    'xtables-nft-multi iptables-restore',
    'ebtables-restore',
    'iptables-xml',
    'nft -f -',
    'nft -c -f /dev/stdin',
    'nft -cf -',
    'nft -i',
    'ipset restore',
    'ipset restore -!',
    'ipset -',
    'sysctl -p -',
    'conntrack -R -',
    'ip -batch -',
    'nc 192.0.2.9 80',
  ])('%s', async (line) => expect(await asks(line)).toBe(true));
  test.each([
    'iptables-restore /etc/rules',
    'iptables -A INPUT -p tcp',
    'iptables-save',
    'xtables-nft-multi iptables -S',
    'nft -f /etc/nftables.conf',
    'nft list ruleset',
    'nft add rule ip t c iif lo',
    'ipset restore -f file',
    'ipset list',
    'sysctl -p',
    'sysctl -p /etc/sysctl.conf',
    'conntrack -L',
    'ip link show',
    'nc -z 192.0.2.9 80',
  ])('not %s', async (line) => expect(await asks(line)).toBe(false));
});
