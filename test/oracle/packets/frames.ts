/** Builds packets of every kind the scenarios use; Buffers, big-endian. Written from the RFCs. */
export const PROTO = {
  hopopts: 0,
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  routing: 43,
  fragment: 44,
  gre: 47,
  esp: 50,
  ah: 51,
  icmp6: 58,
  none: 59,
  dstopts: 60,
  sctp: 132,
  udplite: 136,
} as const;

export const bytes = (...parts: (number | Uint8Array | string)[]): Buffer =>
  Buffer.concat(parts.map((p) => (typeof p === 'number' ? Buffer.from([p]) : typeof p === 'string' ? Buffer.from(p) : p)));
export const be16 = (...values: number[]): Buffer => Buffer.from(values.flatMap((v) => [(v >>> 8) & 255, v & 255]));
export const be32 = (...values: number[]): Buffer => Buffer.from(values.flatMap((v) => [(v >>> 24) & 255, (v >>> 16) & 255, (v >>> 8) & 255, v & 255]));

export function address(text: string): Buffer {
  if (!text.includes(':')) return Buffer.from(text.split('.').map(Number));
  const [head, tail] = text.split('::');
  const words = (t: string | undefined): number[] => (t ? t.split(':').map((x) => Number.parseInt(x, 16)) : []);
  const [h, t] = [words(head), words(tail)];
  return be16(...h, ...Array<number>(8 - h.length - t.length).fill(0), ...t);
}
export const addressText = (a: Uint8Array): string => (a.length === 4 ? a.join('.') : Array.from({ length: 8 }, (_, i) => ((a[2 * i] << 8) | a[2 * i + 1]).toString(16)).join(':'));
export const mac = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex');

function sum(b: Uint8Array, start = 0): number {
  let s = start;
  for (let i = 0; i < b.length; i += 2) s += (b[i] << 8) | (i + 1 < b.length ? b[i + 1] : 0);
  while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
  return s;
}
export const checksum = (b: Uint8Array, start = 0): number => sum(b, start) ^ 0xffff;

function crc32c(b: Uint8Array): number {
  let crc = 0xffffffff;
  for (const x of b) {
    crc ^= x;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The segment with its checksum made right for these addresses. */
export function withChecksum(src: Uint8Array, dst: Uint8Array, proto: number, segment: Uint8Array): Buffer {
  const b = Buffer.from(segment);
  const pseudo = sum(Buffer.concat([src, dst, be32(b.length), be32(proto)]));
  const put = (at: number, covered: number, start: number, zero: boolean): void => {
    if (b.length < at + 2) return;
    b.writeUInt16BE(0, at);
    const c = checksum(b.subarray(0, covered), start);
    b.writeUInt16BE(c === 0 && !zero ? 0xffff : c, at);
  };
  if (proto === PROTO.tcp) put(16, b.length, pseudo, true);
  else if (proto === PROTO.udp) put(6, b.length, pseudo, false);
  else if (proto === PROTO.udplite) put(6, b.length < 6 ? 0 : b.readUInt16BE(4) || b.length, pseudo, false);
  else if (proto === PROTO.icmp || proto === PROTO.igmp) put(2, b.length, 0, true);
  else if (proto === PROTO.icmp6) put(2, b.length, pseudo, true);
  else if (proto === PROTO.sctp && b.length >= 12) {
    b.writeUInt32LE(0, 8);
    b.writeUInt32LE(crc32c(b), 8);
  }
  return b;
}

export interface IpFields {
  readonly src: string;
  readonly dst: string;
  readonly proto: number;
  readonly payload: Uint8Array;
  readonly ttl?: number;
  readonly tos?: number;
  readonly id?: number;
  /** IPv4: flags and offset field as it stands in the header. */
  readonly frag?: number;
  /** IPv4 options, padded to 4 bytes here; IPv6 extension headers. */
  readonly options?: Uint8Array;
  /** IPv6: number of the first extension header in `options`. */
  readonly first?: number;
  readonly flow?: number;
  /** Leave the transport checksum as it is. */
  readonly raw?: boolean;
}

export function ip4(f: IpFields): Buffer {
  const [src, dst] = [address(f.src), address(f.dst)];
  const o = f.options ?? Buffer.alloc(0);
  const options = Buffer.concat([o, Buffer.alloc((4 - (o.length % 4)) % 4)]);
  const payload = f.raw || (f.frag ?? 0) & 0x3fff ? f.payload : withChecksum(src, dst, f.proto, f.payload);
  const h = bytes(0x45 + options.length / 4, f.tos ?? 0, be16(20 + options.length + payload.length, f.id ?? 0, f.frag ?? 0), f.ttl ?? 64, f.proto, be16(0), src, dst, options);
  h.writeUInt16BE(checksum(h), 10);
  return Buffer.concat([h, payload]);
}

export function ip6(f: IpFields): Buffer {
  const [src, dst] = [address(f.src), address(f.dst)];
  const ext = f.options ?? Buffer.alloc(0);
  const payload = f.raw ? f.payload : withChecksum(src, dst, f.proto, f.payload);
  return bytes(be32((6 << 28) | ((f.tos ?? 0) << 20) | (f.flow ?? 0)), be16(ext.length + payload.length), f.first ?? f.proto, f.ttl ?? 64, src, dst, ext, payload);
}

export const ip = (f: IpFields): Buffer => (f.src.includes(':') ? ip6(f) : ip4(f));
export const ethernet = (dst: string, src: string, packet: Uint8Array, type = packet[0] >> 4 === 4 ? 0x0800 : 0x86dd): Buffer => bytes(mac(dst), mac(src), be16(type), packet);

export const FLAG = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, E: 64, C: 128 } as const;
export const flags = (letters: string): number => [...letters].reduce((n, c) => n | FLAG[c as keyof typeof FLAG], 0);

export interface TcpFields {
  readonly sport: number;
  readonly dport: number;
  readonly flags: number;
  readonly seq: number;
  readonly ack?: number;
  readonly window?: number;
  readonly options?: Uint8Array;
  readonly data?: Uint8Array | string;
  readonly urgent?: number;
}
export function tcp(f: TcpFields): Buffer {
  const o = f.options ?? Buffer.alloc(0);
  const options = Buffer.concat([o, Buffer.alloc((4 - (o.length % 4)) % 4)]);
  return bytes(be16(f.sport, f.dport), be32(f.seq, f.ack ?? 0), ((5 + options.length / 4) << 4) & 0xf0, f.flags, be16(f.window ?? 65535, 0, f.urgent ?? 0), options, f.data ?? '');
}

export const udp = (sport: number, dport: number, data: Uint8Array | string, length = 8 + Buffer.from(data).length): Buffer => bytes(be16(sport, dport, length, 0), data);
export const icmp = (type: number, code: number, rest: number, data: Uint8Array | string = ''): Buffer => bytes(type, code, be16(0), be32(rest), data);
export const sctp = (sport: number, dport: number, tag: number, ...chunks: Uint8Array[]): Buffer => bytes(be16(sport, dport), be32(tag, 0), ...chunks);
export const chunk = (type: number, flag: number, body: Uint8Array): Buffer => bytes(type, flag, be16(4 + body.length), body, Buffer.alloc((4 - (body.length % 4)) % 4));

/** An IPv4 packet cut into pieces of `size` payload bytes. */
export function fragments4(packet: Buffer, size: number): Buffer[] {
  const hl = (packet[0] & 15) * 4;
  const body = packet.subarray(hl);
  const out: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    const h = Buffer.from(packet.subarray(0, hl));
    h.writeUInt16BE(hl + part.length, 2);
    h.writeUInt16BE((h.readUInt16BE(6) & 0x4000) | (at + size < body.length ? 0x2000 : 0) | (at / 8), 6);
    h.writeUInt16BE(0, 10);
    h.writeUInt16BE(checksum(h), 10);
    out.push(Buffer.concat([h, part]));
  }
  return out;
}

/** An IPv6 packet without extension headers cut into pieces. */
export function fragments6(packet: Buffer, size: number, id: number): Buffer[] {
  const body = packet.subarray(40);
  const out: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    const h = Buffer.from(packet.subarray(0, 40));
    h.writeUInt16BE(8 + part.length, 4);
    h[6] = PROTO.fragment;
    out.push(bytes(h, packet[6], 0, be16(at | (at + size < body.length ? 1 : 0)), be32(id), part));
  }
  return out;
}

/** Where things are in an IP packet; null when it is too short. `first`: not a later fragment. */
export interface Parsed {
  readonly six: boolean;
  readonly proto: number;
  readonly src: string;
  readonly dst: string;
  readonly l4: number;
  readonly end: number;
  readonly first: boolean;
  readonly fragment: boolean;
}
export function parse(p: Buffer): Parsed | null {
  if (p.length < 20) return null;
  if (p[0] >> 4 === 4) {
    const frag = p.readUInt16BE(6);
    return {
      six: false,
      proto: p[9],
      src: addressText(p.subarray(12, 16)),
      dst: addressText(p.subarray(16, 20)),
      l4: (p[0] & 15) * 4,
      end: Math.min(p.length, p.readUInt16BE(2)),
      first: (frag & 0x1fff) === 0,
      fragment: (frag & 0x3fff) !== 0,
    };
  }
  if (p.length < 40) return null;
  let [next, at, first, fragment]: [number, number, boolean, boolean] = [p[6], 40, true, false];
  while (([PROTO.hopopts, PROTO.routing, PROTO.dstopts, PROTO.fragment] as number[]).includes(next) && at + 8 <= p.length) {
    const isFragment = next === PROTO.fragment;
    if (isFragment) {
      fragment = true;
      first = (p.readUInt16BE(at + 2) & 0xfff8) === 0;
    }
    next = p[at];
    at += isFragment ? 8 : (p[at + 1] + 1) * 8;
    if (!first) break;
  }
  return {
    six: true,
    proto: next,
    src: addressText(p.subarray(8, 24)),
    dst: addressText(p.subarray(24, 40)),
    l4: at,
    end: Math.min(p.length, 40 + p.readUInt16BE(4)),
    first,
    fragment,
  };
}
