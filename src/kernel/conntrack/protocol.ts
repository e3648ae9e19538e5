import type { HookState } from '../net/hook-state.ts';
import type { CtInfo, Skb } from '../net/skb.ts';
import type { Netns } from '../netns.ts';
import { protocol as registered } from './generated/proto.ts';
import type { Conntrack, Dir } from './entry.ts';

/**
 * What a tracker says of a packet: 'accept', 'invalid' (-NF_ACCEPT: goes on without its connection), 'drop' (-NF_DROP),
 * 'repeat' (-NF_REPEAT: the old connection is gone, look up again).
 */
export type TrackVerdict = 'accept' | 'invalid' | 'drop' | 'repeat';

export interface TrackContext {
  readonly net: Netns;
  readonly state: HookState;
  readonly skb: Skb;
  /** Offset of the transport header in `skb.data`. */
  readonly at: number;
  readonly ct: Conntrack;
  readonly ctinfo: CtInfo;
  readonly dir: Dir;
}

/** A protocol tracker (struct nf_conntrack_l4proto): one file in ./proto, exported as `protocol`. */
export interface Protocol {
  /** -1: every protocol without a tracker of its own. */
  readonly protonum: number;
  packet(c: TrackContext): TrackVerdict;
}

const protocols = registered as readonly Protocol[];
const byNumber = Array.from({ length: 256 }, (_, n) => protocols.find((p) => p.protonum === n) ?? (protocols.find((p) => p.protonum === -1) as Protocol));
export const protocolOf = (protonum: number): Protocol => byNumber[protonum];

/** CTINFO2DIR */
export const dirOf = (ctinfo: CtInfo): Dir => (ctinfo >= 3 ? 1 : 0);

/** nf_ct_refresh_acct: time to live and accounting. */
export function refreshAcct(c: TrackContext, seconds: number): void {
  c.net.conntrack.refresh(c.ct, seconds);
  account(c.ct, c.dir, c.skb.data.length - c.skb.network);
}

/** nf_ct_acct_update */
export function account(ct: Conntrack, dir: Dir, bytes: number): void {
  if (!ct.acct) return;
  ct.acct.packets[dir]++;
  ct.acct.bytes[dir] += BigInt(bytes);
}
