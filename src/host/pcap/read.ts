import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

/** An interface as a capture file describes it. */
export interface CaptureInterface {
  /** Its number in the file, over all sections. */
  readonly index: number;
  /** LINKTYPE_* of tcpdump.org. */
  readonly linkType: number;
  readonly name: string | null;
}

export interface CapturedPacket {
  readonly iface: CaptureInterface;
  /** Seconds since 1970, and nanoseconds. */
  readonly seconds: number;
  readonly nanos: number;
  /** Valid until the next packet is asked for. */
  readonly data: Uint8Array;
  /** What it had on the wire. */
  readonly length: number;
  /** Way past the capturing machine, where the file says it. */
  readonly direction: 'in' | 'out' | null;
}

/** A file that is no capture, or is damaged; the message says where. */
export class CaptureError extends Error {}

const EMPTY = new Uint8Array(0);
/** Larger packets or blocks than this are damage (libpcap's own limit for snap lengths is 256 kB). */
const LIMIT = 16 * 1024 * 1024;

interface Format {
  /** The next packet, `more`: the bytes do not suffice yet, `skip`: something without a packet was read. */
  next(): CapturedPacket | 'more' | 'skip';
}

/** Bytes that come in pieces and are read from the front. */
class Input {
  bytes: Uint8Array = EMPTY;
  view: DataView = new DataView(EMPTY.buffer);
  at = 0;
  /** Place in the file of bytes[0]. */
  base = 0;
  little = true;

  push(piece: Uint8Array): void {
    // A Buffer's own subarray is slow, and there is one for each packet.
    const chunk = new Uint8Array(piece.buffer, piece.byteOffset, piece.length);
    const rest = this.bytes.subarray(this.at);
    this.base += this.at;
    this.at = 0;
    if (rest.length === 0) this.bytes = chunk;
    else {
      const joined = new Uint8Array(rest.length + chunk.length);
      joined.set(rest);
      joined.set(chunk, rest.length);
      this.bytes = joined;
    }
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  }
  get left(): number {
    return this.bytes.length - this.at;
  }
  u16(offset: number): number {
    return this.view.getUint16(this.at + offset, this.little);
  }
  u32(offset: number): number {
    return this.view.getUint32(this.at + offset, this.little);
  }
  fail(message: string): CaptureError {
    return new CaptureError(`byte ${this.base + this.at}: ${message}`);
  }
}

/** The classic format (libpcap's savefile). */
class Pcap implements Format {
  readonly #in: Input;
  readonly #iface: CaptureInterface;
  readonly #nanos: boolean;

  constructor(input: Input, nanos: boolean) {
    this.#in = input;
    this.#nanos = nanos;
    if (input.u16(4) !== 2) throw input.fail(`pcap version ${input.u16(4)}.${input.u16(6)} is unknown`);
    this.#iface = { index: 0, linkType: input.u32(20) & 0xffff, name: null };
    input.at += 24;
  }

  next(): CapturedPacket | 'more' {
    const i = this.#in;
    if (i.left < 16) return 'more';
    const size = i.u32(8);
    if (size > LIMIT) throw i.fail(`a packet of ${size} bytes`);
    if (i.left < 16 + size) return 'more';
    const fraction = i.u32(4);
    const p: CapturedPacket = {
      iface: this.#iface,
      seconds: i.u32(0),
      nanos: this.#nanos ? fraction : fraction * 1000,
      data: i.bytes.subarray(i.at + 16, i.at + 16 + size),
      length: i.u32(12),
      direction: null,
    };
    i.at += 16 + size;
    return p;
  }
}

interface NgInterface extends CaptureInterface {
  /** Units of a second in time stamps, and seconds to add. */
  readonly units: number;
  readonly offset: number;
  readonly snapLength: number;
}

const BLOCK = { section: 0x0a0d0d0a, interface: 1, oldPacket: 2, simple: 3, enhanced: 6 } as const;

/** pcapng (draft-ietf-opsawg-pcapng). */
class PcapNg implements Format {
  readonly #in: Input;
  #ifaces: NgInterface[] = [];
  #known = 0;

  constructor(input: Input) {
    this.#in = input;
  }

  next(): CapturedPacket | 'more' | 'skip' {
    const i = this.#in;
    if (i.left < 12) return 'more';
    if (i.u32(0) === BLOCK.section) {
      i.little = i.view.getUint32(i.at + 8, true) === 0x1a2b3c4d;
      if (!i.little && i.view.getUint32(i.at + 8) !== 0x1a2b3c4d) throw i.fail('a section without byte order');
      this.#ifaces = [];
    }
    const size = i.u32(4);
    if (size < 12 || size > LIMIT || size % 4) throw i.fail(`a block of ${size} bytes`);
    if (i.left < size) return 'more';
    if (i.u32(size - 4) !== size) throw i.fail('a block whose two lengths differ');
    const packet = this.#block(i.u32(0), size);
    i.at += size;
    return packet ?? 'skip';
  }

  #block(type: number, size: number): CapturedPacket | null {
    const i = this.#in;
    switch (type) {
      case BLOCK.interface:
        this.#ifaces.push(this.#interface(size));
        return null;
      case BLOCK.enhanced:
      case BLOCK.oldPacket: {
        const iface = this.#iface(type === BLOCK.enhanced ? i.u32(8) : i.u16(8));
        return this.#packet(iface, i.u32(12), i.u32(16), 28, i.u32(20), i.u32(24), size);
      }
      case BLOCK.simple: {
        const iface = this.#iface(0);
        const length = i.u32(8);
        return this.#packet(iface, 0, 0, 12, Math.min(length, iface.snapLength || length), length, size);
      }
      default:
        return null;
    }
  }

  #iface(n: number): NgInterface {
    const iface = this.#ifaces[n];
    if (!iface) throw this.#in.fail(`interface ${n} was not described`);
    return iface;
  }

  #packet(iface: NgInterface, high: number, low: number, at: number, captured: number, length: number, size: number): CapturedPacket {
    const i = this.#in;
    if (at + captured > size - 4) throw i.fail('a packet longer than its block');
    const { seconds, nanos } = instant(high, low, iface.units);
    const options = at + captured + (-captured & 3);
    const flags = options + 4 < size ? this.#options(options, size).get(2) : undefined;
    const way = flags ? flags[i.little ? 0 : 3] & 3 : 0;
    return {
      iface,
      seconds: seconds + iface.offset,
      nanos,
      data: i.bytes.subarray(i.at + at, i.at + at + captured),
      length,
      direction: way === 1 ? 'in' : way === 2 ? 'out' : null,
    };
  }

  #interface(size: number): NgInterface {
    const i = this.#in;
    const options = this.#options(16, size);
    const resolution = options.get(9)?.[0] ?? 6;
    const name = options.get(2);
    const offset = options.get(14);
    return {
      index: this.#known++,
      linkType: i.u16(8),
      name: name ? new TextDecoder().decode(name).replace(/\0+$/, '') : null,
      units: resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution,
      offset: offset?.length === 8 ? Number(new DataView(offset.buffer, offset.byteOffset).getBigInt64(0, i.little)) : 0,
      snapLength: i.u32(12),
    };
  }

  /** Options from `at` to the end of the block; the first of each kind. */
  #options(at: number, size: number): Map<number, Uint8Array> {
    const i = this.#in;
    const out = new Map<number, Uint8Array>();
    for (let o = at; o + 4 <= size - 4; ) {
      const code = i.u16(o),
        length = i.u16(o + 2);
      if (code === 0 || o + 4 + length > size - 4) break;
      if (!out.has(code)) out.set(code, i.bytes.subarray(i.at + o + 4, i.at + o + 4 + length));
      o += 4 + length + (-length & 3);
    }
    return out;
  }
}

/** A time stamp of two halves. A double holds microseconds since 1970, but not nanoseconds. */
function instant(high: number, low: number, units: number): { readonly seconds: number; readonly nanos: number } {
  if (units <= 1e6) {
    const ticks = high * 2 ** 32 + low;
    const seconds = Math.floor(ticks / units);
    return { seconds, nanos: Math.round(((ticks - seconds * units) * 1e9) / units) };
  }
  const ticks = (BigInt(high) << 32n) | BigInt(low),
    each = BigInt(units);
  return { seconds: Number(ticks / each), nanos: Number(((ticks % each) * 1_000_000_000n) / each) };
}

/** Reads a capture that comes in pieces: `push` some, then take packets until there is none. */
export class CaptureReader {
  readonly #in = new Input();
  #format: Format | null = null;

  push(chunk: Uint8Array): void {
    this.#in.push(chunk);
  }

  /** The next packet; null: more bytes are wanted. Throws CaptureError. */
  next(): CapturedPacket | null {
    for (;;) {
      this.#format ??= this.#begin();
      const p = this.#format?.next() ?? 'more';
      if (p === 'more') return null;
      if (p !== 'skip') return p;
    }
  }

  /** No more bytes come: does something incomplete lie there? */
  end(): void {
    if (!this.#format) throw this.#in.fail('neither pcap nor pcapng');
    if (this.#in.left > 0) throw this.#in.fail('the file ends in the middle of a packet');
  }

  #begin(): Format | null {
    const i = this.#in;
    if (i.left < 24) return null;
    const magic = i.view.getUint32(0, true);
    if (magic === BLOCK.section) return new PcapNg(i);
    for (const little of [true, false]) {
      i.little = little;
      const m = i.u32(0);
      if (m === 0xa1b2c3d4 || m === 0xa1b23c4d) return new Pcap(i, m === 0xa1b23c4d);
    }
    throw i.fail('neither pcap nor pcapng');
  }
}

/** Does a file begin as a capture does, gzip or not? */
export async function isCapture(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead < 4) return false;
    const magic = buffer.readUInt32LE(0);
    return isGzip(buffer) || [0x0a0d0d0a, 0xa1b2c3d4, 0xa1b23c4d, 0xd4c3b2a1, 0x4d3cb2a1].includes(magic);
  } finally {
    await file.close();
  }
}

const isGzip = (b: Uint8Array): boolean => b[0] === 0x1f && b[1] === 0x8b;

const PIECE = 1 << 18;

async function* pieces(file: FileHandle, progress: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let done = 0;
  // Two in turns: what the reader has left of one is still needed when the next comes.
  const buffers = [Buffer.allocUnsafeSlow(PIECE), Buffer.allocUnsafeSlow(PIECE)];
  for (let turn = 0; ; turn ^= 1) {
    const { bytesRead, buffer } = await file.read(buffers[turn], 0, PIECE, null);
    if (bytesRead === 0) return;
    done += bytesRead;
    progress(done);
    yield buffer.subarray(0, bytesRead);
  }
}

/**
 * Bytes of a file in pieces, gunzipped where it is gzip. `progress` hears how many bytes of the file itself were read.
 */
export async function* capturePieces(path: string, progress: (bytes: number) => void = () => {}): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    const plain = pieces(file, progress);
    if (!isGzip(buffer)) {
      yield* plain;
      return;
    }
    const gunzip = createGunzip({ chunkSize: PIECE });
    const feed = (async () => {
      // Written pieces are read later: each a copy.
      for await (const p of plain) if (!gunzip.write(Buffer.from(p))) await new Promise((go) => gunzip.once('drain', go));
      gunzip.end();
    })();
    feed.catch((e: Error) => gunzip.destroy(e));
    for await (const p of gunzip) yield p as Uint8Array;
  } finally {
    await file.close();
  }
}
