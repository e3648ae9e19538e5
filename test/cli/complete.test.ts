import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completions } from '../../src/cli/complete.ts';
import { StateHost } from '../../src/host/state/state-host.ts';

const root = resolve(import.meta.dirname, '../..');
const dir = mkdtempSync(join(tmpdir(), 'drywall-complete-'));
const state = join(dir, 'state.db');
let host: StateHost;

const words = (...line: string[]): string[] =>
  completions(line.slice(0, -1), line.at(-1) ?? '', host.host)
    .split('\n')
    .slice(0, -1);

beforeAll(async () => {
  for (const line of [
    'iptables -N MINE',
    'nft add table inet filter',
    'nft add chain inet filter guard',
    'nft add set inet filter friends { type ipv4_addr; }',
    'ipset create people hash:ip',
  ])
    execFileSync(process.execPath, [join(root, 'bin/tools', line.split(' ')[0]), ...line.split(' ').slice(1)], { env: { ...process.env, DRYWALL_STATE: state } });
  host = await StateHost.open(state);
});
afterAll(() => {
  host.abandon();
  host.store.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('completion at the prompt of drywall shell', () => {
  test('iptables: tables, chains, targets, matches and the options they bring', () => {
    expect(words('iptables', '-t', 'm')).toEqual(['mangle']);
    expect(words('iptables', '-A', '')).toEqual(['FORWARD', 'INPUT', 'MINE', 'OUTPUT']);
    expect(words('iptables', '-A', 'INPUT', '-j', 'M')).toEqual(expect.arrayContaining(['MARK', 'MASQUERADE', 'MINE']));
    expect(words('iptables', '-A', 'INPUT', '-m', 'conn')).toEqual(['connbytes', 'connlabel', 'connlimit', 'connmark', 'conntrack']);
    expect(words('iptables', '-A', 'INPUT', '-m', 'conntrack', '--ctst')).toEqual(['--ctstate', '--ctstatus']);
    expect(words('iptables', '-A', 'INPUT', '--ctst')).toEqual([]);
    expect(words('/sbin/iptables', '-A', 'INPUT', '-i', '')).toEqual(['eth0', 'lo']);
  });

  test('nft: what the grammar allows, and names of the ruleset', () => {
    expect(words('nft', 'li')).toContain('list');
    expect(words('nft', 'list', 'rule')).toContain('ruleset');
    expect(words('nft', 'add', 'rule', 'inet', 'f')).toContain('filter');
    expect(words('nft', 'add', 'rule', 'inet', 'filter', 'g')).toEqual(expect.arrayContaining(['guard']));
    expect(words('nft', 'add', 'rule', 'inet', 'filter', 'guard', 'tcp', 'd')).toEqual(['doff', 'dport']);
    expect(words('nft', 'add', 'rule', 'inet', 'filter', 'guard', 'ct', 'stat')).toEqual(['state', 'status']);
  });

  test('conntrack, ipset and sysctl', () => {
    expect(words('conntrack', '-L', 'ex')).toEqual(['expect']);
    expect(words('conntrack', '-L', '-o', 'ext')).toEqual(['extended']);
    expect(words('ipset', 'add', '')).toEqual(['people']);
    expect(words('ipset', 'create', 'x', 'hash:net,p')).toEqual(['hash:net,port', 'hash:net,port,net']);
    expect(words('sysctl', 'net.ipv4.ip_forw')).toEqual(['net.ipv4.ip_forward', 'net.ipv4.ip_forward_update_priority', 'net.ipv4.ip_forward_use_pmtu']);
  });

  test('nothing for a program of which nothing is known', () => expect(words('ls', '')).toEqual([]));
});
