import { ntop, prefixMask } from '../address.ts';
import { defineExtension } from '../definition.ts';
import type { ParsedOption, PrintContext } from '../definition.ts';
import { HashlimitTable, MODE, SCALE, user2credits } from '../hashlimit-table.ts';
import { atoi, scanNumber, strtoul } from '../number.ts';
import type { Skb } from '../../net/skb.ts';
import { skipExtensions } from '../../net/wire/ip.ts';
import { destination, isIp6, lengthOf, source, u16 } from '../packet.ts';
import { cut } from '../text.ts';
import { badValue, draftOf, fail, numberOf } from '../value.ts';

/** struct xt_hashlimit_mtinfo3: `avg` in 1/1000000 s a packet, or the cost of 16 bytes. */
export type HashlimitInfo = {
  readonly name: string;
  readonly mode: number;
  readonly avg: bigint;
  readonly burst: bigint;
  readonly size: number;
  readonly max: number;
  readonly gcInterval: number;
  readonly expire: number;
  readonly interval: number;
  readonly srcmask: number;
  readonly dstmask: number;
};

const BURST_MAX = 1000000;
const DEFAULT_BURST = 5n;
const GC_INTERVAL = 1000;
const BYTE_EXPIRE = 15;
const BYTE_EXPIRE_BURST = 60;
const U32 = 0xffffffffn;

const UNITS: readonly (readonly [string, number])[] = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86400],
];
const SHOWN: readonly (readonly [string, string, bigint])[] = [
  ['day', 'day', SCALE * 86400n],
  ['hour', 'hour', SCALE * 3600n],
  ['min', 'minute', SCALE * 60n],
  ['sec', 'second', SCALE],
];
const SIZES: readonly (readonly [string, bigint])[] = [
  ['m', 1048576n],
  ['k', 1024n],
  ['', 1n],
];

const bytesToCost = (bytes: bigint): bigint => U32 / (((bytes >> 4n) & U32) + 1n);
/** A rate of packets read as one of bytes may leave less than nothing. */
const costToBytes = (cost: bigint): bigint => BigInt.asUintN(64, ((cost ? U32 / cost : U32) - 1n) << 4n);

/** parse_bytes: `10kb/s`; null: not a rate of bytes. */
function parseBytes(text: string): bigint | null {
  const at = text.indexOf('b/s');
  const rate = strtoul(text, 10).value;
  if (at < 1 || rate === 0n) return null;
  const factor = text[at - 1] === 'm' ? 1048576n : text[at - 1] === 'k' ? 1024n : 1n;
  const cost = bytesToCost(rate * factor);
  return cost === 0n ? fail(`Rate too high "${text}"`) : cost;
}

/** parse_rate: `3/minute` */
function parseRate(text: string): { readonly avg: bigint; readonly mult: number } | null {
  const slash = text.indexOf('/');
  const word = slash < 0 ? 'second' : text.slice(slash + 1).toLowerCase();
  const unit = word === '' ? undefined : UNITS.find(([name]) => name.startsWith(word));
  const rate = strtoul(text, 10).value;
  if (!unit || rate === 0n) return null;
  const avg = (SCALE * BigInt(unit[1])) / rate;
  return avg === 0n ? fail(`Rate too fast "${text}"`) : { avg, mult: unit[1] };
}

function parseBurst(text: string): bigint {
  const n = scanNumber(text, 1, 0xffffffffn);
  if (!n || (n.rest === '' && n.value > BigInt(BURST_MAX))) return fail(`bad value for option "--hashlimit-burst", or out of range (1-${BURST_MAX}).`);
  const factor = n.rest[0] === 'm' ? 1048576n : n.rest[0] === 'k' ? 1024n : 1n;
  return n.value * factor;
}

const MODES = [
  ['srcip', MODE.SRCIP],
  ['srcport', MODE.SRCPORT],
  ['dstip', MODE.DSTIP],
  ['dstport', MODE.DSTPORT],
] as const;
function parseMode(text: string): number {
  let mode = 0;
  for (const word of text.split(',').filter((w) => w !== '')) mode |= MODES.find(([name]) => name === word)?.[1] ?? badValue('hashlimit', '--hashlimit-mode', text);
  return mode;
}
const modeText = (mode: number, separator: string): string =>
  MODES.filter(([, bit]) => mode & bit)
    .map(([name]) => name)
    .join(separator);

/** How a packet rate is shown, and the time to live that goes with its unit. */
function rateText(avg: bigint): { readonly text: string; readonly long: string; readonly quantum: number } {
  if (avg === 0n) return { text: ' inf', long: ' inf', quantum: 0 };
  let i = 1;
  for (; i < SHOWN.length; i++) if (avg > SHOWN[i][2] || SHOWN[i][2] / avg < SHOWN[i][2] % avg) break;
  const [short, long, mult] = SHOWN[i - 1];
  return { text: ` ${mult / avg}/${short}`, long: ` ${mult / avg}/${long}`, quantum: Number(mult / SCALE) * 1000 };
}

function bytesRate(avg: bigint): readonly [bigint, string] {
  const bytes = costToBytes(avg);
  const [name, size] = SIZES.find(([, s]) => s === 1n || (bytes >= s && bytesToCost(bytes & (U32 ^ (s - 1n))) === avg)) ?? SIZES[2];
  return [bytes / size, name];
}
function bytesBurst(i: HashlimitInfo): readonly [bigint, string] {
  const bytes = costToBytes(i.avg) * i.burst;
  const [name, size] = SIZES.find(([, s]) => bytes >= s) ?? SIZES[2];
  return [bytes / size, name];
}

interface Words {
  readonly above: string;
  readonly upto: string;
  readonly prefix: string;
  readonly separator: string;
  readonly named: boolean;
}

function text(i: HashlimitInfo, bits: number, w: Words): string {
  const p = w.prefix;
  let out = i.mode & MODE.INVERT ? w.above : w.upto;
  let quantum: number;
  if (i.mode & MODE.BYTES) {
    const [rate, unit] = bytesRate(i.avg);
    out += ` ${rate}${unit}b/s`;
    quantum = (i.burst ? BYTE_EXPIRE_BURST : BYTE_EXPIRE) * 1000;
    if (i.burst) out += ` ${p}burst ${bytesBurst(i).join('')}b`;
  } else {
    const rate = rateText(w.named ? i.avg : i.avg * BigInt(i.interval));
    out += `${rate.text} ${p}burst ${i.burst}`;
    quantum = rate.quantum;
  }
  if (i.mode & 15) out += ` ${p}mode ${modeText(i.mode, w.separator)}`;
  if (w.named) out += ` ${p}name ${i.name}`;
  if (i.size) out += ` ${p}htable-size ${i.size}`;
  if (i.max) out += ` ${p}htable-max ${i.max}`;
  if (i.gcInterval !== GC_INTERVAL) out += ` ${p}htable-gcinterval ${i.gcInterval}`;
  if (i.expire !== quantum) out += ` ${p}htable-expire ${i.expire}`;
  if (i.srcmask !== bits) out += ` ${p}srcmask ${i.srcmask}`;
  if (i.dstmask !== bits) out += ` ${p}dstmask ${i.dstmask}`;
  if (i.mode & MODE.RATE_MATCH) out += ` ${p}rate-match${i.interval !== 1 ? ` ${p}rate-interval ${i.interval}` : ''}`;
  return out;
}

/** The prefix length in 8 bits; a mask with holes has none (255). */
const plenOf = (o: ParsedOption): number => (o.value as { readonly plen: number }).plen & 255;
function intervalOf(text: string): number {
  const n = atoi(text);
  return n <= 0 ? badValue('hashlimit', '--hashlimit-rate-interval', text) : n;
}

/** An IPv6 mask is written without shortening. */
const wholeMask = (mask: Uint8Array): string =>
  mask.length === 4 ? ntop(mask) : Array.from({ length: 8 }, (_, n) => ((mask[2 * n] << 8) | mask[2 * n + 1]).toString(16).padStart(4, '0')).join(':');

const addressBits = (c: Pick<PrintContext, 'family'>): number => (c.family === 'ip6' ? 128 : 32);

/** hashlimit_mode_xlate: what the rate-match bit leaves over prints as `(null)`. */
function translateMode(i: HashlimitInfo, family: string): string | null {
  const ip = family === 'ip6' ? 'ip6' : 'ip';
  const bytes = family === 'ip6' ? 16 : 4;
  const address = (word: string, bits: number): string => `${ip} ${word}${bits === bytes * 8 ? '' : ` and ${wholeMask(prefixMask(bits, bytes))}`}`;
  const parts: string[] = [];
  if (i.mode & MODE.DSTIP) parts.push(address('daddr', i.dstmask));
  if (i.mode & MODE.DSTPORT) parts.push('tcp dport');
  if (i.mode & MODE.SRCIP) parts.push(address('saddr', i.srcmask));
  if (i.mode & MODE.SRCPORT) parts.push('tcp sport');
  if (i.mode & MODE.RATE_MATCH) parts.push('(null)');
  return parts.length ? parts.join(' . ') : null;
}

/** Tables are shared by their name within a family; the first rule makes them. */
const tableKey = (family: string, name: string): string => `hashlimit/${family}/${name}`;

function checkRate(i: HashlimitInfo): 'ERANGE' | 'EINVAL' | null {
  if (i.mode & MODE.RATE_MATCH) return i.avg === 0n || i.avg > U32 ? 'ERANGE' : i.interval === 0 ? 'EINVAL' : null;
  if (i.mode & MODE.BYTES) return (i.avg * 250n * 2n ** 24n) >> 32n === 0n ? 'EINVAL' : null;
  return i.burst === 0n || user2credits(i.avg * i.burst) < user2credits(i.avg) ? 'ERANGE' : null;
}

/** proto_ports_offset: where a protocol has ports, or what counts as such. */
const PORTS_OFFSET: Readonly<Record<number, number>> = { 6: 0, 17: 0, 33: 0, 50: 0, 51: 4, 132: 0, 136: 0 };

/** hashlimit_init_dst: offset of the ports, null: none; behind IPv6 headers that lead nowhere the packet is dropped. */
function portsAt(skb: Skb): number | null | 'hotdrop' {
  let { transport: at, l4proto: protocol } = skb;
  if (isIp6(skb)) {
    const end = skipExtensions(skb.data, skb.network + 40, skb.data[skb.network + 6]);
    if (!end) return 'hotdrop';
    if (end.fragOff & ~7) return null;
    [at, protocol] = [end.offset, end.next];
  }
  const offset = PORTS_OFFSET[protocol];
  if (offset === undefined) return null;
  return at < 0 || at + offset + 4 > skb.data.length ? 'hotdrop' : at + offset;
}

export const match = defineExtension<HashlimitInfo>({
  kind: 'match',
  name: 'hashlimit',
  families: ['ip', 'ip6', 'arp'],
  revision: 3,
  options: [
    { name: 'hashlimit-upto', id: 'upto', type: 'string', invert: true, excludes: ['above'] },
    { name: 'hashlimit-above', id: 'above', type: 'string', invert: true, excludes: ['upto'] },
    { name: 'hashlimit', id: 'upto', type: 'string', invert: true, excludes: ['above'] },
    { name: 'hashlimit-srcmask', type: 'plenmask' },
    { name: 'hashlimit-dstmask', type: 'plenmask' },
    { name: 'hashlimit-burst', type: 'string' },
    { name: 'hashlimit-htable-size', type: 'uint32' },
    { name: 'hashlimit-htable-max', type: 'uint32' },
    { name: 'hashlimit-htable-gcinterval', type: 'uint32' },
    { name: 'hashlimit-htable-expire', type: 'uint32' },
    { name: 'hashlimit-mode', type: 'string' },
    { name: 'hashlimit-name', type: 'string', min: 1, size: 255, mandatory: true },
    { name: 'hashlimit-rate-match', type: 'none' },
    { name: 'hashlimit-rate-interval', type: 'string' },
  ],
  help: () => `hashlimit match options:
  --hashlimit-upto <avg>           max average match rate
                                   [Packets per second unless followed by 
                                   /sec /minute /hour /day postfixes]
  --hashlimit-above <avg>          min average match rate
  --hashlimit-mode <mode>          mode is a comma-separated list of
                                   dstip,srcip,dstport,srcport (or none)
  --hashlimit-srcmask <length>     source address grouping prefix length
  --hashlimit-dstmask <length>     destination address grouping prefix length
  --hashlimit-name <name>          name for /proc/net/ipt_hashlimit
  --hashlimit-burst <num>	    number to match in a burst, default 5
  --hashlimit-htable-size <num>    number of hashtable buckets
  --hashlimit-htable-max <num>     number of hashtable entries
  --hashlimit-htable-gcinterval    interval between garbage collection runs
  --hashlimit-htable-expire        after which time are idle entries expired?
  --hashlimit-rate-match           rate match the flow without rate-limiting it
  --hashlimit-rate-interval        interval in seconds for hashlimit-rate-match

`,
  init(family) {
    const bits = family === 'ip6' ? 128 : 32;
    return { name: '', mode: 0, avg: 0n, burst: DEFAULT_BURST, size: 0, max: 0, gcInterval: GC_INTERVAL, expire: 0, interval: 0, srcmask: bits, dstmask: bits, mult: 1 };
  },
  parse(o, draft) {
    const info = draftOf<HashlimitInfo & { mult: number }>(draft);
    const value = o.raw ?? '';
    switch (o.option.id ?? o.name) {
      case 'upto':
      case 'above': {
        if (o.inverted !== (o.option.id === 'above')) info.mode |= MODE.INVERT;
        const cost = parseBytes(value);
        if (cost !== null) {
          info.avg = cost;
          info.mode |= MODE.BYTES;
          info.mult = BYTE_EXPIRE;
        } else {
          const rate = parseRate(value) ?? badValue('hashlimit', `--hashlimit-${o.option.id}`, value);
          info.avg = rate.avg;
          info.mult = rate.mult;
        }
        break;
      }
      case 'hashlimit-srcmask':
        info.srcmask = plenOf(o);
        break;
      case 'hashlimit-dstmask':
        info.dstmask = plenOf(o);
        break;
      case 'hashlimit-burst':
        info.burst = parseBurst(value);
        break;
      case 'hashlimit-htable-size':
        info.size = numberOf(o);
        break;
      case 'hashlimit-htable-max':
        info.max = numberOf(o);
        break;
      case 'hashlimit-htable-gcinterval':
        info.gcInterval = numberOf(o);
        break;
      case 'hashlimit-htable-expire':
        info.expire = numberOf(o);
        break;
      case 'hashlimit-mode':
        info.mode |= parseMode(value);
        break;
      case 'hashlimit-name':
        info.name = cut(value, 254);
        break;
      case 'hashlimit-rate-match':
        info.mode |= MODE.RATE_MATCH;
        break;
      default:
        info.interval = intervalOf(value);
    }
  },
  finish(draft, context) {
    const { mult, ...rest } = draft;
    const info = draftOf<HashlimitInfo>(rest);
    const given = (id: string): boolean => context.seen.has(id);
    if (!given('upto') && !given('above')) fail('You have to specify --hashlimit');
    if (!given('hashlimit-htable-expire')) info.expire = (mult as number) * 1000;
    if (info.mode & MODE.RATE_MATCH && !(info.mode & MODE.BYTES)) info.avg /= BigInt(mult as number);
    if (info.interval === 0) info.interval = info.mode & MODE.RATE_MATCH && !(info.mode & MODE.BYTES) ? (mult as number) : 1;
    if (!(info.mode & MODE.BYTES)) {
      if (info.burst > BigInt(BURST_MAX)) fail(`bad value for option "--hashlimit-burst", or out of range (1-${BURST_MAX}).`);
      return info;
    }
    if (!given('hashlimit-burst')) {
      info.burst = 0n;
      return info;
    }
    const unit = costToBytes(info.avg);
    if (unit === 0n) fail('a burst in bytes needs a rate of at least 16b/s'); // the real one divides by it
    if (info.burst < unit) fail(`burst cannot be smaller than ${unit}b`);
    info.burst = BigInt.asUintN(32, info.burst) / unit + (info.burst % unit ? 1n : 0n);
    if (!given('hashlimit-htable-expire')) info.expire = BYTE_EXPIRE_BURST * 1000;
    return info;
  },
  save: (i, c) => text(i, addressBits(c), { above: ' --hashlimit-above', upto: ' --hashlimit-upto', prefix: '--hashlimit-', separator: ',', named: true }),
  print: (i, c) => text(i, addressBits(c), { above: ' limit: above', upto: ' limit: up to', prefix: '', separator: '-', named: false }),
  translate(i, c) {
    const mode = translateMode(i, c.family);
    if (mode === null) return null;
    const over = i.mode & MODE.INVERT ? ' over' : '';
    const timeout = i.expire !== 1000 ? ` timeout ${Math.floor(i.expire / 1000)}s` : '';
    let rate: string;
    if (i.mode & MODE.BYTES) {
      const [n, unit] = bytesRate(i.avg);
      const burst = bytesBurst(i);
      rate = ` ${n} ${unit}bytes/second${i.burst ? ` burst ${burst[0]} ${burst[1]}bytes` : ''}`;
    } else rate = `${rateText(i.avg).long}${i.burst !== DEFAULT_BURST ? ` burst ${i.burst} packets` : ''}`;
    return `meter ${i.name} { ${mode}${timeout} limit rate${over}${rate} }`;
  },
  /** xt_hashlimit.c: hashlimit_mt_check_common */
  check(i, c) {
    const bits = c.family === 'ip6' ? 128 : 32;
    if (i.name === '' || i.name === '.' || i.name === '..' || i.name.includes('/')) return 'EINVAL';
    if (i.gcInterval === 0 || i.expire === 0 || i.srcmask > bits || i.dstmask > bits) return 'EINVAL';
    const refused = checkRate(i);
    const key = tableKey(c.family, i.name);
    if (!refused && !c.net.nft.kept.shared.has(key)) c.net.nft.kept.shared.set(key, new HashlimitTable(i, c.net.clock.now()));
    return refused;
  },
  match(i, skb, state, keep) {
    const table = keep.shared(tableKey(state.pf, i.name), () => new HashlimitTable(i, state.net.clock.now()));
    const masked = (a: Uint8Array, bits: number): string => {
      const mask = prefixMask(bits, a.length);
      return a.map((b, n) => b & mask[n]).join('.');
    };
    const key: (string | number)[] = [];
    if (i.mode & MODE.DSTIP) key.push(`d${masked(destination(skb), i.dstmask)}`);
    if (i.mode & MODE.SRCIP) key.push(`s${masked(source(skb), i.srcmask)}`);
    const ports = i.mode & (MODE.DSTPORT | MODE.SRCPORT) ? portsAt(skb) : null;
    if (ports === 'hotdrop') return 'hotdrop';
    if (ports !== null) {
      const at = ports;
      if (i.mode & MODE.SRCPORT) key.push(`S${u16(skb, at)}`);
      if (i.mode & MODE.DSTPORT) key.push(`D${u16(skb, at + 2)}`);
    }
    return table.within(key.join('/'), lengthOf(skb), state.net.clock.now()) === ((i.mode & MODE.INVERT) === 0);
  },
});
