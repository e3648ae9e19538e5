import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const dir = mkdtempSync(join(tmpdir(), 'drywall-test-'));
const RULES = 'table inet t {\n chain c {\n  type filter hook input priority 0; policy drop;\n  tcp dport 22 accept\n  tcp dport 23 accept\n }\n}\n';
const SUITE = `load: fw.nft
tests:
  - { name: ssh, send: ip saddr 203.0.113.7 tcp dport 22 flags syn, in: eth0, expect: { verdict: accept } }
  - { name: '<web> & "more"', send: ip saddr 203.0.113.7 tcp dport 80 flags syn, in: eth0, expect: { verdict: accept } }
`;
beforeAll(() => {
  writeFileSync(join(dir, 'fw.nft'), RULES);
  writeFileSync(join(dir, 'a.suite.yaml'), SUITE);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const drywall = (...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
  new Promise((done) => {
    execFile(process.execPath, [join(root, 'bin/drywall'), 'test', ...args], { cwd: dir, env: { ...process.env, NO_COLOR: '1' } }, (e, stdout, stderr) => {
      done({ status: e === null ? 0 : typeof e.code === 'number' ? e.code : -1, stdout, stderr });
    });
  });

describe('drywall test', () => {
  test('finds suites, tells what failed, and says so by its status', async () => {
    const r = await drywall();
    expect(r.status).toBe(1);
    expect(r.stdout).toContain('✓ ssh\n✗ <web> & "more"\n    verdict a.suite.yaml:4\n      wanted accept\n      got    dropped\n');
    expect(r.stdout).toContain('1 passed, 1 failed\n');
    expect(await drywall('--filter', 'ssh')).toMatchObject({ status: 0, stdout: '✓ ssh\n\n1 passed\n' });
  });

  test('TAP, JUnit and GitHub', async () => {
    expect((await drywall('--format', 'tap')).stdout).toBe(
      'TAP version 14\n1..2\nok 1 - ssh\nnot ok 2 - <web> & "more"\n  ---\n  file: "a.suite.yaml"\n  failures:\n    - line: 4\n      message: "verdict: wanted accept, got dropped"\n  ...\n',
    );
    expect((await drywall('--format', 'junit')).stdout).toContain(
      '<testcase classname="a.suite.yaml" name="&lt;web&gt; &amp; &quot;more&quot;" file="a.suite.yaml" line="4">\n      <failure message="verdict: wanted accept, got dropped">',
    );
    expect((await drywall('--format', 'github')).stdout).toBe('::error file=a.suite.yaml,line=4,title=<web> & "more"::verdict: wanted accept, got dropped\n1 of 2 tests passed\n');
  });

  test('coverage as lcov, as a page, and as a bar to reach', async () => {
    const r = await drywall('--filter', 'ssh', '--lcov', 'lcov.info', '--html', 'c.html', '--min', '60');
    expect(r).toMatchObject({ status: 1, stderr: 'drywall test: 50.0 % of the rules were hit, wanted 60 %\n' });
    expect(r.stdout).toContain(`not hit ${join(dir, 'fw.nft')}:5: tcp dport 23 accept\n    send: ip tcp dport 23 flags syn   in: eth0\n`);
    expect(readFileSync(join(dir, 'lcov.info'), 'utf8')).toMatch(/^TN:drywall\nSF:fw\.nft\n[\s\S]*DA:4,1\nDA:5,0\nLF:2\nLH:1\nend_of_record\n$/);
    expect(readFileSync(join(dir, 'c.html'), 'utf8')).toContain('<code>tcp dport 23 accept</code>');
    expect((await drywall('--filter', 'ssh', '--min', '50')).status).toBe(0);
  });

  test('what is wrong in a suite has a place and the status 2', async () => {
    writeFileSync(join(dir, 'bad.yaml'), 'tests:\n  - sned: x\n');
    expect(await drywall('bad.yaml')).toEqual({ status: 2, stdout: '', stderr: 'drywall test: bad.yaml:2:5: unknown key: sned\n' });
    expect(await drywall('none.yaml')).toEqual({ status: 2, stdout: '', stderr: 'drywall test: none.yaml:1:1: no such file\n' });
  });
});
