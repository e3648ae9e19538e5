import type { Emitted, Listener, SimulatedHost } from '../create.ts';
import type { ExecOptions, Result } from '../execute.ts';
import type { ShellHost } from '../shell/interpret.ts';
import { runText } from '../shell/run-text.ts';
import { programNames, StateHost } from './state-host.ts';

const SHELLS = new Set(['bash', 'sh']);

/**
 * The host of a state file behind the library's interface: each call is one transaction, and sees what other programs have
 * committed before it.
 */
export class PersistedHost implements SimulatedHost {
  readonly #host: StateHost;
  readonly #tools: ReadonlySet<string>;
  #last: Promise<unknown> = Promise.resolve();
  #broken = false;

  private constructor(host: StateHost, tools: ReadonlySet<string>) {
    this.#host = host;
    this.#tools = tools;
  }

  /** Throws StateError where the file cannot be used. */
  static async open(path: string): Promise<PersistedHost> {
    const host = await StateHost.open(path, { own: true });
    host.commit();
    return new PersistedHost(host, new Set(await programNames()));
  }

  /** Calls wait for one another; one that fails changes nothing. */
  #call<T>(act: () => Promise<T> | T): Promise<T> {
    const done = this.#last.then(async () => {
      await this.#host.resume();
      if (this.#broken) await this.#host.reload();
      this.#broken = true;
      try {
        const result = await act();
        this.#host.commit();
        this.#broken = false;
        return result;
      } finally {
        if (this.#broken) this.#host.abandon();
      }
    });
    this.#last = done.catch(() => {}); // whoever called hears of it
    return done;
  }

  exec(argv: readonly string[], o: ExecOptions = {}): Promise<Result> {
    return this.#call(() => this.#exec(argv, o));
  }

  async #exec(argv: readonly string[], o: ExecOptions): Promise<Result> {
    const name = argv[0].replace(/^.*\//, '');
    if (!SHELLS.has(name) || argv[1] !== '-c' || argv.length < 3) return this.#host.exec(argv, o);
    const shell: ShellHost = { files: this.#host.files, has: (p) => this.#tools.has(p), exec: (a, x) => this.#exec(a, x) };
    return runText(name, argv[2], this.#host.files, shell, o);
  }

  async start(argv: readonly string[]): Promise<Listener> {
    const { started, id } = await this.#call(async () => {
      const begun = await this.#host.listen(argv);
      const listener = begun && !begun.running.ended ? this.#host.store.addListener(process.pid, argv) : null;
      return { started: begun, id: listener };
    });
    if (id !== null) await this.#call(() => this.#host.reload());
    const { store } = this.#host;
    let seq = 0;
    let first = started?.sink.out ?? '';
    const read = (): string => {
      let text = first;
      first = '';
      if (id !== null)
        for (const o of store.outputSince(id, seq)) {
          text += o.text;
          seq = o.seq;
        }
      return text;
    };
    return {
      read,
      stop: async (signal = 'TERM') => {
        await this.#last;
        const before = read();
        if (!started) return { status: 127, stdout: before, stderr: '' };
        started.sink.out = '';
        if (id !== null) {
          started.running.shown = store.listeners().find((l) => l.id === id)?.shown ?? 0;
          store.removeListener(id);
        }
        const status = started.running.stop(signal);
        return { status, stdout: before + started.sink.out, stderr: started.sink.err };
      },
    };
  }

  inject(device: string, bytes: Uint8Array): Promise<Emitted[]> {
    return this.#packets((stack) => stack.inject(device, bytes));
  }
  send(ipPacket: Uint8Array): Promise<Emitted[]> {
    return this.#packets((stack) => stack.send(ipPacket));
  }
  advance(seconds: number): Promise<Emitted[]> {
    return this.#packets(() => this.#host.host.advance(seconds));
  }

  #packets(act: (stack: StateHost['host']['net']['stack']) => unknown): Promise<Emitted[]> {
    return this.#call(async () => {
      const { stack } = this.#host.host.net;
      stack.take();
      await act(stack);
      return stack.take();
    });
  }

  async close(): Promise<void> {
    await this.#last;
    this.#host.store.close();
  }
}
