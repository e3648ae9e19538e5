import { Conntrack, DEFAULT_ZONE } from './entry.ts';
import type { Tuple } from './entry.ts';
import type { Expectation } from './expectation.ts';
import type { ConntrackConf } from './conf.ts';
import type { ConntrackStats } from './stats.ts';
import type { ConntrackTable } from './table.ts';
import type { TimeoutPolicy } from './timeout.ts';

/** A connection as plain data: the connection it belongs to by number, its timeout policy by value. */
type Frozen = Omit<Conntrack, 'tuple' | 'protonum' | 'l3num' | 'master' | 'timeoutPolicy'> & { readonly master: number; readonly timeoutPolicy: TimeoutPolicy | null };

interface Data {
  readonly conf: ConntrackConf;
  readonly stats: ConntrackStats;
  readonly serial: number;
  readonly policies: readonly TimeoutPolicy[];
  /** How many connections there are in all. */
  readonly count: number;
  /** Those that cannot lie in rows (record.ts: isPlain). */
  readonly entries: readonly Frozen[];
  readonly expectations: readonly (Omit<Expectation, 'master'> & { readonly master: number })[];
  readonly expectSerial: number;
}

export function exportTable(table: ConntrackTable, serial: number, entries: readonly Conntrack[]): Data {
  // Masters that died may still be meant by their children: they are kept along, unhashed.
  const all = [...entries];
  const seen = new Set(all);
  for (const ct of all)
    if (ct.master && !seen.has(ct.master)) {
      seen.add(ct.master);
      all.push(ct.master);
    }
  const index = new Map(all.map((ct, i) => [ct, i]));
  return {
    conf: table.conf,
    stats: table.stats,
    serial,
    policies: table.timeouts.list(),
    count: table.count,
    entries: all.map((ct) => ({ ...ct, master: ct.master ? (index.get(ct.master) ?? -1) : -1, timeoutPolicy: ct.timeoutPolicy })),
    expectations: table.expect.entries().map((e) => ({ ...e, master: index.get(e.master) ?? -1 })),
    expectSerial: table.expect.serial,
  };
}

/** Puts what was exported into an empty table; the serial number of its entries, and how many there are with those in rows. */
export function importTable(table: ConntrackTable, data: unknown, link: (ct: Conntrack) => void): { readonly serial: number; readonly count: number } {
  const d = data as Data;
  const { timeouts, ...scalars } = d.conf;
  Object.assign(table.conf, scalars);
  for (const [name, values] of Object.entries(timeouts)) table.conf.timeouts[name as keyof typeof timeouts].splice(0, Number.POSITIVE_INFINITY, ...values);
  Object.assign(table.stats, d.stats);
  for (const p of d.policies) if (!table.timeouts.find(p.name)) table.timeouts.add({ ...p });
  const blank: Tuple = { l3num: 2, protonum: 0, src: new Uint8Array(4), dst: new Uint8Array(4), sport: 0, dport: 0 };
  const made = d.entries.map((e) => new Conntrack(e.id, DEFAULT_ZONE, blank, blank, e.proto));
  for (const [i, e] of d.entries.entries()) {
    Object.assign(made[i], e, {
      children: 0,
      met: 0,
      place: -1,
      master: e.master < 0 ? null : made[e.master],
      timeoutPolicy: e.timeoutPolicy && (table.timeouts.find(e.timeoutPolicy.name) ?? e.timeoutPolicy),
    });
    if (e.hashed) link(made[i]);
  }
  table.expect.load(
    d.expectations.filter((e) => e.master >= 0).map((e) => ({ ...e, master: made[e.master] })),
    d.expectSerial,
  );
  return { serial: d.serial, count: d.count };
}
