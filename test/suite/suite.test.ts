import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Coverage } from '../../src/host/suite/coverage.ts';
import { hasWords } from '../../src/host/suite/expect.ts';
import { jsonSchema, seconds } from '../../src/host/suite/format.ts';
import { LoadedSuite, type Outcome } from '../../src/host/suite/play.ts';
import { readSuite, SuiteError } from '../../src/host/suite/read.ts';
import { ruleRows } from '../../src/host/suite/rules.ts';
import { suggest } from '../../src/host/suite/suggest.ts';

const root = resolve(import.meta.dirname, '../..');
const RULES = `*filter
:INPUT DROP [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -m multiport --dports 80,443 -j LOG --log-prefix "web "
-A INPUT -p tcp -m tcp --dport 443 -j REJECT --reject-with tcp-reset
-A INPUT -p tcp -m tcp --dport 22 -s 203.0.113.9/32 -j DROP
COMMIT
`;
const files = (own: Readonly<Record<string, string>>) => ({ resolve: (name: string) => `/suite/${name}`, read: (path: string) => own[path.replace('/suite/', '')] });

async function load(yaml: string, own: Readonly<Record<string, string>> = { 'fw.rules': RULES }) {
  const coverage = new Coverage();
  const suite = readSuite('s.yaml', yaml);
  const loaded = await LoadedSuite.load(suite, files(own), coverage);
  const outcomes: Outcome[] = [];
  for (const c of suite.cases) outcomes.push(await loaded.play(c));
  return { suite, loaded, coverage, outcomes };
}

const failures = (o: readonly Outcome[]): string[] => o.flatMap((x) => x.failures.map((f) => `${f.line} ${f.what}: ${f.expected} / ${f.actual}`));

describe('a suite', () => {
  test('expectations that hold say nothing', async () => {
    const { outcomes } = await load(`
load: fw.rules
tests:
  - send: ip saddr 203.0.113.7 tcp dport 22 flags syn
    in: eth0
    expect: { verdict: accept, rule: --dport 22, chain: INPUT, state: new, left: 'eth0 tcp 192.0.2.10:22 > * RST,ACK', counters: { '--dport 22 -j ACCEPT': 1, '-s 203.0.113.9/32': 0 } }
  - send: ip saddr 203.0.113.7 tcp dport 443 flags syn
    in: eth0
    expect: { verdict: reject, left: ['eth0 tcp 192.0.2.10:443 > 203.0.113.7:* RST,ACK'], log: 'web IN=eth0 SRC=203.0.113.7 DPT=443', conntrack: [] }
  - name: time passes
    steps:
      - send: ip daddr 203.0.113.7 udp sport 4000 dport 53
        expect: { verdict: sent, conntrack: 'udp src=192.0.2.10 dport=53 [UNREPLIED]' }
      - { send: ip saddr 203.0.113.7 udp sport 53 dport 4000, in: eth0, expect: { state: established } }
      - advance: 2m
      - { send: ip saddr 203.0.113.7 udp sport 53 dport 4000, in: eth0, expect: { verdict: drop, rule: -P INPUT DROP, left: [] } }
      - { run: 'iptables -F INPUT; iptables -S INPUT', expect: { stdout: '-P INPUT DROP' } }
      - { run: iptables -A NOPE, expect: { status: 1, stderr: /No chain/ } }
`);
    expect(failures(outcomes)).toEqual([]);
    expect(outcomes).toHaveLength(3);
  });

  test('those that do not hold say what was wanted, what came, and where', async () => {
    const { outcomes } = await load(`load: fw.rules
tests:
  - { send: ip saddr 203.0.113.7 tcp dport 22 flags syn, in: eth0, expect: { verdict: drop, rule: policy, state: established, left: [], conntrack: tcp ESTABLISHED } }
  - { run: 'false' }
  - { run: 'iptables -S NOPE', expect: { stdout: x } }
  - { expect: { counters: { '--dport': 1 } } }
`);
    expect(failures(outcomes)).toEqual([
      '3 verdict: drop / delivered',
      '3 rule: policy / -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      '3 state: established / new',
      '3 left: nothing / eth0 tcp 192.0.2.10:22 > 203.0.113.7:40000 RST,ACK seq 0 ack 1001',
      '3 conntrack: tcp ESTABLISHED / nothing',
      '4 the command failed: : status 0 / status 1',
      expect.stringMatching(/^5 status: 0 \/ 1: /),
      expect.stringMatching(/^5 stdout: x \/ $/),
      expect.stringMatching(/^6 counters of --dport: one rule that counts \/ 4 rules: /),
    ]);
  });

  test('conversations go through, or break at a rule', async () => {
    const { outcomes } = await load(`
load: fw.rules
listen: [tcp ssh, tcp 443]
peers: { 203.0.113.0/24: silent }
tests:
  - { connect: '198.18.0.7 -> 192.0.2.10:22', expect: { connects: true, conntrack: tcp dport=22 } }
  - { connect: '198.18.0.7 -> 192.0.2.10:443', expect: { connects: false, verdict: reject, rule: tcp-reset, chain: INPUT } }
  - { connect: 'host -> 198.18.0.7:25' }
  - { connect: 'host -> 203.0.113.9:25', expect: { connects: false } }
  - { connect: '198.18.0.7 -> 192.0.2.10:443' }
  - { connect: '198.18.0.7' }
  - { connect: 'host -> 198.18.0.7', by: ping, expect: { connects: false, rule: x } }
`);
    expect(failures(outcomes)).toEqual([
      '10 connects: true / false',
      "11 connect: wanted FROM and TO: drywall connect '203.0.113.7 -> 192.0.2.10:22': undefined / undefined",
      expect.stringMatching(/^12 rule: x \/ /),
      '12 connects: false / true',
    ]);
  });

  test('each test has a host of its own', async () => {
    const { outcomes } = await load(`load: fw.rules
tests:
  - { run: iptables -P INPUT ACCEPT }
  - { run: iptables -S INPUT | head -n 1, expect: { stdout: -P INPUT DROP } }
`);
    expect(failures(outcomes)).toEqual([]);
  });

  test.each([
    ['tests: [', /^s\.yaml:1:9: /],
    ['tests:\n  - sned: x\n', /^s\.yaml:2:5: unknown key: sned$/],
    ['tests:\n  - send: x\n    run: y\n', /^s\.yaml:3:10: tests\.0\.run: one of send and run is too many$/],
    ['tests:\n  - name: nothing\n', /^s\.yaml:2:5: tests\.0: a test is one step, or has `steps`, or has a `table`$/],
    ['tests:\n  - send: x\n    expect:\n      verdict: maybe\n', /^s\.yaml:4:16: tests\.0\.expect\.verdict: Invalid option/],
    ['tests:\n  - table:\n      rows: |\n        packet | colour\n        a | b\n', /^s\.yaml:4:13: no such column: colour /],
    ['tests:\n  - table:\n      rows: |\n        packet | verdict\n        a | b | c\n', /^s\.yaml:5:13: 3 cells, and the head has 2$/],
    ['tests:\n  - table:\n      rows: |\n        packet | verdict\n        a | b\n', /^s\.yaml:5:13: verdict: Invalid option/],
    ['host: mainframe\ntests: [{ run: "true" }]\n', /^s\.yaml:1:7: host: /],
  ])('%j is refused with its place', (text, message) => {
    let got = '';
    try {
      readSuite('s.yaml', text);
    } catch (e) {
      if (!(e instanceof SuiteError)) throw e;
      got = e.toString();
    }
    expect(got).toMatch(message);
  });

  test('a file that is not there or that the tool refuses is told at its name', async () => {
    const at = (yaml: string, own: Readonly<Record<string, string>>): Promise<unknown> => load(yaml, own).catch((e: unknown) => String(e));
    expect(await at('load: none.rules\ntests: [{ run: "true" }]\n', {})).toBe('s.yaml:1:7: no such file: none.rules');
    expect(await at('load:\n  - bad.nft\ntests: [{ run: "true" }]\n', { 'bad.nft': 'table ip x { chain c { tcp dport } }\n' })).toMatch(
      /^s\.yaml:2:5: bad\.nft: status 1: .*syntax error/s,
    );
  });

  test('a packet that cannot be read is a failure with its place', async () => {
    const { outcomes } = await load('tests:\n  - { send: ip sadr 203.0.113.7, in: eth0 }\n');
    expect(outcomes[0].failures[0].what).toMatch(/sadr[\s\S]*\n {3}\^+$/);
  });
});

describe('coverage', () => {
  const SUITE = `load: fw.rules
tests:
  - { send: ip saddr 203.0.113.7 tcp dport 22 flags syn, in: eth0 }
  - { send: ip saddr 203.0.113.7 tcp dport 443 flags syn, in: eth0 }
  - { send: ip saddr 203.0.113.7 udp dport 9, in: eth0 }
`;

  test('hits are what the counters say, and lines are those of the file', async () => {
    const { suite, loaded, coverage } = await load(SUITE);
    const { rules, share, policies } = coverage.report(loaded.host().machine);
    expect(rules.map((r) => [r.origin?.file, r.origin?.line, r.hits])).toEqual([3, 4, 5, 6, 7].map((line, i) => ['/suite/fw.rules', line, [0, 1, 1, 1, 0][i]]));
    expect(share.rules).toBe(3 / 5);
    expect(policies.find((p) => p.chain.name === 'INPUT')?.hits).toBe(1);
    // The same packets on one host: its counters are the sum over the tests' hosts.
    const host = loaded.host();
    const whole = new Coverage();
    const { sendPacket } = await import('../../src/host/suite/play.ts');
    for (const c of suite.cases) for (const s of c.steps) sendPacket(host, String(s.send), s.in, whole);
    const counted = ruleRows(host.machine).map((r) => Number(r.counter?.packets));
    expect(whole.report(loaded.host().machine).rules.map((r) => r.hits)).toEqual(counted);
    expect(counted).toEqual([0, 1, 1, 1, 0]);
  });

  test('tests of a rule are seen to hold and to fail', async () => {
    const { loaded, coverage } = await load(SUITE);
    const [, ssh] = coverage.report(loaded.host().machine).rules;
    expect(ssh.tests).toEqual([
      { text: '-p tcp', held: true, failed: true },
      { text: '-m tcp --dport 22', held: true, failed: true },
    ]);
  });

  test('a packet is found for a rule that nothing hit, or what stands before it', async () => {
    const { loaded, coverage } = await load(SUITE);
    const { rules } = coverage.report(loaded.host().machine);
    expect(suggest(rules[0], () => loaded.host())).toMatchObject({ kind: 'packet', steps: [{ send: expect.stringContaining('udp') }, { in: 'eth0' }] });
    expect(suggest(rules[4], () => loaded.host())).toEqual({
      kind: 'shadowed',
      by: 'INPUT: -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      packet: 'ip saddr 203.0.113.9 tcp dport 22 flags syn',
    });
  });

  test("the documents' firewall has a suite that hits every rule", async () => {
    const file = join(root, 'examples/suites/firewall.suite.yaml');
    const coverage = new Coverage();
    const suite = readSuite(file, readFileSync(file, 'utf8'));
    const loaded = await LoadedSuite.load(suite, { resolve: (n) => resolve(file, '..', n), read: (p) => readFileSync(p, 'utf8') }, coverage);
    for (const c of suite.cases) expect((await loaded.play(c)).failures).toEqual([]);
    expect(coverage.report(loaded.host().machine).share).toMatchObject({ rules: 1, policies: 1, elements: 1 });
  });
});

test('words stand in a line in their order, a star for anything', () => {
  expect(hasWords('tcp 6 120 ESTABLISHED src=1.2.3.4 dport=22', 'tcp ESTABLISHED dport=22')).toBe(true);
  expect(hasWords('tcp 6 120 ESTABLISHED src=1.2.3.4', 'src=1.2.* tcp')).toBe(false);
  expect(hasWords('tcp 6 120 ESTABLISHED src=1.2.3.4', 'src=1.2.*')).toBe(true);
  expect(hasWords('src=1a2', 'src=1.2')).toBe(false);
});

test('times of suites are seconds', () => expect([seconds(3), seconds('90s'), seconds('1h30m'), seconds('250ms')]).toEqual([3, 90, 5400, 0.25]));

test('editors get a schema that names every field', () => {
  const schema = JSON.stringify(jsonSchema());
  for (const field of ['verdict', 'conntrack', 'advance', 'table', 'gateways']) expect(schema).toContain(`"${field}"`);
});
