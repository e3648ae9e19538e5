import type { StatefulExpression } from './expression.ts';

/** Live numbers of a stateful expression; doubles hold every count a run can reach. */
export type StatefulState =
  | { readonly kind: 'counter'; packets: number; bytes: number }
  /** nft_limit_priv: tokens and time in nanoseconds. */
  | { readonly kind: 'limit'; readonly invert: boolean; readonly cost: number; readonly tokensMax: number; tokens: number; last: number; readonly rate: number; readonly nsecs: number; readonly bytes: boolean }
  | { readonly kind: 'quota'; consumed: number; readonly bytes: number; readonly invert: boolean; depleted: boolean }
  | { readonly kind: 'connlimit'; readonly count: number; readonly invert: boolean; list: unknown[] }
  | { readonly kind: 'last'; at: number | null };

const NSEC_PER_SEC = 1e9;

export function makeState(e: StatefulExpression, now: number): StatefulState {
  switch (e.kind) {
    case 'counter': return { kind: 'counter', packets: Number(e.packets), bytes: Number(e.bytes) };
    case 'limit': {
      /** nft_limit_init: a bucket of `burst` packets' worth of nanoseconds (packets), or of burst bytes on top of the rate. */
      const nsecs = Number(e.unit) * NSEC_PER_SEC, rate = Number(e.rate), bytes = e.type === 'pkt-bytes';
      const tokens = bytes ? Math.floor((nsecs * (rate + e.burst)) / rate) : Math.floor(nsecs / rate) * (e.burst === 0 ? 5 : e.burst);
      return { kind: 'limit', invert: e.inv, cost: Math.floor(nsecs / rate), tokensMax: tokens, tokens, last: now * 1e6, rate, nsecs, bytes };
    }
    case 'quota': return { kind: 'quota', consumed: Number(e.consumed), bytes: Number(e.bytes), invert: e.inv, depleted: Number(e.consumed) >= Number(e.bytes) };
    case 'connlimit': return { kind: 'connlimit', count: e.count, invert: e.inv, list: [] };
    case 'last': return { kind: 'last', at: e.set ? now - Number(e.msecs) : null };
  }
}

/** What a dump shows of it (ops->dump). */
export function readState(e: StatefulExpression, s: StatefulState, now: number): StatefulExpression {
  switch (e.kind) {
    case 'counter': return s.kind === 'counter' ? { ...e, packets: BigInt(s.packets), bytes: BigInt(s.bytes) } : e;
    case 'quota': return s.kind === 'quota' ? { ...e, consumed: BigInt(Math.min(s.consumed, s.bytes)) } : e;
    case 'last': return s.kind === 'last' ? { ...e, set: s.at !== null, msecs: s.at === null ? 0n : BigInt(Math.max(0, Math.floor(now - s.at))) } : e;
    case 'limit': case 'connlimit': return e;
  }
}

/** `reset`: counters and quotas start again. */
export function resetState(s: StatefulState): void {
  if (s.kind === 'counter') { s.packets = 0; s.bytes = 0; }
  else if (s.kind === 'quota') { s.consumed = 0; s.depleted = false; }
}
