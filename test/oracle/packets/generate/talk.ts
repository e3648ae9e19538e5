import { NEIGHBOURS, NETS } from '../../../conformance/topology.ts';
import type { Choice } from '../../random.ts';
import { address, be16, bytes, chunk, ethernet, flags, fragments4, fragments6, icmp, ip, type IpFields, PROTO, parse, sctp, tcp, type TcpFields, udp } from '../frames.ts';
import type { Step } from '../scenario.ts';
import { brokenFragments, edgeTalk, errorsTalk, extensionTalk, fragmentedTalk, keepsPort, martianTalk } from './rough.ts';
import { HOSTS4, HOSTS6, PORTS, ROUTER4, ROUTER6 } from './pools.ts';

/** A frame the router emitted. */
export interface Seen {
  readonly iface: string;
  readonly frame: Buffer;
  /** Which step of the scenario it came from, and which frame of that step it was. */
  from: readonly [step: number, out: number];
}
/** A conversation: gives steps, is told what each made the router emit. */
export type Talk = Generator<Step, void, readonly Seen[]>;

const routerMac = (iface: string): string => NETS.find((n) => n.dev === iface)?.mac ?? '';
const hostMac = (iface: string, a: string): string => NEIGHBOURS.find(([, , ...all]) => all.includes(a))?.[1] ?? (iface === 'eth0' ? '02:00:00:00:00:fe' : '02:00:00:00:09:09');

/** One end of a flow as it sees it; `iface` null: the router itself. */
export interface End {
  readonly iface: string | null;
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
  /** MACs to use, where a frame was answered. */
  readonly from?: string;
  readonly to?: string;
  /** Where the other end's port was seen: the router may have chosen it, and choose another one elsewhere. */
  readonly portFrom?: readonly [step: number, out: number, offset: number, length: number];
}

/** What all conversations of a scenario share. */
export class Place {
  readonly c: Choice;
  #id = 0;
  #port = 999;
  constructor(c: Choice) {
    this.c = c;
  }

  readonly id = (): number => ++this.#id;
  port(): number {
    return ++this.#port;
  }

  send(e: End, fields: Omit<IpFields, 'src' | 'dst'>): Step {
    // Checksums are made when a port is put in, so that there are no wrong ones then.
    const f = e.portFrom ? { ...fields, raw: false } : fields;
    const packet = ip({ src: e.src, dst: e.dst, id: this.id(), ...f });
    const step = this.packet(e, packet);
    const h = parse(packet);
    if (!e.portFrom || !h || h.fragment || !('inject' in step) || !([PROTO.tcp, PROTO.udp] as number[]).includes(f.proto)) return step;
    return { ...step, patch: [{ at: 14 + h.l4 + 2, from: e.portFrom }] };
  }

  packet(e: End, packet: Buffer): Step {
    if (e.iface === null) return { local: { packet: packet.toString('hex') } };
    return { inject: { iface: e.iface, frame: ethernet(e.to ?? routerMac(e.iface), e.from ?? hostMac(e.iface, e.src), packet).toString('hex') } };
  }

  /** A flow between two hosts, to the router, or from it. */
  flow(): End {
    const { c } = this;
    const six = c.in(3);
    const hosts = six ? HOSTS6 : HOSTS4;
    const router = six ? ROUTER6 : ROUTER4;
    const local = c.in(8);
    const [iface, src] = local ? [null, c.one(router)] : c.one(hosts);
    const others = hosts.filter(([dev]) => dev !== iface).map(([, a]) => a);
    const extra = six ? ['fd00:a::77', 'ff02::1', 'fd00:b::ffff'] : ['10.0.0.77', '192.168.1.255', '224.0.0.251', '255.255.255.255', '192.168.1.99', '127.0.0.1'];
    const dst = !local && c.in(4) ? c.one(router) : c.in(25) ? c.one(extra) : c.in(30) ? c.one(hosts)[1] : c.one(others);
    return { iface, src, dst, sport: this.port(), dport: c.one(PORTS) };
  }

  /** The packet that went on, as the other end sees it: ends swapped, addresses and ports as translated. */
  far(outs: readonly Seen[], near: End): End | null {
    for (const { iface, frame, from } of outs) {
      const p = Buffer.from(frame.subarray(14));
      const h = iface === near.iface ? null : parse(p);
      if (!h?.first || h.l4 + 4 > p.length || ([PROTO.icmp, PROTO.icmp6] as number[]).includes(h.proto)) continue;
      const macOf = (at: number): string => frame.toString('hex', at, at + 6).replace(/..(?=.)/g, '$&:');
      const dport = p.readUInt16BE(h.l4);
      const portFrom = dport === near.sport ? {} : { portFrom: [...from, 14 + h.l4, 2] as const };
      return { iface, src: h.dst, dst: h.src, sport: p.readUInt16BE(h.l4 + 2), dport, from: macOf(0), to: macOf(6), ...portFrom };
    }
    return null;
  }

  /** What every packet of a conversation carries besides. */
  look(): Pick<IpFields, 'ttl' | 'tos' | 'frag'> {
    const { c } = this;
    return { ttl: c.in(15) ? c.one([0, 1, 2, 255]) : 64, tos: c.in(4) ? c.one([0x48, 3, 0x20, 0xb8, 1]) : 0, frag: c.in(4) ? 0x4000 : 0 };
  }

  data(): string {
    const { c } = this;
    return c.in(10) ? 'x'.repeat(1200) : c.one(['', 'hi', 'hello', 'get answer', 'some more data here', 'd'.repeat(100)]);
  }
}

const TCP_OPTIONS: readonly Buffer[] = [
  Buffer.alloc(0),
  bytes(2, 4, be16(1460)),
  bytes(2, 4, be16(1460), 4, 2, 1, 3, 3, 7),
  bytes(2, 4, be16(536), 4, 2, 8, 10, be16(0, 100, 0, 0), 1, 3, 3, 2),
  bytes(1, 1, 8, 10, be16(0, 100, 0, 0)),
  bytes(3, 3, 14, 0),
  bytes(30, 3, 1, 0),
];
const at = (n: number): number => n >>> 0;

class TcpFlow {
  readonly #x: Place;
  readonly #ends: [End, End | null];
  /** Next sequence number of each side. */
  readonly next: [number, number];

  constructor(x: Place, near: End) {
    this.#x = x;
    this.#ends = [near, null];
    const first = (): number => (x.c.in(6) ? x.c.one([0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xffffff00, 0xffff0000]) : 1000 + x.c.below(1_000_000));
    this.next = [first(), first()];
  }
  get known(): boolean {
    return this.#ends[1] !== null;
  }
  learn(outs: readonly Seen[]): void {
    this.#ends[1] ??= this.#x.far(outs, this.#ends[0]);
    this.#learnCookie(outs);
  }
  /** SYNPROXY answers itself: what acknowledges that takes its number from the answer. */
  #learnCookie(outs: readonly Seen[]): void {
    const near = this.#ends[0];
    const o = outs.find(({ iface, frame }) => iface === near.iface && frame.length > 60);
    const p = o && Buffer.from(o.frame.subarray(14));
    const h = p && parse(p);
    if (!o || !h || h.proto !== PROTO.tcp || (p[h.l4 + 13] & 0x12) !== 0x12) return;
    this.next[1] = at(p.readUInt32BE(h.l4 + 4) + 1);
    this.#cookie = [...o.from, 14 + h.l4 + 4, 4];
  }
  #cookie: readonly [step: number, out: number, offset: number, length: number] | null = null;
  get answered(): boolean {
    return this.#cookie !== null;
  }
  guess(): void {
    const n = this.#ends[0];
    const iface = this.#x.c.one(['eth0', 'eth1', 'eth2']);
    this.#ends[1] ??= { iface, src: n.dst, dst: n.src, sport: n.dport, dport: n.sport };
  }

  segment(side: 0 | 1, letters: string, o: { data?: string; seq?: number; ack?: number; window?: number; options?: Buffer; move?: boolean; raw?: boolean } = {}): Step {
    const e = this.#ends[side] ?? this.#ends[0];
    const data = o.data ?? '';
    const seq = o.seq ?? this.next[side];
    const f: TcpFields = {
      sport: e.sport,
      dport: e.dport,
      flags: flags(letters),
      seq: at(seq),
      ack: letters.includes('A') ? at(o.ack ?? this.next[1 - side]) : at(o.ack ?? 0),
      window: o.window,
      options: o.options,
      data,
    };
    if (o.move !== false) this.next[side] = at(seq + data.length + (letters.includes('S') ? 1 : 0) + (letters.includes('F') ? 1 : 0));
    const step = this.#x.send(e, { proto: PROTO.tcp, payload: tcp(f), ...this.#x.look(), raw: o.raw });
    if (!this.#cookie || side !== 0 || o.ack !== undefined || !letters.includes('A') || !('inject' in step)) return step;
    const l4 = 14 + (e.src.includes(':') ? 40 : 20);
    return { ...step, patch: [...(step.patch ?? []), { at: l4 + 8, from: this.#cookie, add: 1 }] };
  }
}

const sack = (from: number, by: number): Buffer => be16(at(from + by) >>> 16, at(from + by) & 0xffff, at(from + by + 10) >>> 16, at(from + by + 10) & 0xffff);

const ODD = ['A', 'PA', 'FA', 'R', 'RA', 'S', 'SA', 'F', '', 'SF', 'SR', 'FPU', 'PAU', 'SEC', 'SAE', 'U', 'SP', 'RAU', 'SAC'];

function odd(x: Place, flow: TcpFlow): Step {
  const { c } = x;
  const side = (flow.known ? c.below(2) : 0) as 0 | 1;
  const shift = (n: number): number => n + c.one([0, 0, 0, 0, 0, 1, -1, -100, 100, 65535, 65536, -65536, -66000, -70000, 1 << 30, -(1 << 30), 0x7fffffff]);
  const letters = c.one(ODD);
  return flow.segment(side, letters, {
    data: c.in(2) ? x.data() : '',
    seq: c.in(12) ? c.below(1 << 30) : shift(flow.next[side]),
    ack: letters.includes('A') || c.in(6) ? shift(flow.next[1 - side]) : undefined,
    window: c.one([65535, 65535, 100, 0, 1, 14600, 32768]),
    options: c.in(4)
      ? c.one([
          ...TCP_OPTIONS,
          bytes(1, 1, 5, 10, be16(0, 100, 0, 200)),
          bytes(1, 1, 5, 10, be16(flow.next[1 - side] >>> 16, (flow.next[1 - side] + 10) & 0xffff, flow.next[1 - side] >>> 16, (flow.next[1 - side] + 20) & 0xffff)),
          bytes(2, 4, 5),
          bytes(1, 1, 8, 10, be16(0, c.below(200), 0, 100)),
          bytes(1, 3, 3, c.one([0, 1, 14, 15, 255])),
          bytes(1, 1, 5, 18, sack(flow.next[1 - side], 10), sack(flow.next[1 - side], 70000)),
          bytes(1, 1, 5, 10, sack(flow.next[side], c.one([0, 1, 100]))),
          bytes(5, 2, 1, 1),
          bytes(4, 2, 0, 0),
          bytes(34, 10, Buffer.alloc(8), 1, 1),
        ])
      : undefined,
    move: c.in(2),
  });
}

/** A connection that opens, carries data, and closes; now and then a segment out of line. */
function* tcpTalk(x: Place): Talk {
  const { c } = x;
  const flow = new TcpFlow(x, x.flow());
  const options = c.in(2) ? c.one(TCP_OPTIONS) : undefined;
  const syn = flow.segment(0, c.in(20) ? 'SEC' : 'S', { options });
  flow.learn(yield syn);
  if (c.in(6)) flow.learn(yield syn);
  if (flow.answered) {
    flow.learn(yield flow.segment(0, 'A'));
    if (flow.known) flow.learn(yield flow.segment(1, 'SA', { options, seq: 5000, move: false }));
    for (let i = c.below(4); i > 0; i--) yield flow.segment(0, 'PA', { data: x.data() });
    return;
  }
  if (!flow.known) {
    if (!c.in(4)) return;
    flow.guess();
  }
  const plan: (() => Step)[] = [
    () => flow.segment(1, 'SA', { options }),
    () => flow.segment(0, 'A'),
    () => flow.segment(0, 'PA', { data: x.data() }),
    () => flow.segment(1, 'PA', { data: x.data() }),
    () => flow.segment(0, 'A'),
    () => flow.segment(1, 'FA'),
    () => flow.segment(0, 'FA'),
    () => flow.segment(1, 'A'),
  ];
  const end = c.in(3) ? plan.length : c.below(plan.length + 1);
  let last: Step | null = null;
  for (const make of plan.slice(0, end)) {
    if (c.in(12)) continue;
    if (c.in(8)) yield odd(x, flow);
    if (c.in(12) && last) yield last;
    last = make();
    yield last;
  }
  if (c.in(8)) yield flow.segment(c.below(2) as 0 | 1, c.one(['R', 'RA']));
  if (c.in(12)) yield flow.segment(0, 'S', { seq: flow.next[0] + c.one([0, 5000, -5000]) });
}

/** Any segments of one connection. */
export function* tcpFuzz(x: Place, n: number): Talk {
  const flow = new TcpFlow(x, x.flow());
  flow.learn(yield flow.segment(0, x.c.in(8) ? x.c.one(ODD) : 'S', { options: x.c.in(2) ? x.c.one(TCP_OPTIONS) : undefined }));
  // What SYNPROXY answered with is another number elsewhere, and these segments name it freely.
  if (flow.answered) return;
  if (!flow.known) flow.guess();
  // Both at once, or the other side only.
  if (x.c.in(8)) yield flow.segment(1, 'S', { options: x.c.in(2) ? x.c.one(TCP_OPTIONS) : undefined });
  if (!x.c.in(4)) yield flow.segment(1, 'SA', { options: x.c.in(2) ? x.c.one(TCP_OPTIONS) : undefined });
  if (!x.c.in(3)) yield flow.segment(0, 'A');
  for (let i = 0; i < n; i++) yield odd(x, flow);
}

function* udpTalk(x: Place): Talk {
  const { c } = x;
  const near = x.flow();
  const proto = c.in(6) ? PROTO.udplite : PROTO.udp;
  const one = (e: End): Step => {
    const data = x.data();
    const payload = proto === PROTO.udplite && c.in(2) ? udp(e.sport, e.dport, data, 8) : udp(e.sport, e.dport, data);
    const zero = c.in(10);
    return x.send(e, { proto, payload, ...x.look(), raw: zero || c.in(25) });
  };
  const first = yield one(near);
  const far = x.far(first, near);
  if (!far || (proto === PROTO.udplite && far.portFrom)) {
    if (c.in(3)) yield one(near);
    return;
  }
  for (let i = c.below(4); i > 0; i--) yield one(c.in(3) ? near : far);
  if (c.in(3)) yield* errorAbout(x, first, near);
}

/** An ICMP error about a packet that the router sent on, from the far side or somewhere else. */
function* errorAbout(x: Place, outs: readonly Seen[], near: End): Talk {
  const { c } = x;
  const seen = outs.find((o) => o.iface !== near.iface && o.frame.length > 34);
  if (!seen || (seen.frame.readUInt16BE(12) !== 0x0800 && seen.frame.readUInt16BE(12) !== 0x86dd)) return;
  const inner = Buffer.from(seen.frame.subarray(14));
  const h = parse(inner);
  if (!h || h.fragment || !keepsPort(inner, h, near.sport)) return;
  const [type, code] = c.one<readonly [number, number]>(
    h.six
      ? [
          [1, 4],
          [1, 3],
          [1, 1],
          [2, 0],
          [3, 0],
          [4, 1],
        ]
      : [
          [3, 3],
          [3, 1],
          [3, 13],
          [3, 4],
          [11, 0],
          [12, 0],
          [4, 0],
          [5, 1],
        ],
  );
  const hosts = (h.six ? HOSTS6 : HOSTS4).filter(([dev]) => dev === seen.iface);
  const src = c.in(3) && hosts.length ? c.one(hosts)[1] : h.dst;
  const cut = c.in(5) ? inner.subarray(0, h.l4 + c.one([0, 4, 8])) : inner;
  const e: End = { iface: seen.iface, src, dst: h.src, sport: 0, dport: 0 };
  yield x.send(e, { proto: h.six ? PROTO.icmp6 : PROTO.icmp, payload: icmp(type, code, (type === 3 && code === 4) || (h.six && type === 2) ? 1300 : 0, cut), ...x.look() });
}

function* icmpTalk(x: Place): Talk {
  const { c } = x;
  const near = x.flow();
  const six = near.src.includes(':');
  const proto = six ? PROTO.icmp6 : PROTO.icmp;
  const ask = c.in(6) ? c.one(six ? [130, 131, 133, 135, 139, 200, 144] : [15, 17, 10, 30, 42, 5]) : six ? 128 : 8;
  const rest = (near.sport << 16) | 1;
  const body = ask === 135 || ask === 136 ? Buffer.concat([address(near.dst), bytes(1, 1, Buffer.from('020000000002', 'hex'))]) : ask === 13 ? Buffer.alloc(12) : x.data();
  const nd = ask >= 133 && ask <= 137;
  const outs = yield x.send(near, { proto, payload: icmp(ask, 0, nd ? 0 : rest, body), ...x.look(), ...(nd ? { ttl: 255 } : {}) });
  const seen = outs.find((o) => o.iface !== near.iface);
  if (!seen) {
    if (c.in(3)) yield x.send(near, { proto, payload: icmp(ask, 0, rest + 1, body), ...x.look() });
    return;
  }
  const p = Buffer.from(seen.frame.subarray(14));
  const h = parse(p);
  if (!h || h.proto !== proto || h.fragment) return;
  // An identification that the router picked differs elsewhere.
  if (p.readUInt16BE(h.l4 + 4) !== near.sport) return;
  const answer: Readonly<Record<number, number>> = { 8: 0, 128: 129, 13: 14, 15: 16, 17: 18 };
  const e: End = { iface: seen.iface, src: h.dst, dst: h.src, sport: 0, dport: 0 };
  if (c.in(4)) yield* errorAbout(x, outs, near);
  const reply = Buffer.from(p.subarray(h.l4));
  reply[0] = answer[ask] ?? 0;
  yield x.send(e, { proto, payload: reply, ...x.look() });
  if (c.in(3)) yield x.send(e, { proto, payload: reply, ...x.look() });
}

/** An ICMP message that is about nothing known. */
function* strayIcmp(x: Place): Talk {
  const { c } = x;
  const near = x.flow();
  const six = near.src.includes(':');
  const inner = ip({ src: near.dst, dst: near.src, proto: c.one([6, 17, 47]), payload: tcp({ sport: near.dport, dport: near.sport, flags: 2, seq: 7 }), id: x.id() });
  const [type, code] = six
    ? c.one([
        [1, 4],
        [2, 0],
        [3, 0],
        [129, 0],
        [137, 0],
        [100, 0],
      ])
    : c.one([
        [3, 3],
        [3, 4],
        [11, 0],
        [0, 0],
        [5, 0],
        [12, 0],
        [14, 0],
        [40, 3],
      ]);
  yield x.send(near, { proto: six ? PROTO.icmp6 : PROTO.icmp, payload: icmp(type, code, c.one([0, 1300, 0x00010001]), c.in(3) ? '' : inner), ...x.look(), raw: c.in(8) });
}

function* sctpTalk(x: Place): Talk {
  const { c } = x;
  const near = x.flow();
  const init = (tag: number): Buffer => chunk(1, 0, bytes(be16(0, tag), be16(0, 5000, 1, 1, 0, 1)));
  const one = (e: End, tag: number, ...chunks: Buffer[]): Step => x.send(e, { proto: PROTO.sctp, payload: sctp(e.sport, e.dport, tag, ...chunks), ...x.look() });
  const outs = yield one(near, 0, init(77));
  const far = x.far(outs, near);
  // A port that the router picked is patched into TCP and UDP only.
  if (!far || far.portFrom) return;
  const data = (n: number): Buffer => chunk(0, 3, bytes(be16(0, n, 0, 0, 0, 0), 'data'));
  const plan: (() => Step)[] = [
    () => one(far, 77, chunk(2, 0, bytes(be16(0, 88), be16(0, 5000, 1, 1, 0, 1)))),
    () => one(near, 88, chunk(10, 0, bytes('cookie!!'))),
    () => one(far, 77, chunk(11, 0, Buffer.alloc(0))),
    () => one(near, 88, data(1)),
    () => one(far, 77, chunk(3, 0, Buffer.alloc(12))),
    () => one(near, 88, chunk(4, 0, bytes(be16(1, 8, 0, 0)))),
    () => one(far, 77, chunk(5, 0, bytes(be16(1, 8, 0, 0)))),
    () => one(near, 88, chunk(7, 0, Buffer.alloc(4))),
    () => one(far, 77, chunk(8, 0, Buffer.alloc(0))),
    () => one(near, 88, chunk(14, 0, Buffer.alloc(0))),
  ];
  for (const make of plan.slice(0, c.below(plan.length + 1))) {
    if (c.in(10)) continue;
    yield make();
    if (c.in(8))
      yield one(
        c.in(2) ? near : far,
        c.one([0, 77, 88, 99]),
        c.one([init(5), chunk(6, c.below(2), Buffer.alloc(0)), data(9), chunk(14, 0, Buffer.alloc(0)), chunk(9, 0, Buffer.alloc(0)), chunk(10, 0, Buffer.alloc(4))]),
      );
  }
}

/** Protocols without ports, or with ones that tracking does not know. */
function* otherTalk(x: Place): Talk {
  const { c } = x;
  const near = x.flow();
  const proto = c.one([PROTO.gre, PROTO.gre, PROTO.esp, PROTO.ah, PROTO.ipip, PROTO.dccp, 89, 112, 253, 108, 2, 41]);
  const body: Readonly<Record<number, () => Buffer>> = {
    [PROTO.gre]: () =>
      c.one([
        bytes(be16(0, 0x0800), ip({ src: '1.2.3.4', dst: '5.6.7.8', proto: 17, payload: udp(1, 2, 'x') })),
        bytes(be16(0x2000, 0x0800, 0, 7), 'keyed'),
        bytes(be16(0x3001, 0x880b, 4, near.sport, 0, 1), 'pptp'),
      ]),
    [PROTO.esp]: () => bytes(be16(0, c.one([5, 2000]), 0, 1), 'secret..'),
    [PROTO.ah]: () => bytes(6, 4, be16(0, 0, c.one([5, 2000]), 0, 1), Buffer.alloc(12), tcp({ sport: near.sport, dport: near.dport, flags: 2, seq: 1 })),
    [PROTO.dccp]: () => bytes(be16(near.sport, near.dport), 4, 0, be16(0), c.one([0, 2, 4, 10]) << 1, Buffer.alloc(9)),
    [PROTO.ipip]: () => ip({ src: '1.2.3.4', dst: '5.6.7.8', proto: 17, payload: udp(1, 2, 'x') }),
    108: () => bytes(6, 0, be16(c.one([5, 2000])), 'packed'),
  };
  const one = (e: End): Step => x.send(e, { proto, payload: body[proto]?.() ?? bytes('whatever it is'), ...x.look() });
  const outs = yield one(near);
  const far = x.far(outs, near);
  if (c.in(2)) yield one(near);
  if (far) yield one(far);
  if (c.in(3)) yield* errorAbout(x, outs, near);
}

/** Fragments: whole, out of order, missing, doubled, overlapping; then one whole answer. */
function* fragmentTalk(x: Place): Talk {
  const { c } = x;
  const near = x.flow();
  const six = near.src.includes(':');
  const size = c.one([100, 700, 1400, 2500]);
  const payload = c.in(3) ? icmp(six ? 128 : 8, 0, near.sport << 16, 'i'.repeat(size)) : udp(near.sport, near.dport, 'f'.repeat(size));
  const proto = payload.readUInt16BE(0) === near.sport ? PROTO.udp : six ? PROTO.icmp6 : PROTO.icmp;
  const id = x.id();
  const { ttl, tos } = x.look();
  const whole = ip({ src: near.src, dst: near.dst, proto, payload, id, ttl, tos, frag: c.in(8) ? 0x4000 : 0 });
  const piece = c.one([8, 40, 104, 608, 1000, 1200, 1480]);
  let parts = six ? fragments6(whole, piece, id) : fragments4(whole, piece);
  if (parts.length > 12) parts = six ? fragments6(whole, 504, id) : fragments4(whole, 504);
  if (c.in(4)) parts.reverse();
  if (c.in(5)) parts.splice(c.below(parts.length), 0, c.one(parts));
  if (c.in(8)) parts.splice(c.below(parts.length), 1);
  if (c.in(12) && parts.length > 1) {
    const o = Buffer.from(c.one(parts));
    const field = six ? 42 : 6;
    o.writeUInt16BE(o.readUInt16BE(field) ^ (six ? 8 : 1), field);
    parts.push(o);
  }
  for (const p of parts) yield x.packet(near, p);
}

/** Single packets with something unusual in the header. */
function* oddTalk(x: Place): Talk {
  const { c } = x;
  const near = x.flow();
  const six = near.src.includes(':');
  const payload = c.in(2) ? udp(near.sport, near.dport, x.data()) : tcp({ sport: near.sport, dport: near.dport, flags: 2, seq: 5 });
  const proto = payload.length > 12 && payload[12] === 0x50 && payload[13] === 2 ? PROTO.tcp : PROTO.udp;
  const step = ((): Step => {
    if (six) {
      const pad = bytes(1, 4, Buffer.alloc(4));
      const [first, options] = c.one<readonly [number, Buffer]>([
        [0, bytes(proto, 0, pad)],
        [60, bytes(proto, 0, pad)],
        [0, bytes(proto, 0, 5, 2, 0, 0, 1, 0)],
        [43, bytes(proto, 2, 0, c.below(2), Buffer.alloc(4), address('fd00:b::10'))],
        [43, bytes(proto, 2, 2, 1, Buffer.alloc(4), address('fd00:b::10'))],
        [60, bytes(proto, 0, c.one([0x3e, 0x7e, 0xbe, 0xfe]), 4, Buffer.alloc(4))],
        [0, bytes(proto, 0, c.one([0x3e, 0x7e, 0xbe, 0xfe]), 4, Buffer.alloc(4))],
        [0, bytes(60, 0, pad, proto, 0, pad)],
        [44, bytes(proto, 0, be16(0, 0, 99))],
        [44, bytes(proto, 0, be16(1, 0, 98))],
        [59, Buffer.alloc(0)],
        [135, bytes(59, 0, c.below(9), 0, be16(0, 0))],
      ]);
      return x.send(near, { proto, payload, options, first, ...x.look(), flow: c.in(2) ? 5 : 0 });
    }
    const options = c.one<Buffer | undefined>([
      undefined,
      bytes(1, 1, 1, 0),
      bytes(148, 4, 0, 0),
      bytes(7, 11, 4, Buffer.alloc(8), 0),
      bytes(7, 7, 8, Buffer.alloc(4), 0),
      bytes(68, 12, 13, 1, Buffer.alloc(8)),
      bytes(68, 12, 5, 3, address('192.168.1.10'), Buffer.alloc(4)),
      bytes(134, 10, be16(0, 1), 1, 4, 0, 0),
      bytes(131, 7, 4, address('192.168.1.10'), 0),
      bytes(137, 7, 4, address('10.0.0.254'), 0),
      bytes(134, 4, 0, 0),
      bytes(7, 3, 4, 0),
      bytes(200, 9, 0, 0),
    ]);
    return x.send(near, { proto, payload, options, ...x.look() });
  })();
  if (!('inject' in step) || !c.in(2)) {
    yield step;
    return;
  }
  const f = Buffer.from(step.inject.frame, 'hex');
  const frame = c.one<() => Buffer>([
    () => f,
    () => bytes(f, Buffer.alloc(c.one([1, 6, 20]))),
    () => f.subarray(0, f.length - c.one([1, 4])),
    () => {
      f[c.one([14, 15, 20, 24, 25])] ^= c.one([1, 0x10, 0x80]);
      return f;
    },
    () => {
      f.writeUInt16BE((f.readUInt16BE(16) + c.one([-4, 4, -30])) & 0xffff, 16);
      return f;
    },
    () => bytes(Buffer.from(c.one(['020000000199', 'ffffffffffff', '01005e0000fb', '333300000001']), 'hex'), f.subarray(6)),
    () => bytes(f.subarray(0, 12), be16(c.one([0x8100, 0x88a8]), c.one([5, 0, 0x2005])), f.subarray(12)),
    () => bytes(f.subarray(0, 12), be16(c.one([0x0806, 0x88b7, 0x0800, 0x86dd, 100])), f.subarray(14)),
  ])();
  yield { inject: { iface: step.inject.iface, frame: frame.toString('hex') } };
}

function* arpTalk(x: Place): Talk {
  const { c } = x;
  const [iface, src] = c.one(HOSTS4);
  const from = hostMac(iface, src);
  const who = c.one([...ROUTER4, '10.0.0.77', src, '192.168.1.99']);
  const op = c.one([1, 1, 1, 2, 3]);
  const target = c.in(2) ? Buffer.alloc(6) : Buffer.from(routerMac(iface).replaceAll(':', ''), 'hex');
  const sender = c.in(6) ? '0.0.0.0' : c.in(6) ? '10.0.0.99' : src;
  const body = bytes(be16(1, 0x0800), 6, 4, be16(op), Buffer.from(from.replaceAll(':', ''), 'hex'), address(sender), target, address(who));
  yield { inject: { iface, frame: ethernet(c.in(3) ? routerMac(iface) : 'ff:ff:ff:ff:ff:ff', from, body, 0x0806).toString('hex') } };
}

/** Time goes by: timers fire, entries run out. Rarely, since it costs what it says. */
function* waitTalk(x: Place): Talk {
  if (x.c.in(8)) yield { wait: x.c.one([1.2, 2.2, 3.5]) };
}

const KINDS: readonly (readonly [number, (x: Place) => Talk])[] = [
  [9, tcpTalk],
  [2, (x) => tcpFuzz(x, 6)],
  [6, udpTalk],
  [4, icmpTalk],
  [2, strayIcmp],
  [2, sctpTalk],
  [2, otherTalk],
  [3, fragmentTalk],
  [3, oddTalk],
  [1, arpTalk],
  [2, martianTalk],
  [2, edgeTalk],
  [3, errorsTalk],
  [2, brokenFragments],
  [2, fragmentedTalk],
  [2, extensionTalk],
  [1, waitTalk],
];
const TOTAL = KINDS.reduce((n, [w]) => n + w, 0);

export function talk(x: Place): Talk {
  let n = x.c.below(TOTAL);
  for (const [weight, make] of KINDS) {
    n -= weight;
    if (n < 0) return make(x);
  }
  return tcpTalk(x);
}
