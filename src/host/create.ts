import { commands } from '../commands/generated/index.ts';
import type { Command, Running } from '../commands/command.ts';
import { Netns } from '../kernel/netns.ts';
import { callOf, execute, type ExecOptions, type Result } from './execute.ts';
import { MemoryFiles } from './memory-files.ts';
import type { Host } from './host.ts';
import { seededRandom } from './random.ts';
import { Snapshot } from './snapshot.ts';
import { World } from './outside/world.ts';
import type { ShellHost } from './shell/interpret.ts';
import { runText } from './shell/run-text.ts';

export interface HostOptions {
  /** State file of the command line's host (made where there is none); the other options are the state's then. */
  readonly state?: string;
  /** Hardware besides lo: present and down at the start. */
  readonly devices?: readonly { readonly name: string; readonly type: 'ethernet' | 'tun'; readonly mac?: string }[];
  /** Path → text; relative paths lie in the working directory. */
  readonly files?: Readonly<Record<string, string>>;
  /** A container's network namespace: global sysctls are read-only. */
  readonly container?: boolean;
}

/** A frame that left the host, in order: the whole Ethernet frame, or the IP packet of a tun device. */
export interface Emitted {
  readonly iface: string;
  readonly frame: Uint8Array;
}

export type { Result };

export interface HostSnapshot {
  readonly net: Snapshot;
  readonly files: readonly (readonly [string, string])[];
  readonly elapsed: number;
}

export interface Listener {
  /** What was printed on standard output since the last read. */
  read(): string;
  /** Ends it by a signal; stdout: what was not read yet. */
  stop(signal?: string): Promise<Result>;
}

export interface SimulatedHost {
  exec(argv: readonly string[], o?: ExecOptions): Promise<Result>;
  start(argv: readonly string[]): Promise<Listener>;
  /** A frame (ethernet) or packet (tun) arrives from outside. */
  inject(device: string, bytes: Uint8Array): Promise<Emitted[]>;
  /** A packet leaves as from a raw IP_HDRINCL socket of the host. */
  send(ipPacket: Uint8Array): Promise<Emitted[]>;
  advance(seconds: number): Promise<Emitted[]>;
  close(): Promise<void>;
}

const byName = new Map<string, Command>((commands as readonly Command[]).flatMap((c) => c.names.map((n) => [n, c] as const)));
const SHELLS = new Set(['bash', 'sh']);

/** Boot time of every host in memory: what its wall clock shows at the start. */
const EPOCH = Date.UTC(2026, 0, 1);

const parseMac = (text: string): Uint8Array => Uint8Array.from(text.split(':'), (x) => Number.parseInt(x, 16));

/** Makes one simulated Linux machine in memory, or opens the one of a state file. Hosts in memory share nothing. */
export async function createHost(options: HostOptions = {}): Promise<SimulatedHost> {
  const { state, ...hardware } = options;
  if (state === undefined) return new MemoryHost(hardware);
  if (Object.keys(hardware).length) throw new Error(`createHost: ${Object.keys(hardware).join(', ')} cannot be given with a state, which says them itself`);
  const { PersistedHost } = await import('./state/persisted-host.ts');
  return PersistedHost.open(state);
}

/** A host in memory, with its kernel within reach of drywall's own parts. */
export class MemoryHost implements SimulatedHost, ShellHost {
  readonly #host: Host;
  readonly #files: MemoryFiles;
  #elapsed: number;
  #pid = 1000;

  /** `from`: begins as another host was, files and all. */
  constructor(options: HostOptions, from?: HostSnapshot) {
    this.#elapsed = from?.elapsed ?? 0;
    const clock = { now: () => this.#elapsed, wall: () => EPOCH + this.#elapsed };
    const net = from ? from.net.begin(clock, seededRandom(1)) : new Netns({ clock, random: seededRandom(1), container: options.container ?? false });
    for (const d of options.devices ?? []) net.stack.addDevice(d.name, d.type, { mac: d.mac === undefined ? undefined : parseMac(d.mac) });
    this.#files = new MemoryFiles(options.files ?? {}, net);
    for (const [path, text] of from?.files ?? []) this.#files.write(path, text);
    this.#host = {
      net,
      files: this.#files,
      nextPid: () => ++this.#pid,
      run: (argv, o) => this.exec(argv, o),
      advance: async (seconds) => {
        await this.advance(seconds);
      },
      outside: async () => new World(net.stack),
    };
  }

  get machine(): Host {
    return this.#host;
  }

  /** The host as it is now. */
  snapshot(): HostSnapshot {
    return { net: new Snapshot(this.#host.net), files: [...this.#files.entries()], elapsed: this.#elapsed };
  }

  get files(): Host['files'] {
    return this.#host.files;
  }
  has(program: string): boolean {
    return byName.has(program);
  }

  async exec(argv: readonly string[], o: ExecOptions = {}): Promise<Result> {
    const name = argv[0].replace(/^.*\//, '');
    if (SHELLS.has(name) && argv[1] === '-c' && argv.length > 2) return runText(name, argv[2], this.#files, this, o);
    return execute(this.#host, byName.get(name), argv, o);
  }

  async start(argv: readonly string[]): Promise<Listener> {
    const sink = { out: '', err: '' };
    const c = callOf(this.#host, argv, sink);
    const running: Running | null = byName.get(c.argv[0])?.listen?.(c) ?? null;
    let taken = 0;
    return {
      read() {
        const text = sink.out.slice(taken);
        taken = sink.out.length;
        return text;
      },
      async stop(signal = 'TERM') {
        const status = running?.stop(signal) ?? 127;
        return { status, stdout: sink.out.slice(taken), stderr: sink.err };
      },
    };
  }

  async inject(device: string, bytes: Uint8Array): Promise<Emitted[]> {
    return this.injectNow(device, bytes);
  }
  /** `inject` at once, for long rows of packets: a promise costs a good part of what a packet does. */
  injectNow(device: string, bytes: Uint8Array): Emitted[] {
    const { stack } = this.#host.net;
    stack.take();
    stack.inject(device, bytes);
    return stack.take();
  }
  async send(ipPacket: Uint8Array): Promise<Emitted[]> {
    return this.#emitted((s) => s.send(ipPacket));
  }

  async advance(seconds: number): Promise<Emitted[]> {
    return this.#emitted((s) =>
      s.advance(this.#elapsed + seconds * 1000, (now) => {
        this.#elapsed = now;
      }),
    );
  }

  async close(): Promise<void> {}

  #emitted(act: (stack: Netns['stack']) => void): Emitted[] {
    const { stack } = this.#host.net;
    stack.take();
    act(stack);
    return stack.take();
  }
}
