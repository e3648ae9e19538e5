import { HZ } from '../../clock.ts';
import { defineExtension } from '../definition.ts';
import { atoi } from '../number.ts';
import { fail, numberOf } from '../value.ts';

/** struct xt_rateinfo: `avg` in 1/10000 s a packet. */
export type LimitInfo = { readonly avg: number; readonly burst: number };
export const LIMIT_SCALE = 10000;

const UNITS: readonly (readonly [string, number])[] = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86400],
];
/** How a rate is shown: the largest unit in which it is at least one. */
const SHOWN: readonly (readonly [string, string, number])[] = [
  ['day', 'day', LIMIT_SCALE * 86400],
  ['hour', 'hour', LIMIT_SCALE * 3600],
  ['min', 'minute', LIMIT_SCALE * 60],
  ['sec', 'second', LIMIT_SCALE],
];

/** libxt_limit.c: parse_rate; null: not a rate. */
function parseRate(rate: string): number | null {
  const slash = rate.indexOf('/');
  let mult = 1;
  if (slash >= 0) {
    const word = rate.slice(slash + 1).toLowerCase();
    if (word === '') return null;
    const unit = UNITS.find(([name]) => name.startsWith(word));
    if (!unit) return null;
    mult = unit[1];
  }
  // u_int32_t: what is below zero is very fast.
  const r = atoi(rate) >>> 0;
  if (r === 0) return null;
  const value = Math.floor((LIMIT_SCALE * mult) / r);
  if (value === 0) fail(`Rate too fast "${rate}"`);
  return value;
}

function shown(avg: number): readonly [number, string, string] {
  let i = 1;
  for (; i < SHOWN.length; i++) if (avg > SHOWN[i][2] || Math.floor(SHOWN[i][2] / avg) < SHOWN[i][2] % avg) break;
  const [short, long, mult] = SHOWN[i - 1];
  return [Math.floor(mult / avg), short, long];
}

/** Rate as `-m limit` shows it (print_rate); avg 0 is infinite. */
export const limitRate = (avg: number): string => {
  if (avg === 0) return ' inf';
  const [n, unit] = shown(avg);
  return ` ${n}/${unit}`;
};

export const match = defineExtension<LimitInfo>({
  kind: 'match',
  name: 'limit',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  revision: 0,
  options: [
    { name: 'limit', type: 'string' },
    { name: 'limit-burst', type: 'uint32', min: 0, max: 10000 },
  ],
  help: () => `limit match options:
--limit avg			max average match rate: default 3/hour
                                [Packets per second unless followed by 
                                /sec /minute /hour /day postfixes]
--limit-burst number		number to match in a burst, default 5
`,
  init: () => ({ avg: Math.floor((LIMIT_SCALE * 3600) / 3), burst: 5 }),
  parse(o, draft) {
    if (o.name === 'limit') draft['avg'] = parseRate(o.raw ?? '') ?? fail(`bad rate "${o.raw}"'`);
    else draft['burst'] = numberOf(o);
  },
  finish: (d) => ({ avg: d['avg'] as number, burst: d['burst'] as number }),
  /** ebtables shows the burst always. */
  save: (i, c) => ` --limit${limitRate(i.avg)}${i.burst !== 5 || c.family === 'bridge' ? ` --limit-burst ${i.burst}` : ''}`,
  print: (i) => ` limit: avg${limitRate(i.avg)} burst ${i.burst}`,
  translate(i) {
    const [n, , unit] = shown(i.avg);
    return `limit rate ${n}/${unit}${i.burst !== 0 ? ` burst ${i.burst} packets` : ''}`;
  },
  /** xt_limit.c: limit_mt_check: overflow of user2credits(avg * burst) */
  check: (i) => (i.burst === 0 || (i.avg * i.burst) % 2 ** 32 < i.avg ? 'ERANGE' : null),
  /** xt_limit.c: limit_mt: credit grows with jiffies, CREDITS_PER_JIFFY = POW2_BELOW32(MAX_CPJ), MAX_CPJ = 2^32 / (HZ*60*60*24) */
  match(i, _, state, keep) {
    const perJiffy = 128;
    const credits = (user: number): number =>
      user > Math.floor(0xffffffff / (HZ * perJiffy)) ? Math.floor(user / LIMIT_SCALE) * HZ * perJiffy : Math.floor((user * HZ * perJiffy) / LIMIT_SCALE);
    const now = Math.floor((state.net.clock.now() * HZ) / 1000);
    const cap = credits(i.avg * i.burst);
    const cost = credits(i.avg);
    const s = keep.own(() => ({ prev: now, credit: cap }));
    s.credit = Math.min(cap, s.credit + (now - s.prev) * perJiffy);
    s.prev = now;
    if (s.credit < cost) return false;
    s.credit -= cost;
    return true;
  },
});
