import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Result } from '../../src/host/execute.ts';
import { StateHost } from '../../src/host/state/state-host.ts';
import { Choice } from '../oracle/random.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drywall-resident-'));
  vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(dir, { recursive: true, force: true });
});

const SETUP = [
  'nft add table ip t',
  'nft add chain ip t c',
  'nft add chain ip t d',
  'nft add set ip t s { type ipv4_addr; flags interval; }',
  'nft add map ip t m { type inet_service : mark; }',
  'ipset create h hash:net counters initval 0x1',
  'iptables -N A',
];

const LISTINGS = ['iptables-save -c', 'nft -a list ruleset', 'ipset save', 'conntrack -L', 'sysctl -n net.ipv4.ip_forward', 'ip -4 addr'];

/** Changes and looks of all kinds; a change that has nothing to work on fails, everywhere in the same way. */
const change = (r: Choice): string => {
  const n = (): number => 1 + r.below(60);
  return r.one([
    () => `iptables -A A -s 10.0.0.${n()} -p tcp --dport ${n()} -j ACCEPT`,
    () => `iptables -I A ${1 + r.below(40)} -m recent --name r${r.below(3)} --set`,
    () => `iptables -D A ${n()}`,
    () => `iptables -R A ${n()} -m comment --comment c${n()} -j DROP`,
    () => 'iptables -S A',
    () => 'iptables -Z A',
    () => `nft add rule ip t ${r.one(['c', 'd'])} tcp dport ${n()} counter accept`,
    () => `nft insert rule ip t c position ${n()} meta mark ${n()} drop`,
    () => `nft delete rule ip t ${r.one(['c', 'd'])} handle ${n()}`,
    () => `nft replace rule ip t c handle ${n()} ip saddr @s log prefix "x${n()}"`,
    () => 'nft list chain ip t c',
    () => `nft add element ip t s { 10.${n()}.0.0/16 }`,
    () => `nft delete element ip t s { 10.${n()}.0.0/16 }`,
    () => `nft get element ip t s { 10.${n()}.0.1 }`,
    () => `nft add element ip t m { ${n()} : ${n()} }`,
    () => `nft delete element ip t m { ${n()} : ${n()} }`,
    () => `ipset add h 10.${n()}.0.0/${8 + r.below(25)}`,
    () => `ipset del h 10.${n()}.0.0/24`,
    () => `ipset test h 10.${n()}.0.1`,
    () => `conntrack -I -p udp -s 10.0.0.${n()} -d 10.0.1.1 --sport 1 --dport 2 -t 600`,
    () => `conntrack -D -s 10.0.0.${n()}`,
    () => `conntrack -U -s 10.0.0.${n()} -m ${n()}`,
    () => `sysctl -w net.ipv4.ip_forward=${r.below(2)}`,
    () => `ip addr add 10.9.0.${n()}/24 dev lo`,
    () => 'cat /proc/net/xt_recent/r1',
  ])();
};

/** Connections are listed in the order of a hash that each process makes anew. */
const inOrder = (r: Result): Result => ({ ...r, stdout: r.stdout.split('\n').sort().join('\n') });

/** A host that is now and then written away and read anew: `often` of 40 times between two commands its process ends, else it may only commit. */
async function play(lines: readonly string[], state: string, often: number, r: Choice): Promise<Result[]> {
  let host = await StateHost.open(state);
  const out: Result[] = [];
  for (const line of lines) {
    const argv = line.split(' ');
    const got = await host.exec(argv);
    out.push(argv[0] === 'conntrack' ? inOrder(got) : got);
    if (r.below(40) < often) {
      host.commit();
      host.store.close();
      host = await StateHost.open(state);
    } else if (r.in(3)) {
      host.commit();
      await host.resume();
    }
  }
  host.abandon();
  host.store.close();
  return out;
}

describe('a process that stays', () => {
  test.each([1, 2, 3, 4, 5, 6])('commits between commands, or reading all anew, change nothing (%i)', async (seed) => {
    const r = new Choice(seed);
    const lines = [...SETUP, ...Array.from({ length: 250 }, () => change(r)), ...LISTINGS];
    const [often, seldom, never] = [
      await play(lines, join(dir, 'often.db'), 10, r),
      await play(lines, join(dir, 'seldom.db'), 1, r),
      await play(lines, join(dir, 'never.db'), 0, r),
    ];
    for (const [i, line] of lines.entries()) {
      expect(seldom[i], `${i}: ${line}`).toEqual(often[i]);
      expect(never[i], `${i}: ${line}`).toEqual(often[i]);
    }
  });
});
