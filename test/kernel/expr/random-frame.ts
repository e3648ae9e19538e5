import { pick, type Random } from './random.ts';

const MACS = { 1: [2, 0, 0, 0, 1, 0x10], 0: [2, 0, 0, 0, 0, 0x10] } as const;
const PEER = [2, 0, 0, 0, 1, 0x0a];

function sum(b: Uint8Array, from: number, to: number, init: number): number {
  let s = init;
  for (let i = from; i < to; i += 2) s += (b[i] << 8) | (i + 1 < to ? b[i + 1] : 0);
  while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
  return ~s & 0xffff;
}
function put(b: Uint8Array, at: number, v: number): void {
  b[at] = v >> 8;
  b[at + 1] = v & 255;
}

/** Values that `random-rules.ts` asks for, so that packets and rules meet. */
export const PORTS = [1, 20, 22, 53, 60, 80, 90, 400, 440, 443, 500, 1024, 2000, 5000, 65535];
const port = (r: Random): number => (r(5) === 0 ? r(65536) : pick(r, PORTS));
const host = (r: Random): number => (r(5) === 0 ? r(256) : 1 + r(12));

function segment(r: Random, proto: number): Uint8Array {
  const b = new Uint8Array(proto === 6 ? 20 + r(8) : proto === 1 || proto === 58 ? 8 : 8 + r(20));
  if (proto === 1) b[0] = pick(r, [8, 0, 8, 3]);
  else if (proto === 58) b[0] = pick(r, [128, 129]);
  else {
    put(b, 0, port(r));
    put(b, 2, port(r));
    if (proto === 6) {
      b[12] = 0x50;
      b[13] = pick(r, [2, 16, 18, 4, 17, 24, 2]);
      b[15] = r(256);
    } else put(b, 4, b.length);
  }
  return b;
}

/** A frame of IPv4 or IPv6 to one of the router's devices, most of them in order; some cut short, some fragments. */
export function randomFrame(r: Random): Uint8Array {
  const v6 = r(4) === 0,
    proto = pick(r, v6 ? [6, 17, 17, 58] : [6, 17, 17, 1, 132]);
  const body = segment(r, proto),
    head = v6 ? 40 : 20;
  const b = new Uint8Array(14 + head + body.length);
  b.set(MACS[r(4) === 0 ? 0 : 1]);
  b.set(PEER, 6);
  const inward = r(4) === 0;
  if (v6) {
    put(b, 12, 0x86dd);
    b.set([0x60 | r(2), r(256) & 0xf0], 14);
    put(b, 18, body.length);
    b[20] = proto;
    b[21] = pick(r, [1, 2, 64, 64, 255]);
    b.set([0xfd, 1], 22);
    b[37] = host(r);
    b.set([0xfd, inward ? 1 : 0], 38);
    b[53] = inward ? 1 : 2;
  } else {
    put(b, 12, 0x0800);
    b.set([0x45, pick(r, [0, 0, 0x10, 0xb8])], 14);
    put(b, 16, head + body.length);
    put(b, 18, 1 + r(1000));
    if (r(12) === 0) put(b, 20, pick(r, [0x2000, 0x0002, 0x4000]));
    b[22] = pick(r, [1, 2, 64, 64, 255]);
    b[23] = proto;
    b.set([192, 168, 1, host(r)], 26);
    b.set(inward ? [192, 168, 1, 1] : [10, 0, 0, 2], 30);
    put(b, 24, sum(b, 14, 34, 0));
  }
  if (proto === 1) put(body, 2, sum(body, 0, body.length, 0));
  b.set(body, 14 + head);
  if (proto === 6 || proto === 58) {
    const addresses = b.subarray(14 + (v6 ? 8 : 12), 14 + head);
    let pseudo = proto + body.length;
    for (let i = 0; i < addresses.length; i += 2) pseudo += (addresses[i] << 8) | addresses[i + 1];
    put(b, 14 + head + (proto === 6 ? 16 : 2), sum(b, 14 + head, b.length, pseudo));
  }
  return r(25) === 0 ? b.slice(0, b.length - r(body.length)) : b;
}
