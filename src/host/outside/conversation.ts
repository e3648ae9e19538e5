import { portArgument, toText } from '../../kernel/net/tcp/application.ts';
import { sameBytes } from '../../kernel/net/wire/bytes.ts';
import { ETH, IPPROTO } from '../../kernel/net/wire/ip.ts';
import type { Netns } from '../../kernel/netns.ts';
import type { HostConnection } from '../../kernel/stack/sockets.ts';
import { dissect } from '../packet/describe.ts';
import { type Fate, FateWatcher, markRejected } from '../packet/fate.ts';
import type { OutsideConnection, World } from './world.ts';

/** Who begins: the host itself, or somebody outside who comes in on a device. */
export type Party = { readonly kind: 'host' } | { readonly kind: 'outside'; readonly address: Uint8Array; readonly device: string };

export type Protocol = 'tcp' | 'udp' | 'ping' | 'ftp' | 'ftp-active';

export interface Conversation {
  readonly from: Party;
  readonly to: Uint8Array;
  /** No meaning for a ping. */
  readonly port: number;
  readonly protocol: Protocol;
}

/** A packet of the conversation on its way through the host. */
export interface Step {
  /** `to`: from who began. */
  readonly way: 'to' | 'back';
  readonly fate: Fate;
  /** The packet as it came in or was made. */
  readonly packet: Uint8Array;
}

export interface Played {
  readonly ok: boolean;
  readonly steps: readonly Step[];
  /** What was reached before it broke, or the last thing. */
  readonly stage: string;
  /** The packet that got nowhere; null: it did not break, or nobody outside answered. */
  readonly broke: Step | null;
}

/** What a client can do, whether it is a program of the host or a host outside. */
interface Client {
  connect(port: number): Connection;
  sendUdp(data: Uint8Array): boolean;
  ping(): boolean;
  /** Waits for a connection; the port. */
  listen(): { readonly port: number; arrived(): { readonly data: string; readonly opened: boolean } | null };
  readonly address: Uint8Array;
}
interface Connection {
  readonly opened: boolean;
  readonly closed: boolean;
  readonly received: string;
  write(data: string): void;
  close(): void;
}

const bytes = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));
const HELLO = 'hello\r\n';

function wrap(c: HostConnection | OutsideConnection | null, write: (d: Uint8Array) => void, close: () => void): Connection {
  return {
    get opened() {
      return c?.opened ?? false;
    },
    get closed() {
      return c?.closed ?? true;
    },
    get received() {
      return c ? c.inbox.map(toText).join('') : '';
    },
    write: (d) => write(bytes(d)),
    close,
  };
}

/** A program of the host. */
function hostClient(net: Netns, world: World, to: Uint8Array, port: number): Client {
  const { sockets } = net.stack;
  return {
    address: sockets.source(to) ?? new Uint8Array(to.length),
    connect(p) {
      const c = sockets.connect(to, p);
      world.settle();
      const step = (f: (x: HostConnection) => void): void => {
        if (c) f(c);
        world.settle();
      };
      return wrap(
        c,
        (d) => step((x) => sockets.write(x, d)),
        () => step((x) => sockets.close(x)),
      );
    },
    sendUdp(data) {
      const lport = sockets.freePort();
      sockets.sendUdp(to, port, lport, data);
      world.settle();
      const answered = sockets.received(lport).length > 0;
      sockets.closeUdp(lport);
      return answered;
    },
    ping() {
      sockets.heard = { echoes: [], errors: [] };
      const id = 1 + net.random.below(0xffff);
      sockets.ping(to, id, 1, new Uint8Array(56));
      world.settle();
      const answered = sockets.heard.echoes.some((e) => e.id === id);
      sockets.heard = null;
      return answered;
    },
    listen() {
      const port = sockets.freePort();
      const local = sockets.source(to);
      sockets.listen({ proto: 'tcp', port, address: null, uid: 0, service: 'discard', once: true });
      return {
        port,
        arrived() {
          const c = sockets.connections.find((x) => x.end.lport === port && local !== null && sameBytes(x.local, local));
          return c ? { data: c.inbox.map(toText).join(''), opened: c.opened } : null;
        },
      };
    },
  };
}

/** A host outside. */
function outsideClient(world: World, from: Extract<Party, { kind: 'outside' }>, to: Uint8Array, port: number): Client {
  return {
    address: from.address,
    connect(p) {
      const c = world.connect(from.device, from.address, to, p);
      world.settle();
      const step = (f: () => void): void => {
        f();
        world.settle();
      };
      return wrap(
        c,
        (d) => step(() => world.write(c, d)),
        () => step(() => world.close(c)),
      );
    },
    sendUdp(data) {
      const lport = world.freePort();
      world.sendUdp(from.device, from.address, lport, to, port, data);
      world.settle();
      return world.heard.some((h) => h.kind === 'udp' && h.dport === lport);
    },
    ping() {
      const id = world.freePort();
      world.ping(from.device, from.address, to, id, 1, new Uint8Array(56));
      world.settle();
      return world.heard.some((h) => h.kind === 'echo-reply' && h.sport === id);
    },
    listen() {
      const port = world.freePort();
      return {
        port,
        arrived() {
          const c = world.accepted.find((x) => x.end.lport === port);
          return c ? { data: c.inbox.map(toText).join(''), opened: c.opened } : null;
        },
      };
    },
  };
}

/** A stage: its name, and whether it was reached. */
type Stage = readonly [name: string, reached: () => boolean];

function* tcpStages(client: Client, port: number): Generator<Stage> {
  const c = client.connect(port);
  yield ['connected', () => c.opened];
  c.write([80, 8000, 8080].includes(port) ? 'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n' : HELLO);
  yield ['answered', () => c.received.length > 0];
  c.close();
  yield ['closed', () => c.closed];
}

function* ftpStages(client: Client, port: number, active: boolean): Generator<Stage> {
  const c = client.connect(port);
  yield ['connected', () => c.opened];
  yield ['greeted', () => c.received.startsWith('220')];
  const said = (code: string) => () => c.received.includes(`\n${code}`);
  c.write('USER anonymous\r\n');
  yield ['user accepted', said('331')];
  c.write('PASS x@example.com\r\n');
  yield ['logged in', said('230')];
  if (active) {
    const l = client.listen();
    c.write(`PORT ${[...client.address, l.port >> 8, l.port & 255].join(',')}\r\n`);
    yield ['port accepted', said('200')];
    c.write('RETR file\r\n');
    yield ['transfer begun', said('150')];
    yield ['data connection from the server', () => l.arrived()?.opened === true];
    yield ['file received', () => (l.arrived()?.data.length ?? 0) > 0];
  } else {
    c.write('PASV\r\n');
    yield ['passive mode', said('227')];
    const to = portArgument(c.received.slice(c.received.indexOf('227')));
    const data = client.connect(to?.port ?? 0);
    yield ['data connection to the server', () => data.opened];
    yield ['file received', () => data.received.length > 0];
    data.close();
    c.write('RETR file\r\n');
    yield ['transfer begun', said('150')];
  }
  c.write('QUIT\r\n');
  c.close();
  yield ['closed', () => c.closed];
}

function* stagesOf(o: Conversation, client: Client): Generator<Stage> {
  switch (o.protocol) {
    case 'tcp':
      yield* tcpStages(client, o.port);
      return;
    case 'ftp':
    case 'ftp-active':
      yield* ftpStages(client, o.port, o.protocol === 'ftp-active');
      return;
    case 'udp': {
      const answered = client.sendUdp(bytes(HELLO));
      yield ['answered', () => answered];
      return;
    }
    case 'ping': {
      const answered = client.ping();
      yield ['answered', () => answered];
      return;
    }
    default:
      o.protocol satisfies never;
  }
}

/** Plays a conversation through the host; says how far it came, and which packet got nowhere. */
export function converse(net: Netns, world: World, o: Conversation): Played {
  const watcher = FateWatcher.on(net);
  const keep = new Keeper(watcher);
  net.tracer = keep;
  let stage = 'nothing';
  let ok = true;
  try {
    const client = o.from.kind === 'host' ? hostClient(net, world, o.to, o.port) : outsideClient(world, o.from, o.to, o.port);
    for (const [name, reached] of stagesOf(o, client)) {
      if (!reached()) {
        ok = false;
        break;
      }
      stage = name;
    }
    const fates = watcher.take().filter((f) => f.origin !== 'neighbour');
    markRejected(fates);
    const steps = fates.flatMap((fate): Step[] => {
      const packet = keep.packets.get(fate.id);
      if (!packet || (fate.parent !== 0 && fate.origin !== 'socket')) return [];
      return [{ fate, packet, way: (o.from.kind === 'host' ? fate.origin === 'socket' : sameBytes(dissect(packet, false).src, o.from.address)) ? 'to' : 'back' }];
    });
    const broke = ok ? null : (steps.findLast((s) => s.fate.verdict !== 'forwarded' && s.fate.verdict !== 'sent' && s.fate.verdict !== 'delivered') ?? null);
    return { ok, steps, stage, broke };
  } finally {
    watcher.stop();
  }
}

/** Keeps each IP packet's bytes as it was when it came, beside what the watcher keeps; neighbours' talk is left out. */
class Keeper {
  readonly brief = true;
  readonly packets = new Map<number, Uint8Array>();
  readonly #watcher: FateWatcher;
  constructor(watcher: FateWatcher) {
    this.#watcher = watcher;
  }
  event(e: Parameters<FateWatcher['event']>[0]): void {
    this.#watcher.event(e);
    const { skb } = e;
    if ((e.kind !== 'received' && e.kind !== 'made') || this.packets.has(skb.id)) return;
    const packet = skb.data.slice(skb.network);
    if (skb.protocol === ETH.IP || (skb.protocol === ETH.IPV6 && !isNeighbourTalk(packet))) this.packets.set(skb.id, packet);
  }
}

const isNeighbourTalk = (b: Uint8Array): boolean => b[6] === IPPROTO.ICMPV6 && b[40] >= 133 && b[40] <= 137;
