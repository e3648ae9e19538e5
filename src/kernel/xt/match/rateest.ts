import { defineExtension } from '../definition.ts';
import { infosOf } from '../environment.ts';
import { doubleToUint32, wholeUint } from '../number.ts';
import { estimatorKey } from '../rate-estimator.ts';
import type { RateEstimator } from '../rate-estimator.ts';
import { cut } from '../text.ts';
import { draftOf, fail } from '../value.ts';

/** struct xt_rateest_match_info; flags XT_RATEEST_MATCH_INVERT 1, ABS 2, REL 4, DELTA 8, BPS 16, PPS 32 */
type RateestInfo = {
  readonly name1: string;
  readonly name2: string;
  readonly flags: number;
  readonly mode: 'none' | 'eq' | 'lt' | 'gt';
  readonly bps1: number;
  readonly pps1: number;
  readonly bps2: number;
  readonly pps2: number;
};
const FLAG = { INVERT: 1, ABS: 2, REL: 4, DELTA: 8, BPS: 16, PPS: 32 } as const;

const SUFFIXES: readonly (readonly [string, number])[] = [
  ['bit', 1],
  ['kibit', 1024],
  ['kbit', 1e3],
  ['mibit', 1024 ** 2],
  ['mbit', 1e6],
  ['gibit', 1024 ** 3],
  ['gbit', 1e9],
  ['tibit', 1024 ** 4],
  ['tbit', 1e12],
  ['bps', 8],
  ['kibps', 8 * 1024],
  ['kbps', 8e3],
  ['mibps', 8 * 1024 ** 2],
  ['mbps', 8e6],
  ['gibps', 8 * 1024 ** 3],
  ['gbps', 8e9],
  ['tibps', 8 * 1024 ** 4],
  ['tbps', 8e12],
];

/** rateest_get_rate: bytes a second in 32 bits */
function parseRate(text: string): number {
  const m = /^\s*([-+]?(?:0[xX][0-9a-fA-F]+|\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(.*)$/.exec(text) ?? fail(`rateest: could not parse rate \`${text}'`);
  const scale = m[2] === '' ? 1 : (SUFFIXES.find(([name]) => name === m[2].toLowerCase())?.[1] ?? fail(`rateest: could not parse rate \`${text}'`));
  return doubleToUint32((Number(m[1]) * scale) / 8);
}

/** rateest_print_rate */
function rateText(bytes: number): string {
  const bits = bytes * 8;
  if (bits >= 1e9) return ` ${(bits / 1e6).toFixed(0)}Mbit`;
  return bits >= 1e6 ? ` ${(bits / 1e3).toFixed(0)}Kbit` : ` ${bits}bit`;
}

const modeText = (i: RateestInfo, prefix: string): string => `${i.flags & FLAG.INVERT ? ' !' : ''}${i.mode === 'none' ? '' : ` ${prefix}${i.mode}`}`;

function saveSide(i: RateestInfo, what: 'bps' | 'pps'): string {
  const value = (n: number): string => (what === 'bps' ? rateText(n) : ` ${n}`);
  const delta = (i.flags & FLAG.DELTA) !== 0;
  return (
    (delta ? ` --rateest-${what}1${value(i[`${what}1`])}` : '') +
    modeText(i, '--rateest-') +
    (delta ? ` --rateest-${what}2${value(i[`${what}2`])}` : ` --rateest-${what}${i.flags & FLAG.ABS ? value(i[`${what}2`]) : ''}`)
  );
}

/** enum rateest_options */
const IDS = ['rateest1', 'rateest2', 'bps1', 'pps1', 'bps2', 'pps2', 'delta', 'lt', 'gt', 'eq'];
const raw = (name: string, id: string, argument: 'required' | 'none') => ({ name, id, type: 'raw' as const, invert: true, multi: true, argument, code: IDS.indexOf(id) });

export const match = defineExtension<RateestInfo>({
  kind: 'match',
  name: 'rateest',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [
    raw('rateest1', 'rateest1', 'required'),
    raw('rateest', 'rateest1', 'required'),
    raw('rateest2', 'rateest2', 'required'),
    raw('rateest-bps1', 'bps1', 'none'),
    raw('rateest-pps1', 'pps1', 'none'),
    raw('rateest-bps2', 'bps2', 'none'),
    raw('rateest-pps2', 'pps2', 'none'),
    raw('rateest-bps', 'bps2', 'none'),
    raw('rateest-pps', 'pps2', 'none'),
    raw('rateest-delta', 'delta', 'none'),
    raw('rateest-lt', 'lt', 'none'),
    raw('rateest-gt', 'gt', 'none'),
    raw('rateest-eq', 'eq', 'none'),
  ],
  help: () => `rateest match options:
 --rateest1 name		Rate estimator name
 --rateest2 name		Rate estimator name
 --rateest-delta		Compare difference(s) to given rate(s)
 --rateest-bps1 [bps]		Compare bps
 --rateest-pps1 [pps]		Compare pps
 --rateest-bps2 [bps]		Compare bps
 --rateest-pps2 [pps]		Compare pps
 [!] --rateest-lt		Match if rate is less than given rate/estimator
 [!] --rateest-gt		Match if rate is greater than given rate/estimator
 [!] --rateest-eq		Match if rate is equal to given rate/estimator
`,
  init: () => ({ name1: '', name2: '', flags: 0, mode: 'none', bps1: 0, pps1: 0, bps2: 0, pps2: 0, given: new Set<string>() }),
  parse(o, draft) {
    const info = draftOf<RateestInfo>(draft);
    const given = draft['given'] as Set<string>;
    const id = o.option.id ?? o.name;
    const once = (word: string, twice: string): void => {
      if (o.inverted && word !== '') fail(`rateest: ${word} can't be inverted`);
      if (given.has(id)) fail(`rateest: can't specify ${twice} twice`);
      given.add(id);
    };
    switch (id) {
      case 'rateest1':
        once('rateest', '--rateest1');
        info.name1 = cut(o.raw ?? '', 15);
        break;
      case 'rateest2':
        once('rateest', '--rateest2');
        info.name2 = cut(o.raw ?? '', 15);
        info.flags |= FLAG.REL;
        break;
      case 'bps1':
      case 'bps2': {
        once('rateest-bps', `--rateest-${id}`);
        info.flags |= FLAG.BPS;
        const word = o.take();
        if (word !== undefined) info[id] = parseRate(word);
        break;
      }
      case 'pps1':
      case 'pps2': {
        once('rateest-pps', `--rateest-${id}`);
        info.flags |= FLAG.PPS;
        const word = o.take();
        if (word !== undefined) info[id] = wholeUint(word) ?? fail(`rateest: could not parse pps \`${word}'`);
        break;
      }
      case 'delta':
        once('rateest-delta', '--rateest-delta');
        info.flags |= FLAG.DELTA;
        break;
      default:
        once('', 'lt/gt/eq');
        info.mode = id as 'lt' | 'gt' | 'eq';
        if (o.inverted) info.flags |= FLAG.INVERT;
    }
  },
  finish({ given: _, ...rest }) {
    const info = draftOf<RateestInfo>(rest);
    if (!(info.flags & FLAG.REL)) info.flags |= FLAG.ABS;
    return info;
  },
  save: (i) =>
    `${i.flags & FLAG.DELTA ? ' --rateest-delta' : ''}${i.flags & FLAG.REL ? ` --rateest1 ${i.name1}` : ` --rateest ${i.name1}`}` +
    (i.flags & FLAG.BPS ? saveSide(i, 'bps') : '') +
    (i.flags & FLAG.PPS ? saveSide(i, 'pps') : '') +
    (i.flags & FLAG.REL ? ` --rateest2 ${i.name2}` : ''),
  print(i, c) {
    const rate = (bytes: number): string => (c.numeric ? ` ${bytes}` : rateText(bytes));
    const delta = (i.flags & FLAG.DELTA) !== 0;
    const bps = (n: number, tail = ''): string => (i.flags & FLAG.BPS ? ` bps${delta ? rate(n) : ''}${tail}` : '');
    const pps = (n: number, tail = ''): string => (i.flags & FLAG.PPS ? ` pps${delta ? ` ${n}` : ''}${tail}` : '');
    const mode = modeText(i, '');
    const sides =
      i.flags & FLAG.ABS ? bps(i.bps1, rate(i.bps2) + mode) + pps(i.pps1, `${mode} ${i.pps2}`) : `${bps(i.bps1)}${pps(i.pps1)}${mode} ${i.name2}${bps(i.bps2)}${pps(i.pps2)}`;
    return ` rateest match ${i.name1}${delta ? ' delta' : ''}${sides}`;
  },
  /** xt_rateest.c: xt_rateest_mt_checkentry */
  check(i, c) {
    if (!(i.flags & (FLAG.BPS | FLAG.PPS)) || i.mode === 'none') return 'EINVAL';
    const known = (name: string): boolean => c.net.nft.kept.shared.has(estimatorKey(name)) || [...infosOf(c.net, 'target', 'RATEEST')].some((info) => info['name'] === name);
    if (!known(i.name1)) return 'ENOENT';
    return i.flags & FLAG.REL && !known(i.name2) ? 'ENOENT' : null;
  },
  match(i, _, state) {
    const rate = (name: string): { bps: bigint; pps: bigint } => (state.net.nft.kept.shared.get(estimatorKey(name)) as RateEstimator | undefined)?.read() ?? { bps: 0n, pps: 0n };
    const less = (limit: number, measured: bigint): bigint => (BigInt(limit) > measured ? BigInt(limit) - measured : 0n);
    const one = rate(i.name1);
    const two = i.flags & FLAG.ABS ? { bps: BigInt(i.bps2), pps: BigInt(i.pps2) } : rate(i.name2);
    const delta = (i.flags & FLAG.DELTA) !== 0;
    const [bps1, pps1] = delta ? [less(i.bps1, one.bps), less(i.pps1, one.pps)] : [one.bps, one.pps];
    const [bps2, pps2] = delta && i.flags & FLAG.REL ? [less(i.bps2, two.bps), less(i.pps2, two.pps)] : [two.bps, two.pps];
    const compare = (a: bigint, b: bigint): boolean => (i.mode === 'lt' ? a < b : i.mode === 'gt' ? a > b : a === b);
    const result = (!(i.flags & FLAG.BPS) || compare(bps1, bps2)) && (!(i.flags & FLAG.PPS) || compare(pps1, pps2));
    return result !== ((i.flags & FLAG.INVERT) !== 0);
  },
});
