import type { Clock, Random } from '../kernel/clock.ts';
import { Netns, type Subsystem } from '../kernel/netns.ts';
import { fromText, toLine } from '../kernel/net/plain-text.ts';
import type { RuleOrigin } from '../kernel/nf_tables/nf-tables.ts';
import { joined, type Persistent } from './state/session.ts';

const PARTS: readonly Subsystem[] = ['conntrack', 'nft', 'legacy', 'stack', 'sysctl', 'ipset', 'log'];

interface Part {
  readonly text: string;
  readonly rows: ReadonlyMap<string, Uint8Array>;
}

/** A namespace as it was at one moment: others can begin there. */
export class Snapshot {
  readonly #parts: ReadonlyMap<Subsystem, Part>;
  readonly #origins: readonly (readonly [Subsystem, Map<number, RuleOrigin>])[];
  readonly #container: boolean;

  constructor(net: Netns) {
    this.#container = net.container;
    this.#parts = new Map(PARTS.map((name) => [name, partOf(net[name])]));
    this.#origins = (['nft', 'legacy'] as const).flatMap((name) => (net[name].origins ? [[name, new Map(net[name].origins)]] : []));
  }

  /** A namespace that begins as the other was. */
  begin(clock: Clock, random: Random): Netns {
    const net = new Netns({ clock, random, container: this.#container, made: (name, n) => this.#fill(name, n) });
    for (const [name, origins] of this.#origins) if (name === 'nft' || name === 'legacy') net[name].origins = new Map(origins);
    return net;
  }

  #fill(name: Subsystem, net: Netns): void {
    const part = this.#parts.get(name);
    if (!part) return;
    const target: Persistent = net[name];
    target.import(fromText(part.text) as never, {
      get: (key) => part.rows.get(key) ?? new Uint8Array(),
      all: (prefix) => [...part.rows].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)),
    });
  }
}

function partOf(part: Persistent): Part {
  const rows = new Map<string, Uint8Array>();
  for (const list of part.lists?.() ?? []) rows.set(list.key, joined(list.lines()));
  for (const [key, bytes] of part.rows?.() ?? part.changes?.() ?? []) if (bytes) rows.set(key, bytes);
  return { text: toLine(part.export()), rows };
}
