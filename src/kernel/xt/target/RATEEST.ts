import { defineExtension } from '../definition.ts';
import { targetsInUse } from '../in-use.ts';
import { doubleToUint32 } from '../number.ts';
import { lengthOf } from '../packet.ts';
import { estimatorKey, RateEstimator } from '../rate-estimator.ts';
import { paramProblem } from '../text.ts';
import { fields } from './_common.ts';

/** interval: -2 … 3, quarter of a second shifted by two more. */
type Info = { readonly name: string; readonly interval: number; readonly ewmaLog: number };
/** Microseconds as typed. */
type Draft = { name: string; interval: number; ewma: number };

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1e6, sec: 1e6, secs: 1e6, ms: 1e3, msec: 1e3, msecs: 1e3, us: 1, usec: 1, usecs: 1 };

/** rateest_get_time: strtod and a unit; the product goes through a 32-bit unsigned integer. */
function parseTime(text: string, what: string): number {
  const m = /^\s*([-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?))(.*)$/s.exec(text);
  const unit = m ? UNITS[m[2].toLowerCase()] : undefined;
  if (!m || unit === undefined) throw paramProblem(`RATEEST: bad ${what} value "${text}"`);
  return doubleToUint32(Number(m[1]) * unit);
}

const timeText = (us: number): string => (us >= 1e6 ? `${(us / 1e6).toFixed(1)}s` : us >= 1e3 ? `${(us / 1e3).toFixed(1)}ms` : `${us}us`);
const intervalOf = (i: Info): number => (1e6 * 2 ** (i.interval + 2)) / 4;
const words = (i: Info, dash: string): string =>
  ` ${dash}name ${i.name} ${dash}interval ${timeText(intervalOf(i))} ${dash}ewmalog ${timeText((intervalOf(i) * 2 ** i.ewmaLog) % 2 ** 32)}`;

/** RATEEST_final_check: the smallest interval that reaches, then the averaging constant that fits it. */
function fit(d: Draft): Info {
  let step = 0;
  while (step <= 5 && d.interval > (2 ** step * 1e6) / 4) step++;
  if (step > 5) throw paramProblem('RATEEST: interval value is too large');
  let log = 1;
  while (log < 32 && !(d.interval / -Math.log(1 - 1 / 2 ** log) > d.ewma)) log++;
  log--;
  if (log === 0 || log >= 31) throw paramProblem('RATEEST: ewmalog value is out of range');
  return { name: d.name, interval: step - 2, ewmaLog: log };
}

/** extensions/libxt_RATEEST.c, net/netfilter/xt_RATEEST.c */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'RATEEST',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 0,
  options: [
    { name: 'rateest-name', type: 'string', mandatory: true, size: 16 },
    { name: 'rateest-interval', type: 'string', mandatory: true },
    { name: 'rateest-ewmalog', type: 'string', mandatory: true },
  ],
  help: () => `RATEEST target options:
  --rateest-name name		Rate estimator name
  --rateest-interval sec	Rate measurement interval in seconds
  --rateest-ewmalog value	Rate measurement averaging time constant
`,
  init: () => ({ name: '', interval: 0, ewma: 0 }),
  parse(o, draft) {
    const d = fields<Draft>(draft);
    if (o.name === 'rateest-name') d.name = String(o.value);
    else if (o.name === 'rateest-interval') d.interval = parseTime(String(o.value), 'interval');
    else d.ewma = parseTime(String(o.value), 'ewmalog');
  },
  finish: (d) => fit(fields<Draft>(d)),
  save: (i) => words(i, '--rateest-'),
  print: (i) => words(i, ''),
  /** xt_rateest_tg_checkentry: rules with one name share an estimator, of one interval and constant; it runs from when the first is made. */
  check(i, c) {
    const users = [...targetsInUse(c.net, 'RATEEST')].filter((x) => x.name === i.name);
    if (users.some((x) => x.interval !== i.interval || x.ewmaLog !== i.ewmaLog)) return 'EINVAL';
    const key = estimatorKey(i.name);
    const { shared } = c.net.nft.kept;
    if (users.length === 0 || !shared.has(key)) shared.set(key, new RateEstimator(c.net.clock, i.interval, i.ewmaLog));
    return null;
  },
  target(i, skb, state, keep) {
    keep.shared(estimatorKey(i.name), () => new RateEstimator(state.net.clock, i.interval, i.ewmaLog)).count(lengthOf(skb));
    return 'continue';
  },
});
