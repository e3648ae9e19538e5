import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { askedRoot } from '../oracle/real.ts';

/** A command, in a fresh state or namespace after what prepares it: only the command itself is measured. */
export interface Bench {
  readonly name: string;
  readonly prepare?: readonly (readonly [command: string, stdin: string])[];
  readonly command: string;
  readonly stdin?: string;
}

export interface Spent {
  readonly ms: number;
  /** Most memory that was in use at once, in MB. */
  readonly peak: number;
}

export const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1];

export function timed(program: string, args: readonly string[], stdin: string, env: NodeJS.ProcessEnv = process.env): number {
  const from = performance.now();
  const r = spawnSync(program, [...args], { input: stdin, env, encoding: 'utf8', maxBuffer: 1 << 30 });
  const ms = performance.now() - from;
  if (r.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${r.status} ${r.stderr.slice(0, 300)}`);
  return ms;
}

export function drywall(b: Bench, root: string, dir: string): Spent {
  const state = join(dir, `state-${Math.random().toString(36).slice(2)}.db`),
    peak = `${state}.peak`;
  const env = { ...process.env, DRYWALL_STATE: state, DRYWALL_PEAK: peak, NODE_OPTIONS: `--require=${join(import.meta.dirname, 'peak.cjs')}` };
  const tool = (line: string, stdin: string): number => {
    const [name, ...args] = line.split(' ');
    return timed(process.execPath, [join(root, 'bin/tools', name), ...args], stdin, env);
  };
  try {
    for (const [line, stdin] of b.prepare ?? []) tool(line, stdin);
    const ms = tool(b.command, b.stdin ?? '');
    return { ms, peak: Number(readFileSync(peak, 'utf8')) / 1024 };
  } finally {
    for (const suffix of ['', '-wal', '-shm', '.peak']) rmSync(state + suffix, { force: true });
  }
}

function real(b: Bench): number {
  const ns = `dw${process.pid}`;
  const inside = (line: string, stdin: string): number => timed('ip', ['netns', 'exec', ns, 'chroot', askedRoot, ...line.split(' ')], stdin);
  spawnSync('ip', ['netns', 'add', ns]);
  try {
    for (const [line, stdin] of b.prepare ?? []) inside(line, stdin);
    return inside(b.command, b.stdin ?? '');
  } finally {
    spawnSync('ip', ['netns', 'del', ns]);
  }
}

/** Drywall and, where it can be run, the real tool in turn, `runs` times; medians in a line, and least against least. `bare` is a bare Node's time. */
export function paired(b: Bench, where: { readonly root: string; readonly dir: string; readonly runs: number; readonly isReal: boolean; readonly bare: number }): string {
  const pairs = Array.from({ length: where.runs }, () => ({ ours: drywall(b, where.root, where.dir), real: where.isReal ? real(b) : Number.NaN }));
  const of = (what: (p: (typeof pairs)[number]) => number): number => median(pairs.map(what));
  const least = Math.min(...pairs.map((p) => p.ours.ms)) / Math.min(...pairs.map((p) => p.real));
  const ratio = where.isReal ? `, real ${of((p) => p.real).toFixed(0)} ms, ratio ${of((p) => p.ours.ms / p.real).toFixed(2)} (least ${least.toFixed(2)})` : '';
  const ms = of((p) => p.ours.ms);
  return `${b.name.padEnd(40)} ${ms.toFixed(0)} ms${ratio}, ${(ms / where.bare).toFixed(1)} × node -e 0, peak ${of((p) => p.ours.peak).toFixed(0)} MB`;
}
