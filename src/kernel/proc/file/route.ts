import type { FibRoute } from '../../stack/fib.ts';
import type { ProcFile } from '../definition.ts';

const MAIN = 254;
const WIDTH = 127;
const UP = 1,
  GATEWAY = 2,
  HOST = 4,
  REJECT = 0x200;

/** An address as the machine's own word: %08X of what is in network order. */
const word = (a: Uint8Array | null): string =>
  Array.from(a ?? new Uint8Array(4), (b) => b.toString(16).toUpperCase().padStart(2, '0'))
    .reverse()
    .join('');
const mask = (len: number): Uint8Array => Uint8Array.from({ length: 4 }, (_, i) => 256 - (1 << (8 - Math.max(0, Math.min(8, len - 8 * i)))));

/** fib_flag_trans */
const flags = (r: FibRoute): number => UP | (r.type === 'unreachable' || r.type === 'prohibit' ? REJECT : 0) | (r.via ? GATEWAY : 0) | (r.len === 32 ? HOST : 0);

/** In the order of the trie: by destination, the longest prefix of one first. */
const order = (a: FibRoute, b: FibRoute): number => {
  for (let i = 0; i < 4; i++) if (a.dst[i] !== b.dst[i]) return a.dst[i] - b.dst[i];
  return b.len - a.len || a.metric - b.metric;
};

/** fib_route_seq_show of net/ipv4/fib_trie.c */
export const procFile: ProcFile = {
  path: '/proc/net/route',
  mode: 0o444,
  read(net) {
    const lines = ['Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT'];
    for (const r of [...net.stack.fib.table(MAIN, 4)].sort(order)) {
      if (r.type === 'broadcast' || r.type === 'multicast') continue;
      const dev = net.stack.devices.find((d) => d.index === r.dev)?.name ?? '*';
      const mtu = r.advmss ? r.advmss + 40 : 0;
      lines.push(`${dev}\t${word(r.dst)}\t${word(r.via)}\t${flags(r).toString(16).toUpperCase().padStart(4, '0')}\t0\t0\t${r.metric}\t${word(mask(r.len))}\t${mtu}\t0\t0`);
    }
    return lines.map((l) => `${l.padEnd(WIDTH)}\n`).join('');
  },
};
