import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'vitest';
import type { z } from 'zod';
import type { Result } from './host/execute.ts';
import type { PacketReport } from './host/packet/report.ts';
import { judge, hasWords } from './host/suite/expect.ts';
import { type ExpectSpec, seconds, Suite } from './host/suite/format.ts';
import { LoadedSuite, sendPacket } from './host/suite/play.ts';
import type { MemoryHost } from './host/create.ts';

/** What a firewall is made of: as in a suite file (`drywall test`), without its tests. Names are relative to the working directory. */
export type FirewallOptions = Omit<z.input<typeof Suite>, 'tests' | '$schema'>;

/** A simulated host with its rules, for one test. */
export class Firewall {
  readonly #host: MemoryHost;

  private constructor(host: MemoryHost) {
    this.#host = host;
  }

  /** Makes the host and loads its rules. Throws with the tools' own words when they refuse. */
  static async load(options: FirewallOptions): Promise<Firewall> {
    const spec = Suite.parse({ ...options, tests: [{ run: 'true' }] });
    const place = { line: 1, column: 1 };
    const files = { resolve: (name: string) => resolve(name), read: (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined) };
    return new Firewall((await LoadedSuite.load({ ...spec, file: 'firewall', cases: [], at: () => place }, files)).host());
  }

  /** Sends a packet in words; `in`: the device on which it arrives, else the host sends it. */
  send(packet: string, o: { readonly in?: string } = {}): PacketReport {
    return sendPacket(this.#host, packet, o.in);
  }

  /** Runs shell commands on the host. */
  run(commands: string): Promise<Result> {
    return this.#host.exec(['bash', '-c', commands]);
  }

  /** Moves the host's clock: seconds, or `30s`, `5m`, `1h`. */
  async advance(time: number | string): Promise<void> {
    await this.#host.advance(seconds(time));
  }

  /** What of an expectation, as suite files write them, does not hold of the host now. */
  async missing(e: Pick<ExpectSpec, 'conntrack' | 'counters'>): Promise<readonly string[]> {
    const found = await judge(e, { packet: null, connected: null, command: null, log: [] }, this.#host, 0);
    return found.map((f) => `${f.what}: wanted ${f.expected}, got ${f.actual}`);
  }
}

/** A host with a firewall. */
export const firewall = (options: FirewallOptions): Promise<Firewall> => Firewall.load(options);

const told = (p: PacketReport): string =>
  `${p.packet}\n${p.verdict}${p.decision ? ` by ${p.decision.text} (${p.decision.table} ${p.decision.chain})` : p.reason ? `: ${p.reason}` : ''}`;
const verdict = (name: string, of: readonly PacketReport['verdict'][]) => (p: PacketReport) => ({
  pass: of.includes(p.verdict),
  message: () => `expected the packet to be ${name}, and this became of it:\n${told(p)}`,
});

expect.extend({
  toBeAccepted: verdict('accepted', ['forwarded', 'sent', 'delivered']),
  toBeDropped: verdict('dropped', ['dropped']),
  toBeRejected: verdict('rejected', ['rejected']),
  toBeDecidedBy: (p: PacketReport, text: string) => ({
    pass: p.decision?.text.includes(text) === true,
    message: () => `expected the decision of a rule with ${JSON.stringify(text)}, and this became of it:\n${told(p)}`,
  }),
  toHaveState: (p: PacketReport, state: string) => ({ pass: p.state === state, message: () => `expected the state ${state}, got ${p.state ?? 'none'}:\n${told(p)}` }),
  toLeave: (p: PacketReport, words: string) => ({
    pass: p.left.some((l) => hasWords(`${l.device} ${l.packet}`, words)),
    message: () => `expected ${JSON.stringify(words)} to leave:\n${p.left.map((l) => `${l.device} ${l.packet}`).join('\n') || 'nothing left'}`,
  }),
});

interface PacketMatchers<R> {
  /** Forwarded, sent or delivered. */
  toBeAccepted(): R;
  toBeDropped(): R;
  toBeRejected(): R;
  /** By a rule or policy whose text has this. */
  toBeDecidedBy(text: string): R;
  toHaveState(state: 'new' | 'established' | 'related' | 'invalid' | 'untracked'): R;
  /** A device and words of what left, in order; `*` for anything. */
  toLeave(words: string): R;
}

declare module 'vitest' {
  interface Matchers<T> extends PacketMatchers<T> {}
}
