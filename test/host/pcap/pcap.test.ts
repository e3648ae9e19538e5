import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { unlink } from '../../../src/host/pcap/frame.ts';
import { CaptureReader, capturePieces, isCapture } from '../../../src/host/pcap/read.ts';
import { seededRandom } from '../../../src/host/random.ts';
import { CaptureWriter, LINKTYPE } from '../../../src/host/pcap/write.ts';

const dir = mkdtempSync(join(tmpdir(), 'drywall-pcap-'));
afterAll(() => rmSync(dir, { recursive: true }));

interface Read {
  iface: string | null;
  link: number;
  seconds: number;
  nanos: number;
  data: string;
  length: number;
  direction: string | null;
}

/** Feeds a file in pieces of some size. */
function read(bytes: Uint8Array, piece = bytes.length || 1): Read[] {
  const r = new CaptureReader();
  const out: Read[] = [];
  for (let at = 0; at < bytes.length; at += piece) {
    r.push(bytes.slice(at, at + piece));
    for (let p = r.next(); p; p = r.next())
      out.push({
        iface: p.iface.name,
        link: p.iface.linkType,
        seconds: p.seconds,
        nanos: p.nanos,
        data: Buffer.from(p.data).toString('hex'),
        length: p.length,
        direction: p.direction,
      });
  }
  r.end();
  return out;
}

/** A classic file by its definition (pcap-savefile(5)). */
function pcap(big: boolean, nanos: boolean, packets: readonly { seconds: number; fraction: number; data: Uint8Array; length?: number }[]): Buffer {
  const u32 = (v: number): Buffer => {
    const b = Buffer.alloc(4);
    if (big) b.writeUInt32BE(v >>> 0);
    else b.writeUInt32LE(v >>> 0);
    return b;
  };
  const version = Buffer.from(big ? [0, 2, 0, 4] : [2, 0, 4, 0]);
  return Buffer.concat([
    u32(nanos ? 0xa1b23c4d : 0xa1b2c3d4),
    version,
    u32(0),
    u32(0),
    u32(65535),
    u32(1),
    ...packets.flatMap((p) => [u32(p.seconds), u32(p.fraction), u32(p.data.length), u32(p.length ?? p.data.length), Buffer.from(p.data)]),
  ]);
}

describe('pcap', () => {
  test.each([
    [false, false, 123_000],
    [true, false, 123_000],
    [false, true, 123],
    [true, true, 123],
  ])('big endian %s, nanoseconds %s', (big, nanos, want) => {
    const file = pcap(big, nanos, [{ seconds: 1700000000, fraction: 123, data: Uint8Array.of(1, 2, 3), length: 60 }]);
    expect(read(file)).toEqual([{ iface: null, link: 1, seconds: 1700000000, nanos: want, data: '010203', length: 60, direction: null }]);
  });
  test.each([
    ['', 'neither pcap nor pcapng'],
    ['00'.repeat(30), 'byte 0: neither pcap nor pcapng'],
  ])('%j: %s', (hex, message) => expect(() => read(Buffer.from(hex, 'hex'))).toThrow(message));
  test('a file cut short says where', () => {
    const file = pcap(false, false, [{ seconds: 1, fraction: 0, data: new Uint8Array(10) }]);
    expect(() => read(file.subarray(0, file.length - 1))).toThrow('byte 24: the file ends in the middle of a packet');
  });
});

describe('pcapng', () => {
  test('what is written is read, in pieces of any size', () => {
    const r = seededRandom(7);
    const pick = <T>(list: readonly T[]): T => list[r.below(list.length)];
    for (let run = 0; run < 60; run++) {
      const packets = Array.from({ length: 1 + r.below(20) }, () => ({
        iface: pick(['eth0', 'tun0', 'a-long-name']),
        seconds: r.below(4_000_000_000),
        nanos: r.below(1_000_000_000),
        data: Uint8Array.from({ length: r.below(200) }, () => r.below(256)),
        comment: 'é'.repeat(r.below(20)),
        direction: pick(['in', 'out', null] as const),
      }));
      const path = join(dir, 'property.pcapng');
      const w = new CaptureWriter(path);
      for (const p of packets) w.packet(p.iface, LINKTYPE.ethernet, p.seconds, p.nanos, p.data, p.comment, p.direction);
      w.close();
      expect(read(readFileSync(path), 1 + r.below(500))).toEqual(
        packets.map((p) => ({
          iface: p.iface,
          link: 1,
          seconds: p.seconds,
          nanos: p.nanos,
          data: Buffer.from(p.data).toString('hex'),
          length: p.data.length,
          direction: p.direction,
        })),
      );
    }
  });
  test('gzip, found by its first bytes', async () => {
    const path = join(dir, 'capture.gz');
    const plain = pcap(false, false, [{ seconds: 5, fraction: 0, data: Uint8Array.of(9) }]);
    writeFileSync(path, gzipSync(plain));
    expect(await isCapture(path)).toBe(true);
    const pieces: Uint8Array[] = [];
    for await (const p of capturePieces(path)) pieces.push(p.slice());
    expect(read(Buffer.concat(pieces))).toHaveLength(1);
    writeFileSync(path, 'ip saddr 1.2.3.4\n');
    expect(await isCapture(path)).toBe(false);
  });
});

test.each([
  ['raw', LINKTYPE.raw, '4500', 0x0800, null],
  ['raw, IPv6', LINKTYPE.raw, '6000', 0x86dd, null],
  ['Ethernet with a tag', LINKTYPE.ethernet, '020000000001020000000002' + '81000005' + '0800' + '4500', 0x0800, null],
  ['cooked, sent', LINKTYPE.linuxSll, '0004' + '0001' + '0006' + '0200000000010000' + '0800' + '4500', 0x0800, 'out'],
  ['cooked 2, received', LINKTYPE.linuxSll2, '0800' + '0000' + '00000003' + '0001' + '00' + '06' + '0200000000010000' + '4500', 0x0800, 'in'],
  ['BSD loopback', LINKTYPE.null, '02000000' + '4500', 0x0800, null],
])('link layers: %s', (_, link, hex, etherType, direction) => {
  const u = unlink(link, Buffer.from(hex, 'hex'));
  expect(u).toMatchObject({ etherType, direction });
  expect(u?.packet).toHaveLength(2);
});
