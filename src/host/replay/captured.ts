import type { Netns } from '../../kernel/netns.ts';
import type { NetDevice } from '../../kernel/stack/device.ts';
import type { BuiltPacket } from '../packet/build.ts';
import { unlink } from '../pcap/frame.ts';
import { type CapturedPacket, CaptureError, CaptureReader, capturePieces } from '../pcap/read.ts';
import { Framer } from './framer.ts';
import { whole } from './repair.ts';
import { Entrances } from './route.ts';

/** A capture that is taken packet by packet may have this many: more are for `drywall replay`. */
const MOST = 1000;

/** Lets captured packets in where they belong. */
export class Captured {
  readonly #entrances: Entrances;
  readonly #framer: Framer;

  /** `device`: on which all come in; null: by the file's names, or the route to their source. */
  constructor(net: Netns, device: NetDevice | null) {
    this.#entrances = new Entrances(net, new Map(), device);
    this.#framer = new Framer(net.stack);
  }

  /** Null: it was on its way out already, or nobody knows where it comes in. */
  packet(p: CapturedPacket): BuiltPacket | null {
    const u = unlink(p.iface.linkType, p.data.slice());
    const entry = u && this.#entrances.of(p, u);
    if (!u || entry === null || entry === 'out') return null;
    const packet = whole(u, p.length, entry === 'host');
    if (entry === 'host') return { device: null, frames: [packet.packet], about: {} };
    return { device: entry.name, frames: [entry.mac.length === 6 ? this.#framer.frame(entry, packet) : packet.packet], about: {} };
  }

  /** The packets of a file. Throws with the file's name. */
  async file(path: string): Promise<BuiltPacket[]> {
    const reader = new CaptureReader(),
      out: BuiltPacket[] = [];
    try {
      for await (const piece of capturePieces(path)) {
        reader.push(piece);
        for (let p = reader.next(); p; p = reader.next()) {
          const entered = this.packet(p);
          if (entered) out.push(entered);
          if (out.length > MOST) throw new CaptureError(`more than ${MOST} packets: drywall replay tells of many at once`);
        }
      }
      reader.end();
    } catch (e) {
      if (e instanceof CaptureError) throw new Error(`${path}: ${e.message}`);
      throw e;
    }
    return out;
  }
}
