import type { RecordedStep } from '../../conformance/play.ts';
import type { Difference } from './batch.ts';
import { parse, PROTO } from './frames.ts';

const NAMES = new Map<number, string>(Object.entries(PROTO).map(([name, n]) => [n, name]));
const FLAGS = 'FSRPAUEC';

/** Payload of a text protocol as text, else nothing. */
function said(data: Buffer): string {
  const text = data.toString('latin1');
  return text.length > 4 && text.replace(/[\x20-\x7e\r\n\t\x01]/g, '').length <= 2 ? ` ${JSON.stringify(text)}` : '';
}

/** An IP packet in words. */
function packetWords(p: Buffer): string {
  const h = parse(p);
  if (!h) return `(short) ${p.toString('hex')}`;
  const t = p.subarray(h.l4);
  const head = `${h.src} > ${h.dst} ${NAMES.get(h.proto) ?? h.proto} len ${p.length} ttl ${p[h.six ? 7 : 8]} tos ${h.six ? ((p[0] & 15) << 4) | (p[1] >> 4) : p[1]}${h.six ? '' : ` id ${p.readUInt16BE(4)} frag ${p.toString('hex', 6, 8)}`}${h.l4 > (h.six ? 40 : 20) ? ` options ${p.toString('hex', h.six ? 40 : 20, h.l4)}` : ''}`;
  if (!h.first || t.length < 8) return `${head} ${t.toString('hex').slice(0, 60)}`;
  if (h.proto === PROTO.tcp && t.length >= 20)
    return `${head} ${t.readUInt16BE(0)} > ${t.readUInt16BE(2)} ${[...FLAGS].filter((_, i) => t[13] & (1 << i)).join('') || '.'} seq ${t.readUInt32BE(4)} ack ${t.readUInt32BE(8)} win ${t.readUInt16BE(14)} sum ${t.toString('hex', 16, 18)} opts ${t.toString('hex', 20, (t[12] >> 4) * 4)} data ${t.length - (t[12] >> 4) * 4}${said(t.subarray((t[12] >> 4) * 4))}`;
  if (([PROTO.icmp, PROTO.icmp6] as number[]).includes(h.proto)) {
    const error = h.six ? t[0] < 128 : [3, 4, 5, 11, 12].includes(t[0]);
    return `${head} type ${t[0]}/${t[1]} sum ${t.toString('hex', 2, 4)} ${t.toString('hex', 4, 8)}${error ? ` [${packetWords(Buffer.from(t.subarray(8)))}]` : ''}`;
  }
  if (([PROTO.udp, PROTO.udplite, PROTO.sctp] as number[]).includes(h.proto))
    return `${head} ${t.readUInt16BE(0)} > ${t.readUInt16BE(2)} ${t.toString('hex', 4, 28)}${said(t.subarray(8))}`;
  return `${head} ${t.toString('hex').slice(0, 60)}`;
}

export function frameWords(hex: string): string {
  const f = Buffer.from(hex, 'hex');
  const type = f.readUInt16BE(12);
  const link = `${f.toString('hex', 6, 12)} > ${f.toString('hex', 0, 6)}`;
  return type === 0x0800 || type === 0x86dd ? `${link} ${packetWords(Buffer.from(f.subarray(14)))}` : `${link} type ${type.toString(16)} ${f.toString('hex', 14, 60)}`;
}

function stepWords(s: RecordedStep): string {
  if (s.argv) return `$ ${s.argv.join(' ')}${s.stdin ? ` <<.\n${s.stdin.replace(/^/gm, '    ')}` : ''}`;
  if (s.inject) return `-> ${s.inject.iface} ${frameWords(s.inject.frame)}`;
  if (s.local) return `-> local ${packetWords(Buffer.from(s.local.packet, 'hex'))}`;
  return `wait ${s.wait}`;
}

interface Sides {
  readonly head: string;
  readonly real: readonly string[];
  readonly drywall: readonly string[];
}

/** Of two texts only the lines that the other has not. */
function sides(why: string): Sides | null {
  const m = /^([\s\S]*?)\n--- real\n([\s\S]*)\n--- drywall\n([\s\S]*)$/.exec(why);
  if (!m) return null;
  const lines = (t: string): string[] => t.split('\n').filter((l) => l !== '' && !/^# (Generated|Completed)/.test(l));
  const [real, ours] = [lines(m[2]), lines(m[3])];
  const without = (a: readonly string[], b: readonly string[]): string[] => {
    const left = [...b];
    return a.filter((l) => !left.includes(l) || !left.splice(left.indexOf(l), 1));
  };
  return { head: m[1], real: without(real, ours), drywall: without(ours, real) };
}

const FRAME = /^(\S+) ([0-9a-f]{28,})$/;

/** Frames in words. */
function lineDifferences(why: string): string {
  const s = sides(why);
  if (!s) return why;
  const word = (l: string): string => {
    const f = FRAME.exec(l);
    return f ? `${f[1]} ${frameWords(f[2])}` : l;
  };
  return [s.head, ...s.real.map((l) => `  real    ${word(l)}`), ...s.drywall.map((l) => `  drywall ${word(l)}`)].join('\n');
}

/**
 * What a difference is like, apart from places and numbers: of frames which protocols one side has and the other has not, of a
 * text its first line that differs. What is made smaller must stay of one kind, or it drifts to another difference.
 */
export function kindOf(why: string): string {
  const s = sides(why);
  if (!s) return why.split('\n', 1)[0];
  const like = (l: string): string => {
    const f = FRAME.exec(l);
    if (!f) return l.replace(/[0-9a-f]*[0-9][0-9a-f.:]*/g, '#');
    const b = Buffer.from(f[2], 'hex');
    const h = parse(Buffer.from(b.subarray(14)));
    return h ? `${h.proto} ${h.first && (h.proto === PROTO.icmp || h.proto === PROTO.icmp6) ? b[14 + h.l4] : ''}` : b.toString('hex', 12, 14);
  };
  const all = (l: readonly string[]): string => (l.some((x) => FRAME.test(x)) ? [...new Set(l.map(like))].sort().join(', ') : l.length ? like(l[0]) : '');
  return [s.head.replace(/^step \d+/, ''), all(s.real), all(s.drywall)].join('\n');
}

/** A difference as a person reads it: the scenario up to the step, and what differs there. */
export function describe(d: Difference): string {
  const setup = d.recorded.setup ?? [];
  const at = /^step (\d+)/.exec(d.why)?.[1];
  const steps = [...setup, ...d.recorded.steps].slice(0, at === undefined ? undefined : Number(at) + 1);
  return [`✗ ${d.recorded.id}`, ...steps.map(stepWords), lineDifferences(d.why), ''].join('\n');
}
