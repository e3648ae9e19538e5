import type { CmpOp, Expression, PayloadBase } from '../../kernel/expr/expression.ts';
import { paramProblem } from '../../kernel/xt/text.ts';
import { revisionOf } from '../../parsers/xtables/registry.ts';
import type { ArpFields, BridgeFields, Field, Jump, Masked, Name, XtRule, XtUse } from '../../parsers/xtables/rule.ts';
import type { AmongSets } from './among.ts';
import { lowerAmong } from './among.ts';

/** A rule of the xtables tools as nf_tables bytecode (iptables/nft.c, nft-shared.c, nft-ipv4.c, nft-ipv6.c, nft-arp.c, nft-bridge.c). */

const REG = 1;
const encoder = new TextEncoder();

const be16 = (n: number): Uint8Array => Uint8Array.of((n >> 8) & 255, n & 255);
const le32 = (n: number): Uint8Array => Uint8Array.of(n & 255, (n >>> 8) & 255, (n >>> 16) & 255, n >>> 24);

/** Expressions without values are the same for all rules; they carry no state. */
const shared = new Map<string | number, Expression>();
const BASES: Readonly<Record<PayloadBase, number>> = { link: 0, network: 1, transport: 2, inner: 3, tunnel: 4 };
function payload(base: PayloadBase, offset: number, len: number): Expression {
  const key = (BASES[base] << 16) | (offset << 8) | len;
  const known = shared.get(key);
  if (known) return known;
  const made: Expression = Object.freeze({ kind: 'payload', base, offset, len, dreg: REG });
  shared.set(key, made);
  return made;
}
const cmp = (op: CmpOp, data: Uint8Array): Expression => ({ kind: 'cmp', sreg: REG, op, data });
const mask = (m: Uint8Array): Expression => ({ kind: 'bitwise', sreg: REG, dreg: REG, len: m.length, op: 'mask_xor', mask: m, xor: new Uint8Array(m.length) });
function meta(key: string): Expression {
  const known = shared.get(key);
  if (known) return known;
  const made: Expression = Object.freeze({ kind: 'meta', key, dreg: REG });
  shared.set(key, made);
  return made;
}
const eq = (inverted: boolean): CmpOp => (inverted ? 'neq' : 'eq');

/** nft-shared.c: add_addr: a mask of whole bytes only shortens what is loaded. */
function address(base: PayloadBase, offset: number, m: Masked): Expression[] {
  const whole = m.mask.findIndex((b) => b !== 255);
  const first = whole < 0 ? m.mask.length : whole;
  if (first === m.mask.length) return [payload(base, offset, first), cmp(eq(m.inverted), m.value)];
  const rest = m.mask.slice(first).some((b) => b !== 0);
  const len = rest ? m.mask.length : first;
  return [payload(base, offset, len), ...(rest ? [mask(m.mask)] : []), cmp(eq(m.inverted), m.value.slice(0, len))];
}

/** nft-shared.c: add_iface */
function iface(n: Name | null, key: string): Expression[] {
  if (!n) return [];
  const bytes = encoder.encode(n.name);
  const op = eq(n.inverted);
  if (!n.name.endsWith('+')) return [meta(key), cmp(op, Uint8Array.of(...bytes, 0))];
  if (bytes.length > 1) return [meta(key), cmp(op, bytes.slice(0, -1))];
  return n.inverted ? [meta(key), cmp('eq', Uint8Array.of(...encoder.encode('INVAL/D'), 0))] : [];
}

const isWhole = (m: Masked | null): boolean => !m || (!m.inverted && m.value.every((b) => b === 0) && m.mask.every((b) => b === 0));
const addressOf = (base: PayloadBase, offset: number, m: Masked | null): Expression[] => (m && !isWhole(m) ? address(base, offset, m) : []);

interface Ports {
  readonly spts: readonly number[];
  readonly dpts: readonly number[];
}

function port(offset: number, [from, to]: readonly number[], inverted: boolean): Expression[] {
  if (!(from || to < 0xffff || inverted)) return [];
  const load = payload('transport', offset, 2);
  if (from === to) return [load, cmp(eq(inverted), be16(from))];
  if (from === 0 && to < 0xffff) return [load, cmp(inverted ? 'gt' : 'lte', be16(to))];
  return [load, { kind: 'range', sreg: REG, op: inverted ? 'neq' : 'eq', from: be16(from), to: be16(to) }];
}

/** nft.c: add_nft_tcpudp: two single ports are compared as one word. */
function ports({ spts, dpts }: Ports, invSrc: boolean, invDst: boolean): Expression[] {
  if (spts[0] && spts[0] === spts[1] && dpts[0] && dpts[0] === dpts[1] && !invSrc && !invDst) {
    return [payload('transport', 0, 4), cmp('eq', Uint8Array.of(...be16(spts[0]), ...be16(dpts[0])))];
  }
  return [...port(0, spts, invSrc), ...port(2, dpts, invDst)];
}

const anyPorts = ({ spts, dpts }: Ports): boolean => spts[0] === 0 && dpts[0] === 0 && spts[1] === 0xffff && dpts[1] === 0xffff;

type TcpLike = Ports & { readonly invflags: number; readonly option: number; readonly flg_mask: number; readonly flg_cmp: number };

function tcp(use: XtUse, rule: XtRule, xt: () => Expression): Expression[] {
  const i = use.info as unknown as TcpLike;
  if (i.invflags & ~7 || i.option || (!i.invflags && !i.flg_mask && !i.flg_cmp && anyPorts(i))) return [xt()];
  if (rule.proto?.number !== 6) throw paramProblem("TCP match requires '-p tcp'");
  const flags = i.flg_mask ? [payload('transport', 13, 1), mask(Uint8Array.of(i.flg_mask)), cmp(eq((i.invflags & 4) !== 0), Uint8Array.of(i.flg_cmp))] : [];
  return [...flags, ...ports(i, (i.invflags & 1) !== 0, (i.invflags & 2) !== 0)];
}

function udp(use: XtUse, rule: XtRule, xt: () => Expression): Expression[] {
  const i = use.info as unknown as Ports & { readonly invflags: number };
  if (i.invflags & ~3 || (!i.invflags && anyPorts(i))) return [xt()];
  if (rule.proto?.number !== 17) throw paramProblem("UDP match requires '-p udp'");
  return ports(i, (i.invflags & 1) !== 0, (i.invflags & 2) !== 0);
}

function mark(use: XtUse): Expression[] {
  const i = use.info as unknown as { mark: number; mask: number; invert: boolean };
  return [meta('mark'), ...(i.mask >>> 0 === 0xffffffff ? [] : [mask(le32(i.mask))]), cmp(eq(i.invert), le32(i.mark))];
}

const SCALE = 10000;
const UNITS = [86400, 3600, 60, 1];

/** nft.c: add_nft_limit: the largest unit in which the rate is whole. */
function limit(use: XtUse): Expression[] {
  const { avg, burst } = use.info as unknown as { avg: number; burst: number };
  let i = 1;
  for (; i < UNITS.length; i++) if (avg > UNITS[i] * SCALE || Math.floor((UNITS[i] * SCALE) / avg) < (UNITS[i] * SCALE) % avg) break;
  const unit = UNITS[i - 1];
  return [{ kind: 'limit', type: 'pkts', rate: BigInt(Math.floor((unit * SCALE) / avg)), unit: BigInt(unit), burst, inv: false }];
}

function match(use: XtUse, rule: XtRule, sets: AmongSets): Expression[] {
  const e = use.extension;
  const xt = (): Expression => ({ kind: 'match', name: e.realName ?? e.name, rev: revisionOf(e, rule.family), info: use.info });
  switch (e.name) {
    case 'limit':
      return limit(use);
    case 'among':
      return lowerAmong(use, sets);
    case 'udp':
      return udp(use, rule, xt);
    case 'tcp':
      return tcp(use, rule, xt);
    case 'mark':
      return mark(use);
    default:
      return [xt()];
  }
}

function log(use: XtUse): Expression {
  const i = use.info as unknown as { group: number; prefix: string; size: number | null; threshold: number };
  return {
    kind: 'log',
    ...(i.prefix ? { prefix: i.prefix } : {}),
    group: i.group,
    ...(i.size === null ? {} : { snaplen: i.size }),
    ...(i.threshold ? { qthreshold: i.threshold } : {}),
  };
}

function target(use: XtUse, rule: XtRule): Expression[] {
  const e = use.extension;
  if (e.name === 'TRACE')
    return [
      { kind: 'immediate', dreg: 9, data: { value: Uint8Array.of(1) } },
      { kind: 'meta_set', key: 'nftrace', sreg: 9 },
    ];
  if (e.name === 'NFLOG' && rule.family !== 'arp') return [log(use)];
  return [{ kind: 'target', name: e.realName ?? e.name, rev: revisionOf(e, rule.family), info: use.info }];
}

const ended = (code: 'accept' | 'drop' | 'return'): Expression => Object.freeze({ kind: 'immediate', dreg: 0, data: Object.freeze({ verdict: Object.freeze({ code }) }) });
const VERDICT = { ACCEPT: ended('accept'), DROP: ended('drop'), RETURN: ended('return') } as const;

function jump(j: Jump, rule: XtRule): Expression[] {
  switch (j.kind) {
    case 'none':
      return [];
    case 'target':
      return target(j.use, rule);
    case 'chain':
      return [{ kind: 'immediate', dreg: 0, data: { verdict: { code: j.goto ? 'goto' : 'jump', chain: j.name } } }];
    case 'verdict':
      return verdict(j.name);
  }
}

function verdict(name: string): Expression[] {
  if (name === 'ACCEPT' || name === 'DROP' || name === 'RETURN') return [VERDICT[name]];
  if (name === 'CONTINUE') return [];
  if (name === 'BROUTE')
    return [
      { kind: 'immediate', dreg: 9, data: { value: Uint8Array.of(1) } },
      { kind: 'meta_set', key: 'broute', sreg: 9 },
    ];
  return [{ kind: 'target', name, rev: 0, info: {} }];
}

const counter = (r: XtRule): Expression => ({ kind: 'counter', packets: r.packets, bytes: r.bytes });

function inet(r: XtRule, sets: AmongSets): Expression[] {
  const v6 = r.family === 'ip6';
  const proto = r.proto && r.proto.number !== 0 ? [v6 ? meta('l4proto') : payload('network', 9, 1), cmp(eq(r.proto.inverted), Uint8Array.of(r.proto.number))] : [];
  const frag = r.fragment ? [payload('network', 6, 2), mask(Uint8Array.of(0x1f, 0xff)), cmp(r.fragment.inverted ? 'eq' : 'neq', Uint8Array.of(0, 0))] : [];
  const out: Expression[] = [];
  if (r.src) out.push(...addressOf('network', v6 ? 8 : 12, r.src));
  if (r.dst) out.push(...addressOf('network', v6 ? 24 : 16, r.dst));
  if (r.iif) out.push(...iface(r.iif, 'iifname'));
  if (r.oif) out.push(...iface(r.oif, 'oifname'));
  out.push(...proto, ...frag);
  for (const m of r.matches) out.push(...match(m, r, sets));
  out.push(counter(r), ...jump(r.jump, r));
  return out;
}

function arpNumber(offset: number, f: Field | null, len: 1 | 2, fallback: number | null): Expression[] {
  const field = f ?? (fallback === null ? null : { value: fallback, mask: len === 1 ? 255 : 65535, inverted: false });
  if (!field || (field.value === 0 && !field.inverted && field.mask === (len === 1 ? 255 : 65535) && f !== null && offset !== 4)) return [];
  const bytes = (n: number): Uint8Array => (len === 1 ? Uint8Array.of(n) : be16(n));
  return [payload('network', offset, len), ...(field.mask !== (len === 1 ? 255 : 65535) ? [mask(bytes(field.mask))] : []), cmp(eq(field.inverted), bytes(field.value))];
}

/** nft-arp.c: nft_arp_add. Hardware type Ethernet, its length and that of IPv4 are always there; matches are read and left out. */
function arp(r: XtRule, a: ArpFields): Expression[] {
  const hlen = a.hlen?.value ?? 6;
  return [
    ...iface(r.iif, 'iifname'),
    ...iface(r.oif, 'oifname'),
    ...arpNumber(0, a.htype, 2, 1),
    ...arpNumber(2, a.ptype, 2, null),
    ...arpNumber(4, a.hlen, 1, 6),
    payload('network', 5, 1),
    cmp('eq', Uint8Array.of(4)),
    ...arpNumber(6, a.opcode, 2, null),
    ...addressOf('network', 8, a.srcMac),
    ...addressOf('network', 8 + hlen, r.src),
    ...addressOf('network', 8 + hlen + 4, a.dstMac),
    ...addressOf('network', 8 + hlen + 4 + hlen, r.dst),
    counter(r),
    ...jump(r.jump, r),
  ];
}

const address6 = (offset: number, m: Masked | null): Expression[] => (m ? address('link', offset, m) : []);

/** nft-bridge.c: nft_bridge_add */
function bridge(r: XtRule, b: BridgeFields, sets: AmongSets): Expression[] {
  const proto = b.length
    ? [payload('link', 12, 2), cmp(b.lengthInverted ? 'gte' : 'lt', be16(0x600))]
    : r.proto
      ? [payload('link', 12, 2), cmp(eq(r.proto.inverted), be16(r.proto.number))]
      : [];
  return [
    ...address6(6, b.srcMac),
    ...address6(0, b.dstMac),
    ...iface(r.iif, 'iifname'),
    ...iface(b.logicalIn, 'ibrname'),
    ...iface(r.oif, 'oifname'),
    ...iface(b.logicalOut, 'obrname'),
    ...proto,
    ...r.matches.flatMap((m) => (m.watcher ? target(m, r) : match(m, r, sets))),
    counter(r),
    ...jump(r.jump, r),
  ];
}

/** nft-bridge.c: DROP in the broute table means: do not bridge. */
const broute = (j: Jump): Jump => (j.kind === 'verdict' && j.name === 'DROP' ? { kind: 'verdict', name: 'BROUTE' } : j);

/** What an ebtables policy of a user chain is made of. */
export const policyExpressions = (policy: 'ACCEPT' | 'DROP', table: string): Expression[] => [
  { kind: 'counter', packets: 0n, bytes: 0n },
  ...verdict(table === 'broute' && policy === 'DROP' ? 'BROUTE' : policy),
];

/** The tools make a rule while they read it: what that refuses is said of its line. */
export function assertMakeable(r: XtRule): void {
  for (const m of r.matches) if (m.extension.name === 'tcp' || m.extension.name === 'udp') match(m, r, NO_SETS);
}

const NO_SETS: AmongSets = { add: () => ({ name: '__set%d', id: 0 }) };

export function lower(r: XtRule, sets: AmongSets, table: string): Expression[] {
  if (r.arp) return arp(r, r.arp);
  if (r.bridge) return bridge(table === 'broute' ? { ...r, jump: broute(r.jump) } : r, r.bridge, sets);
  return inet(r, sets);
}

/** NFTA_RULE_COMPAT. */
export const compatOf = (r: XtRule): { proto: number; inv: boolean } | undefined =>
  r.family === 'bridge'
    ? { proto: r.proto?.number ?? 0, inv: r.proto?.inverted ?? false }
    : r.proto && r.proto.number !== 0
      ? { proto: r.proto.number, inv: r.proto.inverted }
      : undefined;
