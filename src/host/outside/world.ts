import type { Clock, Random } from '../../kernel/clock.ts';
import { type Action, onData, onOpen, type Service, serviceOn } from '../../kernel/net/tcp/application.ts';
import { acceptTcp, closeTcp, connectTcp, receiveTcp, sendTcp, type TcpEnd } from '../../kernel/net/tcp/endpoint.ts';
import { readSegment, type Segment, segmentBytes, TCP } from '../../kernel/net/tcp/segment.ts';
import { checksum, concat, put16, sameBytes, u16 } from '../../kernel/net/wire/bytes.ts';
import { echoBytes, ipPacket, udpBytes } from '../../kernel/net/wire/datagram.ts';
import { IPPROTO, ip4HeaderLen } from '../../kernel/net/wire/ip.ts';
import { resetHeader } from '../../kernel/stack/local.ts';
import type { EmittedFrame, Stack } from '../../kernel/stack/stack.ts';
import { type Dissected, dissect } from '../packet/describe.ts';
import { Surroundings } from '../packet/surroundings.ts';
import { answerNeighbour } from './neighbours.ts';
import { Peers } from './peers.ts';

/** A TCP connection of a host outside. */
export interface OutsideConnection {
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  /** Device of the host by which it is reached. */
  readonly iface: string;
  readonly end: TcpEnd;
  /** Null: a client, whose conversation reads `inbox`. */
  readonly service: Service | null;
  readonly memory: Map<string, unknown>;
  readonly inbox: Uint8Array[];
  opened: boolean;
  closed: boolean;
}

/** Something that reached a host outside without a connection: a datagram, an echo reply, an ICMP error. */
export interface Heard {
  readonly iface: string;
  readonly to: Uint8Array;
  readonly from: Uint8Array;
  readonly kind: 'udp' | 'echo-reply' | 'error';
  readonly sport: number;
  readonly dport: number;
  readonly type: number;
  readonly code: number;
}

const MTU = 1500;
/** Rounds of packets in one exchange: what goes on longer goes round in circles. */
const ROUNDS = 2000;
/** First port of traceroute's probes. */
const TRACEROUTE = 33434;
const EPHEMERAL = 40000,
  EPHEMERAL_COUNT = 20000;

/**
 * The hosts around the host: everybody who is not the host itself. They answer what reaches them: ARP and neighbour
 * solicitations, pings, connections to every port, datagrams; unless `peers` says otherwise.
 */
export class World {
  readonly #stack: Stack;
  readonly #peers: Peers;
  readonly #near: Surroundings;
  readonly #clock: Clock;
  readonly #random: Random;
  #connections: OutsideConnection[] = [];
  /** Ports of clients outside that wait for datagrams. */
  readonly waiting = new Set<number>();
  readonly heard: Heard[] = [];
  /** Everything that left the host, but for questions for neighbours. */
  readonly left: EmittedFrame[] = [];
  #nextPort: number;

  /** `run` differs from one conversation to the next, so that the next takes other ports. */
  constructor(stack: Stack, peers: Peers = new Peers([]), run = 0) {
    this.#nextPort = EPHEMERAL + ((run * 16) % EPHEMERAL_COUNT);
    this.#stack = stack;
    this.#peers = peers;
    this.#near = new Surroundings(stack);
    this.#clock = stack.net.clock;
    this.#random = stack.net.random;
  }

  /** Lets everybody outside answer until nothing moves any more. */
  settle(): void {
    for (let round = 0; round < ROUNDS; round++) {
      const frames = this.#stack.take();
      if (frames.length === 0) return;
      for (const f of frames) this.#deliver(f);
    }
  }

  // ---- clients outside ----

  freePort(): number {
    return this.#nextPort++;
  }

  /** A host outside connects to an address by way of a device. */
  connect(iface: string, local: Uint8Array, remote: Uint8Array, rport: number, lport = this.freePort()): OutsideConnection {
    const { end, syn } = connectTcp({ lport, rport, ...this.#fresh(local) }, this.#clock.now());
    const c: OutsideConnection = { local, remote, iface, end, service: null, memory: new Map(), inbox: [], opened: false, closed: false };
    this.#connections.push(c);
    this.#transmit(c, [syn]);
    return c;
  }
  write(c: OutsideConnection, data: Uint8Array): void {
    this.#transmit(c, sendTcp(c.end, data, this.#clock.now()));
  }
  close(c: OutsideConnection): void {
    this.#transmit(c, closeTcp(c.end, this.#clock.now()));
  }
  sendUdp(iface: string, local: Uint8Array, lport: number, remote: Uint8Array, rport: number, data: Uint8Array): void {
    this.waiting.add(lport);
    this.#arrive(iface, ipPacket(local, remote, IPPROTO.UDP, udpBytes(local, remote, lport, rport, data), { id: this.#ident() }));
  }
  ping(iface: string, local: Uint8Array, remote: Uint8Array, id: number, seq: number, data: Uint8Array): void {
    this.#arrive(iface, ipPacket(local, remote, local.length === 4 ? IPPROTO.ICMP : IPPROTO.ICMPV6, echoBytes(local, remote, false, id, seq, data), { id: this.#ident() }));
  }
  /** Connections that hosts outside accepted and that stand or stood. */
  get accepted(): readonly OutsideConnection[] {
    return this.#connections.filter((c) => c.service !== null);
  }

  // ---- what arrives outside ----

  #deliver(f: EmittedFrame): void {
    const answer = answerNeighbour(this.#stack, f.iface, f.frame, (a) => this.#peers.present(a));
    if (answer) {
      this.#stack.inject(f.iface, answer);
      return;
    }
    this.left.push(f);
    const ethernet = this.#stack.deviceByName(f.iface)?.mac.length === 6;
    const d = dissect(f.frame, ethernet);
    if (d.family === null || this.#near.isLocal(d.dst) || !this.#peers.present(d.dst)) return;
    if (this.#expired(f, d) || d.l4 < 0) return;
    const b = f.frame;
    const dev = this.#stack.deviceByName(f.iface);
    const via = (d.vlan !== null && dev && this.#near.vlan(dev, d.vlan)?.name) || f.iface;
    switch (d.proto) {
      case IPPROTO.TCP:
        return this.#tcp(via, b, d);
      case IPPROTO.UDP:
        return this.#udp(via, b, d);
      case IPPROTO.ICMP:
      case IPPROTO.ICMPV6:
        return this.#icmp(via, b, d);
      default:
    }
  }

  /** Whom the packet does not reach: the gateway, one hop away, says so. */
  #expired(f: EmittedFrame, d: Dissected): boolean {
    const dev = this.#stack.deviceByName(f.iface);
    const ttl = f.frame[d.network + (d.family === 4 ? 8 : 7)];
    if (!dev || ttl > 1 || this.#near.onLink(dev, d.dst)) return false;
    const gateway = this.#near.gateway(dev, d.family === 4 ? 4 : 6);
    if (gateway) this.#arrive(f.iface, errorAbout(f.frame.subarray(d.network), gateway, d.src, d.family === 4 ? 11 : 3, 0));
    return true;
  }

  #tcp(iface: string, b: Uint8Array, d: Dissected): void {
    const seg = readSegment(b, d.l4);
    if (!seg) return;
    const c = this.#connections.find((x) => x.end.lport === seg.dport && x.end.rport === seg.sport && sameBytes(x.local, d.dst) && sameBytes(x.remote, d.src));
    if (c) {
      this.#take(c, seg);
      return;
    }
    if (seg.flags & TCP.RST) return;
    const manner = this.#peers.port(d.dst, 'tcp', seg.dport);
    if (manner === 'silent' || manner === 'absent') return;
    if (manner === 'open' && seg.flags & TCP.SYN && !(seg.flags & TCP.ACK)) {
      const { end, answer } = acceptTcp(seg, this.#fresh(d.dst), this.#clock.now());
      const made: OutsideConnection = {
        local: d.dst.slice(),
        remote: d.src.slice(),
        iface,
        end,
        service: this.#dataPorts.has(seg.dport) ? 'ftp-data' : serviceOn(seg.dport),
        memory: new Map(),
        inbox: [],
        opened: false,
        closed: false,
      };
      this.#connections.push(made);
      this.#transmit(made, [answer]);
      return;
    }
    const reset = resetHeader(b, d.l4, b.length - d.l4);
    const packet = ipPacket(d.dst.slice(), d.src.slice(), IPPROTO.TCP, reset);
    const at = packet.length - reset.length;
    const seg2 = readSegment(packet, at);
    if (seg2) this.#arrive(iface, ipPacket(d.dst.slice(), d.src.slice(), IPPROTO.TCP, segmentBytes(seg2, d.dst, d.src)));
  }

  #take(c: OutsideConnection, seg: Segment): void {
    const t = receiveTcp(c.end, seg, this.#clock.now());
    if (t.data.length) c.inbox.push(t.data.slice());
    if (t.opened) c.opened = true;
    if (t.closed) c.closed = true;
    this.#transmit(c, t.out);
    if (!c.service) return;
    if (t.opened) this.#act(c, onOpen(c.service));
    if (t.data.length) this.#act(c, onData(c.service, t.data, c.local, this.freePort(), c.memory));
    if (t.closed && c.end.state === 'close-wait') this.#transmit(c, closeTcp(c.end, this.#clock.now()));
  }

  readonly #dataPorts = new Set<number>();

  #act(c: OutsideConnection, a: Action): void {
    // A data port of a passive transfer: whoever connects gets the file.
    if (a.listen !== undefined) this.#dataPorts.add(a.listen);
    if (a.send) this.#transmit(c, sendTcp(c.end, a.send, this.#clock.now()));
    if (a.close) this.#transmit(c, closeTcp(c.end, this.#clock.now()));
    if (a.connect) {
      const { end, syn } = connectTcp({ lport: 20, rport: a.connect.port, ...this.#fresh(c.local) }, this.#clock.now());
      const data: OutsideConnection = {
        local: c.local,
        remote: a.connect.address,
        iface: c.iface,
        end,
        service: 'ftp-data',
        memory: new Map(),
        inbox: [],
        opened: false,
        closed: false,
      };
      this.#connections.push(data);
      this.#transmit(data, [syn]);
    }
  }

  #udp(iface: string, b: Uint8Array, d: Dissected): void {
    const sport = u16(b, d.l4),
      dport = u16(b, d.l4 + 2);
    if (this.waiting.has(dport)) {
      this.heard.push({ iface, to: d.dst.slice(), from: d.src.slice(), kind: 'udp', sport, dport, type: 0, code: 0 });
      return;
    }
    const said = this.#peers.port(d.dst, 'udp', dport);
    // Nobody listens where traceroute knocks.
    const manner = said === 'open' && dport >= TRACEROUTE && dport < TRACEROUTE + 200 ? 'closed' : said;
    const [dst, src] = [d.dst.slice(), d.src.slice()];
    if (manner === 'open')
      this.#arrive(iface, ipPacket(dst, src, IPPROTO.UDP, udpBytes(dst, src, dport, sport, b.slice(d.l4 + 8, d.l4 + u16(b, d.l4 + 4))), { id: this.#ident() }));
    else if (manner === 'closed') this.#arrive(iface, errorAbout(b.subarray(d.network), dst, src, d.family === 4 ? 3 : 1, d.family === 4 ? 3 : 4));
  }

  #icmp(iface: string, b: Uint8Array, d: Dissected): void {
    const v4 = d.family === 4,
      type = b[d.l4],
      code = b[d.l4 + 1];
    const [dst, src] = [d.dst.slice(), d.src.slice()];
    if (type === (v4 ? 8 : 128)) {
      if (this.#peers.manner(d.dst) !== 'silent')
        this.#arrive(iface, ipPacket(dst, src, d.proto, echoBytes(dst, src, true, u16(b, d.l4 + 4), u16(b, d.l4 + 6), b.slice(d.l4 + 8)), { id: this.#ident(), df: false }));
      return;
    }
    const kind = type === (v4 ? 0 : 129) ? 'echo-reply' : 'error';
    if (kind === 'error' && (v4 ? ![3, 11, 12].includes(type) : type > 4)) return;
    this.heard.push({ iface, to: dst, from: src, kind, sport: u16(b, d.l4 + 4), dport: u16(b, d.l4 + 6), type, code });
  }

  // ---- what hosts outside send ----

  #fresh(local: Uint8Array): { readonly mss: number; readonly isn: number; readonly stampOffset: number; readonly ident: number } {
    return { mss: MTU - (local.length === 4 ? 40 : 60), isn: this.#random.u32(), stampOffset: this.#random.u32(), ident: this.#ident() };
  }
  #ident(): number {
    return 1 + this.#random.below(0xffff);
  }

  #transmit(c: OutsideConnection, segments: readonly Segment[]): void {
    for (const s of segments) {
      const id = s.flags & TCP.SYN && s.flags & TCP.ACK ? 0 : c.end.ident++ & 0xffff;
      this.#arrive(c.iface, ipPacket(c.local, c.remote, IPPROTO.TCP, segmentBytes(s, c.local, c.remote), { id }));
    }
  }

  /** A packet of a host outside comes to the host on a device. */
  #arrive(iface: string, packet: Uint8Array): void {
    const dev = this.#stack.deviceByName(iface);
    if (!dev) return;
    if (dev.mac.length !== 6) {
      this.#stack.inject(iface, packet);
      return;
    }
    const v4 = packet[0] >> 4 === 4;
    const [src, dst] = v4 ? [packet.subarray(12, 16), packet.subarray(16, 20)] : [packet.subarray(8, 24), packet.subarray(24, 40)];
    const lower = dev.vlan && this.#stack.device(dev.vlan.lower);
    const tag = lower && dev.vlan ? Uint8Array.of(0x81, 0, dev.vlan.id >> 8, dev.vlan.id & 255) : new Uint8Array(0);
    const type = Uint8Array.of(v4 ? 8 : 0x86, v4 ? 0 : 0xdd);
    this.#stack.inject(lower?.name ?? iface, concat(this.#near.destinationMac(dev, dst), this.#near.sourceMac(dev, src), tag, type, packet));
  }
}

/** An ICMP error of a host outside about a packet. */
function errorAbout(packet: Uint8Array, from: Uint8Array, to: Uint8Array, type: number, code: number): Uint8Array {
  const v4 = from.length === 4;
  const quoted = packet.subarray(0, v4 ? Math.min(packet.length, ip4HeaderLen(packet, 0) + 8) : Math.min(packet.length, 1232));
  const body = concat(new Uint8Array(8), quoted);
  body[0] = type;
  body[1] = code;
  if (v4) put16(body, 2, checksum(body, 0, body.length));
  else {
    // The reply's checksum covers the addresses: built as echoBytes does, then the type put right.
    const whole = ipPacket(from, to, IPPROTO.ICMPV6, body);
    put16(body, 2, checksum(body, 0, body.length, pseudoOf(whole)));
  }
  return ipPacket(from, to, v4 ? IPPROTO.ICMP : IPPROTO.ICMPV6, body, { df: false });
}

function pseudoOf(packet: Uint8Array): number {
  let sum = packet[6] + (packet.length - 40);
  for (let i = 8; i < 40; i += 2) sum += u16(packet, i);
  return sum;
}
