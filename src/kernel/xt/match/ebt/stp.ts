import { addressHit, flagHit, rangeHit } from '../../ebt-packet.ts';
import { macText } from '../../address.ts';
import { defineExtension } from '../../definition.ts';
import { macAndMask, not, rangedOf, rangeOption } from '../../ebt.ts';
import type { Address, Flag, Ranged } from '../../ebt.ts';
import { strtoul } from '../../number.ts';
import { paramProblem } from '../../text.ts';

/** struct ebt_stp_info: `ranges` by option name. */
type Info = {
  readonly type: Flag | null;
  readonly flags: Flag | null;
  readonly rootAddr: Address | null;
  readonly senderAddr: Address | null;
  readonly ranges: { readonly [name: string]: Ranged };
};

const TYPES = [
  ['config', 0],
  ['tcn', 0x80],
] as const;
const FLAGS = [
  ['topology-change', 1],
  ['topology-change-ack', 0x80],
] as const;
const RANGES = ['stp-root-prio', 'stp-root-cost', 'stp-sender-prio', 'stp-port', 'stp-msg-age', 'stp-max-age', 'stp-hello-time', 'stp-forward-delay'] as const;

function mac(text: string, inverted: boolean): Address {
  const m = macAndMask(text);
  if (!m) throw paramProblem('Invalid MAC/mask address specified.');
  return { ...m, inverted };
}

const range = (name: (typeof RANGES)[number]) => ({ name, type: name === 'stp-root-cost' ? ('uint32rc' as const) : ('uint16rc' as const), invert: true });

export const match = defineExtension<Info & Record<string, never>>({
  kind: 'match',
  name: 'stp',
  alike: true,
  families: ['bridge'],
  revision: 0,
  options: [
    { name: 'stp-type', type: 'string', invert: true },
    { name: 'stp-flags', type: 'string', invert: true },
    range('stp-root-prio'),
    { name: 'stp-root-addr', type: 'string', invert: true, cutAt: '/' },
    range('stp-root-cost'),
    range('stp-sender-prio'),
    { name: 'stp-sender-addr', type: 'string', invert: true, cutAt: '/' },
    range('stp-port'),
    range('stp-msg-age'),
    range('stp-max-age'),
    range('stp-hello-time'),
    range('stp-forward-delay'),
  ],
  help: () => `stp options:
[!] --stp-type type                  : BPDU type
[!] --stp-flags flag                 : control flag
[!] --stp-root-prio prio[:prio]      : root priority (16-bit) range
[!] --stp-root-addr address[/mask]   : MAC address of root
[!] --stp-root-cost cost[:cost]      : root cost (32-bit) range
[!] --stp-sender-prio prio[:prio]    : sender priority (16-bit) range
[!] --stp-sender-addr address[/mask] : MAC address of sender
[!] --stp-port port[:port]           : port id (16-bit) range
[!] --stp-msg-age age[:age]          : message age timer (16-bit) range
[!] --stp-max-age age[:age]          : maximum age timer (16-bit) range
[!] --stp-hello-time time[:time]     : hello time timer (16-bit) range
[!] --stp-forward-delay delay[:delay]: forward delay timer (16-bit) range
 Recognized BPDU type strings:
   "config": configuration BPDU (=0)
   "tcn"   : topology change notification BPDU (=0x80)
 Recognized control flag strings:
   "topology-change"    : topology change flag (0x01)
   "topology-change-ack": topology change acknowledgement flag (0x80)`,
  init: () => ({ type: null, flags: null, rootAddr: null, senderAddr: null, ranges: {} }),
  parse(o, d) {
    const text = o.raw ?? '';
    const word = (table: readonly (readonly [string, number])[]): number => {
      const hit = table.find(([n]) => n === text.toLowerCase());
      const read = strtoul(text, 0);
      const n = read.rest === '' ? Number(read.value) : hit?.[1];
      if (n === undefined || n > 255) throw paramProblem(`Bad --stp-${o.name.slice(4)} argument`);
      return n;
    };
    switch (o.name) {
      case 'stp-type':
        d['type'] = { value: word(TYPES), inverted: o.inverted };
        return;
      case 'stp-flags':
        d['flags'] = { value: word(FLAGS), inverted: o.inverted };
        return;
      case 'stp-root-addr':
        d['rootAddr'] = mac(text, o.inverted);
        return;
      case 'stp-sender-addr':
        d['senderAddr'] = mac(text, o.inverted);
        return;
      default:
        d['ranges'] = { ...(d['ranges'] as Record<string, Ranged>), [o.name]: rangedOf(o) };
    }
  },
  finish: (d) => ({ ...d }) as unknown as Info & Record<string, never>,
  save(i) {
    const hw = (name: string, a: Address | null): string => (a ? `${not(a)} --${name} ${macText(a.value)}${a.mask.every((b) => b === 255) ? '' : `/${macText(a.mask)}`}` : '');
    const named = (table: readonly (readonly [string, number])[], n: number): string => table.find(([, v]) => v === n)?.[0] ?? String(n);
    const r = (name: (typeof RANGES)[number]): string => rangeOption(name, i.ranges[name] ?? null);
    return (
      (i.type ? `${not(i.type)} --stp-type ${named(TYPES, i.type.value)}` : '') +
      (i.flags ? `${not(i.flags)} --stp-flags ${named(FLAGS, i.flags.value)}` : '') +
      r('stp-root-prio') +
      hw('stp-root-addr', i.rootAddr) +
      r('stp-root-cost') +
      r('stp-sender-prio') +
      hw('stp-sender-addr', i.senderAddr) +
      r('stp-port') +
      r('stp-msg-age') +
      r('stp-max-age') +
      r('stp-hello-time') +
      r('stp-forward-delay')
    );
  },
  print(i, c) {
    return this.save(i, c);
  },
  /** ebt_stp.c */
  match(i, skb) {
    const d = skb.data,
      n = skb.network,
      number = (at: number, len: number): number => d.subarray(n + at, n + at + len).reduce((v, b) => v * 256 + b, 0);
    if (n + 7 > d.length || ![0x42, 0x42, 3, 0, 0, 0].every((b, k) => d[n + k] === b) || !flagHit(i.type, d[n + 6])) return false;
    if (d[n + 6] !== 0) return true;
    if (n + 38 > d.length) return false;
    const at: Readonly<Record<string, readonly [number, number]>> = {
      'stp-root-prio': [8, 2],
      'stp-root-cost': [16, 4],
      'stp-sender-prio': [20, 2],
      'stp-port': [28, 2],
      'stp-msg-age': [30, 2],
      'stp-max-age': [32, 2],
      'stp-hello-time': [34, 2],
      'stp-forward-delay': [36, 2],
    };
    return (
      flagHit(i.flags, d[n + 7]) &&
      addressHit(i.rootAddr, d.subarray(n + 10, n + 16)) &&
      addressHit(i.senderAddr, d.subarray(n + 22, n + 28)) &&
      RANGES.every((r) => rangeHit(i.ranges[r] ?? null, number(...at[r])))
    );
  },
});
