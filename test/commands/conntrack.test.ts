import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createHost } from '../../src/host/create.ts';

/** Sessions of conntrack 1.4.8 and procps' sysctl on Linux 6.18 in a fresh namespace: a shell line and what it printed. */
interface Step {
  readonly command: string;
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}
const sessions = readFileSync(new URL('./conntrack.golden.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((l) => JSON.parse(l) as Step[]);

/** Remaining times go down while a recording runs: compared in steps of 5; dumps come in hash order: sorted. */
const five = (n: string): number => Math.ceil(Number(n) / 5) * 5;
const normal = (text: string): string =>
  text
    .split('\n')
    .map((l) =>
      l
        .replace(/\bid=\d+$/, 'id=<ID>')
        .replace(/<id>\d+/, '<id><ID>')
        .replace(/^((?:ipv[46]\s+\d+ )?[a-z][\w-]*\s+\d+ )(\d+)(?= )/, (_, a: string, n: string) => `${a}${five(n)}`)
        .replace(/^(.* -t )(\d+)/, (_, a: string, n: string) => `${a}${five(n)}`)
        .replace(/<timeout>(\d+)/, (_, n: string) => `<timeout>${five(n)}`),
    )
    .sort()
    .join('\n');

describe('conntrack and sysctl agree with the recorded tools', () => {
  sessions.forEach((steps, n) => {
    it(`session ${n}: ${steps[0].command}`, async () => {
      const host = await createHost({ container: true });
      for (const step of steps) {
        const r = await host.exec(['bash', '-c', step.command]);
        expect({ command: step.command, status: r.status, stdout: normal(r.stdout), stderr: normal(r.stderr) }).toEqual({
          command: step.command,
          status: step.status,
          stdout: normal(step.stdout),
          stderr: normal(step.stderr),
        });
      }
    });
  });
});

describe('the connection table', () => {
  const make = async () => {
    const { Netns } = await import('../../src/kernel/netns.ts');
    let now = 0;
    const net = new Netns({ clock: { now: () => now, wall: () => now }, random: { u32: () => 1, below: () => 0 }, container: true });
    return {
      net,
      wait: (ms: number) => {
        now += ms;
      },
    };
  };
  const tuple = (port: number) => ({ l3num: 2, protonum: 17, src: Uint8Array.of(10, 0, 0, 1), dst: Uint8Array.of(10, 0, 0, 2), sport: port, dport: 53 }) as const;
  const reply = (port: number) => ({ ...tuple(port), src: Uint8Array.of(10, 0, 0, 2), dst: Uint8Array.of(10, 0, 0, 1), sport: 53, dport: port }) as const;
  const zone = { id: 0, dir: 'both' } as const;

  it('finds an entry by both tuples until its time is over', async () => {
    const { net, wait } = await make();
    const table = net.conntrack;
    for (let port = 1; port <= 5000; port++) {
      const ct = table.alloc(zone, tuple(port), reply(port));
      table.refresh(ct, 30);
      expect(table.insert(ct)).toBe(true);
    }
    expect(table.find(zone, tuple(77))?.dir).toBe(0);
    expect(table.find(zone, reply(4999))?.dir).toBe(1);
    expect(table.find({ id: 5, dir: 'both' }, tuple(77))).toBeNull();
    wait(30_000);
    expect(table.find(zone, tuple(77))).toBeNull();
    expect(table.entries()).toEqual([]);
    expect(table.count).toBe(0);
  });

  it('is the same after export and import', async () => {
    const { net } = await make();
    const ct = net.conntrack.alloc(zone, tuple(1), reply(1));
    net.conntrack.refresh(ct, 100);
    net.conntrack.insert(ct);
    net.conntrack.conf.timeouts.udp[0] = 7;
    const other = (await make()).net;
    const rows = new Map(net.conntrack.changes());
    other.conntrack.import(structuredClone(net.conntrack.export()), { get: (key) => rows.get(key) ?? new Uint8Array() });
    expect(other.conntrack.export()).toEqual(net.conntrack.export());
    expect(other.conntrack.find(zone, reply(1))?.ct.id).toBe(ct.id);
  });
});
