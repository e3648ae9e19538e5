import type { Netns } from '../netns.ts';
import { HashlimitTable } from './hashlimit-table.ts';
import { RateEstimator } from './rate-estimator.ts';
import { RecentTable } from './recent-table.ts';

/** A table that extensions share in the namespace under `KIND/NAME`, and what of it is kept: plain data. */
export interface SharedTable {
  export(): unknown;
}

const KINDS: Readonly<Record<string, (data: never, net: Netns) => SharedTable>> = {
  hashlimit: (data) => HashlimitTable.from(data),
  rateest: (data, net) => RateEstimator.from(data, net.clock),
  recent: (data) => RecentTable.from(data),
};

/** The table again that was exported. */
export function revive(key: string, data: unknown, net: Netns): SharedTable {
  const kind = key.slice(0, key.indexOf('/'));
  if (!Object.hasOwn(KINDS, kind)) throw new Error(`no tables of kind ${kind}`);
  return KINDS[kind](data as never, net);
}
