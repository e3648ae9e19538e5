import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Patch } from '../../conformance/patch.ts';
import { patchFrame } from '../../conformance/patch.ts';
import { NEIGHBOURS, NETS } from '../../conformance/topology.ts';
import { askedRoot } from '../real.ts';
import type { Scenario, Step } from './scenario.ts';

/** A frame the router emitted: device and bytes in hex. */
export type Out = readonly [iface: string, frame: string];

/** What the kernel did at one step. */
export interface Answer {
  readonly out: readonly Out[];
  readonly status?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly error?: string | null;
  readonly failed?: string;
  /** The frame never reached the router. */
  readonly refused?: boolean;
}

/** Written before the devices exist, so that they inherit conf/default (shared/cases/packets/README.md, Topology). */
const SYSCTLS: readonly (readonly [string, number])[] = [
  ...['all', 'default'].flatMap((d): (readonly [string, number])[] => [
    [`net/ipv4/conf/${d}/rp_filter`, 0],
    [`net/ipv4/conf/${d}/send_redirects`, 0],
    [`net/ipv4/conf/${d}/accept_redirects`, 0],
    [`net/ipv6/conf/${d}/accept_dad`, 0],
  ]),
  ['net/ipv4/ip_forward', 1],
  ['net/ipv6/conf/all/forwarding', 1],
  ['net/ipv6/conf/default/dad_transmits', 0],
  ['net/ipv6/conf/default/router_solicitations', 0],
  ['net/ipv6/conf/default/accept_ra', 0],
  ['net/ipv6/conf/default/mldv1_unsolicited_report_interval', 1],
  ['net/ipv6/conf/default/mldv2_unsolicited_report_interval', 1],
  ['net/ipv6/auto_flowlabels', 0],
  ['net/ipv4/icmp_ratelimit', 0],
  ['net/ipv4/icmp_ratemask', 0],
  ['net/ipv6/icmp/ratelimit', 0],
];

function ipBatches(): readonly (readonly [string, string])[] {
  const near = (six: boolean): string[] =>
    NEIGHBOURS.flatMap(([dev, mac, ...addresses]) => addresses.filter((a) => a.includes(':') === six).map((a) => `neigh replace ${a} lladdr ${mac} dev ${dev} nud permanent`));
  const four = NETS.flatMap((n) => [`link set ${n.dev} up`, `addr add ${n.v4} dev ${n.dev}`]);
  const six = NETS.map((n) => `addr add ${n.v6} dev ${n.dev} nodad`);
  return [
    ['-4', [...four, 'route add default via 10.0.0.254', ...near(false), ''].join('\n')],
    ['-6', [...six, 'route add default via fd00:a::fe', ...near(true), ''].join('\n')],
  ];
}

const FRESH = JSON.stringify({ op: 'fresh', links: NETS.map((n) => [n.dev, n.mac, `p${n.dev.slice(3)}`]), sysctl: SYSCTLS, ip: ipBatches() });

/** The real kernel, asked step by step: one worker process, one scenario at a time. */
export class Kernel {
  readonly #worker: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #waiting: ((line: string) => void)[] = [];
  #errors = '';

  constructor(cpu: number) {
    this.#worker = spawn('python3', [join(import.meta.dirname, 'worker.py'), askedRoot, String(cpu)]);
    this.#worker.stderr.on('data', (b: Buffer) => {
      this.#errors += b.toString();
    });
    this.#lines = createInterface(this.#worker.stdout);
    this.#lines.on('line', (line) => this.#waiting.shift()?.(line));
    this.#worker.on('exit', () => {
      for (const w of this.#waiting.splice(0)) w(JSON.stringify({ failed: `the worker died: ${this.#errors}` }));
    });
  }

  #ask(request: string): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.push((line) => resolve(JSON.parse(line)));
      this.#worker.stdin.write(`${request}\n`);
    });
  }

  /** Plays a scenario on a fresh router; the answers of the set-up and of the steps, in order. */
  async play(s: Scenario): Promise<Answer[]> {
    let fresh = await this.#ask(FRESH);
    if (fresh.failed) fresh = await this.#ask(FRESH);
    if (fresh.failed) throw new Error(fresh.failed);
    const answers: Answer[] = [];
    for (const c of s.setup) answers.push(await this.#step(c, []));
    const outs: Uint8Array[][] = [];
    for (const step of s.steps) {
      const a = await this.#step(step, outs);
      outs.push(a.out?.map(([, frame]) => Uint8Array.from(Buffer.from(frame, 'hex'))) ?? []);
      answers.push(a);
    }
    const failed = answers.find((a) => a.failed);
    if (failed) throw new Error(failed.failed);
    return answers.map((a) => ({ ...a, out: a.out.filter(([, frame]) => !isListenerReport(frame)) }));
  }

  #step(s: Step, outs: readonly (readonly Uint8Array[])[]): Promise<Answer> {
    if ('argv' in s) return this.#ask(JSON.stringify({ op: 'run', argv: s.argv, stdin: s.stdin }));
    if ('wait' in s) return this.#ask(JSON.stringify({ op: 'wait', seconds: s.wait }));
    if ('local' in s) return this.#ask(JSON.stringify({ op: 'local', packet: s.local.packet }));
    return this.#ask(JSON.stringify({ op: 'inject', iface: s.inject.iface, frame: patched(s.inject.frame, s.patch, outs) }));
  }

  close(): void {
    this.#worker.stdin.end();
    this.#lines.close();
  }
}

function patched(frame: string, patch: readonly Patch[] | undefined, outs: readonly (readonly Uint8Array[])[]): string {
  if (!patch || patch.some((p) => !outs[p.from[0]]?.[p.from[1]])) return frame;
  return Buffer.from(patchFrame(frame, patch, outs)).toString('hex');
}

/** MLD reports come when a device is told, not because of a step: ICMPv6 143 after a hop-by-hop header. */
export const isListenerReport = (frame: string): boolean => frame.slice(24, 28) === '86dd' && frame.slice(40, 42) === '00' && frame.slice(124, 126) === '8f';
