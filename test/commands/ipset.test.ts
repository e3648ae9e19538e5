import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createHost } from '../../src/host/create.ts';

/** Sessions of Debian 13's ipset 7.22 on Linux 6.18, recorded with test/oracle's kind of namespace; sizes and seeds are `<N>`. */
interface Step {
  readonly argv: readonly string[];
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}
const sessions = readFileSync(new URL('./ipset.golden.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((l) => JSON.parse(l) as Step[]);

const normal = (s: string): string =>
  s
    .replace(/initval( |>)0x[0-9a-f]+/g, 'initval$1<N>')
    .replace(/"initval" : "0x\w+"/g, '"initval" : "<N>"')
    .replace(/Size in memory: \d+/g, 'Size in memory: <N>')
    .replace(/memsize>\d+/g, 'memsize><N>')
    .replace(/"memsize" : \d+/g, '"memsize" : <N>');
/** Unsorted lists come in the order of a hash. */
const lines = (s: string, sorted: boolean): string => (sorted ? s : s.split('\n').sort().join('\n'));

describe('ipset agrees with the recorded tool', () => {
  sessions.forEach((steps, n) => {
    it(`session ${n}: ${steps[0].argv.join(' ')}`, async () => {
      const host = await createHost({ container: true });
      for (const step of steps) {
        const r = await host.exec(['ipset', ...step.argv]);
        const sorted = step.argv.includes('-s');
        expect({ argv: step.argv, status: r.status, stdout: lines(normal(r.stdout), sorted), stderr: r.stderr }).toEqual({
          argv: step.argv,
          status: step.status,
          stdout: lines(step.stdout, sorted),
          stderr: step.stderr,
        });
      }
    });
  });

  it('keeps its sets across export and import', async () => {
    const { Netns } = await import('../../src/kernel/netns.ts');
    const make = (): InstanceType<typeof Netns> => new Netns({ clock: { now: () => 0, wall: () => 0 }, random: { u32: () => 1, below: () => 0 }, container: true });
    const { findType } = await import('../../src/kernel/ipset/ipsets.ts');
    const net = make();
    const type = findType('hash:net');
    if (!type) throw new Error('no hash:net');
    net.ipset.create('s', type, { timeout: 10 }, false);
    net.ipset.operate('add', 's', { ip: Uint8Array.of(10, 0, 0, 0), cidr: 8 }, false);
    const other = make();
    other.ipset.import(structuredClone(net.ipset.export()));
    expect(other.ipset.operate('test', 's', { ip: Uint8Array.of(10, 1, 2, 3) }, false)).toBeNull();
    expect(other.ipset.export()).toEqual(net.ipset.export());
  });
});
