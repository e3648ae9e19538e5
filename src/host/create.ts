import { commands } from '../commands/generated/index.ts';
import type { Call, Command, Running } from '../commands/command.ts';
import { Netns } from '../kernel/netns.ts';
import { MemoryFiles } from './memory-files.ts';
import type { Host } from './host.ts';
import { seededRandom } from './random.ts';

export interface HostOptions {
  readonly devices?: readonly { readonly name: string; readonly type: 'ethernet' | 'tun'; readonly mac?: string }[];
  readonly files?: Readonly<Record<string, string>>;
  readonly container?: boolean;
}

/** A frame that left the host, in order: the whole Ethernet frame, or the IP packet of a tun device. */
export interface Emitted { readonly iface: string; readonly frame: Uint8Array }

export interface Result { readonly status: number; readonly stdout: string; readonly stderr: string }

export interface Listener {
  read(): string;
  stop(signal?: string): Promise<Result>;
}

const byName = new Map<string, Command>((commands as readonly Command[]).flatMap((c) => c.names.map((n) => [n, c] as const)));

/** Boot time of every host: what its wall clock shows at the start, unless it follows the machine's. */
const EPOCH = Date.UTC(2026, 0, 1);

/** Makes one simulated Linux machine in memory. See ../../README.md, "Library". */
export async function createHost(options: HostOptions = {}) {
  let elapsed = 0;
  const net = new Netns({ clock: { now: () => elapsed, wall: () => EPOCH + elapsed }, random: seededRandom(1), container: options.container ?? false });
  for (const d of options.devices ?? []) net.stack.addDevice(d.name, d.type, { mac: d.mac === undefined ? undefined : Uint8Array.from(d.mac.split(':'), (x) => Number.parseInt(x, 16)) });
  let pid = 1000;
  const host: Host = { net, files: new MemoryFiles(options.files ?? {}, net), nextPid: () => ++pid };

  const call = (argv: readonly string[], o: { stdin?: string; env?: Record<string, string>; cwd?: string }, sink: { out: string; err: string }): Call => ({
    argv: [argv[0].replace(/^.*\//, ''), ...argv.slice(1)], host, stdin: o.stdin ?? '', env: o.env ?? {}, cwd: o.cwd ?? '/root', tty: false,
    out: (text) => { sink.out += text; }, err: (text) => { sink.err += text; },
  });

  return {
    async exec(argv: readonly string[], o: { stdin?: string; env?: Record<string, string>; cwd?: string } = {}): Promise<Result> {
      const sink = { out: '', err: '' };
      const c = call(argv, o, sink);
      const command = byName.get(c.argv[0]);
      if (!command) return { status: 127, stdout: '', stderr: `${argv[0]}: command not found\n` };
      const status = await command.run(c);
      return { status, stdout: sink.out, stderr: sink.err };
    },
    async start(argv: readonly string[]): Promise<Listener> {
      const sink = { out: '', err: '' };
      const c = call(argv, {}, sink);
      const running: Running | null = byName.get(c.argv[0])?.listen?.(c) ?? null;
      let taken = 0;
      return {
        read() { const text = sink.out.slice(taken); taken = sink.out.length; return text; },
        async stop(signal = 'TERM') { const status = running?.stop(signal) ?? 127; return { status, stdout: sink.out.slice(taken), stderr: sink.err }; },
      };
    },
    async inject(device: string, bytes: Uint8Array): Promise<Emitted[]> {
      net.stack.take();
      net.stack.inject(device, bytes);
      return net.stack.take();
    },
    async send(ipPacket: Uint8Array): Promise<Emitted[]> {
      net.stack.take();
      net.stack.send(ipPacket);
      return net.stack.take();
    },
    async advance(seconds: number): Promise<Emitted[]> {
      net.stack.take();
      net.stack.advance(elapsed + seconds * 1000, (now) => { elapsed = now; });
      return net.stack.take();
    },
    async close(): Promise<void> {},
  };
}
