import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmodSync, closeSync, copyFileSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
let dir: string;
let state: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drywall-test-'));
  state = join(dir, 'state.db');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const env = (): NodeJS.ProcessEnv => ({ ...process.env, DRYWALL_STATE: state });

const run = (program: string, ...args: string[]): Promise<Ran> =>
  new Promise((done) => {
    execFile(process.execPath, [join(root, 'bin', program), ...args], { env: env() }, (e, stdout, stderr) => {
      done({ status: e === null ? 0 : typeof e.code === 'number' ? e.code : -1, stdout, stderr });
    });
  });
const tool = (name: string, ...args: string[]): Promise<Ran> => run(join('tools', name), ...args);
const rules = async (): Promise<string[]> => (await tool('iptables', '-S')).stdout.split('\n').filter((l) => l.startsWith('-A'));

describe('between invocations', () => {
  test('a rule added by one process is listed by the next, in either tongue', async () => {
    expect(await tool('iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(await rules()).toEqual(['-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT']);
    expect((await tool('nft', 'list', 'ruleset')).stdout).toContain('tcp dport 22 counter packets 0 bytes 0 accept');
  });

  test('a failed command changes nothing', async () => {
    await tool('iptables', '-A', 'INPUT', '-j', 'DROP');
    const before = (await run('drywall', 'state', 'export')).stdout;
    expect((await tool('nft', 'add rule ip filter INPUT accept; add rule ip filter NOWHERE accept')).status).toBe(1);
    const ruleset = (text: string): unknown => JSON.parse(text).parts.nft.ruleset; // handles that a failed batch took stay taken, as in the kernel
    expect(ruleset((await run('drywall', 'state', 'export')).stdout)).toEqual(ruleset(before));
  });

  test('export, reset, import gives the same ruleset', async () => {
    await tool('iptables', '-A', 'FORWARD', '-s', '192.0.2.0/24', '-j', 'DROP');
    const text = (await run('drywall', 'state', 'export')).stdout;
    await run('drywall', 'state', 'reset');
    expect(await rules()).toEqual([]);
    const file = join(dir, 'export.json');
    writeFileSync(file, text);
    expect((await run('drywall', 'state', 'import', file)).status).toBe(0);
    expect(await rules()).toEqual(['-A FORWARD -s 192.0.2.0/24 -j DROP']);
  });
});

describe('at once', () => {
  test('eight processes that each add 50 rules lose none', async () => {
    await tool('iptables', '-S');
    const worker = join(dir, 'worker.mjs');
    writeFileSync(
      worker,
      `import { createRequire } from 'node:module';
const { run } = createRequire(import.meta.url)(${JSON.stringify(join(root, 'bin/launch.cjs'))}).load('iptables');
for (let i = 0; i < 50; i++) { const s = await run(['iptables', '-A', 'INPUT', '-s', \`10.\${process.argv[2]}.0.\${i}\`, '-j', 'ACCEPT']); if (s !== 0) process.exit(s); }`,
    );
    const exits = await Promise.all(
      Array.from(
        { length: 8 },
        (_, n) =>
          new Promise<number | null>((done) => {
            spawn(process.execPath, [worker, String(n)], { env: env(), stdio: 'inherit' }).on('exit', done);
          }),
      ),
    );
    expect(exits).toEqual(Array(8).fill(0));
    const got = await rules();
    expect(got).toHaveLength(400);
    expect(new Set(got).size).toBe(400);
  });
});

describe('killed', () => {
  test('kill -9 at any moment leaves the last committed state, and the next command goes on at once', async () => {
    await tool('iptables', '-N', 'BASE');
    const worker = join(dir, 'worker.mjs');
    writeFileSync(
      worker,
      `import { createRequire } from 'node:module';
const { run } = createRequire(import.meta.url)(${JSON.stringify(join(root, 'bin/launch.cjs'))}).load('iptables');
for (let i = 0; ; i++) { await run(['iptables', '-A', 'BASE', '-m', 'comment', '--comment', \`n\${i}\`, '-j', 'ACCEPT']); process.stdout.write(\`\${i}\\n\`); }`,
    );
    let known = 0;
    for (let round = 0; round < 6; round++) {
      await tool('iptables', '-F', 'BASE');
      const child: ChildProcess = spawn(process.execPath, [worker], { env: env(), stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout?.on('data', (c: Buffer) => {
        said += c;
      });
      await new Promise<void>((done) => {
        child.stdout?.on('data', () => {
          if (said.split('\n').length > 3 + round * 2) done();
        });
      });
      child.kill('SIGKILL');
      await new Promise((done) => child.on('exit', done));
      const acknowledged = said.split('\n').length - 1;
      const got = await rules();
      // Rules come in order without a gap; at most the one under way when it died may be there unsaid.
      expect(got).toEqual(got.map((_, i) => `-A BASE -m comment --comment n${i} -j ACCEPT`));
      expect(got.length).toBeGreaterThanOrEqual(acknowledged);
      expect(got.length).toBeLessThanOrEqual(acknowledged + 1);
      known += acknowledged;
    }
    expect(known).toBeGreaterThan(0);
  });
});

describe('a state file that cannot be used', () => {
  const refusedUntouched = async (words: RegExp): Promise<void> => {
    const before = readFileSync(state);
    for (const r of [await tool('iptables', '-A', 'INPUT', '-j', 'DROP'), await run('drywall', 'state', 'reset')]) {
      expect(r.status).toBe(74);
      expect(r.stdout).toBe('');
      expect(r.stderr).toMatch(words);
      expect(r.stderr.trim().split('\n')).toHaveLength(1);
    }
    expect(readFileSync(state).equals(before)).toBe(true);
  };

  test('not a database', async () => {
    writeFileSync(state, 'these are not the rules you are looking for\n'.repeat(200));
    await refusedUntouched(/not a drywall state file/);
  });

  test("another program's database", async () => {
    const db = new DatabaseSync(state);
    db.exec('CREATE TABLE bookmarks (url TEXT)');
    db.close();
    await refusedUntouched(/database of another program/);
  });

  test('from a newer drywall', async () => {
    await tool('iptables', '-S');
    const db = new DatabaseSync(state);
    db.exec('PRAGMA user_version = 99; PRAGMA journal_mode = DELETE');
    db.close();
    await refusedUntouched(/newer drywall/);
  });

  test('damaged in the middle', async () => {
    await tool('iptables', '-A', 'INPUT', '-j', 'DROP');
    const db = new DatabaseSync(state);
    db.exec('PRAGMA journal_mode = DELETE');
    db.close();
    const fd = openSync(state, 'r+');
    for (let page = 1; page < readFileSync(state).length / 4096; page++) writeSync(fd, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
    closeSync(fd);
    await refusedUntouched(/damaged/);
  });

  test('on a full disk', async () => {
    await tool('iptables', '-A', 'INPUT', '-j', 'DROP');
    const full = process.platform === 'linux' ? '/dev/full' : null;
    if (full === null) return expect(process.platform).not.toBe('linux');
    // max_page_count makes SQLite answer SQLITE_FULL exactly as a disk without room does.
    const db = new DatabaseSync(state);
    db.exec('PRAGMA journal_mode = DELETE');
    db.close();
    copyFileSync(state, `${state}.before`);
    const r = await new Promise<Ran>((done) => {
      const many = Array.from({ length: 4000 }, (_, i) => `add rule ip filter INPUT ip saddr 10.1.${i >> 8}.${i & 255} drop`).join('\n');
      const file = join(dir, 'many.nft');
      writeFileSync(file, many);
      execFile('bash', ['-c', 'ulimit -f 64; trap "" XFSZ; exec "$@"', 'bash', process.execPath, join(root, 'bin/tools/nft'), '-f', file], { env: env() }, (e, stdout, stderr) =>
        done({ status: e === null ? 0 : Number(e.code), stdout, stderr }),
      );
    });
    expect(r.status).toBe(74);
    expect(r.stderr).toMatch(/state file .*: /);
    expect(await rules()).toEqual(['-A INPUT -j DROP']);
  });

  test.runIf(process.getuid?.() !== 0)('read-only', async () => {
    await tool('iptables', '-S');
    chmodSync(state, 0o444);
    chmodSync(dir, 0o555);
    await refusedUntouched(/read-only|cannot be opened/);
    chmodSync(dir, 0o755);
  });
});
