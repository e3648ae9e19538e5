import type { Choice } from '../../random.ts';
import { address, be16, be32, bytes, checksum, fragments4, fragments6, icmp, ip, type Parsed, PROTO, parse, sctp, chunk, tcp, udp, withChecksum } from '../frames.ts';
import { HOSTS4, HOSTS6, ROUTER4, ROUTER6 } from './pools.ts';
import type { End, Place, Seen, Talk } from './talk.ts';

/** Conversations of packets that a well-behaved host would not send. */

const small = (c: Choice, e: End): { readonly proto: number; readonly payload: Buffer } =>
  c.one<() => { readonly proto: number; readonly payload: Buffer }>([
    () => ({ proto: PROTO.udp, payload: udp(e.sport, e.dport, 'rough') }),
    () => ({ proto: PROTO.tcp, payload: tcp({ sport: e.sport, dport: e.dport, flags: c.one([2, 0x10, 4, 0x14]), seq: 77, ack: 5 }) }),
    () => ({ proto: e.src.includes(':') ? PROTO.icmp6 : PROTO.icmp, payload: icmp(e.src.includes(':') ? 128 : 8, 0, (e.sport << 16) | 1, 'rough') }),
    () => ({ proto: PROTO.sctp, payload: sctp(e.sport, e.dport, 0, chunk(1, 0, bytes(be16(0, 9), be16(0, 5000, 1, 1, 0, 1)))) }),
  ])();

/** Sources and destinations that no host on the wire should have. */
export function* martianTalk(x: Place): Talk {
  const { c } = x;
  const [iface, good] = c.one(c.in(3) ? HOSTS6 : HOSTS4);
  const six = good.includes(':');
  const odd = six
    ? ['::', '::1', 'ff02::1', 'fe80::1', 'fe80::ff:fe00:10', 'fd00:a::1', 'fd00:b::1', 'fd00:a::', '::ffff:10.0.0.2'.replace('10.0.0.2', 'a00:2'), 'ff05::5', 'fd00:d::5']
    : [
        '0.0.0.0',
        '127.0.0.1',
        '255.255.255.255',
        '10.0.0.255',
        '192.168.1.255',
        '224.0.0.1',
        '239.1.1.1',
        '0.1.2.3',
        '240.0.0.1',
        '169.254.1.1',
        '10.0.0.1',
        '192.168.1.1',
        '10.0.0.0',
      ];
  const src = c.in(2) ? c.one(odd) : good;
  const dst = src === good || c.in(3) ? c.one(odd) : c.one([...(six ? HOSTS6 : HOSTS4).map(([, a]) => a), ...(six ? ROUTER6 : ROUTER4)]);
  const e: End = { iface, src, dst, sport: c.in(6) ? 0 : x.port(), dport: c.in(6) ? 0 : c.one([80, 53, 9]) };
  const multicast = six ? dst.startsWith('ff') : /^(22[4-9]|23)/.test(dst);
  const to = multicast && c.in(2) ? (six ? '33:33:00:00:00:01' : '01:00:5e:00:00:01') : /255$/.test(dst) && c.in(2) ? 'ff:ff:ff:ff:ff:ff' : undefined;
  const n = 1 + c.below(2);
  for (let i = 0; i < n; i++) yield x.send({ ...e, ...(to ? { to } : {}) }, { ...small(c, e), ...x.look() });
}

/** The same with an answer of its own where it went on: ports 0, one and the same on both sides, time to live at its ends. */
export function* edgeTalk(x: Place): Talk {
  const { c } = x;
  const f = x.flow();
  const near: End = c.one([
    { ...f, sport: 0 },
    { ...f, dport: 0 },
    { ...f, sport: f.dport },
    { ...f, sport: 65535, dport: 65535 },
    { ...f, sport: 1 },
  ]);
  const what = small(c, near);
  const outs = yield x.send(near, { ...what, ...x.look(), ttl: c.one([0, 1, 2, 64, 255]) });
  const far = x.far(outs, near);
  if (!far || far.portFrom) return;
  if (what.proto === PROTO.udp) yield x.send(far, { proto: PROTO.udp, payload: udp(far.sport, far.dport, 'back'), ...x.look() });
  if (what.proto === PROTO.tcp)
    yield x.send(far, { proto: PROTO.tcp, payload: tcp({ sport: far.sport, dport: far.dport, flags: c.one([0x12, 0x14, 0x10]), seq: 900, ack: 78 }), ...x.look() });
  if (c.in(2)) yield x.send(near, { ...what, ...x.look() });
}

const ERRORS4: readonly (readonly [number, number])[] = [
  ...Array.from({ length: 16 }, (_, code) => [3, code] as const),
  [3, 200],
  [4, 0],
  [5, 0],
  [5, 1],
  [5, 3],
  [11, 0],
  [11, 1],
  [12, 0],
  [12, 1],
  [12, 2],
];
const ERRORS6: readonly (readonly [number, number])[] = [
  ...Array.from({ length: 9 }, (_, code) => [1, code] as const),
  [2, 0],
  [3, 0],
  [3, 1],
  [4, 0],
  [4, 1],
  [4, 2],
  [100, 0],
  [127, 3],
];

/** Has what the router sent on the port that its sender chose? One that the router chose is another one elsewhere. */
export function keepsPort(packet: Buffer, h: Parsed, port: number): boolean {
  if (([PROTO.gre, PROTO.ipip, PROTO.ipv6, PROTO.esp, PROTO.ah] as number[]).includes(h.proto)) return true;
  const at = h.l4 + (([PROTO.icmp, PROTO.icmp6] as number[]).includes(h.proto) ? 4 : 0);
  return at + 2 <= packet.length && packet.readUInt16BE(at) === port;
}

/** Errors about either direction of a conversation: any type, from anywhere, quoting all, little, or something else. */
export function* errorsTalk(x: Place): Talk {
  const { c } = x;
  const near = x.flow();
  const what = small(c, near);
  const first = yield x.send(near, { ...what, ...x.look(), ttl: 64 });
  const far = x.far(first, near);
  const about: { readonly outs: readonly Seen[]; readonly from: End }[] = [{ outs: first, from: near }];
  if (far && !far.portFrom && what.proto === PROTO.udp && c.in(2)) {
    const back = yield x.send(far, { proto: PROTO.udp, payload: udp(far.sport, far.dport, 'b'.repeat(c.one([1, 600]))), ttl: 64 });
    about.push({ outs: back, from: far });
  }
  for (let i = 1 + c.below(3); i > 0; i--) {
    const { outs, from } = c.one(about);
    const seen = outs.find((o) => o.iface !== from.iface && o.frame.length > 34 && [0x0800, 0x86dd].includes(o.frame.readUInt16BE(12)));
    if (!seen) continue;
    const inner = Buffer.from(seen.frame.subarray(14));
    const h = parse(inner);
    if (!h || h.fragment) continue;
    if (!keepsPort(inner, h, from.sport)) continue;
    const hosts = (h.six ? HOSTS6 : HOSTS4).filter(([dev]) => c.in(4) || dev === seen.iface);
    const [iface, other] = hosts.length ? c.one(hosts) : [seen.iface, h.dst];
    const e: End = { iface: c.in(5) ? iface : seen.iface, src: c.in(3) ? other : h.dst, dst: c.in(8) ? c.one(h.six ? ROUTER6 : ROUTER4) : h.src, sport: 0, dport: 0 };
    const quoted = alter(c, inner, h.l4, h.six);
    const [type, code] = c.one(h.six ? ERRORS6 : ERRORS4);
    yield x.send(e, { proto: h.six ? PROTO.icmp6 : PROTO.icmp, payload: icmp(type, code, c.one([0, 0, 1300, 600, 68, 0x08000000]), quoted), ...x.look(), raw: c.in(25) });
  }
}

/** What an error quotes: often as it was, else cut or changed on the way. */
function alter(c: Choice, inner: Buffer, l4: number, six: boolean): Buffer {
  const b = Buffer.from(inner);
  const end = b.length;
  switch (c.below(12)) {
    case 0:
      return b.subarray(0, l4 + 8);
    case 1:
      return b.subarray(0, l4 + c.below(8));
    case 2:
      return b.subarray(0, c.one([0, 10, l4 - 1, l4]));
    case 3:
      b[six ? 7 : 8] = 1;
      return b;
    case 4:
      b.writeUInt16BE(c.one([0, 9, 40000]), l4);
      return b;
    case 5:
      b[0] ^= c.one([0x10, 0x20, 1]);
      return b;
    case 6:
      b[six ? 6 : 9] = c.one([6, 17, 47, 255]);
      return b;
    case 7:
      return Buffer.concat([b.subarray(0, end), Buffer.alloc(40)]);
    default:
      return b;
  }
}

/** Fragments no stack cuts: tiny, with a gap filled twice, ends that differ, lengths that are no multiple of eight, none at all. */
export function* brokenFragments(x: Place): Talk {
  const { c } = x;
  const near = x.flow();
  const six = near.src.includes(':');
  const proto = c.one([PROTO.udp, PROTO.udp, PROTO.tcp, six ? PROTO.icmp6 : PROTO.icmp]);
  const size = c.one([24, 64, 200, 1600]);
  const plain =
    proto === PROTO.udp
      ? udp(near.sport, near.dport, 'f'.repeat(size))
      : proto === PROTO.tcp
        ? tcp({ sport: near.sport, dport: near.dport, flags: 2, seq: 5, data: 't'.repeat(size) })
        : icmp(six ? 128 : 8, 0, near.sport << 16, 'i'.repeat(size));
  const payload = withChecksum(address(near.src), address(near.dst), proto, plain);
  const id = x.id();
  const pieces: { at: number; end: number; more: boolean }[] = [];
  const step = c.one([8, 8, 16, 40, 104]);
  for (let at = 0; at < payload.length && pieces.length < 8; at += step) pieces.push({ at, end: Math.min(payload.length, at + step), more: at + step < payload.length });
  const last = pieces[pieces.length - 1];
  last.end = payload.length;
  last.more = false;
  for (let i = c.below(3); i > 0; i--) {
    const k = c.below(pieces.length);
    const p = { ...pieces[k] };
    switch (c.below(7)) {
      case 0:
        pieces.splice(k, 0, p);
        break;
      case 1:
        pieces.splice(c.below(pieces.length), 0, { ...p, at: Math.max(0, p.at - 8) });
        break;
      case 2:
        pieces[k] = { ...p, end: Math.max(p.at, p.end - c.one([1, 4, 8])) };
        break;
      case 3:
        pieces.push({ at: payload.length & ~7, end: payload.length & ~7, more: c.in(2) });
        break;
      case 4:
        pieces[k] = { ...p, more: !p.more };
        break;
      case 5:
        pieces.splice(k, 1);
        if (pieces.length === 0) pieces.push(p);
        break;
      default:
        pieces.push({ at: 65528, end: 65528 + 8, more: c.in(2) });
    }
  }
  if (c.in(3)) pieces.reverse();
  const options = six ? undefined : c.in(6) ? c.one([bytes(1, 1, 1, 0), bytes(148, 4, 0, 0), bytes(7, 7, 4, 0, 0, 0, 0, 0), bytes(68, 8, 5, 0, 0, 0, 0, 0)]) : undefined;
  const hop = six && c.in(5);
  const { tos = 0 } = x.look();
  for (const p of pieces) {
    const data = p.at >= 65528 ? Buffer.alloc(8) : payload.subarray(p.at, p.end);
    if (six) {
      const frag = bytes(proto, 0, be16(p.at | (p.more ? 1 : 0)), be32(id), data);
      const packet = hop
        ? bytes(be16(0x6000, 0, frag.length + 8), 0, 64, address(near.src), address(near.dst), bytes(PROTO.fragment, 0, 1, 4, 0, 0, 0, 0), frag)
        : bytes(be16(0x6000 | (tos >> 4), (tos & 15) << 12, frag.length), PROTO.fragment, 64, address(near.src), address(near.dst), frag);
      yield x.packet(near, packet);
    } else {
      const hl = 20 + (options?.length ?? 0);
      const h = bytes(
        (4 << 4) | (hl / 4),
        tos,
        be16(hl + data.length, id, (p.at >> 3) | (p.more ? 0x2000 : 0)),
        64,
        proto,
        be16(0),
        address(near.src),
        address(near.dst),
        options ?? '',
      );
      h.writeUInt16BE(checksum(h), 10);
      yield x.packet(near, bytes(h, data));
    }
  }
}

/** A datagram in fragments both ways: what is translated must be put together first. */
export function* fragmentedTalk(x: Place): Talk {
  const { c } = x;
  const near = x.flow();
  const six = near.src.includes(':');
  const cut = (e: End, text: string): Buffer[] => {
    const id = x.id();
    const whole = ip({ src: e.src, dst: e.dst, proto: PROTO.udp, payload: udp(e.sport, e.dport, text), id, ttl: 64, tos: 0 });
    return six ? fragments6(whole, c.one([504, 1000]), id) : fragments4(whole, c.one([504, 1000]));
  };
  let outs: readonly Seen[] = [];
  for (const p of cut(near, 'q'.repeat(1300))) {
    const seen = yield x.packet(near, p);
    if (seen.length) outs = seen;
  }
  const far = x.far(outs, near);
  if (!far || far.portFrom) return;
  for (const p of cut(far, 'r'.repeat(c.one([700, 1300])))) yield x.packet(far, p);
}

/** Extension headers of IPv6: in and out of order, several, long ones, with every kind of option. */
export function* extensionTalk(x: Place): Talk {
  const { c } = x;
  const [iface, src] = c.one(HOSTS6);
  const dst = c.one([...HOSTS6.filter(([d]) => d !== iface).map(([, a]) => a), ...ROUTER6]);
  const near: End = { iface, src, dst, sport: x.port(), dport: c.one([80, 53]) };
  const { proto, payload } = small(c, near);
  const option = (): Buffer =>
    c.one([
      bytes(1, 4, 0, 0, 0, 0),
      bytes(0, 0, 0, 0, 0, 0),
      bytes(5, 2, 0, 0, 1, 0),
      bytes(0xc2, 4, be32(70000)),
      bytes(0x1e, 4, 0, 0, 0, 0),
      bytes(0x3e, 4, 0, 0, 0, 0),
      bytes(0x9e, 4, 0, 0, 0, 0),
      bytes(0x63, 4, 0, 0, 0, 0),
      bytes(1, 9, 0, 0, 0, 0),
      bytes(1, 3, 0, 0, 0, 1),
    ]);
  const make: readonly ((next: number) => readonly [number, Buffer])[] = [
    (n) => [0, bytes(n, 0, option())],
    (n) => [60, bytes(n, 0, option())],
    (n) => [60, bytes(n, 1, option(), bytes(1, 6, Buffer.alloc(6)))],
    (n) => [43, bytes(n, 0, c.one([0, 2, 3, 4, 253]), c.below(2), Buffer.alloc(4))],
    (n) => [43, bytes(n, 2, c.one([0, 2, 4]), c.below(3), Buffer.alloc(4), address(c.one(['fd00:b::10', 'fd00:c::10', 'ff02::1'])))],
    (n) => [44, bytes(n, 0, be16(c.one([0, 0, 1, 8])), be32(x.id()))],
    (n) => [51, bytes(n, 4, be16(0), be32(5, 1), Buffer.alloc(12))],
    (n) => [135, bytes(n, 0, 1, 0, be16(0, 0))],
    (n) => [140, bytes(n, 0, Buffer.alloc(6))],
  ];
  let [next, body]: [number, Buffer] = [proto, withChecksum(address(src), address(dst), proto, payload)];
  if (c.in(15)) [next, body] = [59, Buffer.from('nothing')];
  for (let i = 1 + c.below(3); i > 0; i--) {
    const [own, header] = (c.in(4) ? make[c.below(make.length)] : make[c.below(3)])(next);
    [next, body] = [own, bytes(header, body)];
  }
  const { ttl = 64, tos = 0 } = x.look();
  const head = bytes(be16(0x6000 | (tos >> 4), ((tos & 15) << 12) | (c.in(4) ? 7 : 0), body.length), next, ttl, address(src), address(dst));
  const step = x.packet(near, bytes(head, body));
  yield step;
  if (c.in(4)) yield step;
}
