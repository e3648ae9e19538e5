import { decisionText } from './report.ts';
import { StateHost } from './host.ts';
import { noted, SEND, type SendOptions } from './send.ts';
import { LogLines, Marker } from './trace/formats.ts';
import { tracePackets } from './trace/packets.ts';
import { traceText } from './trace/text.ts';
import type { BuiltPacket } from '../host/packet/build.ts';
import { exchange, play } from '../host/packet/exchange.ts';
import { ACCEPTED } from '../host/packet/fate.ts';
import { Reporter } from '../host/packet/report.ts';
import { TraceRecorder } from '../host/trace/record.ts';
import type { PacketTrace } from '../host/trace/steps.ts';

export const FORMATS = ['text', 'json', 'nft', 'xtables', 'log'] as const;

export interface TraceOptions extends Pick<SendOptions, 'state' | 'in' | 'hex'> {
  readonly all?: boolean;
  readonly json?: boolean;
  readonly format: (typeof FORMATS)[number];
  /** The host keeps what the packets change: connections, counters. */
  readonly keep?: boolean;
}

/** The real tools whose output a format is. */
const MONITOR: Readonly<Partial<Record<TraceOptions['format'], readonly string[]>>> = { nft: ['nft', 'monitor', 'trace'], xtables: ['xtables-monitor', '--trace'] };

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
    file = (path: string): string | undefined => host.files.read(path);
  const format = o.json ? 'json' : o.format;
  const monitor = MONITOR[format] && (await host.listen(MONITOR[format]));
  if (monitor) {
    net.traces.force();
    monitor.sink.out = '';
  }
  const recorder = new TraceRecorder(net, file),
    lines = new LogLines(),
    reporter = new Reporter(net, file);
  net.tracer = monitor ? new Marker() : format === 'log' ? lines : recorder;
  const traces: PacketTrace[] = [];
  let ok = packets.length > 0;
  for (const p of packets) {
    const { fates } = exchange(net, () => play(net, p));
    for (const f of fates) {
      if (f.parent === 0 && !ACCEPTED.has(f.verdict)) ok = false;
      const steps = recorder.steps(f.id),
        first = steps[0];
      const decision = f.decision ? decisionText(reporter.decision(f.decision)) : null;
      traces.push({ id: f.id, parent: f.parent, packet: first && 'packet' in first ? first.packet : '', verdict: f.verdict, decision, steps });
    }
  }
  net.tracer = null;
  if (monitor) return { ok, text: monitor.sink.out };
  if (format === 'log') return { ok, text: lines.text };
  if (format === 'json') return { ok, text: `${JSON.stringify(traces, null, 2)}\n` };
  return { ok, text: traces.map((t) => traceText(t, o.all === true)).join('\n') };
}
