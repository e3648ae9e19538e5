import { sameBytes } from '../../kernel/net/wire/bytes.ts';
import type { EmittedFrame } from '../../kernel/stack/stack.ts';
import { unlink } from '../pcap/frame.ts';
import { type CapturedPacket, CaptureReader, capturePieces } from '../pcap/read.ts';
import type { Decision, Verdict } from '../packet/fate.ts';
import type { Player } from './player.ts';
import type { Entrances } from './route.ts';
import { type Flow, Tally } from './tally.ts';

/** What became of a packet under one ruleset. */
export interface Outcome {
  readonly verdict: Verdict;
  readonly decision: Decision | null;
}

/** A flow that another ruleset treats otherwise: the first packet that differs. */
export interface Change {
  readonly flow: string;
  /** Number of that packet in the file, from 1. */
  readonly packet: number;
  readonly before: Outcome;
  readonly after: Outcome;
  /** Packets of the flow that differ. */
  packets: number;
}

export interface ReplayOptions {
  readonly path: string;
  readonly player: Player;
  readonly entrances: Entrances;
  /** The same host under other rules. */
  readonly other?: Player;
  /** Hears of each frame that left: after which packet of the file, at what time. */
  readonly left?: (p: CapturedPacket, frame: EmittedFrame, player: Player) => void;
  /** Hears of each packet that was played. */
  readonly played?: (p: CapturedPacket, player: Player, left: readonly EmittedFrame[]) => void;
  /** Bytes of the file that were read. */
  readonly progress?: (bytes: number) => void;
}

export interface Replayed {
  readonly tally: Tally;
  readonly changes: readonly Change[];
  /** Not played: on its way out when it was caught, from a link that is not known, from nobody knows where. */
  readonly skipped: { out: number; link: number; nowhere: number };
  /** Seconds from the first packet to the last. */
  readonly seconds: number;
}

/** Bytes of a capture that are looked through for packets of the host's own. */
const SCAN = 4 * 1024 * 1024;

/**
 * Was a capture made on the host, so that it has the host's own packets and answers? Then the model gives none itself
 * (`LocalHost.silent`), and those of the file are sent.
 */
export async function hasOwnPackets(path: string, entrances: Entrances): Promise<boolean> {
  const reader = new CaptureReader();
  let read = 0;
  for await (const piece of capturePieces(path)) {
    reader.push(piece);
    for (let p = reader.next(); p; p = reader.next()) {
      const u = unlink(p.iface.linkType, p.data);
      if (u && entrances.of(p, u) === 'host') return true;
    }
    read += piece.length;
    if (read > SCAN) break;
  }
  return false;
}

/** Plays a capture file through a host, by the file's own clock. Throws CaptureError. */
export async function replay(o: ReplayOptions): Promise<Replayed> {
  const run = new Run(o);
  const reader = new CaptureReader();
  for await (const piece of capturePieces(o.path, o.progress)) {
    reader.push(piece);
    for (let p = reader.next(); p; p = reader.next()) run.packet(p);
  }
  reader.end();
  return run.result();
}

class Run {
  readonly #o: ReplayOptions;
  readonly #tally = new Tally();
  readonly #changes = new Map<Flow, Change>();
  readonly #skipped = { out: 0, link: 0, nowhere: 0 };
  #number = 0;
  #first = Number.NaN;
  #last = 0;

  constructor(o: ReplayOptions) {
    this.#o = o;
  }

  packet(p: CapturedPacket): void {
    this.#number++;
    const wall = p.seconds * 1000 + p.nanos / 1e6;
    if (Number.isNaN(this.#first)) this.#first = wall;
    this.#last = Math.max(this.#last, wall);
    const u = unlink(p.iface.linkType, p.data);
    if (!u) {
      this.#skipped.link++;
      return;
    }
    const { player, other, entrances } = this.#o;
    let entry = entrances.of(p, u);
    if (entry === 'host' && player.mine(u.packet)) entry = 'out';
    if (entry === 'out' || entry === null) {
      this.#skipped[entry === 'out' ? 'out' : 'nowhere']++;
      return;
    }
    const play = (who: Player): EmittedFrame[] => {
      const late = who.advance(wall);
      if (who === player) for (const f of late) this.#o.left?.(p, f, who);
      if (entry === 'host') return who.send(u, p.length);
      const dev = who === player ? entry : who.net.stack.deviceByName(entry.name);
      return dev ? who.arrive(dev, u, p.length) : [];
    };
    const left = play(player);
    for (const f of left) this.#o.left?.(p, f, player);
    this.#o.played?.(p, player, left);
    const flow = this.#tally.add(player.watch, u.packet, u.etherType);
    if (other && flow) this.#compare(flow, left, play(other));
  }

  #compare(flow: Flow, left: readonly EmittedFrame[], otherwise: readonly EmittedFrame[]): void {
    const { player, other } = this.#o as { player: Player; other: Player };
    const same =
      player.watch.verdict === other.watch.verdict &&
      left.length === otherwise.length &&
      left.every((f, i) => f.iface === otherwise[i].iface && sameBytes(f.frame, otherwise[i].frame));
    if (same) return;
    const known = this.#changes.get(flow);
    if (known) known.packets++;
    else {
      const outcome = (w: Player['watch']): Outcome => ({ verdict: w.verdict, decision: w.decision });
      this.#changes.set(flow, { flow: flow.name, packet: this.#number, before: outcome(player.watch), after: outcome(other.watch), packets: 1 });
    }
  }

  result(): Replayed {
    return { tally: this.#tally, changes: [...this.#changes.values()], skipped: this.#skipped, seconds: Number.isNaN(this.#first) ? 0 : (this.#last - this.#first) / 1000 };
  }
}
