import { existsSync, openSync, readFileSync, readSync, closeSync, statSync } from 'node:fs';
import chalk from 'chalk';
import Table from 'cli-table3';
import type { Netns } from '../kernel/netns.ts';
import type { Rule } from '../kernel/nf_tables/objects.ts';
import { Reporter } from '../host/packet/report.ts';
import { CaptureError } from '../host/pcap/read.ts';
import { CaptureWriter, LINKTYPE } from '../host/pcap/write.ts';
import { CaptureClock, Player } from '../host/replay/player.ts';
import { hasOwnPackets, type Replayed, replay } from '../host/replay/replay.ts';
import { Entrances } from '../host/replay/route.ts';
import { loadRuleset } from '../host/replay/ruleset.ts';
import type { PacketWatch } from '../host/replay/watch.ts';
import { Session } from '../host/state/session.ts';
import { Store } from '../host/state/store.ts';
import { commandNamed, StateHost } from '../host/state/state-host.ts';
import { ACCEPTED } from '../host/packet/fate.ts';
import { decisionText } from './report.ts';

export interface ReplayCommand {
  readonly state: string;
  readonly in?: string;
  /** FILE'S INTERFACE=DEVICE */
  readonly map: readonly string[];
  readonly rules?: readonly string[];
  readonly against?: readonly string[];
  readonly out?: string;
  /** Who answers for the host: the file, which was captured on it, or the model. */
  readonly answers?: 'file' | 'model';
  readonly flows: number;
  readonly json?: boolean;
}

/** Exit statuses: 1 when `--against` found flows whose fate changes, 2 when something cannot be read. */
export const REPLAY = { same: 0, changed: 1, wrong: 2 } as const;

/** A state that nobody has used yet gets its host, as with every other command. */
async function initialised(state: string): Promise<Store> {
  const host = await StateHost.open(state);
  host.commit();
  return host.store;
}

function isState(path: string): boolean {
  const fd = openSync(path, 'r');
  const head = Buffer.alloc(15);
  readSync(fd, head, 0, 15, 0);
  closeSync(fd);
  return head.toString('latin1') === 'SQLite format 3';
}

/** A copy of the host, with the rules of `files` where some are given: rulesets, or a state file. */
async function player(store: Store, files: readonly string[] | undefined): Promise<Player> {
  let clock = new CaptureClock(0);
  const from = files?.length === 1 && isState(files[0]) ? Store.open(files[0]) : store;
  const net = Session.copy(from, (now) => (clock = new CaptureClock(now)));
  if (!net) throw new Error(`${files?.[0] ?? store.path}: holds no host`);
  if (files && from === store) {
    await loadRuleset(
      net,
      files.map((path) => ({ path, text: readFileSync(path, 'utf8') })),
      (program) => commandNamed(program, []),
    );
  }
  return new Player(net, clock);
}

function entrances(net: Netns, o: ReplayCommand): Entrances {
  const device = (name: string) => {
    const dev = net.stack.deviceByName(name);
    if (!dev) throw new Error(`no such device: ${name}`);
    return dev;
  };
  const map = new Map(
    o.map.map((m) => {
      const at = m.lastIndexOf('=');
      if (at < 1) throw new Error(`--map ${m}: wanted INTERFACE=DEVICE`);
      return [m.slice(0, at), device(m.slice(at + 1))] as const;
    }),
  );
  return new Entrances(net, map, o.in === undefined ? null : device(o.in));
}

/** `drywall replay`. */
export async function replayFile(path: string, o: ReplayCommand): Promise<number> {
  try {
    for (const f of [path, ...(o.rules ?? []), ...(o.against ?? [])]) if (!existsSync(f)) throw new Error(`${f}: No such file or directory`);
    const store = await initialised(o.state);
    const main = await player(store, o.rules);
    const other = o.against ? await player(store, o.against) : undefined;
    const ways = entrances(main.net, o);
    const silent = o.answers === undefined ? await hasOwnPackets(path, ways) : o.answers === 'file';
    for (const p of [main, other]) if (p) p.net.stack.local.silent = silent;
    const progress = process.stderr.isTTY ? bar(statSync(path).size) : null;
    const out = o.out === undefined ? null : new Commented(o.out, main);
    const result = await replay({ path, player: main, other, entrances: ways, left: out ? (p, f) => out.left(p, f) : undefined, progress: progress?.step });
    progress?.done();
    out?.close();
    const reporters = { before: reporterOf(main.net), after: reporterOf(other?.net ?? main.net) };
    process.stdout.write(o.json ? `${JSON.stringify(asData(result, reporters), null, 2)}\n` : asText(result, reporters, o));
    return result.changes.length > 0 ? REPLAY.changed : REPLAY.same;
  } catch (e) {
    const message = e instanceof CaptureError ? `${path}: ${e.message}` : e instanceof Error ? e.message : String(e);
    process.stderr.write(`drywall replay: ${message}\n`);
    if (process.env.DRYWALL_DEBUG) throw e;
    return REPLAY.wrong;
  }
}

const reporterOf = (net: Netns): Reporter => new Reporter(net, () => undefined);

/** What left, each frame with verdict, rule and state of the packet that caused it. */
class Commented {
  readonly #file: CaptureWriter;
  readonly #player: Player;
  readonly #reporter: Reporter;
  readonly #links = new Map<string, number>();
  readonly #known = new Map<unknown, Map<string, string>>();

  constructor(path: string, main: Player) {
    this.#file = new CaptureWriter(path);
    this.#player = main;
    this.#reporter = reporterOf(main.net);
  }

  left(p: { readonly seconds: number; readonly nanos: number }, f: { readonly iface: string; readonly frame: Uint8Array }): void {
    let link = this.#links.get(f.iface);
    if (link === undefined) this.#links.set(f.iface, (link = this.#player.net.stack.deviceByName(f.iface)?.mac.length === 6 ? LINKTYPE.ethernet : LINKTYPE.raw));
    this.#file.packet(f.iface, link, p.seconds, p.nanos, f.frame, this.#comment(this.#player.watch), 'out');
  }

  #comment(w: PacketWatch): string {
    const by: Rule | object | null = w.rule ?? w.base;
    let texts = this.#known.get(by);
    if (!texts) this.#known.set(by, (texts = new Map()));
    const key = `${w.verdict} ${w.state}`;
    let text = texts.get(key);
    if (text === undefined) {
      const d = w.decision && this.#reporter.decision(w.decision);
      text = `${w.verdict}${d ? ` by ${decisionText(d)}: ${d.text}` : ''}${w.state ? `; state ${w.state}` : ''}`;
      texts.set(key, text);
    }
    return text;
  }

  close(): void {
    this.#file.close();
  }
}

/** A bar on standard error that moves at most twenty times a second. */
function bar(size: number): { step(bytes: number): void; done(): void } {
  const WIDTH = 40;
  let shown = 0;
  return {
    step(bytes) {
      const now = Date.now();
      if (now - shown < 50) return;
      shown = now;
      const part = size ? Math.min(1, bytes / size) : 1;
      const full = Math.round(part * WIDTH);
      process.stderr.write(`\r${'#'.repeat(full)}${'.'.repeat(WIDTH - full)} ${Math.round(part * 100)} %`);
    },
    done: () => process.stderr.write(`\r${' '.repeat(WIDTH + 7)}\r`),
  };
}

interface Reporters {
  readonly before: Reporter;
  readonly after: Reporter;
}

function asData(r: Replayed, { before, after }: Reporters): unknown {
  const { tally } = r;
  return {
    packets: tally.total.packets,
    bytes: tally.total.bytes,
    seconds: r.seconds,
    skipped: r.skipped,
    verdicts: Object.fromEntries(tally.verdicts),
    rules: [...tally.rules.values()].map(({ decision, ...c }) => ({ ...before.decision(decision), ...c })),
    undecided: tally.undecided,
    flows: [...tally.flows.values()].map((f) => ({
      flow: f.name,
      packets: f.packets,
      bytes: f.bytes,
      verdicts: Object.fromEntries(f.verdicts),
      decision: f.decision && before.decision(f.decision),
    })),
    otherFlows: tally.rest,
    changes: r.changes.map((c) => ({
      flow: c.flow,
      packets: c.packets,
      first: c.packet,
      before: { verdict: c.before.verdict, decision: c.before.decision && before.decision(c.before.decision) },
      after: { verdict: c.after.verdict, decision: c.after.decision && after.decision(c.after.decision) },
    })),
  };
}

const grid = (...head: string[]): InstanceType<typeof Table> => new Table({ head: head.map((h) => chalk.bold(h)), style: { head: [], border: [] } });
const paint = (v: string): string => (ACCEPTED.has(v as never) ? chalk.green(v) : v === 'dropped' || v === 'rejected' ? chalk.red(v) : chalk.yellow(v));

function asText(r: Replayed, reporters: Reporters, o: ReplayCommand): string {
  const { tally } = r;
  const said = (d: Parameters<Reporter['decision']>[0] | null, who: Reporter): string => {
    const x = d && who.decision(d);
    return x ? `${decisionText(x)}\n${x.text}` : '';
  };
  const verdicts = grid('verdict', 'packets', 'bytes');
  for (const [v, c] of tally.verdicts) verdicts.push([paint(v), c.packets, c.bytes]);
  const rules = grid('decided by', 'packets', 'bytes');
  for (const c of [...tally.rules.values()].sort((a, b) => b.packets - a.packets)) rules.push([said(c.decision, reporters.before), c.packets, c.bytes]);
  if (tally.undecided.packets) rules.push(['no rule', tally.undecided.packets, tally.undecided.bytes]);
  const flows = grid('flow', 'packets', 'bytes', 'verdicts');
  const sorted = [...tally.flows.values()].sort((a, b) => b.packets - a.packets);
  for (const f of sorted.slice(0, o.flows)) flows.push([f.name, f.packets, f.bytes, [...f.verdicts].map(([v, n]) => `${paint(v)} ${n}`).join('\n')]);
  const more = sorted.length - o.flows;
  const skipped = [
    [r.skipped.out, 'were on their way out'],
    [r.skipped.nowhere, 'came from nowhere the host has a route to (--in, --map)'],
    [r.skipped.link, 'have a link layer that drywall does not know'],
  ] as const;
  const lines = [
    `${tally.total.packets} packets, ${tally.total.bytes} bytes in ${r.seconds.toFixed(3)} s`,
    ...skipped.filter(([n]) => n > 0).map(([n, why]) => `${n} not played: they ${why}`),
    verdicts.toString(),
    rules.toString(),
    flows.toString(),
    ...(more > 0 ? [`and ${more} more flows${tally.rest.packets ? `, and ${tally.rest.packets} packets of flows that were not kept apart` : ''}`] : []),
  ];
  if (o.against) {
    lines.push(r.changes.length ? `${r.changes.length} flows change their fate:` : 'No flow changes its fate.');
    for (const c of r.changes) {
      const [now, then] = [said(c.before.decision, reporters.before), said(c.after.decision, reporters.after)].map((t) => (t ? ` by ${t.replace('\n', ': ')}` : ''));
      lines.push(
        `${chalk.bold(c.flow)}, ${c.packets} packet${c.packets > 1 ? 's' : ''}, the first is number ${c.packet}`,
        `  now   ${paint(c.before.verdict)}${now}`,
        `  then  ${paint(c.after.verdict)}${then}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
