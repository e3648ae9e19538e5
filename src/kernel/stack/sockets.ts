import { Skb, type SocketInfo } from '../net/skb.ts';
import { type Action, onData, onOpen, type Service } from '../net/tcp/application.ts';
import { acceptTcp, closeTcp, connectTcp, receiveTcp, sendTcp, type TcpEnd } from '../net/tcp/endpoint.ts';
import { readSegment, type Segment, segmentBytes, TCP } from '../net/tcp/segment.ts';
import { sameBytes, u16 } from '../net/wire/bytes.ts';
import { echoBytes, ipPacket, udpBytes } from '../net/wire/datagram.ts';
import { ETH, IPPROTO } from '../net/wire/ip.ts';
import { tellMade } from '../trace/tell.ts';
import { assignedSocket, sameFlow } from './socket-lookup.ts';
import type { Stack } from './stack.ts';

/** A socket that waits for clients (`drywall listen`). */
export interface Listening {
  readonly proto: 'tcp' | 'udp';
  readonly port: number;
  /** Null: every address of the host. */
  readonly address: Uint8Array | null;
  readonly uid: number;
  readonly service: Service;
  /** Goes away after the first client: an FTP data port. */
  readonly once: boolean;
  /** IP_TRANSPARENT: takes what TPROXY gives it, and answers from any address. */
  readonly transparent?: boolean;
  /** SO_MARK */
  readonly mark?: number;
}

/** A TCP connection of the host. */
export interface HostConnection {
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  readonly end: TcpEnd;
  /** What answers here; null: a client's end, whose program reads `inbox`. */
  readonly service: Service | null;
  readonly uid: number;
  readonly transparent: boolean;
  readonly mark: number;
  readonly memory: Map<string, unknown>;
  inbox: Uint8Array[];
  opened: boolean;
  closed: boolean;
}

/** A datagram or echo reply for a socket of a program. */
export interface Datagram {
  readonly src: Uint8Array;
  readonly sport: number;
  readonly data: Uint8Array;
  readonly ttl: number;
}

export interface EchoReply {
  readonly src: Uint8Array;
  readonly id: number;
  readonly seq: number;
  readonly ttl: number;
  /** Bytes of the whole ICMP message. */
  readonly size: number;
}

/** An ICMP error about a packet that the host sent. */
export interface IcmpError {
  readonly type: number;
  readonly code: number;
  readonly from: Uint8Array;
  readonly ttl: number;
  /** Of the packet that it quotes. */
  readonly dst: Uint8Array;
  readonly proto: number;
  /** Its ports; of an echo request type, code and checksum, id and sequence come after. */
  readonly sport: number;
  readonly dport: number;
  readonly id: number;
  readonly seq: number;
}

const EPHEMERAL = 32768,
  EPHEMERAL_COUNT = 28232;
const IPV6_HEADER = 40,
  IPV4_HEADER = 20,
  TCP_HEADER = 20;

/** Sockets of the host: what listens, what is connected, and what they answer (net/ipv4/tcp_input.c, udp.c, in their outlines). */
export class Sockets {
  readonly #s: Stack;
  #listening: Listening[] = [];
  #connections: HostConnection[] = [];
  /** UDP ports of programs that wait for an answer. */
  readonly #waiting = new Map<number, Datagram[]>();
  /** What ICMP brought for programs of the host; null: no program listens. */
  heard: { readonly echoes: EchoReply[]; readonly errors: IcmpError[] } | null = null;

  constructor(stack: Stack) {
    this.#s = stack;
  }

  get listening(): readonly Listening[] {
    return this.#listening;
  }
  get connections(): readonly HostConnection[] {
    return this.#connections;
  }
  /** Does anything here want packets? */
  get any(): boolean {
    return this.#listening.length > 0 || this.#connections.length > 0 || this.#waiting.size > 0;
  }

  listen(l: Listening): void {
    this.unlisten(l.proto, l.port, l.address);
    this.#listening.push(l);
  }
  /** Was there one? */
  unlisten(proto: Listening['proto'], port: number, address: Uint8Array | null): boolean {
    const before = this.#listening.length;
    this.#listening = this.#listening.filter((l) => l.proto !== proto || l.port !== port || !(l.address && address ? sameBytes(l.address, address) : l.address === address));
    return this.#listening.length < before;
  }

  listener(proto: Listening['proto'], port: number, address: Uint8Array): Listening | undefined {
    const all = this.#listening.filter((l) => l.proto === proto && l.port === port);
    return all.find((l) => l.address && sameBytes(l.address, address)) ?? all.find((l) => !l.address);
  }
  connection(local: Uint8Array, lport: number, remote: Uint8Array, rport: number): HostConnection | undefined {
    return this.#connections.find((c) => sameFlow(c, local, lport, remote, rport));
  }

  get connected(): boolean {
    return this.#connections.length > 0;
  }
  /** The listener that TPROXY has chosen for a packet. */
  #assigned(skb: Skb): Listening | undefined {
    const sk = assignedSocket(skb);
    return this.#listening.find((l) => l === sk);
  }

  // ---- clients ----

  /** connect(2) of a program of the host: the connection, its SYN on its way; null: no route. */
  connect(remote: Uint8Array, rport: number, o: { uid?: number; lport?: number } = {}): HostConnection | null {
    const local = this.source(remote);
    if (!local) return null;
    const { end, syn } = connectTcp({ lport: o.lport ?? this.freePort(), rport, ...this.#fresh(remote) }, this.#now());
    const c: HostConnection = { local, remote, end, service: null, uid: o.uid ?? 0, transparent: false, mark: 0, memory: new Map(), inbox: [], opened: false, closed: false };
    this.#connections.push(c);
    this.#s.enter(() => this.#transmit(c, [syn], null));
    return c;
  }
  write(c: HostConnection, data: Uint8Array): void {
    this.#s.enter(() => this.#transmit(c, sendTcp(c.end, data, this.#now()), null));
  }
  close(c: HostConnection): void {
    this.#s.enter(() => this.#transmit(c, closeTcp(c.end, this.#now()), null));
    this.#tidy();
  }
  /** Nobody wants it any more. */
  forget(c: HostConnection): void {
    this.#connections = this.#connections.filter((x) => x !== c);
  }

  /** A program sends a datagram; answers to `lport` are kept from now on. False: an output hook or the routes refuse it. */
  sendUdp(remote: Uint8Array, rport: number, lport: number, data: Uint8Array, ttl = 64): boolean {
    const local = this.source(remote);
    if (!local) return false;
    if (!this.#waiting.has(lport)) this.#waiting.set(lport, []);
    return this.#send(ipPacket(local, remote, IPPROTO.UDP, udpBytes(local, remote, lport, rport, data), { id: this.#s.ip4.randomId(), ttl }), ROOT, null);
  }
  received(lport: number): readonly Datagram[] {
    return this.#waiting.get(lport) ?? [];
  }
  closeUdp(lport: number): void {
    this.#waiting.delete(lport);
  }

  /** An echo request of a program; false: an output hook or the routes refuse it. */
  ping(remote: Uint8Array, id: number, seq: number, data: Uint8Array, ttl = 64): boolean {
    const local = this.source(remote);
    if (!local) return false;
    const body = echoBytes(local, remote, false, id, seq, data);
    return this.#send(ipPacket(local, remote, local.length === 4 ? IPPROTO.ICMP : IPPROTO.ICMPV6, body, { id: this.#s.ip4.randomId(), ttl }), ROOT, null);
  }

  freePort(): number {
    return EPHEMERAL + this.#s.net.random.below(EPHEMERAL_COUNT);
  }
  /** The address from which the host would send there; null: no route. */
  source(remote: Uint8Array): Uint8Array | null {
    const r = remote.length === 4 ? this.#s.ip4.outputRoute(remote, null, { mark: 0, oif: 0, tos: 0 }) : this.#s.ip6.outputRoute(remote, null, { mark: 0, oif: 0 });
    return 'error' in r ? null : r.saddr;
  }

  // ---- packets for the host ----

  /** A segment with a right checksum; false: no socket wants it. */
  tcp(skb: Skb, src: Uint8Array, dst: Uint8Array): boolean {
    const seg = readSegment(skb.data, skb.transport);
    if (!seg) return false;
    const c = this.connection(dst, seg.dport, src, seg.sport);
    if (c) {
      this.#take(c, seg, skb);
      return true;
    }
    const l = this.#assigned(skb) ?? this.listener('tcp', seg.dport, dst);
    if (!l) return false;
    if (seg.flags & TCP.RST) return true;
    if (!(seg.flags & TCP.SYN) || seg.flags & TCP.ACK) return false;
    const { end, answer } = acceptTcp(seg, this.#fresh(src), this.#now());
    const made: HostConnection = {
      local: dst.slice(),
      remote: src.slice(),
      end,
      service: l.service,
      uid: l.uid,
      transparent: l.transparent ?? false,
      mark: l.mark ?? 0,
      memory: new Map(),
      inbox: [],
      opened: false,
      closed: false,
    };
    this.#connections.push(made);
    if (l.once) this.#listening = this.#listening.filter((x) => x !== l);
    this.#transmit(made, [answer], skb);
    return true;
  }

  /** A right datagram; false: no socket wants it. */
  udp(skb: Skb, src: Uint8Array, dst: Uint8Array): boolean {
    const b = skb.data,
      at = skb.transport,
      sport = u16(b, at),
      dport = u16(b, at + 2);
    const data = b.slice(at + 8, at + (u16(b, at + 4) || b.length - at));
    const waiting = this.#waiting.get(dport);
    if (waiting) {
      waiting.push({ src: src.slice(), sport, data, ttl: b[skb.network + (src.length === 4 ? 8 : 7)] });
      return true;
    }
    const l = this.#assigned(skb) ?? this.listener('udp', dport, dst);
    if (!l) return false;
    if (l.service === 'discard') return true;
    this.#send(
      ipPacket(dst, src, IPPROTO.UDP, udpBytes(dst, src, dport, sport, data), { id: this.#s.ip4.randomId() }),
      { uid: l.uid, transparent: l.transparent ?? false, mark: l.mark ?? 0 },
      skb,
    );
    return true;
  }

  /** An ICMP message with a right checksum that is no question. */
  icmp(skb: Skb, src: Uint8Array): void {
    if (!this.heard) return;
    const b = skb.data,
      at = skb.transport,
      v4 = src.length === 4,
      ttl = b[skb.network + (v4 ? 8 : 7)];
    if (b[at] === (v4 ? 0 : 129)) this.heard.echoes.push({ src: src.slice(), id: u16(b, at + 4), seq: u16(b, at + 6), ttl, size: b.length - at });
    else if (v4 ? [3, 11, 12].includes(b[at]) : b[at] < 5) {
      const inner = at + 8,
        l4 = inner + (v4 ? (b[inner] & 15) * 4 : IPV6_HEADER);
      if (b.length < l4 + 8) return;
      const dst = v4 ? b.slice(inner + 16, inner + 20) : b.slice(inner + 24, inner + 40);
      const ports = { sport: u16(b, l4), dport: u16(b, l4 + 2), id: u16(b, l4 + 4), seq: u16(b, l4 + 6) };
      this.heard.errors.push({ type: b[at], code: b[at + 1], from: src.slice(), ttl, dst, proto: v4 ? b[inner + 9] : b[inner + 6], ...ports });
    }
  }

  #take(c: HostConnection, seg: Segment, skb: Skb): void {
    const t = receiveTcp(c.end, seg, this.#now());
    this.#transmit(c, t.out, skb);
    if (t.opened) c.opened = true;
    if (t.data.length && (!c.service || c.service === 'discard')) c.inbox.push(t.data.slice());
    if (c.service) {
      if (t.opened) this.#act(c, onOpen(c.service), skb);
      if (t.data.length) this.#act(c, onData(c.service, t.data, c.local, this.freePort(), c.memory), skb);
      if (t.closed && c.end.state === 'close-wait') this.#transmit(c, closeTcp(c.end, this.#now()), skb);
    }
    if (t.closed) c.closed = true;
    this.#tidy();
  }

  #act(c: HostConnection, a: Action, cause: Skb): void {
    if (a.listen !== undefined) this.listen({ proto: 'tcp', port: a.listen, address: null, uid: c.uid, service: 'ftp-data', once: true });
    if (a.send) this.#transmit(c, sendTcp(c.end, a.send, this.#now()), cause);
    if (a.close) this.#transmit(c, closeTcp(c.end, this.#now()), cause);
    if (a.connect) {
      const { end, syn } = connectTcp({ lport: 20, rport: a.connect.port, ...this.#fresh(a.connect.address) }, this.#now());
      const data: HostConnection = {
        local: c.local,
        remote: a.connect.address,
        end,
        service: 'ftp-data',
        uid: c.uid,
        transparent: false,
        mark: 0,
        memory: new Map(),
        inbox: [],
        opened: false,
        closed: false,
      };
      this.#connections.push(data);
      this.#transmit(data, [syn], cause);
    }
  }

  /** Served connections that are over go away; a client's stay until its program forgets them. */
  #tidy(): void {
    this.#connections = this.#connections.filter((c) => c.service === null || (c.end.state !== 'closed' && c.end.state !== 'time-wait'));
  }

  #fresh(remote: Uint8Array): { readonly mss: number; readonly isn: number; readonly stampOffset: number; readonly ident: number } {
    const r = this.#s.net.random;
    const route = remote.length === 4 ? this.#s.ip4.outputRoute(remote, null, { mark: 0, oif: 0, tos: 0 }) : this.#s.ip6.outputRoute(remote, null, { mark: 0, oif: 0 });
    const mtu = 'error' in route ? 1500 : route.dst.dev.mtu;
    const header = (remote.length === 4 ? IPV4_HEADER : IPV6_HEADER) + TCP_HEADER;
    return { mss: Math.min(mtu - header, 65495), isn: r.u32(), stampOffset: r.u32(), ident: r.below(0x10000) };
  }

  #now(): number {
    return this.#s.net.clock.now();
  }

  #transmit(c: HostConnection, segments: readonly Segment[], cause: Skb | null): void {
    for (const seg of segments) {
      // The answer to a SYN is sent without a socket of its own: identification 0 (ip_build_and_send_pkt).
      const request = (seg.flags & TCP.SYN) !== 0 && (seg.flags & TCP.ACK) !== 0;
      const id = request ? 0 : c.end.ident++ & 0xffff;
      this.#send(ipPacket(c.local, c.remote, IPPROTO.TCP, segmentBytes(seg, c.local, c.remote), { id }), { uid: c.uid, transparent: c.transparent, mark: c.mark, request }, cause);
    }
  }

  #send(packet: Uint8Array, o: Owner, cause: Skb | null): boolean {
    const s = this.#s,
      v4 = packet[0] >> 4 === 4;
    const dst = v4 ? packet.slice(16, 20) : packet.slice(24, 40),
      src = v4 ? packet.slice(12, 16) : packet.slice(8, 24);
    const route = v4 ? s.ip4.outputRoute(dst, src, { mark: o.mark, oif: 0, tos: 0, anySource: o.transparent }) : s.ip6.outputRoute(dst, src, { mark: o.mark, oif: 0 });
    if ('error' in route) return false;
    const skb = new Skb(packet);
    skb.mark = o.mark;
    skb.protocol = v4 ? ETH.IP : ETH.IPV6;
    skb.transport = v4 ? IPV4_HEADER : IPV6_HEADER;
    skb.l4proto = v4 ? packet[9] : packet[6];
    skb.sk = socket(o);
    skb.dst = route.dst;
    tellMade(s.net, skb, cause, 'socket');
    let sent = false;
    s.enter(() => {
      sent = v4 ? s.ip4.localOut(skb) : s.ip6.localOut(skb);
    });
    return sent;
  }

  export(): unknown {
    return { listening: this.#listening, connections: this.#connections.filter((c) => c.service !== null) };
  }
  import(data: unknown): void {
    if (!data) return;
    const d = data as { listening: Listening[]; connections: HostConnection[] };
    this.#listening = d.listening;
    this.#connections = d.connections.map((c) => ({ ...c, transparent: c.transparent ?? false, mark: c.mark ?? 0 }));
  }
}

/** Whose socket sends, and with what it was set up. */
interface Owner {
  readonly uid: number;
  readonly transparent: boolean;
  readonly mark: number;
  /** It is a request for a connection, not one yet. */
  readonly request?: boolean;
}
const ROOT: Owner = { uid: 0, transparent: false, mark: 0 };

const socket = ({ uid, transparent, mark, request }: Owner): SocketInfo => ({ uid, gid: uid, transparent, wildcard: false, mark, cgroupClassid: 0, cgroupPath: '', request });
