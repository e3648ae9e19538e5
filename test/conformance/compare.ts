/** How a recorded text or frame is held against drywall's: ../../shared/cases/README.md says what a recording could not fix. */

/** Values that differ from run to run, rewritten the same way on both sides. */
const SETTLE: readonly (readonly [RegExp, string])[] = [
  [/^# (Generated|Completed|Translated) (?:by|on) .*$/gm, '# $1'],
  [/expires (?:<T\d*>|\d[0-9a-z]*)/g, 'expires TIME'],
  [/"expires": \d+/g, '"expires": "TIME"'],
  [/last used \d[0-9a-z]*/g, 'last used TIME'],
  [/("last": \{"used": )\d+/g, '$1"TIME"'],
  [/by process \d+ \(/g, 'by process PID ('],
  [/last_seen: (?:<T>|\d+) oldest_pkt: (\d+) (?:<T>|\d+(?:, \d+)*)$/gm, 'last_seen: T oldest_pkt: $1 T'],
];

/** Tokens that stand in a recording for any value of a shape. */
const TOKEN_SHAPES: Readonly<Record<string, string>> = {
  ID: '\\d+',
  T: '\\d+',
  PORT: '\\d+',
  P: '\\d+',
  C: '\\d+',
  N: '-?[\\d.]+|0x[0-9a-f]+',
  TIME: '\\S+',
  PID: '\\d+(?: progname=\\S+)?',
  TS: '[^\\]<]+',
  DATE: '[^\\]]+',
  WHEN: '.+?',
};
const TOKEN = new RegExp(`<(${Object.keys(TOKEN_SHAPES).join('|')}|T\\d+)>`, 'g');
const quote = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const settle = (text: string): string => SETTLE.reduce((t, [re, by]) => t.replace(re, by), text);

/** The places where a conntrack line or <flow> shows a remaining time, which may be up to two seconds less than recorded. */
const REMAINING = [/^(?:\s*\[\w+\]\s*)?(?:ipv[46]\s+\d+ )?[a-z][\w-]*\s+\d+ (\d+) /d, /-t (\d+) /d, /<timeout>(\d+)</d, /^(\d+) proto=/d];

function remaining(line: string): { rest: string; seconds: number } | null {
  if (!/src=|-s |<flow|proto=|timeout/.test(line)) return null;
  for (const re of REMAINING) {
    const at = re.exec(line)?.indices?.[1];
    if (at) return { rest: `${line.slice(0, at[0])}#${line.slice(at[1])}`, seconds: Number(line.slice(...at)) };
  }
  return null;
}

function lineMatches(want: string, got: string, late: number): boolean {
  if (want === got) return true;
  let [w, g] = [want, got];
  const [a, b] = [remaining(w), remaining(g)];
  if (a && b && a.seconds + late >= b.seconds && a.seconds - b.seconds <= 2) {
    [w, g] = [a.rest, b.rest];
    if (w === g) return true;
  }
  const rounded: number[] = [];
  let shape = '';
  let from = 0;
  for (const m of w.matchAll(TOKEN)) {
    shape += quote(w.slice(from, m.index));
    const exact = /^T(\d+)$/.exec(m[1]);
    if (exact) rounded.push(Number(exact[1]));
    shape += exact ? '(\\d+)' : TOKEN_SHAPES[m[1]];
    from = m.index + m[0].length;
  }
  if (from === 0) return false;
  const found = new RegExp(`^${shape}${quote(w.slice(from))}$`).exec(g);
  return found !== null && rounded.every((n, i) => Math.ceil(Number(found[i + 1]) / 5) * 5 === n);
}

/** Exact agreement of two texts, line by line; unordered ones as multisets of lines. `late`: seconds that the real tools may have taken on the way. */
export function textMatches(want: string, got: string, unordered = false, late = 0): boolean {
  const w = settle(want).split('\n');
  const g = settle(got).split('\n');
  if (w.length !== g.length) return false;
  if (!unordered) return w.every((line, i) => lineMatches(line, g[i], late));
  return w.every((line) => {
    const at = g.findIndex((x) => lineMatches(line, x, late));
    if (at >= 0) g.splice(at, 1);
    return at >= 0;
  });
}

export interface RecordedFrame {
  readonly dev?: string;
  readonly iface?: string;
  readonly hex?: string;
  readonly frame?: string;
  readonly id_zeroed?: boolean;
  readonly mask?: readonly (readonly [number, number])[];
}

/** Offsets of the IPv4 header and transport checksums of an Ethernet frame, inner ones of ICMP errors included. */
function checksumOffsets(b: Buffer): number[] {
  const PLACE: Readonly<Record<number, number>> = { 1: 2, 6: 16, 17: 6, 33: 6, 58: 2, 136: 6 };
  const at: number[] = [];
  const both = (o: number): void => {
    at.push(o, o + 1);
  };
  const transport = (proto: number, o: number): void => {
    if (PLACE[proto] !== undefined) both(o + PLACE[proto]);
    // SCTP's is one of 32 bits.
    if (proto === 132) at.push(o + 8, o + 9, o + 10, o + 11);
  };
  const type = b.readUInt16BE(12);
  if (type === 0x0800) {
    both(24);
    const l4 = 14 + (b[14] & 15) * 4;
    transport(b[23], l4);
    if (b[23] === 1 && [3, 11, 12].includes(b[l4])) {
      both(l4 + 18);
      transport(b[l4 + 17], l4 + 8 + (b[l4 + 8] & 15) * 4);
    }
  } else if (type === 0x86dd) {
    transport(b[20], 54);
    if (b[20] === 58 && b[54] < 128) transport(b[68], 102);
  }
  return at;
}

function frameMatches(want: RecordedFrame, got: Uint8Array, ethernet: boolean): boolean {
  const w = Buffer.from(want.hex ?? want.frame ?? '', 'hex');
  const g = Buffer.from(got);
  if (w.length !== g.length) return false;
  const skip = new Set<number>();
  const l3 = ethernet ? 14 : 0;
  if (want.id_zeroed) for (const o of [4, 5, 10, 11]) skip.add(l3 + o);
  if (want.mask) {
    for (const [o, n] of want.mask) for (let i = 0; i < n; i++) skip.add(o + i);
    for (const o of checksumOffsets(w)) skip.add(o);
  }
  return w.every((byte, i) => skip.has(i) || byte === g[i]);
}

/** Frames are compared in order for each device; the order between devices is free. */
export function framesMatch(want: readonly RecordedFrame[], got: readonly { readonly iface: string; readonly frame: Uint8Array }[], ethernet: boolean): boolean {
  const devices = new Set([...want.map((f) => f.dev ?? f.iface), ...got.map((f) => f.iface)]);
  return [...devices].every((dev) => {
    const w = want.filter((f) => (f.dev ?? f.iface) === dev);
    const g = got.filter((f) => f.iface === dev);
    return w.length === g.length && w.every((f, i) => frameMatches(f, g[i].frame, ethernet));
  });
}
