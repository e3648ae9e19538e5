import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHost } from '../../src/host/create.ts';
import { StateError } from '../../src/host/state/store.ts';

const root = resolve(import.meta.dirname, '../..');
let dir: string;
let state: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drywall-library-'));
  state = join(dir, 'state.db');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const tool = (line: string): string => {
  const [name, ...args] = line.split(' ');
  return execFileSync(process.execPath, [join(root, 'bin/tools', name), ...args], {
    env: { ...process.env, DRYWALL_STATE: state },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
};

describe('createHost({ state })', () => {
  test('is the host of the command line, in both directions', async () => {
    const host = await createHost({ state });
    expect((await host.exec(['iptables', '-N', 'FROM_LIBRARY'])).status).toBe(0);
    expect(tool('iptables -S')).toContain('-N FROM_LIBRARY\n');
    tool('nft add table inet from_tool');
    expect((await host.exec(['nft', 'list', 'tables'])).stdout).toContain('table inet from_tool\n');
    await host.close();
    const again = await createHost({ state });
    expect((await again.exec(['iptables', '-S', 'FROM_LIBRARY'])).stdout).toBe('-N FROM_LIBRARY\n');
    await again.close();
  });

  test('shell texts, packets and time are kept', async () => {
    const host = await createHost({ state });
    const r = await host.exec([
      'bash',
      '-c',
      'for i in 1 2; do iptables -A INPUT -m conntrack --ctstate NEW -p tcp --dport $i -j DROP; done; iptables -S INPUT | wc -l; echo kept > /etc/drywall-kept.conf',
    ]);
    expect(r).toEqual({ status: 0, stdout: '3\n', stderr: '' });
    // From the host's own address: an IPv4 header alone, whose checksum the raw socket fills in.
    const packet = Uint8Array.of(0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 10, 203, 0, 113, 7, 0x0f, 0xa0, 0, 53, 0, 8, 0, 0);
    expect((await host.send(packet)).map((e) => e.iface)).toEqual(['eth0']);
    expect(tool('conntrack -C').trim()).toBe('1');
    await host.advance(60);
    expect(tool('conntrack -C').trim()).toBe('0');
    await host.close();
    const again = await createHost({ state });
    expect((await again.exec(['cat', '/etc/drywall-kept.conf'])).stdout).toBe('kept\n');
    await again.close();
  });

  test('a listener hears what others do and what the library does', async () => {
    const host = await createHost({ state });
    const events = await host.start(['conntrack', '-E']);
    tool('conntrack -I -p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 53 -t 100');
    await host.exec(['conntrack', '-I', '-p', 'udp', '-s', '192.0.2.1', '-d', '192.0.2.3', '--sport', '1', '--dport', '53', '-t', '100']);
    expect(events.read().match(/\[NEW\] udp .* dst=192\.0\.2\.\d/g)).toHaveLength(2);
    expect(events.read()).toBe('');
    tool('conntrack -D -d 192.0.2.2');
    const end = await events.stop('INT');
    expect(end.stdout).toContain('[DESTROY] udp');
    expect(end.stderr).toContain('3 flow events have been shown');
    await host.close();
  });

  test('what cannot be used is told and left alone', async () => {
    writeFileSync(state, 'not a database');
    await expect(createHost({ state })).rejects.toThrow(StateError);
    await expect(createHost({ state, container: true })).rejects.toThrow(/container cannot be given with a state/);
  });
});
