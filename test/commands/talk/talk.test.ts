import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StateHost } from '../../../src/host/state/state-host.ts';
import { parseNetwork } from '../../../src/host/outside/peers.ts';
import { writePeers } from '../../../src/host/outside/persist.ts';
import { Store } from '../../../src/host/state/store.ts';
import { blocks, masked } from './blocks.ts';

const dir = mkdtempSync(join(tmpdir(), 'drywall-talk-'));
let host: StateHost;
beforeAll(async () => {
  const store = Store.open(join(dir, 'state.db'));
  store.begin();
  host = await StateHost.make(store, {
    name: 'talk',
    devices: [{ name: 'eth0', type: 'ethernet', addresses: ['192.0.2.10/24', '2001:db8::10/64'] }],
    gateways: ['192.0.2.1'],
    forward: false,
  });
  const net = (text: string) => parseNetwork(text)!;
  const port = (proto: 'tcp' | 'udp', n: number) => ({ proto, port: n });
  writePeers(store, [
    { ...net('192.0.2.1'), manner: 'closed', ports: [port('tcp', 22), port('tcp', 80), port('udp', 53)] },
    { ...net('192.0.2.99'), manner: 'absent', ports: [] },
  ]);
});
afterAll(() => {
  host.abandon();
  rmSync(dir, { recursive: true });
});

/** Recorded by test/oracle/record-talk.ts from the real programs; times are masked. */
describe('ping, nc, curl, traceroute print what the real ones do', () => {
  for (const b of blocks(readFileSync(join(import.meta.dirname, 'recorded.txt'), 'utf8'))) {
    test(b.command, async () => {
      const r = await host.exec(b.command.replace(/^!/, '').split(' '));
      if (b.command.startsWith('!')) expect(r).toMatchObject({ status: 0, stderr: '' });
      else expect(`${masked(r.stderr)}${masked(r.stdout)}=${r.status}`).toBe(`${b.err}${b.out}=${b.status}`);
    });
  }
});
