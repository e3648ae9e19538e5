import { PacketError } from '../../parsers/packet/index.ts';
import type { Tracer } from '../../kernel/trace/event.ts';
import { serviceOn } from '../../kernel/net/tcp/application.ts';
import { type HostSnapshot, MemoryHost } from '../create.ts';
import { converse, type Protocol } from '../outside/conversation.ts';
import { parseNetwork, type Peer, Peers } from '../outside/peers.ts';
import { conversationInWords, portOf } from '../outside/words.ts';
import { World } from '../outside/world.ts';
import { buildPacket } from '../packet/build.ts';
import { exchange, play } from '../packet/exchange.ts';
import { type PacketReport, Reporter } from '../packet/report.ts';
import { ROUTER, setUp, SINGLE, type HostPlan } from '../plan.ts';
import { type Failure, judge } from './expect.ts';
import { list, seconds } from './format.ts';
import { type PlacedStep, type ReadSuite, SuiteError, type TestCase } from './read.ts';

/** What came of a test. */
export interface Outcome {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly failures: readonly Failure[];
}

/** What a step did, for its expectations. */
export interface StepResult {
  /** Of the last packet that was sent. */
  readonly packet: PacketReport | null;
  /** Did the conversation go through? null: there was none. */
  readonly connected: boolean | null;
  readonly command: { readonly status: number; readonly stdout: string; readonly stderr: string } | null;
  /** Lines of the kernel log since the step began. */
  readonly log: readonly string[];
}

export interface SuiteFiles {
  /** Text of a file beside the suite; undefined: there is none. */
  read(path: string): string | undefined;
  /** Absolute path of a name that the suite gives. */
  resolve(name: string): string;
}

const isRestore = (text: string): boolean => /^(?:\s*(?:#.*)?\n)*\*[a-z]+\s*\n/.test(text);
const isIpset = (text: string): boolean => /^(?:\s*(?:#.*)?\n)*create \S+ \S+:/.test(text);

/** Arguments that load a file on the host; null: it is a script for a shell. */
function loader(path: string, text: string): readonly string[] | null {
  if (path.endsWith('.nft') || /^#!.*\bnft\b/.test(text)) return ['nft', '-f', path];
  if (isRestore(text)) return [/6[^/]*$/.test(path) ? 'ip6tables-restore' : 'iptables-restore', path];
  return isIpset(text) ? ['ipset', 'restore', '-file', path] : null;
}

/** A suite whose host stands: every test begins there. */
export class LoadedSuite {
  readonly suite: ReadSuite;
  readonly base: HostSnapshot;
  readonly #tracer: Tracer | null;

  private constructor(suite: ReadSuite, base: HostSnapshot, tracer: Tracer | null) {
    this.suite = suite;
    this.base = base;
    this.#tracer = tracer;
  }

  /** Makes the host and loads what the suite names. `tracer`: told of all packets of all tests. Throws SuiteError. */
  static async load(suite: ReadSuite, files: SuiteFiles, tracer: Tracer | null = null): Promise<LoadedSuite> {
    const host = new MemoryHost({});
    host.machine.net.nft.origins = new Map();
    host.machine.net.legacy.origins = new Map();
    const plan: HostPlan = suite.host === 'single' ? SINGLE : suite.host === 'router' ? ROUTER : { name: 'suite', ...suite.host };
    try {
      await setUp(plan, host.machine, (argv) => host.exec(argv));
    } catch (e) {
      throw new SuiteError(e instanceof Error ? e.message : String(e), suite.file, suite.at(['host']));
    }
    for (const [path, text] of Object.entries(suite.files)) {
      const own = text.startsWith('@') ? files.read(files.resolve(text.slice(1))) : text;
      if (own === undefined) throw new SuiteError(`no such file: ${text.slice(1)}`, suite.file, suite.at(['files', path]));
      host.files.write(host.files.resolve('/root', path), own);
    }
    for (const [i, name] of list(suite.load).entries()) await LoadedSuite.#loadFile(host, name, files, suite, typeof suite.load === 'string' ? ['load'] : ['load', i]);
    if (suite.run !== undefined) {
      const r = await host.exec(['bash', '-c', suite.run]);
      if (r.status !== 0) throw new SuiteError(`run: status ${r.status}: ${r.stderr.trim()}`, suite.file, suite.at(['run']));
    }
    LoadedSuite.#listen(host, suite);
    return new LoadedSuite(suite, host.snapshot(), tracer);
  }

  static #listen(host: MemoryHost, suite: ReadSuite): void {
    for (const [i, text] of list(suite.listen).entries()) {
      const at = suite.at(typeof suite.listen === 'string' ? ['listen'] : ['listen', i]);
      const m = /^(tcp|udp)\s+(\S+)$/.exec(text.trim());
      if (!m) throw new SuiteError(`wanted tcp or udp and a port: ${text}`, suite.file, at);
      const proto = m[1] === 'tcp' ? 'tcp' : 'udp';
      try {
        const port = portOf(m[2], proto);
        host.machine.net.stack.sockets.listen({ proto, port, address: null, uid: 0, service: proto === 'tcp' ? serviceOn(port) : 'echo', once: false });
      } catch (e) {
        throw new SuiteError(e instanceof Error ? e.message : String(e), suite.file, at);
      }
    }
  }

  static async #loadFile(host: MemoryHost, name: string, files: SuiteFiles, suite: ReadSuite, at: readonly PropertyKey[]): Promise<void> {
    const path = files.resolve(name);
    const text = files.read(path);
    if (text === undefined) throw new SuiteError(`no such file: ${name}`, suite.file, suite.at(at));
    host.files.write(path, text);
    const argv = loader(path, text);
    const cwd = path.slice(0, path.lastIndexOf('/')) || '/';
    const r = argv ? await host.exec(argv, { cwd }) : await host.exec(['bash', '-c', text], { cwd: '/root', origin: { file: path, line: 1 } });
    if (r.status !== 0) throw new SuiteError(`${name}: status ${r.status}: ${r.stderr.trim()}`, suite.file, suite.at(at));
  }

  /** The host at the start of a test. */
  host(): MemoryHost {
    return new MemoryHost({}, this.base);
  }

  /** Plays a test on a host of its own. */
  async play(test: TestCase): Promise<Outcome> {
    const host = this.host();
    const failures: Failure[] = [];
    for (const step of test.steps) {
      const found = await this.#step(host, step);
      failures.push(...found);
      if (found.some((f) => f.ends)) break;
    }
    return { name: test.name, file: this.suite.file, line: test.place.line, failures };
  }

  async #step(host: MemoryHost, step: PlacedStep): Promise<readonly Failure[]> {
    const { net } = host.machine;
    const { line } = step.place;
    const logged = net.log.records().at(-1)?.seq ?? -1;
    let packet: PacketReport | null = null;
    let command: StepResult['command'] = null;
    try {
      for (const text of list(step.send)) packet = sendPacket(host, text, step.in, this.#tracer);
    } catch (e) {
      if (e instanceof PacketError) return [{ line, what: e.render().trimEnd(), ends: true }];
      throw e;
    }
    let connected: boolean | null = null;
    if (step.connect !== undefined) {
      try {
        ({ packet, connected } = this.#connect(host, step.connect, step.by));
      } catch (e) {
        return [{ line, what: `connect: ${e instanceof Error ? e.message : String(e)}`, ends: true }];
      }
    }
    if (step.advance !== undefined) await host.advance(seconds(step.advance));
    if (step.run !== undefined) {
      command = await host.exec(['bash', '-c', step.run]);
      if (!step.expect && command.status !== 0)
        return [{ line, what: `the command failed: ${command.stderr.trim()}`, expected: 'status 0', actual: `status ${command.status}`, ends: true }];
    }
    const log = net.log.records().flatMap((r) => (r.seq > logged ? [r.text] : []));
    return step.expect
      ? await judge(step.expect, { packet, connected, command, log }, host, line)
      : connected === false
        ? [{ line, what: 'connects', expected: 'true', actual: 'false', ...(packet && { packet }) }]
        : [];
  }

  /** Plays a conversation; the packet at which it broke, else its last. */
  #connect(host: MemoryHost, text: string, by: Protocol | undefined): { readonly packet: PacketReport | null; readonly connected: boolean } {
    const { net, files } = host.machine;
    const world = new World(net.stack, new Peers(this.#peers), host.machine.nextPid());
    net.tracer = this.#tracer;
    const played = converse(net, world, conversationInWords(net, text, by));
    net.tracer = null;
    const step = played.broke ?? played.steps.at(-1);
    const reporter = new Reporter(net, (path) => files.read(path));
    const packet = step ? reporter.packet(step.fate, reporter.describe(null, step.packet), { fates: played.steps.map((s) => s.fate), left: [] }) : null;
    return { packet, connected: played.ok };
  }

  get #peers(): Peer[] {
    return Object.entries(this.suite.peers).map(([network, manner]) => {
      const net = parseNetwork(network);
      if (!net) throw new Error(`peers: wanted ADDRESS[/LENGTH]: ${network}`);
      return { ...net, manner, ports: [] };
    });
  }
}

/** Sends one packet, in words, and tells what became of it. */
export function sendPacket(host: MemoryHost, text: string, device: string | undefined, tracer: Tracer | null = null): PacketReport {
  const { net, files } = host.machine;
  if (device !== undefined && !net.stack.deviceByName(device)) throw new PacketError(`no such device: ${device}`, text, { start: 0, end: text.length });
  const built = buildPacket(text, { stack: net.stack, in: device, file: (path) => files.read(path) });
  net.tracer = tracer;
  const x = exchange(net, () => play(net, built));
  net.tracer = null;
  const reporter = new Reporter(net, (path) => files.read(path));
  const about = reporter.describe(built.device, built.frames[0]);
  const fate = x.fates.findLast((f) => f.parent === 0 && (f.origin === 'outside' || f.origin === 'send'));
  if (fate) return reporter.packet(fate, about, x);
  return { packet: about, verdict: 'ignored', decision: null, reason: null, why: 'it did not get in', state: null, left: [], conntrack: null };
}
