import { defineExtension } from '../definition.ts';
import { draftOf, fail, numberOf } from '../value.ts';

/** struct xt_statistic_info: probability in 1/2^31; `every` is one less than what was written. */
type StatisticInfo = { readonly mode: 'random' | 'nth'; readonly invert: boolean; readonly probability: number; readonly every: number; readonly packet: number };

/** lround: halves away from zero; positive here. */
const lround = (x: number): number => Math.floor(x + 0.5);
const fixed = (i: StatisticInfo): string => (i.probability / 0x80000000).toFixed(11);

export const match = defineExtension<StatisticInfo>({
  kind: 'match',
  name: 'statistic',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [
    { name: 'mode', type: 'string', mandatory: true },
    { name: 'probability', type: 'double', min: 0, max: 1, invert: true, excludes: ['every', 'packet'] },
    { name: 'every', type: 'uint32', min: 1, invert: true, excludes: ['probability'], requires: ['packet'] },
    { name: 'packet', type: 'uint32', excludes: ['probability'], requires: ['every'] },
  ],
  help: () => `statistic match options:
 --mode mode                    Match mode (random, nth)
 random mode:
[!] --probability p		 Probability
 nth mode:
[!] --every n			 Match every nth packet
 --packet p			 Initial counter value (0 <= p <= n-1, default 0)
`,
  init: () => ({ mode: 'random', invert: false, probability: 0, every: 0, packet: 0 }),
  parse(o, draft) {
    const info = draftOf<StatisticInfo>(draft);
    if (o.inverted) info.invert = true;
    switch (o.name) {
      case 'mode':
        if (o.raw !== 'random' && o.raw !== 'nth') return fail(`Bad mode "${o.raw}"`);
        info.mode = o.raw;
        break;
      case 'probability':
        info.probability = lround(0x80000000 * (o.value as number));
        draft['word'] = info.probability;
        break;
      case 'every':
        info.every = numberOf(o) - 1;
        draft['word'] = info.every;
        break;
      default:
        info.packet = numberOf(o);
    }
  },
  finish(draft, context) {
    const { word, ...rest } = draft;
    const info = draftOf<StatisticInfo>(rest);
    if (info.mode === 'random' && !context.seen.has('probability')) fail('--probability must be specified when using random mode');
    if (info.mode === 'nth' && !context.seen.has('every') && !context.seen.has('packet')) fail('--every and --packet must be specified when using nth mode');
    // A union: the probability lies where `every` does, and no mode is asked for.
    if (info.packet > ((word as number | undefined) ?? 0)) fail('the --packet p must be 0 <= p <= n-1');
    return info;
  },
  save: (i) =>
    i.mode === 'random' ? ` --mode random${i.invert ? ' !' : ''} --probability ${fixed(i)}` : ` --mode nth${i.invert ? ' !' : ''} --every ${i.every + 1} --packet ${i.packet}`,
  print: (i) =>
    ` statistic${
      i.mode === 'random'
        ? ` mode random${i.invert ? ' !' : ''} probability ${fixed(i)}`
        : ` mode nth${i.invert ? ' !' : ''} every ${i.every + 1}${i.packet ? ` packet ${i.packet}` : ''}`
    }`,
  translate: (i) =>
    i.mode === 'random' ? `meta random & ${0x7fffffff} ${i.invert ? '>=' : '<'} ${i.probability}` : `numgen inc mod ${i.every + 1} ${i.invert ? '!= ' : ''}${i.packet}`,
  /** xt_statistic.c: statistic_mt. The counter starts so many before its end that the packet of that number fires. */
  match(i, _, state, keep) {
    if (i.mode === 'random') return (state.net.random.u32() & 0x7fffffff) < i.probability !== i.invert;
    const count = keep.own(() => ({ n: i.every - i.packet }));
    const next = count.n === i.every ? 0 : count.n + 1;
    count.n = next;
    return (next === 0) !== i.invert;
  },
});
