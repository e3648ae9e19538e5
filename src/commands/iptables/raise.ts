import type { CmpOp, Expression, PayloadBase } from '../../kernel/expr/expression.ts';
import type { Rule } from '../../kernel/nf_tables/objects.ts';
import type { XtFamily } from '../../kernel/xt/definition.ts';
import type { XtInfo } from '../../kernel/expr/expression.ts';
import { findMatch, findTarget, revisionOf, STANDARD } from '../../parsers/xtables/registry.ts';
import type { ArpFields, BridgeFields, Field, Jump, Masked, Name, XtRule, XtUse } from '../../parsers/xtables/rule.ts';
import { emptyRule } from '../../parsers/xtables/rule.ts';
import type { AmongSource } from './among.ts';
import { amongCompared, raiseAmong } from './among.ts';

/** Bytecode as a rule of the xtables tools (iptables/nft-ruleparse.c and its -ipv4, -ipv6, -arp, -bridge parts). */

type Reg =
  | { readonly kind: 'meta'; readonly key: string; mask?: Uint8Array }
  | { readonly kind: 'payload'; readonly base: PayloadBase; readonly offset: number; readonly len: number; mask?: Uint8Array }
  | { readonly kind: 'immediate'; readonly value: Uint8Array; mask?: Uint8Array };

type Draft = { -readonly [K in keyof XtRule]: XtRule[K] } & { matches: XtUse[] };
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface Raised {
  readonly rule: XtRule;
  /** What could not be read: `Error: …` on stderr, and the tool gives up. */
  readonly error: string | null;
  readonly warnings: readonly string[];
}

const decoder = new TextDecoder();
const u16 = (b: Uint8Array): number => (b[0] << 8) | (b[1] ?? 0);
const le32 = (b: Uint8Array): number => ((b[0] ?? 0) | ((b[1] ?? 0) << 8) | ((b[2] ?? 0) << 16) | ((b[3] ?? 0) << 24)) >>> 0;
const padded = (b: Uint8Array, n: number): Uint8Array => {
  if (b.length === n) return b;
  const o = new Uint8Array(n);
  o.set(b.subarray(0, n));
  return o;
};
const ones = (n: number, of: number): Uint8Array => new Uint8Array(of).fill(255, 0, n);

class Raiser {
  readonly rule: Draft;
  error: string | null = null;
  readonly warnings: string[] = [];
  private readonly family: XtFamily;
  private readonly source: AmongSource;
  private readonly regs = new Map<number, Reg>();
  readonly arp: Mutable<ArpFields> = { srcMac: null, dstMac: null, hlen: null, htype: null, ptype: null, opcode: null };
  readonly bridge: Mutable<BridgeFields> = { srcMac: null, dstMac: null, logicalIn: null, logicalOut: null, length: false, lengthInverted: false };

  constructor(family: XtFamily, source: AmongSource) {
    this.family = family;
    this.source = source;
    this.rule = { ...emptyRule(family), matches: [], counted: false };
  }

  run(exprs: readonly Expression[]): void {
    for (const [i, e] of exprs.entries()) {
      this.step(e, exprs, i);
      if (this.error !== null) return;
    }
  }

  private step(e: Expression, exprs: readonly Expression[], at: number): void {
    switch (e.kind) {
      case 'counter':
        this.rule.packets = e.packets;
        this.rule.bytes = e.bytes;
        this.rule.counted = true;
        return;
      case 'payload':
        this.regs.set(e.dreg, { kind: 'payload', base: e.base, offset: e.offset, len: e.len });
        return;
      case 'meta':
        this.regs.set(e.dreg, { kind: 'meta', key: e.key });
        return;
      case 'bitwise': {
        const r = this.regs.get(e.sreg);
        if (r && e.op === 'mask_xor') this.regs.set(e.dreg, { ...r, mask: e.mask });
        return;
      }
      case 'cmp':
        return this.compare(e.sreg, e.op, e.data);
      case 'range':
        return this.range(e);
      case 'immediate':
        return this.immediate(e);
      case 'meta_set':
        return this.metaSet(e.key, this.regs.get(e.sreg));
      case 'match':
        return this.xtMatch(e.name, e.rev, e.info);
      case 'target':
        return this.xtTarget(e.name, e.rev, e.info);
      case 'limit':
        return this.limit(Number(e.rate), Number(e.unit), e.burst);
      case 'log':
        return this.log(e);
      case 'lookup': {
        if (this.family !== 'bridge') return;
        const among = raiseAmong(e, exprs.slice(0, at), this.source, this.rule.matches);
        if (typeof among === 'string') this.error = among;
        else {
          const info = among.info;
          this.use('among', info, among.replaces);
        }
        return;
      }
      default:
        return;
    }
  }

  private use(name: string, info: XtInfo, replaces: XtUse | null = null): void {
    const extension = findMatch(this.family, name);
    if (!extension) return;
    const use: XtUse = { extension, name, info };
    this.rule.matches = replaces ? this.rule.matches.map((m) => (m === replaces ? use : m)) : [...this.rule.matches, use];
  }

  private compare(sreg: number, op: CmpOp, data: Uint8Array): void {
    const r = this.regs.get(sreg);
    if (!r) {
      this.error = 'cmp sreg undef';
      return;
    }
    if (r.kind === 'immediate') return;
    if (r.kind === 'meta') return this.meta(r, op, data);
    if (r.base === 'transport') return this.transport(r, op, data);
    switch (this.family) {
      case 'ip':
        return this.ipv4(r, op, data);
      case 'ip6':
        return this.ipv6(r, op, data);
      case 'arp':
        return this.arpField(r, op, data);
      case 'bridge':
        return this.bridgeField(r, op, data);
    }
  }

  private meta(r: Extract<Reg, { kind: 'meta' }>, op: CmpOp, data: Uint8Array): void {
    const inverted = op === 'neq';
    switch (r.key) {
      case 'l4proto':
        if (this.family === 'ip' || this.family === 'ip6') {
          this.rule.proto = { number: data[0], inverted };
          return;
        }
        break;
      // The dependency of an `among` with IP addresses; ebtables does not show it.
      case 'protocol':
        if (this.family === 'bridge') return;
        break;
      case 'iifname':
        this.rule.iif = ifname(data, inverted);
        return;
      case 'oifname':
        this.rule.oif = ifname(data, inverted);
        return;
      case 'iif':
        this.rule.iif = this.ifindex(data, inverted);
        return;
      case 'oif':
        this.rule.oif = this.ifindex(data, inverted);
        return;
      case 'ibrname':
        if (this.family === 'bridge') {
          this.bridge.logicalIn = ifname(data, inverted);
          return;
        }
        break;
      case 'obrname':
        if (this.family === 'bridge') {
          this.bridge.logicalOut = ifname(data, inverted);
          return;
        }
        break;
      case 'mark':
        this.use('mark', { mark: le32(data), mask: r.mask ? le32(r.mask) : 0xffffffff, invert: inverted });
        return;
      case 'pkttype':
        this.use('pkttype', { pkttype: data[0], invert: inverted });
        return;
      default:
    }
    this.error =
      this.family === 'ip' ? 'unknown ipv4 meta key' : this.family === 'ip6' ? 'unknown ipv6 meta key' : this.family === 'arp' ? 'Unknown arp meta key' : 'unknown bridge meta key';
  }

  private ifindex(data: Uint8Array, inverted: boolean): Name | null {
    const name = this.source.interfaceName(le32(data));
    return name === undefined ? null : { name, inverted };
  }

  private masked(r: Extract<Reg, { kind: 'payload' }>, data: Uint8Array, size: number, inverted: boolean): Masked {
    return { value: padded(data, size), mask: r.mask ? padded(r.mask, size) : ones(r.len, size), inverted };
  }

  private ipv4(r: Extract<Reg, { kind: 'payload' }>, op: CmpOp, data: Uint8Array): void {
    const inverted = op === 'neq';
    switch (r.offset) {
      case 12:
        this.rule.src = this.masked(r, data, 4, inverted);
        return;
      case 16:
        this.rule.dst = this.masked(r, data, 4, inverted);
        return;
      case 9:
        this.rule.proto = { number: data[0], inverted };
        return;
      case 6:
        this.rule.fragment = { inverted: op === 'eq' };
        return;
      case 8:
        return this.hops('ttl', op, data);
      default:
        this.error = 'unknown payload offset';
    }
  }

  private ipv6(r: Extract<Reg, { kind: 'payload' }>, op: CmpOp, data: Uint8Array): void {
    const inverted = op === 'neq';
    switch (r.offset) {
      case 8:
        this.rule.src = this.masked(r, data, 16, inverted);
        return;
      case 24:
        this.rule.dst = this.masked(r, data, 16, inverted);
        return;
      // The next header's branch runs on into that of the hop limit (nft-ruleparse-ipv6.c).
      case 6:
        this.rule.proto = { number: data[0], inverted };
        return this.hops('hl', op, data);
      case 7:
        return this.hops('hl', op, data);
      default:
        this.error = 'unknown payload offset';
    }
  }

  private hops(name: 'ttl' | 'hl', op: CmpOp, data: Uint8Array): void {
    const mode = op === 'neq' ? 'ne' : op === 'lte' ? 'lt' : op === 'gte' ? 'gt' : op;
    this.use(name, { mode, value: op === 'lte' ? data[0] + 1 : op === 'gte' ? data[0] - 1 : data[0] });
  }

  private field(r: Extract<Reg, { kind: 'payload' }>, data: Uint8Array, inverted: boolean): Field {
    const n = (b: Uint8Array): number => (r.len === 1 ? b[0] : u16(b));
    return { value: n(data), mask: r.mask ? n(r.mask) : r.len === 1 ? 255 : 65535, inverted };
  }

  /** nft-ruleparse-arp.c: nft_arp_parse_payload */
  private arpField(r: Extract<Reg, { kind: 'payload' }>, op: CmpOp, data: Uint8Array): void {
    const inverted = op === 'neq';
    const hlen = this.arp.hlen?.value ?? 0;
    switch (r.offset) {
      case 0:
        this.arp.htype = this.field(r, data, inverted);
        return;
      case 2:
        this.arp.ptype = this.field(r, data, inverted);
        return;
      case 4:
        this.arp.hlen = this.field(r, data, inverted);
        return;
      case 5:
        if (data[0] !== 4 || inverted) this.error = 'unexpected ARP protocol length match';
        return;
      case 6:
        this.arp.opcode = this.field(r, data, inverted);
        return;
      // A masked address of fewer bytes is passed over (nft_arp_parse_devaddr).
      case 8:
        if (data.length === 6) this.arp.srcMac = this.masked(r, data, 6, inverted);
        return;
      case 8 + hlen:
        this.rule.src = this.masked(r, data, 4, inverted);
        return;
      case 8 + hlen + 4:
        if (data.length === 6) this.arp.dstMac = this.masked(r, data, 6, inverted);
        return;
      case 8 + hlen + 4 + hlen:
        this.rule.dst = this.masked(r, data, 4, inverted);
        return;
      default:
        this.error = 'unknown payload offset';
    }
  }

  /** nft-ruleparse-bridge.c: nft_bridge_parse_payload */
  private bridgeField(r: Extract<Reg, { kind: 'payload' }>, op: CmpOp, data: Uint8Array): void {
    const inverted = op === 'neq';
    if (r.base !== 'link') {
      this.error = 'unexpected payload base';
      return;
    }
    switch (r.offset) {
      case 0:
        this.bridge.dstMac = this.masked(r, data, 6, inverted);
        return;
      case 6:
        this.bridge.srcMac = this.masked(r, data, 6, inverted);
        return;
      case 12:
        // Whatever it compares with this is taken for --proto LENGTH.
        if (u16(data) === 0x600) {
          this.bridge.length = true;
          this.bridge.lengthInverted = op === 'gte';
          return;
        }
        this.rule.proto = { number: u16(data), inverted };
        return;
      default:
        this.error = 'unknown payload offset';
    }
  }

  /** nft-ruleparse.c: nft_parse_transport */
  private transport(r: Extract<Reg, { kind: 'payload' }>, op: CmpOp, data: Uint8Array): void {
    const proto = this.rule.proto?.number;
    if (proto !== 6 && proto !== 17) {
      this.error = 'unsupported layer 4 protocol value';
      return;
    }
    if (r.offset === 0 && r.len === 2) return this.port('spts', 1, op, u16(data));
    if (r.offset === 2 && r.len === 2) return this.port('dpts', 2, op, u16(data));
    if (r.offset === 0 && r.len === 4) {
      this.port('spts', 1, op, u16(data));
      this.port('dpts', 2, op, u16(data.subarray(2)));
      return;
    }
    if (r.offset === 13 && r.len === 1 && proto === 6) return this.patch({ flg_cmp: data[0], flg_mask: r.mask ? r.mask[0] : 255 }, op === 'neq' ? 4 : 0);
    this.error = 'unsupported layer 4 payload';
  }

  private range(e: Extract<Expression, { kind: 'range' }>): void {
    const r = this.regs.get(e.sreg);
    if (r?.kind !== 'payload' || r.base !== 'transport') {
      this.error = 'range with unknown payload base';
      return;
    }
    const proto = this.rule.proto?.number;
    if (proto !== 6 && proto !== 17) {
      this.error = 'unsupported layer 4 protocol value';
      return;
    }
    const inv = e.op === 'neq';
    if (r.offset === 0) return this.patch({ spts: [u16(e.from), u16(e.to)] }, inv ? 1 : 0);
    if (r.offset === 2) return this.patch({ dpts: [u16(e.from), u16(e.to)] }, inv ? 2 : 0);
    this.error = 'unsupported layer 4 payload';
  }

  private port(key: 'spts' | 'dpts', bit: number, op: CmpOp, n: number): void {
    const old = (this.portMatch()?.info as { spts?: readonly number[]; dpts?: readonly number[] } | undefined)?.[key] ?? [0, 65535];
    const next = op === 'lt' ? [old[0], Math.max(n - 1, 1)] : op === 'lte' ? [old[0], n] : op === 'gt' ? [Math.min(n + 1, 65535), old[1]] : op === 'gte' ? [n, old[1]] : [n, n];
    this.patch({ [key]: next }, op === 'neq' ? bit : 0);
  }

  private portMatch(): XtUse | undefined {
    const name = this.rule.proto?.number === 6 ? 'tcp' : 'udp';
    return this.rule.matches.find((m) => m.name === name);
  }

  /** Writes into the rule's tcp or udp match, made when first needed. */
  private patch(change: Record<string, number | readonly number[]>, invert: number): void {
    const tcp = this.rule.proto?.number === 6;
    const old = this.portMatch();
    const base = (old?.info ?? { spts: [0, 65535], dpts: [0, 65535], ...(tcp ? { option: 0, flg_mask: 0, flg_cmp: 0 } : {}), invflags: 0 }) as XtInfo & { invflags: number };
    this.use(tcp ? 'tcp' : 'udp', { ...base, ...change, invflags: base.invflags | invert }, old ?? null);
  }

  private immediate(e: Extract<Expression, { kind: 'immediate' }>): void {
    if ('value' in e.data) {
      this.regs.set(e.dreg, { kind: 'immediate', value: e.data.value });
      return;
    }
    const v = e.data.verdict;
    if (v.code === 'jump' || v.code === 'goto') this.rule.jump = { kind: 'chain', name: v.chain, goto: v.code === 'goto' };
    else if (v.code === 'accept' || v.code === 'drop' || v.code === 'return') this.rule.jump = { kind: 'verdict', name: v.code.toUpperCase() };
  }

  private metaSet(key: string, r: Reg | undefined): void {
    if (r?.kind !== 'immediate') {
      this.error = 'meta sreg is not an immediate';
      return;
    }
    if (key === 'nftrace') {
      if (r.value[0] === 0) {
        this.error = 'meta sreg immediate is 0';
        return;
      }
      return this.setTarget('TRACE', {});
    }
    if (key === 'mark') return this.setTarget('MARK', { mark: le32(r.value), mask: 0xffffffff });
    if (key === 'broute' && this.family === 'bridge') {
      this.rule.jump = { kind: 'verdict', name: 'DROP' };
      return;
    }
    this.error = 'meta sreg key not supported';
  }

  private setTarget(name: string, info: XtInfo): void {
    const extension = findTarget(this.family, name);
    if (extension) this.rule.jump = { kind: 'target', use: { extension, name, info } };
  }

  private xtMatch(kernelName: string, _rev: number, info: XtInfo): void {
    const extension = findMatch(this.family, kernelName);
    if (!extension) {
      this.warnings.push(`Warning: Extension ${kernelName} revision ${_rev} not supported, missing kernel module?\n`);
      return;
    }
    const name = extension.saveName?.(info) ?? kernelName;
    this.rule.matches = [...this.rule.matches, { extension: findMatch(this.family, name) ?? extension, name, info }];
  }

  private xtTarget(kernelName: string, _rev: number, info: XtInfo): void {
    const extension = findTarget(this.family, kernelName);
    if (!extension) {
      if (STANDARD.includes(kernelName)) this.rule.jump = { kind: 'verdict', name: kernelName };
      return;
    }
    const name = extension.saveName?.(info) ?? kernelName;
    const use: XtUse = { extension: findTarget(this.family, name) ?? extension, name, info };
    if (this.family === 'bridge' && isWatcherName(kernelName)) {
      this.rule.matches = [...this.rule.matches, { ...use, watcher: true }];
      return;
    }
    this.rule.jump = { kind: 'target', use };
  }

  private limit(rate: number, unit: number, burst: number): void {
    this.use('limit', { avg: Math.floor((unit * 10000) / rate), burst });
  }

  private log(e: Extract<Expression, { kind: 'log' }>): void {
    this.setTarget('NFLOG', { group: e.group ?? 0, prefix: e.prefix ?? '', range: 0, size: e.snaplen ?? null, threshold: e.qthreshold ?? 0 });
  }
}

const isWatcherName = (name: string): boolean => name === 'log' || name === 'nflog';

/** nft-shared.c: parse_ifname: an ending zero makes the name exact; nothing else is a wildcard. */
function ifname(data: Uint8Array, inverted: boolean): Name | null {
  if (data.length === 0) return null;
  const end = data.indexOf(0);
  const name = decoder.decode(end < 0 ? data : data.subarray(0, end));
  if (name === 'INVAL/D') return { name: '+', inverted: true };
  return { name: end < 0 ? `${name}+` : name, inverted };
}

export function raise(rule: Rule, family: XtFamily, source: AmongSource): Raised {
  const r = new Raiser(family, source);
  r.run(rule.exprs);
  let matches = r.rule.matches;
  const comment = rule.comment === undefined || rule.comment === '' ? undefined : findMatch(family, 'comment');
  if (comment) matches = [...matches, { extension: comment, name: 'comment', info: { comment: rule.comment as string } }];
  const jump: Jump = r.rule.jump;
  return {
    rule: { ...r.rule, matches, jump, arp: family === 'arp' ? r.arp : null, bridge: family === 'bridge' ? r.bridge : null },
    error: r.error,
    warnings: r.warnings,
  };
}

const SUPPORTED = new Set(['match', 'target', 'payload', 'meta', 'cmp', 'bitwise', 'counter', 'immediate', 'lookup', 'range', 'meta_set']);

/** nft.c: nft_is_expr_compatible: what the xtables tools look at at all. */
export function isCompatible(e: Expression): boolean {
  if (SUPPORTED.has(e.kind)) return true;
  if (e.kind === 'limit') return e.type === 'pkts' && !e.inv;
  return e.kind === 'log' && e.group !== undefined;
}

/** nft_*_is_same: do two rules say the same? Counters do not count. */
export function sameRule(a: XtRule, b: XtRule): boolean {
  const norm = (r: XtRule): unknown => ({
    ...r,
    arp: r.arp && arpCompared(r.arp),
    iif: anyIface(r.iif),
    oif: anyIface(r.oif),
    bridge: r.bridge && { ...r.bridge, logicalIn: anyIface(r.bridge.logicalIn), logicalOut: anyIface(r.bridge.logicalOut) },
    packets: 0n,
    bytes: 0n,
    counted: true,
    src: blank(r.src),
    dst: blank(r.dst),
    proto: r.proto?.number || r.family === 'bridge' ? r.proto : null,
    // ebtables does not compare watchers.
    matches: r.matches.filter((m) => !m.watcher).map(plain),
    jump: r.jump.kind === 'target' ? plain(r.jump.use) : r.jump.kind === 'verdict' && r.jump.name === 'CONTINUE' ? { kind: 'none' } : r.jump,
  });
  return same(norm(a), norm(b));
}

/** nft_arp_is_same looks at the protocol type, the length and what is inverted; opcodes, hardware types, MAC addresses and masks are not compared. */
const arpCompared = (a: ArpFields): unknown => ({
  ptype: a.ptype?.value ?? 0,
  hlen: a.hlen?.value ?? 6,
  inverted: [a.srcMac, a.dstMac, a.opcode, a.htype, a.ptype].map((f) => f?.inverted ?? false),
});
const anyIface = (n: Name | null): Name | null => (n && n.name === '+' && !n.inverted ? null : n);
const blank = (m: Masked | null): Masked | null => (m && !m.inverted && m.mask.every((b) => b === 0) ? null : m);
const plain = (u: XtUse): unknown => ({
  name: u.extension.realName ?? u.extension.name,
  rev: revisionOf(u.extension, 'ip'),
  info: u.extension.elusive?.(u.info)
    ? Symbol()
    : u.extension.alike
      ? null
      : u.extension.name === 'NFLOG'
        ? { ...u.info, range: 0 }
        : u.extension.name === 'among'
          ? amongCompared(u.info)
          : u.info,
});

export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Number.isNaN(a) && Number.isNaN(b);
  if (a instanceof Uint8Array || b instanceof Uint8Array) return a instanceof Uint8Array && b instanceof Uint8Array && a.length === b.length && a.every((x, i) => x === b[i]);
  const x = a as Record<string, unknown>;
  const y = b as Record<string, unknown>;
  const keys = new Set([...Object.keys(x), ...Object.keys(y)]);
  return [...keys].every((k) => same(x[k], y[k]));
}
