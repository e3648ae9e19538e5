import type { JsonReader } from './reader.ts';
import { limitValue } from './statement.ts';
import { isObject, type JsonIn } from './text.ts';

const u = (bits: number, v: bigint | undefined): number => Number(BigInt.asUintN(bits, v ?? 0n));

function l4(v: JsonIn, what: string, r: JsonReader): number {
  const word = r.maybe(v, 'protocol', 's');
  if (word === undefined) return 0;
  return word === 'tcp' ? 6 : word === 'udp' ? 17 : r.fail(`Invalid ${what} protocol '${word}'.`);
}

const L3: Readonly<Record<string, number>> = { inet: 1, ip: 2, arp: 3, netdev: 5, bridge: 7, ip6: 10 };

function l3(v: JsonIn, what: string, r: JsonReader): { l3proto?: number } {
  const word = r.maybe(v, 'l3proto', 's');
  if (word === undefined) return {};
  return { l3proto: L3[word] ?? r.fail(`Invalid ${what} l3proto '${word}'.`) };
}

/** What the object's kind declares, as the text parser puts it into the declaration. */
export const OBJECT: Readonly<Record<string, (v: JsonIn, r: JsonReader) => Record<string, unknown>>> = {
  counter: (v, r) => ({ packets: r.maybe(v, 'packets', 'I') ?? 0n, bytes: r.maybe(v, 'bytes', 'I') ?? 0n }),
  quota: (v, r) => ({ bytes: r.maybe(v, 'bytes', 'I') ?? 0n, consumed: r.maybe(v, 'used', 'I') ?? 0n, inv: r.maybe(v, 'inv', 'b') ?? false }),
  limit: (v, r) => limitValue(v, r),
  secmark: (v, r) => ({ context: r.maybe(v, 'context', 's') ?? '' }),
  synproxy: (v, r) => {
    const words = r.maybe(v, 'flags', 'o');
    const list = words === undefined ? [] : Array.isArray(words) ? words : [words];
    const flags = (list.includes('timestamp') ? 8 : 0) | (list.includes('sack-perm') ? 4 : 0);
    return { mss: u(16, r.maybe(v, 'mss', 'i')), wscale: u(8, r.maybe(v, 'wscale', 'i')), flags: 3 | flags };
  },
  'ct helper': (v, r) => ({ ...(r.maybe(v, 'type', 's') === undefined ? {} : { helper: r.maybe(v, 'type', 's') }), l4proto: l4(v, 'ct helper', r), ...l3(v, 'ct helper', r) }),
  'ct timeout': (v, r) => {
    const policy = r.maybe(v, 'policy', 'o');
    const states = isObject(policy) ? Object.entries(policy).map(([state, value]) => ({ state, value: typeof value === 'bigint' ? value : 0n, loc: r.named('').loc })) : [];
    return { l4proto: l4(v, 'ct timeout', r), ...l3(v, 'ct timeout', r), policy: states };
  },
  'ct expectation': (v, r) => ({
    ...l3(v, 'ct expectation', r),
    l4proto: l4(v, 'ct expectation', r),
    dport: u(16, r.maybe(v, 'dport', 'i')),
    timeout: u(32, r.maybe(v, 'timeout', 'i')),
    size: u(8, r.maybe(v, 'size', 'i')),
  }),
};
