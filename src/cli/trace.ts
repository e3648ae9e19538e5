import { StateHost } from '../host/state/state-host.ts';
import { noted, SEND, type SendOptions } from './send.ts';
import { LogLines, Marker } from './trace/formats.ts';
import { tracePackets } from './trace/packets.ts';
import { traceText } from './trace/text.ts';
import type { BuiltPacket } from '../host/packet/build.ts';
import { exchange, play } from '../host/packet/exchange.ts';
import { ACCEPTED } from '../host/packet/fate.ts';
import { tracePacket } from '../host/trace/trace.ts';

export const FORMATS = ['text', 'json', 'nft', 'xtables', 'log'] as const;

export interface TraceOptions extends Pick<SendOptions, 'state' | 'in' | 'hex'> {
  readonly all?: boolean;
  readonly json?: boolean;
  readonly format: (typeof FORMATS)[number];
  /** The host keeps what the packets change: connections, counters. */
  readonly keep?: boolean;
}

/** The real tools whose output a format is. */
const MONITOR = { nft: ['nft', 'monitor', 'trace'], xtables: ['xtables-monitor', '--trace'] } as const;

/** `drywall trace`: the way of packets through the host, told. Unless asked to, the host stays as it was. */
export async function trace(words: readonly string[], o: TraceOptions): Promise<number> {
  const host = await StateHost.open(o.state);
  let packets: readonly BuiltPacket[];
  try {
    packets = await tracePackets(words, o, host);
  } catch (e) {
    host.abandon();
    process.stderr.write(`drywall trace: ${e instanceof Error ? e.message : String(e)}\n`);
    return SEND.wrong;
  }
  const { ok, text } = await follow(host, packets, o);
  process.stdout.write(text);
  if (o.keep) {
    host.note(noted('trace', words, o.in));
    host.commit();
  } else host.abandon();
  return ok ? SEND.accepted : SEND.dropped;
}

/** Plays packets and tells their ways in a format; `ok`: all of them got where they were going. */
export async function follow(host: StateHost, packets: readonly BuiltPacket[], o: TraceOptions): Promise<{ ok: boolean; text: string }> {
  const { net } = host.host,
    format = o.json ? 'json' : o.format;
  if (format !== 'text' && format !== 'json') return asReal(host, packets, format);
  const traces = packets.flatMap((p) => tracePacket(net, p, (path) => host.files.read(path)));
  const ok = packets.length > 0 && traces.every((t) => t.parent !== 0 || ACCEPTED.has(t.verdict));
  return { ok, text: format === 'json' ? `${JSON.stringify(traces, null, 2)}\n` : traces.map((t) => traceText(t, o.all === true)).join('\n') };
}

/** In the words of a real tool, which hears of all packets as if they were marked. */
async function asReal(host: StateHost, packets: readonly BuiltPacket[], format: 'nft' | 'xtables' | 'log'): Promise<{ ok: boolean; text: string }> {
  const { net } = host.host;
  const monitor = format === 'log' ? null : await host.listen(MONITOR[format]),
    lines = new LogLines();
  net.traces.force();
  net.tracer = format === 'log' ? lines : new Marker();
  let ok = packets.length > 0;
  for (const p of packets) if (exchange(net, () => play(net, p)).fates.some((f) => f.parent === 0 && !ACCEPTED.has(f.verdict))) ok = false;
  net.tracer = null;
  return { ok, text: monitor ? monitor.sink.out : lines.text };
}
