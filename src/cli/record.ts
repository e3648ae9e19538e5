import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chalk from 'chalk';
import type { HistoryStep, PartRow } from '../host/state/history.ts';
import type { HostRow } from '../host/state/session.ts';
import { Store } from '../host/state/store.ts';
import { SUBSYSTEMS } from '../kernel/netns.ts';
import { fromText, toLine } from '../kernel/net/plain-text.ts';
import { StateHost } from '../host/state/state-host.ts';

/** Turns the past of a host on or off, or says how it is. */
export async function record(path: string, what: 'on' | 'off' | undefined): Promise<string> {
  if (what === 'off') {
    using(path, (store) => store.history.stop());
    return 'recording is off, the past is forgotten\n';
  }
  if (what === 'on') {
    // A file without a host gets one first: step 0 is a host. Every subsystem is touched, so that none comes into being with a mere listing.
    const host = await StateHost.open(path);
    for (const name of SUBSYSTEMS) void host.host.net[name];
    host.commit();
    using(path, (store) => store.history.start(host.now));
  }
  return using(path, ({ history }) => {
    if (!history.recording) return 'recording is off\n';
    const steps = history.steps().length - 1;
    return `recording is on: ${steps} ${steps === 1 ? 'step' : 'steps'}, ${history.size} bytes\n`;
  });
}

/** Works in a transaction that is committed when nothing was thrown. */
function using<T>(path: string, work: (store: Store) => T): T {
  const store = Store.open(path);
  try {
    store.begin();
    const result = work(store);
    store.commit();
    return result;
  } finally {
    store.rollback();
    store.close();
  }
}

function stepNamed(store: Store, n: number): HistoryStep {
  if (!store.history.recording) throw new Error('nothing is recorded: drywall record on');
  const step = store.history.steps().find((s) => s.step === n);
  if (!step) throw new Error(`no step ${n}: drywall history lists them`);
  return step;
}

export function history(path: string, json: boolean): string {
  const steps = using(path, (store) => {
    if (!store.history.recording) throw new Error('nothing is recorded: drywall record on');
    return store.history.steps();
  });
  if (json) return `${JSON.stringify(steps, null, 2)}\n`;
  const width = String(steps.at(-1)?.step ?? 0).length;
  const start = steps[0]?.at ?? 0;
  return steps
    .map((s) => {
      const what = s.step === 0 ? chalk.dim('recording begins') : s.commands.join('; ') || chalk.dim('(something else)');
      const parts = s.changed.filter((name) => name !== 'host').join(', ');
      return `${chalk.bold(String(s.step).padStart(width))}  +${((s.at - start) / 1000).toFixed(3)}s  ${what}${parts ? chalk.dim(`  [${parts}]`) : ''}\n`;
    })
    .join('');
}

/** The state as it was after a step, its clock set back to then. */
function rowsAt(store: Store, step: HistoryStep): PartRow[] {
  return store.history.partsAt(step.step).map((r) => {
    if (r.name !== 'host' || r.key !== '') return r;
    const host = fromText(String(r.data)) as HostRow;
    return { ...r, data: toLine({ ...host, ahead: step.at - Math.max(0, Date.now() - host.bootWall) }) };
  });
}

/** A state file of its own that begins as the host was after step `n`. */
export function fork(path: string, n: number, file: string): string {
  if (existsSync(file)) throw new Error(`${file} is there already`);
  const rows = using(path, (store) => rowsAt(store, stepNamed(store, n)));
  using(file, (store) => store.replace(rows));
  return `${file} begins as the host was after step ${n}\n`;
}

/** Runs a tool on the host as it was after step `n`; nothing stays of it. */
export async function at(path: string, n: number, argv: readonly string[]): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'drywall-at-'));
  try {
    const file = join(folder, 'state.db');
    fork(path, n, file);
    const host = await StateHost.open(file);
    const result = await host.exec(argv, { cwd: process.cwd() });
    host.abandon();
    host.store.close();
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The host becomes again what it was after step `n`; that is a step itself, and can be gone back behind. */
export function back(path: string, n: number): string {
  using(path, (store) => {
    const step = stepNamed(store, n),
      rows = rowsAt(store, step);
    store.history.begin(step.at, [`drywall back ${n}`]);
    store.replace(rows);
  });
  return `the host is as it was after step ${n}\n`;
}
