import type { Clock, Random } from '../kernel/clock.ts';
import { Netns, SUBSYSTEMS, type Subsystem } from '../kernel/netns.ts';
import { toLine } from '../kernel/net/plain-text.ts';
import type { RuleOrigin } from '../kernel/nf_tables/nf-tables.ts';
import { filler, joined, type Persistent, type StoredPart } from './state/session.ts';

/** A namespace as it was at one moment: others can begin there. */
export class Snapshot {
  readonly #parts: ReadonlyMap<Subsystem, StoredPart>;
  readonly #origins: readonly (readonly [Subsystem, Map<number, RuleOrigin>])[];
  readonly #container: boolean;

  constructor(net: Netns) {
    this.#container = net.container;
    this.#parts = new Map(SUBSYSTEMS.map((name) => [name, partOf(net[name])]));
    this.#origins = (['nft', 'legacy'] as const).flatMap((name) => (net[name].origins ? [[name, new Map(net[name].origins)]] : []));
  }

  /** A namespace that begins as the other was. */
  begin(clock: Clock, random: Random): Netns {
    const net = new Netns({ clock, random, container: this.#container, made: filler(this.#parts) });
    for (const [name, origins] of this.#origins) if (name === 'nft' || name === 'legacy') net[name].origins = new Map(origins);
    return net;
  }
}

function partOf(part: Persistent): StoredPart {
  const rows = new Map<string, Uint8Array>();
  for (const list of part.lists?.() ?? []) rows.set(list.key, joined(list.lines()));
  for (const [key, bytes] of part.rows?.() ?? part.changes?.() ?? []) if (bytes) rows.set(key, bytes);
  return { text: toLine(part.export()), rows };
}
