import type { RecordedFrame } from '../../conformance/compare.ts';
import type { RecordedCase, RecordedStep } from '../../conformance/play.ts';
import { checksum, parse, PROTO } from './frames.ts';
import type { Answer } from './kernel.ts';
import { renumber, type Scenario, type Step } from './scenario.ts';

/**
 * Makes what the kernel did into a recorded case of shared/cases/packets: what it picks at random is zeroed and named in a
 * mask, remaining times are rounded up to 5 s, what a hash orders is marked unordered.
 */
export function record(s: Scenario, answers: readonly Answer[]): RecordedCase & Scenario {
  const known = new Known(s);
  const played = [...s.setup, ...s.steps].map((step, i) => (answers[i].refused ? null : recordStep(step, answers[i], s, known)));
  const there = (r: RecordedStep | null): r is RecordedStep => r !== null;
  const steps = played.slice(s.setup.length).flatMap((step, k) => (step ? [{ step: step as Step, k }] : []));
  return { ...s, setup: played.slice(0, s.setup.length).filter(there), steps: renumber(steps) ?? [] } as RecordedCase & Scenario;
}

/** The identifications and ports that the scenario itself names: anything else the kernel chose. */
class Known {
  readonly ids = new Set<number>([0]);
  readonly fragmentIds = new Set<string>();
  readonly ports = new Set<number>();
  readonly randomPorts = new Set<number>();
  /** Its rules may make the kernel choose a port, which shows in no frame where the packet goes nowhere. */
  readonly translates: boolean;

  constructor(s: Scenario) {
    for (const step of s.steps) {
      const packet = 'inject' in step ? Buffer.from(step.inject.frame, 'hex').subarray(14) : 'local' in step ? Buffer.from(step.local.packet, 'hex') : null;
      if (!packet) continue;
      if (packet.length >= 20 && packet[0] >> 4 === 4) this.ids.add(packet.readUInt16BE(4));
      else if (packet.length >= 48 && packet[6] === PROTO.fragment) this.fragmentIds.add(packet.toString('hex', 44, 48));
      for (const [, port] of portsOf(packet, 0)) this.ports.add(port);
    }
    this.translates = s.normalise?.random_ports === true && /SNAT|MASQUERADE|snat|masquerade|random/.test(JSON.stringify([s.setup, s.steps.filter((x) => 'argv' in x)]));
    // Of a range of source ports the kernel takes any, the ends too.
    const rules = JSON.stringify(s.setup).replace(/((?:SNAT|MASQUERADE|snat|masquerade)[^\\]*?)\b\d+-\d+\b/g, '$1');
    for (const m of rules.matchAll(/\b\d{1,5}\b/g)) this.ports.add(Number(m[0]));
  }
}

/** [offset, value] of every port or echo identifier of a packet, those inside ICMP errors too. */
export function portsOf(p: Buffer, base: number): [number, number][] {
  const h = parse(p);
  if (!h?.first || h.l4 + 8 > p.length) return [];
  const type = p[h.l4];
  const at = (n: number): [number, number] => [base + h.l4 + n, p.readUInt16BE(h.l4 + n)];
  if (([PROTO.tcp, PROTO.udp, PROTO.sctp, PROTO.udplite] as number[]).includes(h.proto)) return [at(0), at(2)];
  const six = h.proto === PROTO.icmp6;
  if (!six && h.proto !== PROTO.icmp) return [];
  if ((six ? [128, 129] : [0, 8, 13, 14, 15, 16, 17, 18]).includes(type)) return [at(4)];
  return (six ? [1, 2, 3, 4] : [3, 4, 5, 11, 12]).includes(type) ? portsOf(p.subarray(h.l4 + 8), base + h.l4 + 8) : [];
}

/** Offsets of the times that IPv4 headers of a frame tell in their timestamp options, the header that an error quotes included. */
function* timesOf(f: Buffer, at: number): Generator<number> {
  if (at + 20 > f.length || f[at] >> 4 !== 4) return;
  const end = Math.min(f.length, at + (f[at] & 15) * 4);
  for (let i = at + 20; i < end && f[i] !== 0; i += f[i] === 1 ? 1 : Math.max(2, f[i + 1])) {
    if (f[i] !== 68) continue;
    const step = f[i + 3] & 15 ? 8 : 4;
    for (let k = i + 4; k + step <= Math.min(end, i + f[i + 2] - 1); k += step) yield k + step - 4;
  }
  if (f[at + 9] === PROTO.icmp && [3, 11, 12].includes(f[end])) yield* timesOf(f, end + 8);
}

const SUMS = new Map<number, number>([
  [PROTO.tcp, 16],
  [PROTO.udp, 6],
  [PROTO.udplite, 6],
  [PROTO.icmp6, 2],
]);

/** Where the fragment header of an IPv6 packet is. */
function fragmentHeader(p: Buffer): number | null {
  let [next, at] = [p[6], 40];
  while (at + 8 <= p.length) {
    if (next === PROTO.fragment) return at;
    if (!([PROTO.hopopts, PROTO.routing, PROTO.dstopts] as number[]).includes(next)) return null;
    next = p[at];
    at += (p[at + 1] + 1) * 8;
  }
  return null;
}

/** Offsets of what SYNPROXY chooses in a segment, or in one that an error quotes: its numbers and the times it tells. */
function* cookiesOf(p: Buffer, base: number): Generator<number> {
  const h = parse(p);
  if (!h?.first) return;
  if (h.proto === PROTO.tcp && h.l4 + 12 <= p.length) {
    for (const o of [4, 8]) if (p.readUInt32BE(h.l4 + o) >= 1 << 24) yield base + h.l4 + o;
    const end = Math.min(p.length, h.l4 + (p[h.l4 + 12] >> 4) * 4);
    for (let i = h.l4 + 20; i < end && p[i] !== 0; i += p[i] === 1 ? 1 : Math.max(2, p[i + 1]))
      if (p[i] === 8) for (const k of [i + 2, i + 6]) if (k + 4 <= end && p.readUInt32BE(k) > 100_000) yield base + k;
  }
  if ((h.proto === PROTO.icmp && [3, 11, 12].includes(p[h.l4])) || (h.proto === PROTO.icmp6 && p[h.l4] < 128)) yield* cookiesOf(p.subarray(h.l4 + 8), base + h.l4 + 8);
}

function recordFrame(hex: string, s: Scenario, known: Known): RecordedFrame {
  const f = Buffer.from(hex, 'hex');
  const mask: [number, number][] = [];
  const hide = (at: number, n: number): void => {
    mask.push([at, n]);
    f.fill(0, at, at + n);
  };
  const type = f.readUInt16BE(12);
  const p = Buffer.from(f.subarray(14));
  if (type !== 0x0800 && type !== 0x86dd) return { frame: hex };
  if (type === 0x0800 && p.length >= 20 && !known.ids.has(p.readUInt16BE(4))) {
    hide(18, 2);
    f.writeUInt16BE(0, 24);
    f.writeUInt16BE(checksum(f.subarray(14, 14 + (f[14] & 15) * 4)), 24);
  }
  if (type === 0x0800) for (const at of timesOf(f, 14)) if (f.readUInt32BE(at) > 1000) hide(at, 4);
  const frag = type === 0x86dd ? fragmentHeader(p) : null;
  if (frag !== null && !known.fragmentIds.has(p.toString('hex', frag + 4, frag + 8))) hide(14 + frag + 4, 4);
  if (s.normalise?.random_ports)
    for (const [at, port] of portsOf(p, 14))
      if (!known.ports.has(port)) {
        known.randomPorts.add(port);
        hide(at, 2);
      }
  if (s.normalise?.random_isn) for (const at of cookiesOf(p, 14)) hide(at, 4);
  const h = parse(p);
  // The time of day is the host's own.
  if (h?.proto === PROTO.icmp && h.first && p[h.l4] === 14 && p.length >= h.l4 + 20) {
    hide(14 + h.l4 + 2, 2);
    hide(14 + h.l4 + 12, 8);
  }
  // The comparison knows where sums are behind a header of the usual length only.
  const sum = h ? SUMS.get(h.proto) : undefined;
  if (mask.length && h?.six && h.first && h.l4 > 40 && sum !== undefined && h.l4 + sum + 2 <= p.length) hide(14 + h.l4 + sum, 2);
  return mask.length ? { frame: f.toString('hex'), mask } : { frame: hex };
}

function recordStep(step: Step, a: Answer, s: Scenario, known: Known): RecordedStep {
  const out = a.out.map(([iface, frame]) => ({ iface, ...recordFrame(frame, s, known) }));
  // The real nft says of some extensions that the kernel has not got them; whose options a listing shows is another test's.
  const stderr = a.stderr?.replace(/^Warning: Extension \S+ is not supported, missing kernel module\?\n/gm, '');
  if ('argv' in step) return { ...step, status: a.status, stderr, ...recordText(step.argv, a.stdout ?? '', known) };
  if ('wait' in step) return out.length ? { ...step, out } : step;
  return a.error ? { ...step, out, error: a.error } : { ...step, out };
}

const up5 = (seconds: number): string => `<T${Math.ceil(seconds / 5) * 5}>`;
const sorted = (text: string): string => {
  const lines = text.split('\n').filter((l) => l !== '');
  return lines.length ? `${lines.sort().join('\n')}\n` : '';
};
const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 };
const duration = (text: string): number => [...text.matchAll(/(\d+)(ms|[dhms])/g)].reduce((n, m) => n + Number(m[1]) * SECONDS[m[2]], 0);

/** Text of a tool with what ticks made equal between runs. */
function recordText(argv: readonly string[], raw: string, known: Known): { readonly stdout: string; readonly unordered?: boolean } {
  const command = argv.join(' ');
  let text = raw.replace(/\bexpires ((?:\d+(?:ms|[dhms]))+)/g, (_, d: string) => `expires ${up5(duration(d))}`).replace(/^(# (?:Generated by|Completed).*? on ).*$/gm, '$1<DATE>');
  if (argv[0] === 'conntrack' || command.includes('nf_conntrack')) {
    text = text
      .replace(/^(\s*(?:ipv[46]\s+\d+\s+)?[a-z]\S*\s+\d+\s+)(\d+)(?=\s)/gm, (_, before: string, t: string) => before + up5(Number(t)))
      .replace(/^(\d+)(?= (?:l3proto = \d+ )?proto=)/gm, (t) => up5(Number(t)));
    text = text.replace(/\bdelta-time=\d+/g, 'delta-time=<N>');
    const random = (port: number): boolean => known.randomPorts.has(port) || (known.translates && !known.ports.has(port));
    text = text.replace(/\b((?:sport|dport|id|srckey|dstkey)=)(\d+)/g, (m, name: string, port: string) => (random(Number(port)) ? `${name}<P>` : m));
    return text.split('\n').length > 2 ? { stdout: sorted(text), unordered: true } : { stdout: text };
  }
  if (argv[0] === 'ipset') {
    text = text
      .replace(/\btimeout (\d+)(?=$|\n| (?:packets|comment|skb))/g, (_, t: string) => `timeout ${Number(t) ? up5(Number(t)) : 0}`)
      .replace(/^Size in memory: \d+$/gm, 'Size in memory: <N>')
      .replace(/\binitval 0x[0-9a-f]+/g, 'initval <N>');
    return { stdout: text, unordered: true };
  }
  if (command.includes('xt_recent')) return { stdout: sorted(text.replace(/last_seen: \d+ oldest_pkt: (\d+) [\d, ]+/g, 'last_seen: <T> oldest_pkt: $1 <T>')), unordered: true };
  if (command.includes('_hashlimit')) return { stdout: sorted(text.replace(/^\d+ (\S+) \d+ (\d+) (\d+)/gm, '<T> $1 <C> $2 $3')), unordered: true };
  return { stdout: text };
}
