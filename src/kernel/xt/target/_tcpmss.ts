import type { HookState } from '../../net/hook-state.ts';
import type { Skb } from '../../net/skb.ts';
import { isIp6, u16 } from '../packet.ts';
import type { XtVerdict } from '../definition.ts';
import { packetEnd, updateSum } from './_mangle.ts';
import { services } from './_services.ts';
import { optionLength } from './_tcp-options.ts';

const MSS = 2;
const MSS_LENGTH = 4;

/** Makes room for the option right behind the fixed header; only for packets that carry nothing after it. */
function insert(skb: Skb, mss: number): void {
  const d = skb.data;
  const tcp = skb.transport;
  const length = packetEnd(skb) - tcp;
  const grown = new Uint8Array(d.length + MSS_LENGTH);
  grown.set(d.subarray(0, tcp + 20));
  grown.set([MSS, MSS_LENGTH, mss >> 8, mss & 255], tcp + 20);
  grown.set(d.subarray(tcp + 20), tcp + 20 + MSS_LENGTH);
  const check = tcp + 16;
  updateSum(grown, check, length, length + MSS_LENGTH);
  updateSum(grown, check, 0, (MSS << 8) | MSS_LENGTH);
  updateSum(grown, check, 0, mss);
  const old = (grown[tcp + 12] << 8) | grown[tcp + 13];
  grown[tcp + 12] += 0x10;
  updateSum(grown, check, old, (grown[tcp + 12] << 8) | grown[tcp + 13]);
  growIp(grown, skb.network, isIp6(skb));
  skb.data = grown;
}

function growIp(d: Uint8Array, n: number, v6: boolean): void {
  const at = n + (v6 ? 4 : 2);
  const old = (d[at] << 8) | d[at + 1];
  const fresh = old + MSS_LENGTH;
  if (!v6) updateSum(d, n + 10, old, fresh);
  d[at] = fresh >> 8;
  d[at + 1] = fresh & 255;
}

/** net/netfilter/xt_TCPMSS.c: tcpmss_mangle_packet; `wanted` null clamps to the path MTU. */
export function mangleMss(skb: Skb, state: HookState, wanted: number | null): XtVerdict {
  if (skb.fragOffset !== 0) return 'continue';
  const tcp = skb.transport;
  const length = packetEnd(skb) - tcp;
  if (tcp < 0 || length < 20) return 'drop';
  const header = (skb.data[tcp + 12] >> 4) * 4;
  if (length < header || header < 20) return 'drop';
  let mss = wanted;
  if (mss === null) {
    const clamp = services(state)?.rt(skb, state, 'tcpmss');
    if (typeof clamp !== 'number') return 'drop';
    mss = clamp;
  }
  for (let at = tcp + 20; at <= tcp + header - MSS_LENGTH; at += optionLength(skb.data, at)) {
    if (skb.data[at] !== MSS || skb.data[at + 1] !== MSS_LENGTH) continue;
    const old = u16(skb, at + 2);
    if (old <= mss) return 'continue';
    skb.data[at + 2] = mss >> 8;
    skb.data[at + 3] = mss & 255;
    // An option at an odd place adds to the sum with its bytes exchanged (inet_proto_csum_replace2 does not mind: nor does this).
    updateSum(skb.data, tcp + 16, old, mss);
    return 'continue';
  }
  // Data behind the header would have to move; the data offset has four bits.
  if (length > header || header >= 60) return 'continue';
  insert(skb, Math.min(mss, isIp6(skb) ? 1220 : 536));
  return 'continue';
}
