import { existsSync, readFileSync, statSync } from 'node:fs';
import { type BuiltPacket, buildPacket } from '../host/packet/build.ts';
import { type Exchange, exchange, play } from '../host/packet/exchange.ts';
import { looksLikeHex, readHex } from '../host/packet/hex.ts';
import { isCapture } from '../host/pcap/read.ts';
import { Captured } from '../host/replay/captured.ts';
import { type PacketReport, Reporter } from '../host/packet/report.ts';
import { PacketError } from '../parsers/packet/index.ts';
import { StateHost } from '../host/state/state-host.ts';
import { ACCEPTED } from '../host/packet/fate.ts';
import { packetText } from './report.ts';

export interface SendOptions {
  readonly state: string;
  /** Device on which the packets arrive; absent: the host sends them. */
  readonly in?: string;
  readonly hex?: boolean;
  readonly json?: boolean;
  readonly count: number;
  /** Seconds that pass on the host after each packet. */
  readonly wait: number;
}

/** Exit statuses of `drywall send`. */
export const SEND = { accepted: 0, dropped: 1, wrong: 2 } as const;

/** A command as the state's past names it. */
export const noted = (command: string, words: readonly string[], device: string | undefined): string =>
  `drywall ${command}${device === undefined ? '' : ` --in ${device}`} '${words.join(' ')}'`;

/** What the words of the command line mean: a packet, a hex dump, or a file of one of them. */
export function readPackets(words: readonly string[], o: Pick<SendOptions, 'in' | 'hex'>, host: StateHost): BuiltPacket[] {
  const { stack } = host.host.net;
  if (o.in !== undefined && !stack.deviceByName(o.in)) throw new Error(`no such device: ${o.in}`);
  const file = words.length === 1 && existsSync(words[0]) && statSync(words[0]).isFile() ? words[0] : undefined;
  const text = file === undefined ? words.join(' ') : readFileSync(file, 'utf8');
  try {
    if (o.hex || looksLikeHex(text)) return [{ device: o.in ?? null, frames: [readHex(text)], about: {} }];
    if (file === undefined) return [buildPacket(text, { stack, in: o.in, file: (path) => host.files.read(path) })];
    return buildLines(text, file, o, host);
  } catch (e) {
    if (e instanceof PacketError) throw new Error(e.render(file).trimEnd());
    throw e;
  }
}

/** A file of packets in words, one a line. */
function buildLines(text: string, file: string, o: Pick<SendOptions, 'in'>, host: StateHost): BuiltPacket[] {
  return text.split('\n').flatMap((line, i) => {
    if (/^\s*(#|$)/.test(line)) return [];
    try {
      return [buildPacket(line, { stack: host.host.net.stack, in: o.in, file: (path) => host.files.read(path) })];
    } catch (e) {
      if (e instanceof PacketError) throw new Error(`${file}:${i + 1}:${e.column}: ${e.render().trimEnd()}`);
      throw e;
    }
  });
}

/** The packets of a capture; null: the words name none. */
async function fromCapture(words: readonly string[], o: SendOptions, host: StateHost): Promise<BuiltPacket[] | null> {
  const { net } = host.host;
  const device = o.in === undefined ? null : net.stack.deviceByName(o.in);
  if (device === undefined || words.length !== 1 || !existsSync(words[0]) || !statSync(words[0]).isFile() || !(await isCapture(words[0]))) return null;
  return new Captured(net, device).file(words[0]);
}

/** `drywall send`: lets packets in or has the host send them, and says what became of them. */
export async function send(words: readonly string[], o: SendOptions): Promise<number> {
  const host = await StateHost.open(o.state);
  let packets: BuiltPacket[];
  try {
    packets = (await fromCapture(words, o, host)) ?? readPackets(words, o, host);
  } catch (e) {
    host.abandon();
    process.stderr.write(`drywall send: ${e instanceof Error ? e.message : String(e)}\n`);
    return SEND.wrong;
  }
  const { net } = host.host;
  const reporter = new Reporter(net, (path) => host.files.read(path));
  const all: PacketReport[] = [];
  for (let i = 0; i < o.count; i++)
    for (const p of packets) {
      const x = exchange(net, () => play(net, p));
      const reports = reportsOf(x, p, reporter);
      all.push(...reports);
      if (!o.json) for (const r of reports) process.stdout.write(packetText(r, p.device === null ? 'sent:' : `in ${p.device}:`));
      if (o.wait > 0) await host.host.advance(o.wait);
    }
  host.note(noted('send', words, o.in));
  host.commit();
  if (o.json) process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
  return all.length > 0 && all.every((r) => ACCEPTED.has(r.verdict)) ? SEND.accepted : SEND.dropped;
}

/** A report for each frame of the packet; what never got into the stack has one all the same. */
function reportsOf(x: Exchange, p: BuiltPacket, reporter: Reporter): PacketReport[] {
  const roots = x.fates.filter((f) => f.parent === 0 && (f.origin === 'outside' || f.origin === 'send'));
  return p.frames.map((frame, i) => {
    const about = reporter.describe(p.device, frame);
    const f = roots[i];
    if (f) return reporter.packet(f, about, x);
    return { packet: about, verdict: 'ignored', decision: null, reason: null, why: 'it did not get in', state: null, left: [], conntrack: null };
  });
}
