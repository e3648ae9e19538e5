import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHost, type SimulatedHost } from '../../src/host/create.ts';

/** Rulesets of some pieces (nf_tables/stored-rules.ts): kept as text while they are made, and read again as text. */
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drywall-test-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const LINES: readonly ((i: number) => string)[] = [
  (i) => `-A INPUT -s 10.0.${i >> 8}.${i & 255} -j ACCEPT`,
  (i) => `-A INPUT -p tcp -m multiport --dports ${i + 1},443 -m comment --comment "n ${i}" -j A`,
  (i) => `-A A -p udp --sport ${i + 1} -m limit --limit ${1 + (i % 9)}/sec -j DROP`,
  (i) => `-A B -m mark --mark ${i}/0xffff -j MARK --set-mark ${i}`,
];
const rules = (n: number): string[] => Array.from({ length: n }, (_, i) => LINES[i % LINES.length](i));
const file = (lines: readonly string[], head: readonly string[] = [':A - [0:0]', ':B - [0:0]']): string => ['*filter', ...head, ...lines, 'COMMIT', ''].join('\n');

const exec = async (host: SimulatedHost, line: string, stdin = ''): Promise<string> => {
  const r = await host.exec(line.split(' '), { stdin });
  return `${r.status}\n${r.stdout}${r.stderr}`.replace(/^# (Generated|Completed).*\n/gm, '');
};
const shown = async (host: SimulatedHost): Promise<string[]> => [await exec(host, 'iptables-save -c'), await exec(host, 'nft -a list ruleset')];

/** The same commands to a host in memory, to one on a state file, and to one that opens the file anew before each. */
async function agree(commands: readonly (readonly [line: string, stdin?: string])[]): Promise<string[][]> {
  const memory = await createHost({});
  const stored = await createHost({ state: join(dir, 'one.db') });
  const seen: string[][] = [];
  for (const [line, stdin] of commands) {
    const again = await createHost({ state: join(dir, 'other.db') });
    const said = await Promise.all([memory, stored, again].map(async (h) => [await exec(h, line, stdin), ...(await shown(h))]));
    await again.close?.();
    expect(said[1]).toEqual(said[0]);
    expect(said[2]).toEqual(said[0]);
    seen.push(said[0]);
  }
  await stored.close?.();
  return seen;
}

describe('a long ruleset is the same in memory and as text', () => {
  test('made, read, added to, cut and renamed', async () => {
    const seen = await agree([
      ['iptables-restore', file(rules(300))],
      ['iptables -A INPUT -j B'],
      ['iptables -I INPUT 40 -p icmp -j B'],
      ['iptables -D INPUT 2'],
      ['iptables -D A -p udp --sport 7 -m limit --limit 7/sec -j DROP'],
      ['iptables -R B 3 -j ACCEPT'],
      ['iptables -E B C'],
      ['iptables-restore --noflush', file(rules(100), [])],
      ['iptables -t filter -S A 12'],
      ['nft insert rule ip filter A counter'],
      ['iptables-restore -c', file(rules(70).map((l) => `[5:7] ${l}`))],
      ['iptables -Z'],
      ['iptables -F'],
    ]);
    expect(seen[0][0]).toBe('0\n');
    expect(seen[0][1].match(/^\[0:0\] -A/gm)).toHaveLength(300);
    expect(seen[4][0]).toBe('0\n');
  });

  test('in one batch as in many that never fill a piece, for packets too', async () => {
    const lines = rules(300);
    const [whole, parts] = [await createHost({}), await createHost({})];
    await exec(whole, 'iptables-restore', file(lines));
    await exec(parts, 'iptables-restore', file([]));
    for (let i = 0; i < lines.length; i += 20) await exec(parts, 'iptables-restore --noflush', file(lines.slice(i, i + 20), []));
    const packet = Uint8Array.of(0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1, 4, 0, 0, 3, 0, 8, 0, 0);
    const seen: string[][] = [];
    for (const host of [whole, parts]) {
      const before = await shown(host);
      for (const line of ['ip link set lo up', 'iptables -A INPUT -p udp -j A']) expect(await exec(host, line)).toBe('0\n');
      await host.send(packet);
      seen.push([...before, ...(await shown(host))]);
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[0][0].match(/^\[0:0\] -A/gm)).toHaveLength(300);
    expect(seen[0][2]).toContain('[1:28] -A INPUT -p udp -j A\n');
    for (const host of [whole, parts]) await host.close();
  });

  test('what is refused, early or late, leaves all as it was, handles too', async () => {
    const before: (readonly [string, string?])[] = [['iptables-restore', file(rules(80), [':INPUT ACCEPT [3:4]', ':A - [0:0]', ':B - [0:0]'])]];
    const bad = {
      'a word that nobody knows': [file([...rules(200), '-A INPUT --nonsense'], [':INPUT DROP [1:2]', ':A - [0:0]', ':B - [0:0]']), '2\n'],
      'a chain that is not there': [file([...rules(200), '-A INPUT -j NOWHERE'], [':INPUT DROP [1:2]', ':A - [0:0]', ':B - [0:0]']), '2\n'],
      'no COMMIT': [file(rules(200)).replace('COMMIT\n', ''), '1\n'],
    } as const;
    for (const [text, status] of Object.values(bad))
      for (const options of ['', ' --noflush', ' -c', ' -c --noflush']) {
        const seen = await agree([...before, [`iptables-restore${options}`, text], ['iptables -A B -j RETURN']]);
        expect(seen[1][0].slice(0, 2)).toBe(status);
        expect(seen[1].slice(1)).toEqual(seen[0].slice(1));
        rmSync(dir, { recursive: true, force: true });
        dir = mkdtempSync(join(tmpdir(), 'drywall-test-'));
      }
  });

  test('jumps that go round are found in the batch that closes the ring', async () => {
    const ring = ['-A A -j B', ...rules(100), '-A B -j A', ...rules(40)];
    const seen = await agree([
      ['iptables-restore', file(rules(40))],
      ['iptables-restore', file(ring)],
    ]);
    expect(seen[1][0]).toContain('line 105: RULE_APPEND failed (Too many links): rule in chain B');
    expect(seen[1].slice(1)).toEqual(seen[0].slice(1));
  });
});
