import type { Command, Running } from '../../commands/command.ts';
import type { Tool } from '../run/protocol.ts';
import { callOf, execute, type ExecOptions, type Result, type Sink } from '../execute.ts';
import type { Host } from '../host.ts';
import { type Changes, MachineFiles } from '../machine-files.ts';
import { fromText, toLine } from '../../kernel/net/plain-text.ts';
import { type HostRow, Session } from './session.ts';
import { defaultStatePath, Store } from './store.ts';
import { type HostPlan, SINGLE, setUp } from '../plan.ts';

/** Where commands come from: a launcher brings its own family, everything else is loaded when first asked for. */
export type Family = readonly Command[];

const loaded = new Map<string, Command>();

/** A cloned program by its name. */
export async function commandNamed(name: string, family: Family): Promise<Command | undefined> {
  const known = family.find((c) => c.names.includes(name)) ?? loaded.get(name);
  if (known) return known;
  const { programs } = await import('../../commands/generated/programs.ts');
  const commands = await programs.find((p) => p.names.includes(name))?.load();
  const found = commands?.find((c) => c.names.includes(name));
  if (found) loaded.set(name, found);
  return found;
}

/** Names of all programs that the host itself answers, small ones such as cat among them. */
export async function programNames(): Promise<string[]> {
  const { programs } = await import('../../commands/generated/programs.ts');
  return programs.flatMap((p) => p.names);
}

/** The cloned tools: programs that scripts would otherwise find on the machine. */
export async function toolsOfHost(): Promise<Tool[]> {
  const { programs } = await import('../../commands/generated/programs.ts');
  return programs.flatMap((p) => [...p.tools, ...p.inside].map((name) => ({ name, folder: p.bin.includes(name) ? '/usr/bin' : '/usr/sbin' })));
}

interface ForeignListener extends Started {
  readonly id: number;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    return e instanceof Error && 'code' in e && e.code === 'EPERM';
  }
}

/** A command that goes on, started in this process, and what it has printed. */
export interface Started {
  readonly running: Running;
  readonly sink: Sink;
}

/** A word as it would be typed. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** The host of a state file, opened by a program of the command line. */
export class StateHost {
  readonly store: Store;
  host: Host;
  files: MachineFiles;
  #session: Session;
  readonly #family: Family;
  #listeners: readonly ForeignListener[] = [];
  #changesBefore: string;
  #version: number;
  #ran: string[] = [];
  #recording: boolean | null = null;
  /** The step of the state's past that has begun already. */
  #step: number | null = null;
  /** This process listens through the state, too: it prints for itself as for others. */
  readonly #own: boolean;

  private constructor(store: Store, session: Session, family: Family, own = false) {
    this.store = store;
    this.#own = own;
    this.#session = session;
    this.#family = family;
    this.#version = store.version;
    const saved = store.read('file');
    const changes = (saved === undefined ? new Map() : fromText(saved)) as Changes;
    this.#changesBefore = toLine(changes);
    this.files = new MachineFiles(session.net, changes);
    this.host = {
      net: session.net,
      files: this.files,
      nextPid: () => session.nextPid(),
      run: (argv, o) => this.exec(argv, o),
      advance: async (seconds) => session.advance(seconds),
      outside: async () => {
        const [{ World }, { Peers }, { readPeers }] = await Promise.all([import('../outside/world.ts'), import('../outside/peers.ts'), import('../outside/persist.ts')]);
        return new World(session.net.stack, new Peers(readPeers(this.store)), session.nextPid());
      },
    };
  }

  /** Listeners of other processes are started here too: what they would print is left for them in the store. */
  async #attach(): Promise<this> {
    const listeners: ForeignListener[] = [];
    for (const l of this.store.listeners()) {
      if (!alive(l.pid)) this.store.removeListener(l.id);
      if (!alive(l.pid) || (l.pid === process.pid && !this.#own)) continue;
      const started = await this.listen(l.argv);
      if (!started) continue;
      started.running.shown = l.shown;
      started.sink.out = '';
      listeners.push({ id: l.id, ...started });
    }
    this.#listeners = listeners;
    return this;
  }

  /** Opens the state and begins a transaction: end it with `commit` or `abandon`. */
  static async open(path = defaultStatePath(process.env), { family = [], own = false }: { readonly family?: Family; readonly own?: boolean } = {}): Promise<StateHost> {
    const store = Store.open(path);
    store.begin();
    try {
      const session = Session.load(store);
      if (session) return await new StateHost(store, session, family, own).#attach();
      return await StateHost.make(store, SINGLE, family, own);
    } catch (e) {
      store.rollback();
      store.close();
      throw e;
    }
  }

  /** Replaces the host of a state by a new one; within the store's transaction. */
  static async make(store: Store, plan: HostPlan, family: Family = [], own = false): Promise<StateHost> {
    // What goes is part of the step, too.
    const step = store.history.recording ? store.history.begin(0, [`drywall init ${plan.name}`]) : null;
    const made = new StateHost(store, Session.create(store, { container: false, name: plan.name }), family, own);
    made.#step = step;
    await setUp(plan, made.host, (argv) => made.exec(argv));
    return made;
  }

  /** Starts a command that goes on; null when its words say that it does not. */
  async listen(argv: readonly string[]): Promise<Started | null> {
    const sink: Sink = { out: '', err: '' };
    const running = (await commandNamed(argv[0], this.#family))?.listen?.(callOf(this.host, argv, sink)) ?? null;
    return running && { running, sink };
  }

  get name(): string {
    return this.#session.name;
  }

  /** Milliseconds since the host booted. */
  get now(): number {
    return this.#session.now;
  }

  /** Does the state keep its past? Asked once: who turns it on meanwhile is heard by the next program. */
  get recording(): boolean {
    return (this.#recording ??= this.store.history.recording);
  }

  /** What has happened, for the state's past; commands note themselves. */
  note(text: string): void {
    this.#ran.push(text);
  }

  async exec(argv: readonly string[], o: ExecOptions = {}): Promise<Result> {
    this.#session.tick();
    const before = this.#ran.length;
    if (this.recording) this.note(argv.map(quoted).join(' '));
    try {
      return await execute(this.host, await commandNamed(argv[0].replace(/^.*\//, ''), this.#family), argv, o);
    } catch (e) {
      this.#ran.length = before;
      throw e;
    }
  }

  /** After a commit: begins anew, with what other programs have written meanwhile. */
  async resume(): Promise<void> {
    this.store.begin();
    if (this.store.version !== this.#version) await this.reload();
  }

  /** Reads the state anew, within a transaction that has begun. */
  async reload(): Promise<void> {
    const session = Session.load(this.store);
    if (!session) throw new Error('the state was emptied meanwhile');
    const fresh = await new StateHost(this.store, session, this.#family, this.#own).#attach();
    this.#session = session;
    fresh.files.within = this.files.within;
    this.files = fresh.files;
    this.host = fresh.host;
    this.#changesBefore = fresh.#changesBefore;
    this.#listeners = fresh.#listeners;
    this.#version = fresh.#version;
  }

  commit(): void {
    const step = this.#step ?? (this.recording ? this.store.history.begin(this.#session.now, this.#ran) : null);
    this.#step = null;
    this.#ran = [];
    this.#save();
    if (step !== null && this.#same(step)) this.store.history.drop(step);
    this.store.commit();
  }

  /** Has a step changed nothing but the number of processes? */
  #same(step: number): boolean {
    const { history } = this.store,
      changed = history.changed(step);
    if (changed.some((name) => name !== 'host')) return false;
    const before = history.before(step, 'host'),
      now = this.store.read('host');
    if (typeof before !== 'string' || now === undefined) return changed.length === 0;
    const lasting = (text: string): string => toLine({ ...(fromText(text) as HostRow), pid: 0 });
    return lasting(before) === lasting(now);
  }

  #save(): void {
    this.#session.save();
    for (const l of this.#listeners) {
      if (l.sink.out === '') continue;
      this.store.addOutput(l.id, l.sink.out, l.running.shown);
      l.sink.out = '';
    }
    const changes = toLine(this.files.changes);
    if (changes !== this.#changesBefore) this.store.write('file', changes);
    this.#changesBefore = changes;
  }

  /**
   * Ends without writing. The database is left open for the process's end to close: closing it as the last one would
   * copy the log back into the file, which the next command then has to begin anew.
   */
  abandon(): void {
    this.store.rollback();
  }
}
