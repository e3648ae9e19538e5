import { IPCT } from '../../kernel/conntrack/entry.ts';
import type { Conntrack, Tuple } from '../../kernel/conntrack/entry.ts';
import type { Netns } from '../../kernel/netns.ts';
import type { CtObject, Side } from './object.ts';

/** libnetfilter_conntrack knows these bits of a status; the kernel sends all of them. */
function side(t: Tuple, zone: number | undefined, acct: { packets: bigint; bytes: bigint } | null): Side {
  const v4 = t.l3num === 2;
  const ports = [6, 17, 132, 136, 47].includes(t.protonum);
  return {
    l3: t.l3num,
    l4: t.protonum,
    ...(v4 ? { src4: t.src, dst4: t.dst } : { src6: t.src, dst6: t.dst }),
    ...(ports ? { sport: t.sport, dport: t.dport } : {}),
    ...(zone === undefined ? {} : { zone }),
    ...(acct ?? {}),
  };
}

export interface ReadOptions {
  /** Reference count to show; absent in events. */
  readonly use?: number;
  /** IPCT_* mask: the message is an event, which carries less. */
  readonly events?: number;
}

/** What the kernel's message about a connection says (ctnetlink_fill_info, ctnetlink_conntrack_event). */
export function readConntrack(net: Netns, ct: Conntrack, { use, events }: ReadOptions): CtObject {
  const destroy = events !== undefined && (events & IPCT.DESTROY) !== 0;
  const acct = (dir: 0 | 1) => (ct.acct && (events === undefined || destroy) ? { packets: ct.acct.packets[dir], bytes: ct.acct.bytes[dir] } : null);
  const zoneOf = (dir: 'original' | 'reply') => (ct.zone.id !== 0 && ct.zone.dir === dir ? ct.zone.id : undefined);
  const o: CtObject = { orig: side(ct.original, zoneOf('original'), acct(0)), repl: side(ct.reply, zoneOf('reply'), acct(1)), icmp: {}, status: ct.status, id: ct.id };
  if (ct.original.icmp) o.icmp = { type: ct.original.icmp.type, code: ct.original.icmp.code, id: ct.original.sport, replyType: ct.reply.icmp?.type ?? 0, replyId: ct.reply.sport };
  const left = net.conntrack.secondsLeft(ct, events === undefined ? 1 : 0);
  if (!destroy || left > 0) o.timeout = left;
  if (events === undefined || destroy || events & IPCT.PROTOINFO) {
    if (ct.proto.kind === 'tcp') o.tcpState = ct.proto.state;
    else if (ct.proto.kind === 'sctp') {
      o.sctpState = ct.proto.state;
      [o.vtagOrig, o.vtagRepl] = ct.proto.vtag;
    }
  }
  if (events === undefined || events & IPCT.MARK || ct.mark !== 0) o.mark = ct.mark >>> 0;
  if (ct.zone.id !== 0 && ct.zone.dir === 'both') o.zone = ct.zone.id;
  if (ct.helper !== null && !destroy) o.helper = ct.helper;
  // ctnetlink_dump_labels: nothing is sent of labels that are all zero.
  if (ct.labels?.some((b) => b !== 0) && (events === undefined || events & IPCT.LABEL)) o.labels = ct.labels.slice();
  if (ct.timestamp && (events === undefined || destroy)) {
    o.start = ct.timestamp.start;
    if (ct.timestamp.stop !== 0) o.stop = ct.timestamp.stop;
  }
  if (use !== undefined) o.use = use;
  return o;
}
