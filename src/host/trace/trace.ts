import type { Netns } from '../../kernel/netns.ts';
import type { BuiltPacket } from '../packet/build.ts';
import { exchange, play } from '../packet/exchange.ts';
import { Reporter } from '../packet/report.ts';
import { TraceRecorder } from './record.ts';
import type { PacketTrace } from './steps.ts';

/** Lets a packet in, or has the host send it, and tells its way and that of its answers, in the order in which they appeared. */
export function tracePacket(net: Netns, packet: BuiltPacket, file: (path: string) => string | undefined): PacketTrace[] {
  const recorder = new TraceRecorder(net, file),
    reporter = new Reporter(net, file),
    before = net.tracer;
  net.tracer = recorder;
  try {
    return exchange(net, () => play(net, packet)).fates.map((f) => {
      const steps = recorder.steps(f.id),
        first = steps[0];
      return {
        id: f.id,
        parent: f.parent,
        packet: first && 'packet' in first ? first.packet : '',
        verdict: f.verdict,
        decision: f.decision && reporter.decision(f.decision),
        steps,
      };
    });
  } finally {
    net.tracer = before;
  }
}
