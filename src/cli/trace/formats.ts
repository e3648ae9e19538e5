import { packetLine } from '../../kernel/log/packet-log.ts';
import type { TraceEvent, Tracer } from '../../kernel/trace/event.ts';
import { xtTracePrefix } from '../../kernel/trace/xt-trace.ts';

/** Marks every packet as if the first rule that it meets had been `meta nftrace set 1`, so that the monitors hear of all. */
export class Marker implements Tracer {
  event(e: TraceEvent): void {
    if (e.kind === 'received' || e.kind === 'made') e.skb.nftrace = true;
  }
}

/** The lines by which the TRACE target of the legacy tables tells of packets in the kernel's log, here of all chains. */
export class LogLines implements Tracer {
  text = '';

  event(e: TraceEvent): void {
    const prefix = xtTracePrefix(e);
    if (prefix !== null && 'state' in e) this.text += `${packetLine(e.skb, e.state, { prefix, level: 4, flags: 0x0f })}\n`;
  }
}
