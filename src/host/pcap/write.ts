import { closeSync, openSync, writeSync } from 'node:fs';

export const LINKTYPE = { null: 0, ethernet: 1, raw: 101, loop: 108, linuxSll: 113, ipv4: 228, ipv6: 229, linuxSll2: 276 } as const;

const FLUSH = 1 << 20;
const KNOWN_MAX = 10_000;

/** Writes a pcapng file: one section, interfaces as they are first used, packets with comments. */
export class CaptureWriter {
  readonly #fd: number;
  #buffer = Buffer.allocUnsafe(FLUSH * 2);
  #used = 0;
  readonly #ifaces = new Map<string, number>();
  readonly #known = new Map<string, Uint8Array>();

  constructor(path: string) {
    this.#fd = openSync(path, 'w');
    this.#block(0x0a0d0d0a, 16 + options([[4, text('drywall')]]).length, (b, at) => {
      b.writeUInt32LE(0x1a2b3c4d, at);
      b.writeUInt16LE(1, at + 4);
      b.writeUInt16LE(0, at + 6);
      b.writeBigInt64LE(-1n, at + 8);
      b.set(options([[4, text('drywall')]]), at + 16);
    });
  }

  /** A packet that was seen on an interface, with what Wireshark shows as its comment. Time stamps have nanoseconds. */
  packet(iface: string, linkType: number, seconds: number, nanos: number, data: Uint8Array, comment: string, direction: 'in' | 'out' | null = null): void {
    const index = this.#iface(iface, linkType);
    const padded = data.length + (-data.length & 3);
    const rest = this.#options(comment, direction);
    const ticks = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
    this.#block(6, 20 + padded + rest.length, (b, at) => {
      b.writeUInt32LE(index, at);
      b.writeUInt32LE(Number(ticks >> 32n), at + 4);
      b.writeUInt32LE(Number(ticks & 0xffffffffn), at + 8);
      b.writeUInt32LE(data.length, at + 12);
      b.writeUInt32LE(data.length, at + 16);
      b.set(data, at + 20);
      b.fill(0, at + 20 + data.length, at + 20 + padded);
      b.set(rest, at + 20 + padded);
    });
  }

  close(): void {
    this.#flush();
    closeSync(this.#fd);
  }

  /** The options of a packet: most packets have those of another. */
  #options(comment: string, direction: 'in' | 'out' | null): Uint8Array {
    const key = `${direction} ${comment}`;
    let known = this.#known.get(key);
    if (!known) {
      known = options([...(comment ? [[1, text(comment)] as const] : []), ...(direction ? [[2, Uint8Array.of(direction === 'in' ? 1 : 2, 0, 0, 0)] as const] : [])]);
      if (this.#known.size >= KNOWN_MAX) this.#known.clear();
      this.#known.set(key, known);
    }
    return known;
  }

  #iface(name: string, linkType: number): number {
    let index = this.#ifaces.get(name);
    if (index === undefined) {
      index = this.#ifaces.size;
      this.#ifaces.set(name, index);
      const rest = options([
        [2, text(name)],
        [9, Uint8Array.of(9)],
      ]);
      this.#block(1, 8 + rest.length, (b, at) => {
        b.writeUInt16LE(linkType, at);
        b.writeUInt16LE(0, at + 2);
        b.writeUInt32LE(0, at + 4);
        b.set(rest, at + 8);
      });
    }
    return index;
  }

  #block(type: number, body: number, fill: (b: Buffer, at: number) => void): void {
    const size = body + 12;
    if (this.#used + size > this.#buffer.length) this.#flush();
    if (size > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(size);
    const b = this.#buffer;
    b.writeUInt32LE(type, this.#used);
    b.writeUInt32LE(size, this.#used + 4);
    fill(b, this.#used + 8);
    b.writeUInt32LE(size, this.#used + size - 4);
    this.#used += size;
    if (this.#used > FLUSH) this.#flush();
  }

  #flush(): void {
    for (let at = 0; at < this.#used; ) at += writeSync(this.#fd, this.#buffer, at, this.#used - at);
    this.#used = 0;
  }
}

const text = (s: string): Uint8Array => new TextEncoder().encode(s);

function options(list: readonly (readonly [code: number, value: Uint8Array])[]): Uint8Array {
  if (list.length === 0) return new Uint8Array(0);
  const out = Buffer.alloc(list.reduce((n, [, v]) => n + 4 + v.length + (-v.length & 3), 4));
  let at = 0;
  for (const [code, value] of list) {
    out.writeUInt16LE(code, at);
    out.writeUInt16LE(value.length, at + 2);
    out.set(value, at + 4);
    at += 4 + value.length + (-value.length & 3);
  }
  return out;
}
