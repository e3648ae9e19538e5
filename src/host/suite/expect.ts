import type { MemoryHost } from '../create.ts';
import { ACCEPTED } from '../packet/fate.ts';
import type { PacketReport } from '../packet/report.ts';
import { ruleRows } from './rules.ts';
import { type ExpectSpec, list } from './format.ts';
import type { StepResult } from './play.ts';

/** One expectation that did not hold. */
export interface Failure {
  /** Line of the suite. */
  readonly line: number;
  readonly what: string;
  readonly expected?: string;
  readonly actual?: string;
  /** What happened to the packet, for people. */
  readonly packet?: PacketReport;
  /** The steps after it have no ground to stand on. */
  readonly ends?: true;
}

/** Do the words stand in the text in this order? A word may hold `*` for anything. */
export function hasWords(text: string, words: string): boolean {
  const have = text.split(/\s+/);
  let at = 0;
  return words
    .trim()
    .split(/\s+/)
    .every((w) => {
      const pattern = new RegExp(`^${w.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
      const i = have.findIndex((h, k) => k >= at && pattern.test(h));
      at = i + 1;
      return i >= 0;
    });
}

const printed = (expected: string, actual: string): boolean => {
  const m = /^\/(.*)\/$/s.exec(expected.trim());
  return m ? new RegExp(m[1], 'm').test(actual) : expected.trimEnd() === actual.trimEnd();
};

const HELD: Readonly<Record<string, (v: PacketReport['verdict']) => boolean>> = {
  accept: (v) => ACCEPTED.has(v),
  drop: (v) => v === 'dropped',
  reject: (v) => v === 'rejected',
};

/** What of an expectation does not hold. */
export async function judge(e: ExpectSpec, r: StepResult, host: MemoryHost, line: number): Promise<Failure[]> {
  const out: Failure[] = [];
  const fail = (what: string, expected: string, actual: string): void => {
    out.push({ line, what, expected, actual, ...(r.packet && { packet: r.packet }) });
  };
  const p = r.packet;
  const about = { verdict: e.verdict, rule: e.rule, chain: e.chain, state: e.state, reason: e.reason, left: e.left };
  if (p) judgePacket(e, p, fail);
  else for (const [key, value] of Object.entries(about)) if (value !== undefined) fail(key, String(value), 'no packet was sent in this step');
  if (e.connects !== undefined && r.connected !== e.connects) fail('connects', String(e.connects), r.connected === null ? 'no conversation in this step' : String(r.connected));
  if (e.connects === undefined && r.connected === false) fail('connects', 'true', 'false');
  if (e.conntrack !== undefined) judgeLines('conntrack', list(e.conntrack), (await host.exec(['conntrack', '-L'])).stdout.split('\n').slice(0, -1), fail);
  if (e.log !== undefined) judgeLines('log', list(e.log), r.log, fail);
  if (e.counters) judgeCounters(e.counters, host, fail);
  judgeCommand(e, r.command, fail);
  return out;
}

type Fail = (what: string, expected: string, actual: string) => void;

function judgePacket(e: ExpectSpec, p: PacketReport, fail: Fail): void {
  if (e.verdict !== undefined && !(HELD[e.verdict] ?? ((v) => v === e.verdict))(p.verdict)) fail('verdict', e.verdict, p.verdict);
  const text = p.decision?.text ?? 'no rule';
  if (e.rule !== undefined && !text.includes(e.rule)) fail('rule', e.rule, text);
  if (e.chain !== undefined && p.decision?.chain !== e.chain) fail('chain', e.chain, p.decision?.chain ?? 'no rule');
  if (e.state !== undefined && p.state !== e.state) fail('state', e.state, p.state ?? 'not tracked');
  if (e.reason !== undefined && !(p.reason ?? '').includes(e.reason)) fail('reason', e.reason, p.reason ?? 'none');
  if (e.left === undefined) return;
  const want = list(e.left);
  const have = p.left.map((l) => `${l.device} ${l.packet}`);
  if (want.length !== have.length || !want.every((w, i) => hasWords(have[i], w))) fail('left', want.join('\n') || 'nothing', have.join('\n') || 'nothing');
}

/** Each must be on a line; none at all means that there are no lines. */
function judgeLines(what: string, want: readonly string[], have: readonly string[], fail: Fail): void {
  if (want.length === 0 ? have.length > 0 : !want.every((w) => have.some((h) => hasWords(h, w)))) fail(what, want.join('\n') || 'nothing', have.join('\n') || 'nothing');
}

function judgeCounters(want: NonNullable<ExpectSpec['counters']>, host: MemoryHost, fail: Fail): void {
  const rows = ruleRows(host.machine);
  for (const [text, value] of Object.entries(want)) {
    const found = rows.filter((r) => r.text.includes(text));
    const [row] = found;
    if (found.length !== 1 || !row.counter) {
      fail(
        `counters of ${text}`,
        'one rule that counts',
        found.length === 0 ? 'no such rule' : found.length > 1 ? `${found.length} rules: ${found.map((r) => r.text).join('; ')}` : 'it has no counter',
      );
      continue;
    }
    const { packets, bytes } = typeof value === 'number' ? { packets: value, bytes: undefined } : value;
    if (packets !== undefined && row.counter.packets !== BigInt(packets)) fail(`packets of ${text}`, String(packets), String(row.counter.packets));
    if (bytes !== undefined && row.counter.bytes !== BigInt(bytes)) fail(`bytes of ${text}`, String(bytes), String(row.counter.bytes));
  }
}

function judgeCommand(e: ExpectSpec, c: StepResult['command'], fail: Fail): void {
  if (!c) {
    for (const key of ['status', 'stdout', 'stderr'] as const) if (e[key] !== undefined) fail(key, String(e[key]), 'no command was run in this step');
    return;
  }
  if (e.status !== undefined && c.status !== e.status) fail('status', String(e.status), `${c.status}${c.stderr ? `: ${c.stderr.trim()}` : ''}`);
  if (e.status === undefined && e.stderr === undefined && c.status !== 0) fail('status', '0', `${c.status}: ${c.stderr.trim()}`);
  if (e.stdout !== undefined && !printed(e.stdout, c.stdout)) fail('stdout', e.stdout, c.stdout);
  if (e.stderr !== undefined && !printed(e.stderr, c.stderr)) fail('stderr', e.stderr, c.stderr);
}
