import type { createHost } from 'drywall';
import { NEIGHBOURS, NETS } from '../../../../conformance/topology.ts';
import type { Choice } from '../../../random.ts';
import { ethernet, flags, ip, parse, PROTO, tcp, udp } from '../../frames.ts';
import type { Command, Step } from '../../scenario.ts';

type Host = Awaited<ReturnType<typeof createHost>>;

/** One end of a flow as it sees it; `iface` null: the router itself. */
export interface End {
  readonly iface: string | null;
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
}

interface Seen {
  readonly iface: string;
  readonly packet: Buffer;
}

/** An expectation as `conntrack -L expect` shows it. */
export interface Expected {
  readonly proto: number;
  readonly src: string;
  readonly anySource: boolean;
  readonly dst: string;
  readonly sport: number;
  readonly anyPort: boolean;
  readonly dport: number;
}

const NET_OF: readonly (readonly [string, string])[] = [
  ['192.168.1.', 'eth1'],
  ['172.16.0.', 'eth2'],
  ['fd00:b:', 'eth1'],
  ['fd00:c:', 'eth2'],
];
const ifaceOf = (address: string): string => NET_OF.find(([p]) => address.startsWith(p))?.[1] ?? 'eth0';
const routerMac = (iface: string): string => NETS.find((n) => n.dev === iface)?.mac ?? '';
const hostMac = (iface: string, a: string): string => NEIGHBOURS.find(([, , ...all]) => all.includes(a))?.[1] ?? (iface === 'eth0' ? '02:00:00:00:00:fe' : '02:00:00:00:09:09');

/** Where a dialog of a helper is played while it is made: drywall's own router, so that answers are to what it emitted. */
export class Stage {
  readonly c: Choice;
  readonly steps: Step[] = [];
  readonly #host: Host;
  readonly #families: readonly string[];
  #id = 0;

  constructor(c: Choice, host: Host, families: readonly ('ipv4' | 'ipv6')[]) {
    this.c = c;
    this.#host = host;
    this.#families = families;
  }

  async command(line: string | Command): Promise<string> {
    const command: Command = typeof line === 'string' ? { argv: line.split(' ') } : line;
    this.steps.push(command);
    return (await this.#host.exec(command.argv, { stdin: command.stdin })).stdout;
  }

  async wait(seconds: number): Promise<void> {
    this.steps.push({ wait: seconds });
    await this.#host.advance(seconds);
  }

  /** Sends one packet; what the router emitted. */
  async packet(e: Pick<End, 'iface' | 'src' | 'dst'>, proto: number, payload: Uint8Array, frag = 0): Promise<Seen[]> {
    const packet = ip({ src: e.src, dst: e.dst, proto, payload, id: ++this.#id, frag });
    if (e.iface === null) {
      this.steps.push({ local: { packet: packet.toString('hex') } });
      return seen(await this.#host.send(Uint8Array.from(packet)));
    }
    const frame = ethernet(routerMac(e.iface), hostMac(e.iface, e.src), packet);
    this.steps.push({ inject: { iface: e.iface, frame: frame.toString('hex') } });
    return seen(await this.#host.inject(e.iface, Uint8Array.from(frame)));
  }

  udp(e: End, data: Uint8Array | string): Promise<Seen[]> {
    return this.packet(e, PROTO.udp, udp(e.sport, e.dport, typeof data === 'string' ? Buffer.from(data, 'latin1') : data));
  }

  async expectations(): Promise<Expected[]> {
    let text = '';
    for (const family of this.#families) text += await this.command(`conntrack -L expect -f ${family}`);
    return [...text.matchAll(/^\d+ proto=(\d+) src=(\S+) dst=(\S+) (?:sport|srckey)=(\d+) (?:dport|dstkey)=(\d+) mask-src=(\S+) mask-dst=\S+ (?:sport|srckey)=(\d+)/gm)].map(
      (m) => ({
        proto: Number(m[1]),
        src: m[2],
        dst: m[3],
        sport: Number(m[4]),
        dport: Number(m[5]),
        anySource: !/f|255/.test(m[6]),
        anyPort: m[7] === '0',
      }),
    );
  }

  /** Plays connections that were expected, or nearly; `talk` says something over those of TCP. */
  async follow(talk: (s: Stage, flow: Flow) => Promise<void> = async (_, flow) => flow.say(0, 'data')): Promise<void> {
    const { c } = this;
    for (const x of (await this.expectations()).slice(0, 4)) {
      if (c.in(5)) continue;
      const src = x.anySource ? c.one(x.dst.includes(':') ? ['fd00:a::2', 'fd00:b::20'] : ['10.0.0.3', '192.168.1.20', '172.16.0.10']) : c.in(10) ? '10.0.0.3' : x.src;
      const local = ['10.0.0.1', '192.168.1.1', '172.16.0.1', 'fd00:a::1', 'fd00:b::1'].includes(src);
      const e: End = { iface: local ? null : ifaceOf(src), src, dst: x.dst, sport: x.anyPort ? 2000 + c.below(20) : x.sport, dport: c.in(15) ? x.dport + 1 : x.dport };
      if (x.proto === PROTO.tcp) {
        const flow = new Flow(this, e);
        await flow.open();
        if (c.in(2)) await talk(this, flow);
      } else if (x.proto === PROTO.udp) {
        const far = farOf(await this.udp(e, c.in(2) ? 'media' : `\x00\x03\x00\x01${'d'.repeat(8)}`), e);
        if (far && c.in(2)) await this.udp(far, 'answer');
        if (c.in(3)) await this.udp(e, 'more');
      } else if (x.proto === PROTO.gre) await this.gre(e);
    }
  }

  async gre(e: End): Promise<void> {
    const body = Buffer.concat([Buffer.from([0x30, 0x01, 0x88, 0x0b, 0, 4]), Buffer.from([e.dport >> 8, e.dport & 255]), Buffer.from([0, 0, 0, 1]), Buffer.from('ppp!')]);
    const out = await this.packet(e, PROTO.gre, body);
    const there = out.find((o) => o.iface !== e.iface);
    const h = there && parse(there.packet);
    if (!there || !h || !this.c.in(2)) return;
    const back = Buffer.from(body);
    back.writeUInt16BE(e.sport, 6);
    await this.packet({ iface: there.iface, src: h.dst, dst: h.src }, PROTO.gre, back);
  }
}

const seen = (out: readonly { readonly iface: string; readonly frame: Uint8Array }[]): Seen[] => out.map((o) => ({ iface: o.iface, packet: Buffer.from(o.frame.subarray(14)) }));

/** A port that the router picked at random is another one elsewhere: such a conversation ends. */
const settled = (port: number, near: End): boolean =>
  port === near.sport || [4000, 40000, 5060].includes(port) || port < 600 || (port >= 2000 && port <= 6001) || port >= 65534 || port === 10000 || port === 10001;

/** The packet that went on, as the other end sees it. */
export function farOf(outs: readonly Seen[], near: End): End | null {
  for (const { iface, packet } of outs) {
    const h = iface === near.iface ? null : parse(packet);
    if (h?.first && h.l4 + 4 <= packet.length && ([PROTO.tcp, PROTO.udp] as number[]).includes(h.proto) && settled(packet.readUInt16BE(h.l4), near))
      return { iface, src: h.dst, dst: h.src, sport: packet.readUInt16BE(h.l4 + 2), dport: packet.readUInt16BE(h.l4) };
  }
  return null;
}

/** A TCP connection whose ends acknowledge what reached them, so that changed lengths are followed. */
export class Flow {
  readonly #s: Stage;
  readonly ends: [End, End | null];
  /** Next number of each side, and what each has seen of the other. */
  readonly #next: [number, number];
  readonly #ack: [number, number] = [0, 0];
  #last: { readonly side: 0 | 1; readonly payload: Buffer } | null = null;

  constructor(stage: Stage, near: End) {
    this.#s = stage;
    this.ends = [near, null];
    this.#next = [1000 + stage.c.below(100_000), 5000 + stage.c.below(100_000)];
  }
  get far(): End | null {
    return this.ends[1];
  }

  async #send(side: 0 | 1, letters: string, data: string): Promise<void> {
    const e = this.ends[side];
    if (!e) return;
    const text = Buffer.from(data, 'latin1');
    const payload = tcp({ sport: e.sport, dport: e.dport, flags: flags(letters), seq: this.#next[side] >>> 0, ack: letters.includes('A') ? this.#ack[side] : 0, data: text });
    this.#next[side] += text.length + (/[SF]/.test(letters) ? 1 : 0);
    this.#last = { side, payload };
    this.#learn(side, await this.#s.packet(e, PROTO.tcp, payload));
  }
  #learn(side: 0 | 1, outs: readonly Seen[]): void {
    const near = this.ends[side];
    if (!near) return;
    if (side === 0) this.ends[1] ??= farOf(outs, near);
    for (const { iface, packet } of outs) {
      const h = iface === near.iface ? null : parse(packet);
      if (!h || h.proto !== PROTO.tcp || packet.length < h.l4 + 20) continue;
      const letters = packet[h.l4 + 13];
      this.#ack[1 - side] = (packet.readUInt32BE(h.l4 + 4) + h.end - h.l4 - (packet[h.l4 + 12] >> 4) * 4 + (letters & 3 ? 1 : 0)) >>> 0;
    }
  }

  async open(): Promise<boolean> {
    await this.#send(0, 'S', '');
    if (!this.ends[1]) return false;
    await this.#send(1, 'SA', '');
    await this.#send(0, 'A', '');
    return true;
  }
  /** Says something, now and then in two segments or twice. */
  async say(side: 0 | 1, data: string): Promise<void> {
    const { c } = this.#s;
    if (data.length > 4 && c.in(14)) {
      const at = 1 + c.below(data.length - 1);
      await this.#send(side, 'PA', data.slice(0, at));
      await this.#send(side, 'PA', data.slice(at));
    } else await this.#send(side, 'PA', data);
    if (c.in(12)) await this.again();
    if (c.in(3)) await this.#send(side === 0 ? 1 : 0, 'A', '');
  }
  /** The last segment once more. */
  async again(): Promise<void> {
    const e = this.#last && this.ends[this.#last.side];
    if (this.#last && e) this.#learn(this.#last.side, await this.#s.packet(e, PROTO.tcp, this.#last.payload));
  }
  async close(): Promise<void> {
    await this.#send(0, 'FA', '');
    await this.#send(1, 'FA', '');
    await this.#send(0, 'A', '');
  }
}
