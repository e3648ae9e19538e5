import type { Clock } from '../../kernel/clock.ts';
import type { Netns } from '../../kernel/netns.ts';
import { u16 } from '../../kernel/net/wire/bytes.ts';
import { ETH } from '../../kernel/net/wire/ip.ts';
import type { NetDevice } from '../../kernel/stack/device.ts';
import type { EmittedFrame } from '../../kernel/stack/stack.ts';
import { answerNeighbour } from '../outside/neighbours.ts';
import type { Unlinked } from '../pcap/frame.ts';
import { Framer } from './framer.ts';
import { whole } from './repair.ts';
import { Sent } from './sent.ts';
import { PacketWatch } from './watch.ts';

/** A clock that a capture moves: the wall is the file's, the host's own time goes on from where it stood. */
export class CaptureClock implements Clock {
  readonly #start: number;
  #first = Number.NaN;
  #passed = 0;

  constructor(now: number) {
    this.#start = now;
  }
  now(): number {
    return this.#start + this.#passed;
  }
  wall(): number {
    return (Number.isNaN(this.#first) ? 0 : this.#first) + this.#passed;
  }
  /** Milliseconds since 1970 in the file; host milliseconds. Never goes back, as captures sometimes do. */
  at(wall: number): number {
    if (Number.isNaN(this.#first)) this.#first = wall;
    return this.#start + Math.max(this.#passed, wall - this.#first);
  }
  /** Moves to host milliseconds. */
  set(now: number): void {
    this.#passed = Math.max(this.#passed, now - this.#start);
  }
}

/** How often connections that ran out are looked for: they are passed over at once, this only frees them. */
const SWEEP_MS = 1000;

/** Plays captured packets into a namespace, one at a time, and says what became of each. */
export class Player {
  readonly net: Netns;
  readonly watch = new PacketWatch();
  readonly #clock: CaptureClock;
  readonly #framer: Framer;
  readonly #sent = new Sent();
  #swept = Number.NEGATIVE_INFINITY;

  constructor(net: Netns, clock: CaptureClock) {
    this.net = net;
    this.#clock = clock;
    this.#framer = new Framer(net.stack);
    net.tracer = this.watch;
  }

  /** Time goes on to that of a packet (milliseconds since 1970); what timers send is given back. */
  advance(wall: number): EmittedFrame[] {
    const until = this.#clock.at(wall);
    const { stack } = this.net;
    if (until - this.#swept < SWEEP_MS && stack.timers.next() > until) {
      this.#clock.set(until);
      return [];
    }
    this.#swept = until;
    this.watch.reset();
    stack.advance(until, (now) => this.#clock.set(now));
    return this.#settle();
  }

  /** A packet arrives on a device. */
  arrive(dev: NetDevice, u: Unlinked, length: number): EmittedFrame[] {
    const packet = whole(u, length);
    const bytes = dev.mac.length === 6 ? this.#framer.frame(dev, packet) : packet.packet.slice();
    this.watch.reset();
    this.net.stack.receive(dev, bytes);
    return this.#settle();
  }

  /** Was this packet, caught on its way out, made by the model as well? Then it is no packet of its own. Asked once for each. */
  mine(packet: Uint8Array): boolean {
    return this.#sent.take(packet);
  }

  /** The host itself sends a packet. */
  send(u: Unlinked, length: number): EmittedFrame[] {
    this.watch.reset();
    this.net.stack.send(whole(u, length, true).packet);
    return this.#settle();
  }

  /** What left; hosts outside say at once where they are. */
  #settle(): EmittedFrame[] {
    const { stack } = this.net;
    const left: EmittedFrame[] = [];
    for (let frames = stack.take(); frames.length > 0; frames = stack.take())
      for (const f of frames) {
        const answer = mayAsk(f.frame) ? answerNeighbour(stack, f.iface, f.frame, () => true) : null;
        if (answer) stack.inject(f.iface, answer);
        else left.push(f);
      }
    this.watch.finish();
    if (this.net.stack.local.silent) for (const f of left) this.#sent.add(f, stack.deviceByName(f.iface)?.mac.length === 6);
    return left;
  }
}

/** Cheap: ARP, or ICMPv6 to a group address. */
const mayAsk = (b: Uint8Array): boolean => b.length >= 42 && (u16(b, 12) === ETH.ARP || u16(b, 12) === ETH.VLAN || (u16(b, 12) === ETH.IPV6 && b[20] === 58));
