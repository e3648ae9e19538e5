import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createHost } from 'drywall';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** Real processes: a listener in one, what it hears of done by others. Waits are for output, with an end far away. */
const root = resolve(import.meta.dirname, '../..');
const PATIENCE_MS = 60_000;
let dir: string;
let state: string;
let children: Listener[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drywall-events-'));
  state = join(dir, 'state.db');
  children = [];
});
afterEach(() => {
  for (const c of children) c.child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

const env = (): NodeJS.ProcessEnv => ({ ...process.env, DRYWALL_STATE: state, NO_COLOR: '1' });

const run = (program: string, ...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
  new Promise((done) => {
    execFile(process.execPath, [join(root, 'bin', program), ...args], { env: env() }, (e, stdout, stderr) => {
      done({ status: e === null ? 0 : typeof e.code === 'number' ? e.code : -1, stdout, stderr });
    });
  });
const tool = (line: string) => run(join('tools', line.split(' ')[0]), ...line.split(' ').slice(1));

class Listener {
  readonly child: ChildProcess;
  out = '';
  err = '';
  /** When each line was there. */
  readonly at: number[] = [];
  #heard: (() => void)[] = [];

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (t: string) => {
      this.out += t;
      for (const _ of t.matchAll(/\n/g)) this.at.push(performance.now());
      for (const h of this.#heard) h();
    });
    child.stderr?.setEncoding('utf8').on('data', (t: string) => {
      this.err += t;
    });
  }

  get lines(): string[] {
    return this.out.split('\n').slice(0, -1);
  }

  until(what: string, ready: (out: string) => boolean): Promise<void> {
    return new Promise((done, fail) => {
      const end = setTimeout(() => fail(new Error(`${what} did not come; there is:\n${this.out}${this.err}`)), PATIENCE_MS);
      const look = (): void => {
        if (!ready(this.out)) return;
        clearTimeout(end);
        done();
      };
      this.#heard.push(look);
      look();
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    const ended = new Promise<number | null>((done) => this.child.on('close', done));
    this.child.kill(signal);
    return ended;
  }
}

const registered = (): number => {
  const db = new DatabaseSync(state, { readOnly: true, timeout: PATIENCE_MS });
  try {
    return Number(db.prepare('SELECT count(*) AS n FROM listener').get()?.n);
  } finally {
    db.close();
  }
};

async function listen(line: string): Promise<Listener> {
  await tool('conntrack -C');
  const before = registered();
  const [name, ...args] = line.split(' ');
  const l = new Listener(spawn(process.execPath, [join(root, 'bin/tools', name), ...args], { env: env(), stdio: ['ignore', 'pipe', 'pipe'] }));
  children.push(l);
  for (const end = performance.now() + PATIENCE_MS; registered() === before; ) {
    if (performance.now() > end) throw new Error(`no listener: ${l.err}`);
    await new Promise((done) => setTimeout(done, 10));
  }
  return l;
}

/** Numbers of processes and entries are each host's own, and a moment may pass. */
const settled = (text: string): string => text.replace(/portid=\d+/g, 'portid=N').replace(/\b(9\d\d|1000)\b/g, 'T');

/** What a listener in one process prints, by a host in memory that is asked the same. */
async function inMemory(listener: string, commands: readonly string[]): Promise<{ out: string; err: string }> {
  const host = await createHost({});
  const l = await host.start(listener.split(' '));
  let out = '';
  for (const c of commands) {
    await host.exec(c.split(' '));
    out += l.read();
  }
  const end = await l.stop('INT');
  await host.close();
  return { out: settled(out + end.stdout), err: end.stderr };
}

const FLOWS = [
  'conntrack -I -s 1.1.1.1 -d 2.2.2.2 -p tcp --sport 10 --dport 20 --state ESTABLISHED -t 1000 -u SEEN_REPLY,ASSURED',
  'conntrack -I -s 1.1.1.2 -d 2.2.2.2 -p udp --sport 10 --dport 53 -t 1000',
  'conntrack -I -s 2001:db8::1 -d 2001:db8::2 -p udp --sport 10 --dport 53 -t 1000 -w 5 -m 5',
  'conntrack -U -p udp -m 7',
  'conntrack -I -s 1.1.1.3 -d 2.2.2.2 -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 7 -t 1000 -n 3.3.3.3',
  'conntrack -U -s 1.1.1.2 -u SEEN_REPLY,ASSURED',
  'conntrack -D -s 1.1.1.1',
  'conntrack -D -p icmp',
  'conntrack -D -f ipv6',
  'conntrack -D -s 1.1.1.2',
];

describe('conntrack -E', () => {
  test.each([
    'conntrack -E',
    'conntrack -E -p udp -o id,extended',
    'conntrack -E -e NEW,DESTROY -o xml',
    'conntrack -E -f ipv4 -o save -b 100000',
    'conntrack -E -s 1.1.1.0/24 --dst 2.2.2.2',
  ])(
    '%s prints what other processes do, then its summary',
    async (line) => {
      const expected = await inMemory(line, FLOWS);
      const l = await listen(line);
      for (const c of FLOWS) expect((await tool(c)).status).toBe(0);
      const lines = expected.out.split('\n').length - 1 - (line.includes('xml') ? 1 : 0);
      await l.until(`${lines} lines`, () => l.lines.length >= lines);
      expect(await l.stop()).toBe(0);
      const ids = (t: string): string => t.replace(/ id=\d+/g, ' id=N');
      expect(ids(settled(l.out))).toBe(ids(expected.out));
      expect(l.err).toBe(expected.err);
    },
    4 * PATIENCE_MS,
  );

  test(
    'three processes at once: every event once, those of each in its order; two listeners hear the same',
    async () => {
      const listeners = [await listen('conntrack -E -e NEW'), await listen('conntrack -E')];
      await Promise.all(
        [1, 2, 3].map(async (who) => {
          for (let i = 1; i <= 12; i++) expect((await tool(`conntrack -I -s 10.0.${who}.${i} -d 2.2.2.2 -p udp --sport 1 --dport 2 -t 1000`)).status).toBe(0);
        }),
      );
      for (const l of listeners) {
        await l.until('36 events', () => l.lines.length >= 36);
        expect(await l.stop()).toBe(0);
        expect(l.err).toContain('36 flow events have been shown');
        const sources = l.lines.map((x) => /src=(\S+)/.exec(x)?.[1] ?? '');
        expect(new Set(sources).size).toBe(36);
        for (const who of [1, 2, 3]) expect(sources.filter((s) => s.startsWith(`10.0.${who}.`))).toEqual(Array.from({ length: 12 }, (_, i) => `10.0.${who}.${i + 1}`));
      }
      expect(listeners[1].lines).toEqual(listeners[0].lines);
    },
    4 * PATIENCE_MS,
  );

  test(
    'a packet, a script and a file of commands in other processes are heard too',
    async () => {
      await run('drywall', 'init', 'router');
      await tool('iptables -A FORWARD -m conntrack --ctstate NEW -j ACCEPT');
      const l = await listen('conntrack -E');
      const sent = await run('drywall', 'send', '--in', 'wan', 'ip saddr 203.0.113.7 udp sport 4000 dport 53');
      expect(sent.stderr).toBe('');
      await l.until('the packet', (t) => t.includes('src=203.0.113.7'));
      const script = join(dir, 'script.sh');
      writeFileSync(script, 'conntrack -I -s 9.9.9.9 -d 2.2.2.2 -p udp --sport 1 --dport 2 -t 100; conntrack -D -s 9.9.9.9\n');
      expect((await run('drywall', 'run', script)).status).toBe(0);
      await l.until('the script', (t) => /\[DESTROY\].*src=9\.9\.9\.9/.test(t));
      expect(await l.stop('SIGTERM')).not.toBeNull();
      expect(l.lines.map((x) => `${/\[(\w+)\]/.exec(x)?.[1]} ${/src=(\S+)/.exec(x)?.[1]}`)).toEqual(['NEW 203.0.113.7', 'NEW 9.9.9.9', 'DESTROY 9.9.9.9']);
    },
    4 * PATIENCE_MS,
  );

  test(
    'how long it takes, for the record',
    async () => {
      const l = await listen('conntrack -E');
      const took: number[] = [];
      for (let i = 1; i <= 5; i++) {
        await tool(`conntrack -I -s 10.0.0.${i} -d 2.2.2.2 -p udp --sport 1 --dport 2 -t 1000`);
        const done = performance.now();
        await l.until(`event ${i}`, () => l.lines.length >= i);
        took.push(Math.max(0, l.at[i - 1] - done));
      }
      await l.stop();
      console.log(`from the end of a command to its event in another process: ${took.map((t) => t.toFixed(0)).join(', ')} ms`);
      expect(took).toHaveLength(5);
    },
    4 * PATIENCE_MS,
  );
});

describe('monitors of rules', () => {
  const RULES = ['nft add table inet t', 'nft add chain inet t c', 'nft add rule inet t c tcp dport 22 accept', 'nft delete table inet t'];

  test(
    'nft monitor',
    async () => {
      const expected = await inMemory('nft monitor', RULES);
      const l = await listen('nft monitor');
      for (const c of RULES) expect((await tool(c)).status).toBe(0);
      const lines = expected.out.split('\n').length - 1;
      await l.until(`${lines} lines`, () => l.lines.length >= lines);
      await l.stop();
      const pids = (t: string): string => t.replace(/process \d+ \([^)]*\)/g, 'process N');
      expect(pids(l.out)).toBe(pids(expected.out));
    },
    4 * PATIENCE_MS,
  );

  test(
    'xtables-monitor -e',
    async () => {
      const commands = ['iptables -A INPUT -p tcp --dport 22 -j ACCEPT', 'iptables -D INPUT 1'];
      const expected = await inMemory('xtables-monitor -e', commands);
      const l = await listen('xtables-monitor -e');
      for (const c of commands) expect((await tool(c)).status).toBe(0);
      const lines = expected.out.split('\n').length - 1;
      expect(lines).toBeGreaterThan(0);
      await l.until(`${lines} lines`, () => l.lines.length >= lines);
      await l.stop();
      const pids = (t: string): string => t.replace(/PID=\d+|process \d+ \([^)]*\)/g, 'N');
      expect(pids(l.out)).toBe(pids(expected.out));
    },
    4 * PATIENCE_MS,
  );
});
