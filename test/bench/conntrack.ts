// One million connections: what they take in memory, and commands against a state that holds them.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Session } from '../../src/host/state/session.ts';
import { Store } from '../../src/host/state/store.ts';
import type { Tuple } from '../../src/kernel/conntrack/entry.ts';
import { DEFAULT_ZONE, IPS } from '../../src/kernel/conntrack/entry.ts';
import { invertTuple } from '../../src/kernel/conntrack/l4.ts';
import type { ConntrackTable } from '../../src/kernel/conntrack/table.ts';
import { Netns } from '../../src/kernel/netns.ts';
import { askedRoot } from '../oracle/real.ts';

const MILLION = 1_000_000;
const RUNS = 9;

const tupleOf = (i: number): Tuple => ({
  l3num: 2,
  protonum: i & 1 ? 6 : 17,
  src: Uint8Array.of(10, (i >> 16) & 255, (i >> 8) & 255, i & 255),
  dst: Uint8Array.of(192, 0, 2, i % 250),
  sport: 1024 + (i % 60_000),
  dport: 1 + ((i * 7) % 65_000),
});

function fill(table: ConntrackTable, n: number): void {
  table.conf.max = 0;
  for (let i = 0; i < n; i++) {
    const original = tupleOf(i);
    const ct = table.alloc(DEFAULT_ZONE, original, invertTuple(original) as Tuple);
    table.addExtensions(ct);
    ct.status |= IPS.SEEN_REPLY | IPS.ASSURED;
    table.refresh(ct, 432_000);
    table.insert(ct);
  }
}

function memory(): string {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc !== 'function') throw new Error('no garbage collector to call');
  const used = (): number => {
    gc();
    const m = process.memoryUsage();
    return m.heapUsed + m.external;
  };
  const before = used();
  const net = new Netns({ clock: { now: () => 0, wall: () => 0 }, random: { u32: () => 1, below: () => 0 }, container: false });
  const from = performance.now();
  fill(net.conntrack, MILLION);
  const ns = ((performance.now() - from) * 1e6) / MILLION;
  const line = `${'1M connections in memory'.padEnd(32)} ${((used() - before) / MILLION).toFixed(0)} B each, ${ns.toFixed(0)} ns to insert one`;
  return net.conntrack.count === MILLION ? line : `${line}: but ${net.conntrack.count}`;
}

function stateOf(path: string, n: number): void {
  const store = Store.open(path);
  store.begin();
  const session = Session.create(store, { container: false, name: 'host' });
  fill(session.net.conntrack, n);
  session.save();
  store.commit();
  store.close();
}

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1];

function timed(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): number {
  const from = performance.now();
  const r = spawnSync(program, [...args], { env, encoding: 'utf8', maxBuffer: 1 << 30 });
  const ms = performance.now() - from;
  if (r.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${r.status} ${r.stderr.slice(0, 300)}`);
  return ms;
}

/** `real`: can the real tools be asked? */
export function conntrackBenches(root: string, dir: string, chosen: (name: string) => boolean, real: boolean): string[] {
  const out: string[] = [];
  if (!chosen('conntrack')) return out;
  const tool = (state: string, line: string): number =>
    timed(process.execPath, [join(root, 'bin/tools/conntrack'), ...line.split(' ')], { ...process.env, DRYWALL_STATE: join(dir, state) });
  out.push(memory());
  stateOf(join(dir, 'empty.db'), 0);
  stateOf(join(dir, 'million.db'), MILLION);
  const insertion = (i: number): string => `-I -s 198.51.100.${i} -d 203.0.113.1 -p udp --sport 1000 --dport 53 -t 600`;
  const pairs = Array.from({ length: RUNS }, (_, i) => ({ empty: tool('empty.db', insertion(i)), full: tool('million.db', insertion(i)) }));
  const ratio = median(pairs.map((p) => p.full / p.empty));
  out.push(
    `${'conntrack -I into 1M'.padEnd(32)} ${median(pairs.map((p) => p.full)).toFixed(0)} ms, into none ${median(pairs.map((p) => p.empty)).toFixed(0)} ms, ratio ${ratio.toFixed(2)}`,
  );
  const deletions = Array.from({ length: 3 }, (_, i) => tool('million.db', `-D -s 10.7.7.${i}`));
  out.push(`${'conntrack -D -s of 1M'.padEnd(32)} ${median(deletions).toFixed(0)} ms`);
  stateOf(join(dir, 'many.db'), 100_000);
  const listings = Array.from({ length: 3 }, () => ({ ours: tool('many.db', '-L'), real: real ? realListing(dir) : Number.NaN }));
  const paired = real ? `, real ${median(listings.map((l) => l.real)).toFixed(0)} ms, ratio ${median(listings.map((l) => l.ours / l.real)).toFixed(2)}` : '';
  out.push(`${'conntrack -L of 100k'.padEnd(32)} ${median(listings.map((l) => l.ours)).toFixed(0)} ms${paired}`);
  return out;
}

/** The real tool in a namespace that holds as many. */
function realListing(dir: string): number {
  const ns = `dwct${process.pid}`;
  const file = join(askedRoot, 'tmp', `${ns}.load`);
  spawnSync('ip', ['netns', 'add', ns]);
  try {
    const made = spawnSync(
      'sh',
      [
        '-c',
        `awk 'BEGIN { for (i = 0; i < 100000; i++) printf "-I -s 10.%d.%d.%d -d 192.0.2.%d -p udp --sport %d --dport %d -t 432000\\n", int(i / 65536), int(i / 256) % 256, i % 256, i % 250, 1024 + i % 60000, 1 + (i * 7) % 65000 }' >${file} && ip netns exec ${ns} chroot ${askedRoot} conntrack -R /tmp/${ns}.load`,
      ],
      { cwd: dir, encoding: 'utf8' },
    );
    if (made.status !== 0) throw new Error(made.stderr.slice(0, 300));
    return timed('ip', ['netns', 'exec', ns, 'chroot', askedRoot, 'conntrack', '-L']);
  } finally {
    spawnSync('ip', ['netns', 'del', ns]);
    spawnSync('rm', ['-f', file]);
  }
}
