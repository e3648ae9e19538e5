import { type Counted, countConnection } from '../conntrack/conncount.ts';
import type { Skb } from '../net/skb.ts';
import type { Netns } from '../netns.ts';
import type { StatefulExpression } from './expression.ts';

/** Has the kernel the same operations for both? Limits of packets and of bytes have each their own. */
export const sameOps = (a: StatefulExpression, b: StatefulExpression): boolean => a.kind === b.kind && (a.kind !== 'limit' || b.kind !== 'limit' || a.type === b.type);

/** Live numbers of a stateful expression; doubles hold every count a run can reach. */
export type StatefulState =
  | { readonly kind: 'counter'; packets: number; bytes: number }
  /** nft_limit_priv: tokens and time in nanoseconds. */
  | {
      readonly kind: 'limit';
      readonly invert: boolean;
      readonly cost: number;
      readonly tokensMax: number;
      tokens: number;
      last: number;
      readonly rate: number;
      readonly nsecs: number;
      readonly bytes: boolean;
    }
  | { readonly kind: 'quota'; consumed: number; readonly bytes: number; readonly invert: boolean; depleted: boolean }
  | { readonly kind: 'connlimit'; readonly count: number; readonly invert: boolean; readonly list: Counted[] }
  | { readonly kind: 'last'; at: number | null };

const NSEC_PER_SEC = 1e9;

export function makeState(e: StatefulExpression, now: number): StatefulState {
  switch (e.kind) {
    case 'counter':
      return { kind: 'counter', packets: Number(e.packets), bytes: Number(e.bytes) };
    case 'limit': {
      /** nft_limit_init: a bucket of `burst` packets' worth of nanoseconds (packets), or of burst bytes on top of the rate. */
      const nsecs = Number(e.unit) * NSEC_PER_SEC,
        rate = Number(e.rate),
        bytes = e.type === 'pkt-bytes';
      const tokens = bytes ? Math.floor((nsecs * (rate + e.burst)) / rate) : Math.floor(nsecs / rate) * (e.burst === 0 ? 5 : e.burst);
      return { kind: 'limit', invert: e.inv, cost: Math.floor(nsecs / rate), tokensMax: tokens, tokens, last: now * 1e6, rate, nsecs, bytes };
    }
    case 'quota':
      return { kind: 'quota', consumed: Number(e.consumed), bytes: Number(e.bytes), invert: e.inv, depleted: Number(e.consumed) >= Number(e.bytes) };
    case 'connlimit':
      return { kind: 'connlimit', count: e.count, invert: e.inv, list: [] };
    case 'last':
      return { kind: 'last', at: e.set ? now - Number(e.msecs) : null };
  }
}

/** What a dump shows of it (ops->dump). */
export function readState(e: StatefulExpression, s: StatefulState, now: number): StatefulExpression {
  switch (e.kind) {
    case 'counter':
      return s.kind === 'counter' ? { ...e, packets: BigInt(s.packets), bytes: BigInt(s.bytes) } : e;
    case 'quota':
      return s.kind === 'quota' ? { ...e, consumed: BigInt(Math.min(s.consumed, s.bytes)) } : e;
    case 'last':
      return s.kind === 'last' ? { ...e, set: s.at !== null, msecs: s.at === null ? 0n : BigInt(Math.max(0, Math.floor(now - s.at))) } : e;
    case 'limit':
    case 'connlimit':
      return e;
  }
}

/** `reset`: counters and quotas start again. */
export function resetState(s: StatefulState): void {
  if (s.kind === 'counter') {
    s.packets = 0;
    s.bytes = 0;
  } else if (s.kind === 'quota') {
    s.consumed = 0;
    s.depleted = false;
  }
}

/** nft_limit_eval: true when the packet is to break off the rule. */
export function limitExceeded(s: Extract<StatefulState, { kind: 'limit' }>, len: number, now: number): boolean {
  const ns = Math.floor(now * 1e6),
    cost = s.bytes ? Math.floor((s.nsecs * len) / s.rate) : s.cost;
  const tokens = Math.min(s.tokens + ns - s.last, s.tokensMax);
  s.last = ns;
  const left = tokens - cost;
  if (left >= 0) {
    s.tokens = left;
    return s.invert;
  }
  s.tokens = tokens;
  return !s.invert;
}

/** nft_quota_do_eval */
export function quotaExceeded(s: Extract<StatefulState, { kind: 'quota' }>, len: number): boolean {
  s.consumed += len;
  if (s.consumed >= s.bytes) s.depleted = true;
  return s.consumed > s.bytes !== s.invert;
}

/** nft_connlimit_do_eval: connections that matched here and still live. "over" is the inverted form: it goes on where the count is above. */
export function connlimitHit(s: Extract<StatefulState, { kind: 'connlimit' }>, skb: Skb, net: Netns): boolean | 'drop' {
  return countConnection(s.list, skb, net) ? s.list.length > s.count === s.invert : 'drop';
}

/** ops->eval of a stateful expression in an element or object. */
export function runStateful(s: StatefulState, skb: Skb, net: Netns): number {
  const len = skb.data.length - skb.head;
  switch (s.kind) {
    case 'counter':
      s.packets++;
      s.bytes += len;
      return CONTINUE;
    case 'last':
      s.at = net.clock.now();
      return CONTINUE;
    case 'limit':
      return limitExceeded(s, len, net.clock.now()) ? BREAK : CONTINUE;
    case 'quota':
      return quotaExceeded(s, len) ? BREAK : CONTINUE;
    case 'connlimit': {
      const v = connlimitHit(s, skb, net);
      return v === 'drop' ? 0 : v ? CONTINUE : BREAK;
    }
  }
}
const CONTINUE = -1,
  BREAK = -2;
