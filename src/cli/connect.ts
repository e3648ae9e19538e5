import chalk from 'chalk';
import type { Netns } from '../kernel/netns.ts';
import { ntop, ptonV4, ptonV6 } from '../kernel/xt/address.ts';
import { type Conversation, converse, type Party, type Played, type Protocol, type Step } from '../host/outside/conversation.ts';
import { Peers } from '../host/outside/peers.ts';
import { readPeers } from '../host/outside/persist.ts';
import { World } from '../host/outside/world.ts';
import { describePacket } from '../host/packet/describe.ts';
import { Reporter } from '../host/packet/report.ts';
import { Surroundings } from '../host/packet/surroundings.ts';
import { StateHost } from './host.ts';
import { portOf } from './listen.ts';
import { decisionText } from './report.ts';

export interface ConnectOptions {
  readonly state: string;
  readonly udp?: boolean;
  readonly ping?: boolean;
  readonly ftp?: boolean;
  readonly active?: boolean;
  readonly json?: boolean;
}

/** Exit statuses: 1 when the conversation broke, 2 when it cannot be begun. */
export const CONNECT = { whole: 0, broken: 1, wrong: 2 } as const;

/** `FROM TO`, `FROM -> TO`, as words or in one. */
function ends(words: readonly string[]): readonly [string, string] {
  const parts = words.flatMap((w) => w.split(/\s+/)).filter((w) => w !== '' && w !== '->' && w !== 'to');
  if (parts.length !== 2) throw new Error("wanted FROM and TO: drywall connect '203.0.113.7 -> 192.0.2.10:22'");
  return [parts[0], parts[1]];
}

/** `ADDRESS:PORT`, `[ADDRESS]:PORT`, `ADDRESS`; the address may be `host`. */
function target(text: string, udp: boolean): { readonly address: string; readonly port: number | null } {
  const m = /^\[([^\]]+)\](?::(.+))?$/.exec(text) ?? /^([^:]+)(?::([^:]+))?$/.exec(text);
  if (m) return { address: m[1], port: m[2] === undefined ? null : portOf(m[2], udp ? 'udp' : 'tcp') };
  return { address: text, port: null };
}

const address = (text: string): Uint8Array => {
  const a = ptonV4(text) ?? ptonV6(text);
  if (!a) throw new Error(`no address: ${text}`);
  return a;
};

/** `host`; a device, for a neighbour on it; an address outside, with `@DEVICE` where the routes do not say. */
function party(net: Netns, text: string, to: string): Party {
  const { stack } = net;
  if (text === 'host') return { kind: 'host' };
  const near = new Surroundings(stack);
  const [who, by] = text.split('@');
  const named = stack.deviceByName(by ?? who);
  if (by !== undefined && !named) throw new Error(`no such device: ${by}`);
  if (named && by === undefined) {
    const a = near.neighbourAddress(named, to.includes(':') ? 6 : 4);
    if (!a) throw new Error(`${named.name} has no network`);
    return { kind: 'outside', address: a, device: named.name };
  }
  const a = address(who);
  if (near.isLocal(a)) return { kind: 'host' };
  if (named) return { kind: 'outside', address: a, device: named.name };
  const r = a.length === 4 ? stack.ip4.outputRoute(a, null, { mark: 0, oif: 0, tos: 0 }) : stack.ip6.outputRoute(a, null, { mark: 0, oif: 0 });
  if ('error' in r || r.dst.local) throw new Error(`the host has no route to ${who}: write ${who}@DEVICE`);
  return { kind: 'outside', address: a, device: r.dst.dev.name };
}

function plan(net: Netns, words: readonly string[], o: ConnectOptions): Conversation {
  const [left, right] = ends(words);
  const t = target(right, o.udp === true);
  const from = party(net, left, t.address);
  const near = new Surroundings(net.stack);
  const own = (): Uint8Array | null => {
    const dev = net.stack.deviceByName(from.kind === 'host' ? 'lo' : from.device);
    return dev === undefined ? null : near.ownAddress(dev, from.kind === 'outside' && from.address.length === 16 ? 6 : 4);
  };
  const to = t.address === 'host' ? own() : address(t.address);
  if (!to) throw new Error('the host has no address there');
  if (from.kind === 'outside' && from.address.length !== to.length) throw new Error('FROM and TO are of two families');
  const protocol: Protocol = o.ftp ? (o.active ? 'ftp-active' : 'ftp') : o.udp ? 'udp' : o.ping || t.port === null ? 'ping' : 'tcp';
  if (protocol === 'udp' && t.port === null) throw new Error('UDP wants a port');
  return { from, to, port: t.port ?? (o.ftp ? 21 : 0), protocol };
}

/** `drywall connect`: plays a whole conversation and says where it broke. */
export async function connect(words: readonly string[], o: ConnectOptions): Promise<number> {
  const host = await StateHost.open(o.state);
  const { net } = host.host;
  let c: Conversation;
  try {
    c = plan(net, words, o);
  } catch (e) {
    host.abandon();
    process.stderr.write(`drywall connect: ${e instanceof Error ? e.message : String(e)}\n`);
    return CONNECT.wrong;
  }
  const world = new World(net.stack, new Peers(readPeers(host.store)), host.host.nextPid());
  const played = converse(net, world, c);
  const reporter = new Reporter(net, (path) => host.files.read(path));
  process.stdout.write(o.json ? `${JSON.stringify(asData(played, reporter), null, 2)}\n` : asText(played, c, reporter));
  host.commit();
  return played.ok ? CONNECT.whole : CONNECT.broken;
}

function asData(p: Played, r: Reporter): unknown {
  const step = (s: Step): unknown => ({
    way: s.way,
    packet: describePacket(s.packet, false),
    verdict: s.fate.verdict,
    decision: s.fate.decision && r.decision(s.fate.decision),
    reason: s.fate.reason,
    state: s.fate.state,
  });
  return { ok: p.ok, stage: p.stage, broke: p.broke && step(p.broke), steps: p.steps.map(step) };
}

const good = (v: string): boolean => v === 'forwarded' || v === 'sent' || v === 'delivered';

function stepText(s: Step, r: Reporter): string {
  const d = s.fate.decision && r.decision(s.fate.decision);
  const mark = good(s.fate.verdict) ? chalk.green(s.fate.verdict) : chalk.red(s.fate.verdict);
  const by = d ? ` by ${decisionText(d)}` : s.fate.reason ? `: ${s.fate.reason}` : '';
  return `  ${s.way === 'to' ? '->' : '<-'} ${describePacket(s.packet, false)}  ${mark}${good(s.fate.verdict) ? '' : by}`;
}

function asText(p: Played, c: Conversation, r: Reporter): string {
  const who = c.from.kind === 'host' ? 'the host' : `${ntop(c.from.address)} (${c.from.device})`;
  const lines = [`${c.protocol} from ${who} to ${ntop(c.to)}${c.port ? ` port ${c.port}` : ''}`, ...p.steps.map((s) => stepText(s, r))];
  if (p.ok) lines.push(chalk.green(`whole: ${p.stage}`));
  else if (p.broke) {
    const d = p.broke.fate.decision && r.decision(p.broke.fate.decision);
    const why = d ? `${decisionText(d)}: ${d.text}` : (p.broke.fate.reason ?? 'nobody took it');
    lines.push(chalk.red(`broke on the way ${p.broke.way === 'to' ? 'there' : 'back'}, ${p.broke.fate.verdict} by ${why}`), `reached before: ${p.stage}`);
  } else lines.push(chalk.red('no answer: every packet got through the host, the other side said nothing or refused'), `reached before: ${p.stage}`);
  return `${lines.join('\n')}\n`;
}
