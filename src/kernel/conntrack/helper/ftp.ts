import { CTINFO } from '../../net/skb.ts';
import type { Skb } from '../../net/skb.ts';
import { u32 } from '../../net/wire/bytes.ts';
import type { Netns } from '../../netns.ts';
import { mangleTcp } from '../../nat/mangle.ts';
import { IPS_NAT_MASK } from '../entry.ts';
import type { Conntrack, Dir } from '../entry.ts';
import type { Helper } from '../helper-definition.ts';
import { dirOf } from '../protocol.ts';
import { sameBytes } from '../tuple.ts';
import { expect, expectation, expectPort } from './_expect.ts';
import { bytesOf, latin1 } from './_text.ts';
import { ptonV6 } from '../../xt/address.ts';

/** struct nf_ct_ftp_master */
interface FtpData {
  readonly afterNewline: [number[], number[]];
  readonly pickup: [boolean, boolean];
}
interface Command {
  readonly addr: Uint8Array | null;
  readonly port: number;
  readonly len: number;
  readonly skipped: number;
}
type Kind = 'PORT' | 'EPRT' | 'PASV' | 'EPSV';

interface Pattern {
  readonly text: string;
  readonly skip: string;
  readonly kind: Kind;
  read(data: string, l3num: number): Command | null;
}

/** try_number: so many numbers with a separator between, up to the terminator. */
function numbers(data: string, count: number, sep: string, term: string): { values: number[]; len: number } | null {
  const values = new Array<number>(count).fill(0);
  for (let i = 0, len = 0; len < data.length && i < count; len++) {
    const ch = data[len];
    if (ch >= '0' && ch <= '9') values[i] = values[i] * 10 + Number(ch);
    else if (ch === sep) i++;
    else return (ch === term || term === '') && i === count - 1 ? { values, len } : null;
  }
  return null;
}

function rfc959(data: string, term: string, skipped = 0): Command | null {
  const n = numbers(data, 6, ',', term);
  if (!n) return null;
  const v = n.values.map((x) => x & 0xffffffff);
  return { addr: Uint8Array.from(v.slice(0, 4), (x) => x & 255), port: ((v[4] << 8) | v[5]) & 0xffff, len: n.len, skipped };
}

function rfc1123(data: string): Command | null {
  const i = data.search(/[0-9]/);
  return i < 0 ? null : rfc959(data.slice(i), '', i);
}

/** get_port */
function portUntil(data: string, start: number, delim: string): { port: number; end: number } | null {
  let port = 0;
  for (let i = start; i < data.length; i++) {
    if (data[i] === delim) return port === 0 ? null : { port: port & 0xffff, end: i + 1 };
    if (data[i] < '0' || data[i] > '9') return null;
    port = port * 10 + Number(data[i]);
  }
  return null;
}

const badDelimiter = (d: string): boolean => (d >= '0' && d <= '9') || d.charCodeAt(0) < 33 || d.charCodeAt(0) > 126;

function eprt(data: string, l3num: number): Command | null {
  if (data.length <= 3) return null;
  const delim = data[0];
  if (badDelimiter(delim) || data[2] !== delim || data[1] !== (l3num === 2 ? '1' : '2')) return null;
  let addr: Uint8Array | null, length: number;
  if (l3num === 2) {
    const n = numbers(data.slice(3), 4, '.', delim);
    if (!n) return null;
    addr = Uint8Array.from(n.values, (x) => x & 255);
    length = n.len;
  } else {
    length = data.slice(3).indexOf(delim);
    addr = length > 0 ? ptonV6(data.slice(3, 3 + length)) : null;
    if (!addr) return null;
  }
  const p = portUntil(data, 3 + length + 1, delim);
  return p && { addr, port: p.port, len: p.end, skipped: 0 };
}

function epsv(data: string): Command | null {
  if (data.length <= 3) return null;
  const delim = data[0];
  if (badDelimiter(delim) || data[1] !== delim || data[2] !== delim) return null;
  const p = portUntil(data, 3, delim);
  return p && { addr: null, port: p.port, len: p.end, skipped: 0 };
}

const SEARCH: readonly (readonly Pattern[])[] = [
  [
    { text: 'PORT', skip: ' ', kind: 'PORT', read: (d) => rfc959(d, '\r') },
    { text: 'EPRT', skip: ' ', kind: 'EPRT', read: eprt },
  ],
  [
    { text: '227 ', skip: '', kind: 'PASV', read: rfc1123 },
    { text: '229 ', skip: '(', kind: 'EPSV', read: epsv },
  ],
];

/** find_pattern */
function find(data: string, p: Pattern, l3num: number): 'none' | 'partial' | { off: number; command: Command } {
  if (data.length === 0) return 'none';
  const upper = data.slice(0, p.text.length).toUpperCase();
  if (data.length <= p.text.length) return upper === p.text.slice(0, data.length) ? 'partial' : 'none';
  if (upper !== p.text) return 'none';
  let at = p.text.length;
  if (p.skip !== '') {
    const i = data.indexOf(p.skip, at);
    if (i < 0) return 'partial';
    at = i + 1;
  }
  const command = p.read(data.slice(at), l3num);
  return command ? { off: at + command.skipped, command } : 'partial';
}

const full6 = (a: Uint8Array): string => Array.from({ length: 8 }, (_, i) => ((a[2 * i] << 8) | a[2 * i + 1]).toString(16).padStart(4, '0')).join(':');

/** nf_nat_ftp_fmt_cmd */
function format(kind: Kind, addr: Uint8Array, port: number): string {
  switch (kind) {
    case 'PORT':
    case 'PASV':
      return `${addr.join(',')},${port >> 8},${port & 255}`;
    case 'EPRT':
      return addr.length === 4 ? `|1|${addr.join('.')}|${port}|` : `|2|${full6(addr)}|${port}|`;
    case 'EPSV':
      return `|||${port}|`;
  }
}

function remember(info: FtpData, dir: Dir, seq: number): void {
  const list = info.afterNewline[dir];
  if (list.includes(seq)) return;
  if (list.length < 2) {
    list.push(seq);
    return;
  }
  const oldest = ((list[0] - list[1]) | 0) < 0 ? 0 : 1;
  if (((list[oldest] - seq) | 0) < 0) list[oldest] = seq;
}

/** Announces the data connection, rewritten where the control connection is (nf_nat_ftp). */
function announce(net: Netns, skb: Skb, ct: Conntrack, dir: Dir, at: number, kind: Kind, off: number, command: Command): 'accept' | 'drop' {
  const other = dir === 0 ? 1 : 0;
  const said = command.addr ?? ct.tuple(dir).src;
  // Somebody announces another host: not recorded (ftp's `loose` is off).
  if (!sameBytes(said, ct.tuple(dir).src)) return 'accept';
  const exp = expectation(ct, { protonum: 6, src: ct.tuple(other).src, dst: ct.tuple(other).dst, sport: null, dport: command.port });
  if (!(ct.status & IPS_NAT_MASK)) return expect(net, exp) ? 'accept' : 'drop';
  const made = expectPort(net, { ...exp, savedProto: command.port, dir: other, expectfn: 'nat-follow-master' }, command.port);
  if (!made) return 'drop';
  return mangleTcp(net, skb, ct, at, off, command.len, bytesOf(format(kind, ct.tuple(other).dst, made.tuple.dport))) ? 'accept' : 'drop';
}

/** net/netfilter/nf_conntrack_ftp.c */
export const helper: Helper = {
  name: 'ftp',
  l3num: 0,
  l4proto: 6,
  ports: [21],
  policies: [{ name: 'ftp', maxExpected: 1, timeout: 300 }],
  init(ct) {
    ct.helperData ??= { afterNewline: [[], []], pickup: [false, false] } satisfies FtpData;
  },
  help(net, skb, at, ct, ctinfo) {
    if (ctinfo !== CTINFO.established && ctinfo !== CTINFO.establishedReply) return 'accept';
    const b = skb.data;
    if (b.length < at + 20) return 'accept';
    const start = at + (b[at + 12] >> 4) * 4;
    if (start >= b.length) return 'accept';
    const dir = dirOf(ctinfo),
      info = (ct.helperData ??= { afterNewline: [[], []], pickup: [false, false] }) as FtpData;
    const data = latin1(b, start, b.length),
      first = u32(b, at + 4),
      next = (first + data.length) >>> 0;
    const done = (v: 'accept' | 'drop'): 'accept' | 'drop' => {
      if (data.endsWith('\n')) remember(info, dir, next);
      return v;
    };
    if (!info.afterNewline[dir].includes(first)) {
      if (!info.pickup[dir]) return done('accept');
      info.pickup[dir] = false;
    }
    for (const p of SEARCH[dir]) {
      const r = find(data, p, ct.l3num);
      if (r === 'partial') return 'drop';
      if (r !== 'none') return done(announce(net, skb, ct, dir, at, p.kind, r.off, r.command));
    }
    return done('accept');
  },
};
