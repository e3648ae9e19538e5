import { existsSync, statSync } from 'node:fs';
import type { BuiltPacket } from '../../host/packet/build.ts';
import { unlink, relink, type Unlinked } from '../../host/pcap/frame.ts';
import { type CapturedPacket, CaptureError, CaptureReader, capturePieces, isCapture } from '../../host/pcap/read.ts';
import { LINKTYPE } from '../../host/pcap/write.ts';
import { Entrances } from '../../host/replay/route.ts';
import type { NetDevice } from '../../kernel/stack/device.ts';
import type { StateHost } from '../host.ts';
import { readPackets, type SendOptions } from '../send.ts';

/** A capture's way is told packet by packet: more than this is for `drywall replay`. */
const MOST = 1000;
/** Where a packet without a link layer seems to come from. */
const SOMEBODY = Uint8Array.of(2, 0, 0, 0, 0, 1);

/** The packets to trace: in words, as hex, from a file or a capture. Who says no device gets the one of the route to the source. */
export async function tracePackets(words: readonly string[], o: Pick<SendOptions, 'in' | 'hex'>, host: StateHost): Promise<readonly BuiltPacket[]> {
  const file = words.length === 1 && existsSync(words[0]) && statSync(words[0]).isFile() ? words[0] : null;
  const enter = new Enter(host, o.in);
  if (file !== null && (await isCapture(file))) return captured(file, enter);
  if (o.in !== undefined) return readPackets(words, o, host);
  return readPackets(words, o, host).map((p) => {
    if (p.device !== null || p.frames.length === 0) return p;
    const frame = p.frames[0],
      ip = frame[0] >> 4 === 4 || frame[0] >> 4 === 6;
    const entered = enter.packet({ ...NOWHERE, iface: { index: 0, linkType: ip ? LINKTYPE.raw : LINKTYPE.ethernet, name: null }, data: frame, length: frame.length });
    if (!entered?.device) return entered ?? p;
    // In words once more, now that the device is known: its neighbours' addresses and the like come from there.
    const again = file === null && ip ? readPackets(words, { ...o, in: entered.device }, host) : [];
    return again.length === 1 && again[0].frames.length > 0 && !o.hex && isWords(words) ? again[0] : { ...entered, about: p.about };
  });
}

const NOWHERE = { seconds: 0, nanos: 0, direction: null } as const;
const isWords = (words: readonly string[]): boolean => /[g-z]/i.test(words.join(' '));

async function captured(file: string, enter: Enter): Promise<BuiltPacket[]> {
  const reader = new CaptureReader(),
    out: BuiltPacket[] = [];
  try {
    for await (const piece of capturePieces(file)) {
      reader.push(piece);
      for (let p = reader.next(); p; p = reader.next()) {
        const entered = enter.packet(p);
        if (entered) out.push(entered);
        if (out.length >= MOST) throw new CaptureError(`more than ${MOST} packets: drywall replay tells of many at once`);
      }
    }
    reader.end();
  } catch (e) {
    if (e instanceof CaptureError) throw new Error(`${file}: ${e.message}`);
    throw e;
  }
  return out;
}

/** Lets captured packets in where they belong. */
class Enter {
  readonly #entrances: Entrances;

  constructor(host: StateHost, device: string | undefined) {
    const dev = device === undefined ? null : host.host.net.stack.deviceByName(device);
    if (dev === undefined) throw new Error(`no such device: ${device}`);
    this.#entrances = new Entrances(host.host.net, new Map(), dev);
  }

  /** Null: it was on its way out already, or nobody knows where it comes in. */
  packet(p: CapturedPacket): BuiltPacket | null {
    const u = unlink(p.iface.linkType, p.data.slice());
    const entry = u && this.#entrances.of(p, u);
    if (!u || entry === null || entry === 'out') return null;
    return entry === 'host' ? { device: null, frames: [u.packet], about: {} } : { device: entry.name, frames: [frameFor(entry, u)], about: {} };
  }
}

const frameFor = (dev: NetDevice, u: Unlinked): Uint8Array => (dev.mac.length === 6 ? relink(u, u.ether?.dst ?? dev.mac, u.ether?.src ?? SOMEBODY) : u.packet);
