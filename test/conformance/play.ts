import { createHost } from 'drywall';
import { framesMatch, type RecordedFrame, textMatches } from './compare.ts';
import { patchFrame, type Patch } from './patch.ts';
import { ROUTER_DEVICES, setUpRouter, setUpTuns, TUN_DEVICES } from './topology.ts';

export interface RecordedStep {
  readonly argv?: readonly string[];
  readonly stdin?: string | null;
  readonly status?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly unordered?: boolean;
  readonly volatile?: boolean;
  readonly setup?: string;
  readonly background?: boolean;
  readonly stop?: number;
  readonly signal?: string;
  readonly packet?: { readonly in: string; readonly hex: string };
  readonly inject?: { readonly iface: string; readonly frame: string; readonly patch?: readonly Patch[] };
  readonly patch?: readonly Patch[];
  readonly local?: { readonly packet: string };
  readonly out?: readonly RecordedFrame[];
  /** Errno that the sender of a local packet saw. */
  readonly error?: string;
  readonly wait?: number;
  readonly sleep?: number;
  readonly events?: readonly string[] | readonly (readonly string[])[];
  readonly events_unordered?: boolean;
  readonly files?: Readonly<Record<string, string>>;
}

export interface RecordedCase {
  readonly id: string;
  readonly area?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly container?: boolean;
  readonly monitor?: readonly string[];
  readonly events?: string;
  readonly setup?: readonly RecordedStep[];
  readonly steps: readonly RecordedStep[];
}

type Host = Awaited<ReturnType<typeof createHost>>;
type Listener = Awaited<ReturnType<Host['start']>>;

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const differs = (what: string, want: string, got: string): string => `${what}\n--- real\n${want}\n--- drywall\n${got}`;

/** Plays one recorded case on a fresh host; null when everything agrees, else what differed first. */
export async function play(c: RecordedCase): Promise<string | null> {
  const router = c.id.startsWith('pkt/');
  const tun = c.steps.find((s) => s.setup)?.setup;
  const files = Object.assign({}, c.files, ...c.steps.map((s) => s.files ?? {}));
  const host = await createHost({ container: c.container ?? true, devices: router ? ROUTER_DEVICES : tun ? TUN_DEVICES : [], files });
  try {
    if (router) await setUpRouter(host);
    const run = new Run(host, c.setup?.length ?? 0, router);
    if (c.monitor) run.listeners.push(await host.start([...c.monitor]));
    for (const [i, step] of [...(c.setup ?? []), ...c.steps].entries()) {
      const why = await run.step(i, step);
      if (why) return `step ${i} ${step.argv?.join(' ') ?? ''}: ${why}`;
    }
    if (!c.monitor) return null;
    const { stdout } = await run.listeners[0].stop('INT');
    return textMatches(c.events ?? '', stdout) ? null : differs('monitor', c.events ?? '', stdout);
  } finally {
    await host.close();
  }
}

class Run {
  readonly listeners: Listener[] = [];
  readonly #outs: Uint8Array[][] = [];
  readonly #host: Host;
  readonly #first: number;
  readonly #router: boolean;

  constructor(host: Host, first: number, router: boolean) {
    this.#host = host;
    this.#first = first;
    this.#router = router;
  }

  async step(i: number, s: RecordedStep): Promise<string | null> {
    if (s.background) {
      this.listeners.push(await this.#host.start([...(s.argv ?? [])]));
      return null;
    }
    return (await this.#act(i, s)) ?? this.#events(s);
  }

  async #act(i: number, s: RecordedStep): Promise<string | null> {
    if (s.setup) {
      await setUpTuns(this.#host, s.setup.includes('ipv6'));
      return null;
    }
    if (s.stop !== undefined) {
      const r = await this.listeners[s.stop].stop(s.signal);
      return r.status === s.status && textMatches(s.stderr ?? '', r.stderr) ? null : differs(`stop: status ${r.status}, real ${s.status}`, s.stderr ?? '', r.stderr);
    }
    if (s.argv) return this.#command(s);
    if (s.packet || s.inject || s.local) return this.#packet(i, s);
    const seconds = s.wait ?? s.sleep;
    if (seconds === undefined) return `a step of a kind that this runner does not know: ${Object.keys(s).join(' ')}`;
    return this.#frames(s, await this.#host.advance(seconds));
  }

  async #command(s: RecordedStep): Promise<string | null> {
    const r = await this.#host.exec([...(s.argv ?? [])], { stdin: s.stdin ?? undefined });
    if (s.status === undefined || s.volatile) return null;
    if (r.status !== s.status) return differs(`status ${r.status}, real ${s.status}`, s.stderr ?? '', r.stderr);
    if (!textMatches(s.stdout ?? '', r.stdout, s.unordered)) return differs('stdout', s.stdout ?? '', r.stdout);
    if (!textMatches(s.stderr ?? '', r.stderr, s.unordered)) return differs('stderr', s.stderr ?? '', r.stderr);
    return null;
  }

  async #packet(i: number, s: RecordedStep): Promise<string | null> {
    let got: { readonly iface: string; readonly frame: Uint8Array }[];
    if (s.packet) got = await this.#host.inject(s.packet.in, hex(s.packet.hex));
    else if (s.local) got = await this.#host.send(hex(s.local.packet));
    else if (s.inject) {
      const patch = s.patch ?? s.inject.patch;
      got = await this.#host.inject(s.inject.iface, patch ? patchFrame(s.inject.frame, patch, this.#outs) : hex(s.inject.frame));
    } else return 'no packet';
    this.#outs[i - this.#first] = got.map((o) => o.frame);
    return this.#frames(s, got);
  }

  #frames(s: RecordedStep, got: readonly { readonly iface: string; readonly frame: Uint8Array }[]): string | null {
    const show = (l: readonly { iface?: string; dev?: string; hex?: string; frame?: string | Uint8Array }[]): string =>
      l.map((o) => `${o.dev ?? o.iface} ${o.hex ?? (typeof o.frame === 'string' ? o.frame : Buffer.from(o.frame ?? []).toString('hex'))}`).join('\n') || '(none)';
    return !s.out || framesMatch(s.out, got, this.#router) ? null : differs('frames', show(s.out), show(got));
  }

  #events(s: RecordedStep): string | null {
    if (!s.events || this.listeners.length === 0) return null;
    const lists = (this.listeners.length > 1 && Array.isArray(s.events[0]) ? s.events : [s.events]) as readonly (readonly string[])[];
    const got = this.listeners.map((l) =>
      l
        .read()
        .split('\n')
        .filter((x) => x !== '')
        .join('\n'),
    );
    const bad = lists.findIndex((w, k) => !textMatches(w.join('\n'), got[k] ?? '', s.events_unordered));
    return bad < 0 ? null : differs('events', lists[bad].join('\n'), got[bad] ?? '');
  }
}
