import type { Errno } from '../errno.ts';
import type { Netns } from '../netns.ts';
import { IPS } from './entry.ts';
import type { Conntrack, Tuple } from './entry.ts';

/** CTA_NAT_SRC / CTA_NAT_DST: an address, a port, or both; without either only the empty attribute came. */
export interface NatRequest {
  readonly ip?: Uint8Array;
  readonly port?: number;
}

/**
 * ctnetlink_setup_nat: both manipulations are set up when one is asked for, the other as an empty binding. Ports are taken as
 * asked for when free, else the next free one (nf_nat_l4proto_unique_tuple).
 */
export function setupNat(net: Netns, ct: Conntrack, snat: NatRequest | undefined, dnat: NatRequest | undefined): Errno | null {
  if (!snat && !dnat) return null;
  manipulate(net, ct, 'dst', dnat ?? {});
  manipulate(net, ct, 'src', snat ?? {});
  return null;
}

const hasPorts = (protonum: number): boolean => [6, 17, 132, 136].includes(protonum);

/** nf_nat_setup_info for a connection that no packet has seen. */
function manipulate(net: Netns, ct: Conntrack, side: 'src' | 'dst', range: NatRequest): void {
  const current = invert(ct, ct.reply);
  const next: { -readonly [K in keyof Tuple]: Tuple[K] } = { ...current };
  if (range.ip) next[side] = range.ip;
  if (range.port !== undefined && hasPorts(ct.protonum)) next[side === 'src' ? 'sport' : 'dport'] = range.port;
  const changed =
    (next.src !== current.src && !equal(next.src, current.src)) ||
    (next.dst !== current.dst && !equal(next.dst, current.dst)) ||
    next.sport !== current.sport ||
    next.dport !== current.dport;
  if (changed) {
    const reply = invert(ct, next);
    let free = reply;
    const key = side === 'src' ? 'dport' : 'sport';
    // Only the port may give way, where one is tracked and none was asked for.
    for (let i = 0; range.port === undefined && i < 64512 && net.conntrack.taken(free, ct.zone, ct) && hasPorts(ct.protonum); i++)
      free = { ...free, [key]: 1024 + ((free[key] + 1 - 1024) % 64512) };
    ct.reply = free;
    ct.status |= side === 'src' ? IPS.SRC_NAT : IPS.DST_NAT;
  }
  ct.status |= side === 'src' ? IPS.SRC_NAT_DONE : IPS.DST_NAT_DONE;
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

/** The tuple of the other direction; ICMP types of the pair stay as the entry has them. */
function invert(ct: Conntrack, t: Tuple): Tuple {
  const icmp = t.icmp && (t.icmp.type === ct.reply.icmp?.type ? ct.original.icmp : ct.reply.icmp);
  return { l3num: t.l3num, protonum: t.protonum, src: t.dst, dst: t.src, ...(t.icmp ? { sport: t.sport, dport: t.dport, icmp } : { sport: t.dport, dport: t.sport }) };
}
