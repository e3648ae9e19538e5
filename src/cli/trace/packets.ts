import { existsSync, statSync } from 'node:fs';
import type { BuiltPacket } from '../../host/packet/build.ts';
import { isCapture } from '../../host/pcap/read.ts';
import { LINKTYPE } from '../../host/pcap/write.ts';
import { Captured } from '../../host/replay/captured.ts';
import type { StateHost } from '../../host/state/state-host.ts';
import { readPackets, type SendOptions } from '../send.ts';

/** The packets to trace: in words, as hex, from a file or a capture. Who says no device gets the one of the route to the source. */
export async function tracePackets(words: readonly string[], o: Pick<SendOptions, 'in' | 'hex'>, host: StateHost): Promise<readonly BuiltPacket[]> {
  const file = words.length === 1 && existsSync(words[0]) && statSync(words[0]).isFile() ? words[0] : null;
  const dev = o.in === undefined ? null : host.host.net.stack.deviceByName(o.in);
  if (dev === undefined) throw new Error(`no such device: ${o.in}`);
  const enter = new Captured(host.host.net, dev);
  if (file !== null && (await isCapture(file))) return enter.file(file);
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
