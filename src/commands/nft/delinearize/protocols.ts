import type { Family } from '../../../kernel/net/hook.ts';
import type { Expr, ExprOf, Stmt } from '../../../parsers/nft/ast.ts';
import { type Field, type Proto, protocol, upperOf } from '../proto.ts';

/** Numbers of the layers: what tells the protocol of a layer is stored one above its own. */
export const LAYER = { none: 0, link: 1, network: 2, transport: 3, inner: 4, tunnel: 4 } as const;

const HEADER_BITS: Readonly<Record<string, number>> = { ether: 112, vlan: 32 };

/** proto_ctx: which protocol each layer is known to carry. */
export class ProtocolContext {
  readonly family: Family;
  /** null: known to be none of those that nft knows. */
  readonly desc: (Proto | null | undefined)[] = [];
  /** Link headers that others follow, outermost first. */
  readonly #stacked: Proto[] = [];
  icmpType: number | undefined;

  constructor(family: Family) {
    this.family = family;
    const at: Partial<Record<Family, [number, string]>> = { ip: [2, 'ip'], ip6: [2, 'ip6'], arp: [2, 'arp'], bridge: [1, 'ether'], inet: [1, 'inet'], netdev: [1, 'netdev'] };
    const [layer, name] = at[family] as [number, string];
    this.desc[layer] = protocol(name);
  }

  /** relational_expr_pctx_update: an equality may tell what the next header is. */
  update(e: ExprOf<'relational'>): void {
    const right = e.right;
    if (right.kind !== 'value') return;
    const n = Number(right.value);
    if (e.left.kind === 'meta') this.fromMeta(e.left.key, n);
    else if (e.left.kind === 'payload') this.fromPayload(e.left, n);
    else if (e.left.kind === 'ct') {
      // ct_expr_pctx_update: without what is below it is some protocol that nft does not know
      const link = this.desc[LAYER.link];
      if (e.left.key === 'protocol') this.desc[LAYER.transport] = upperOf(this.desc[LAYER.network] ?? undefined, n) ?? null;
      if (e.left.key === 'l3proto' && link) this.desc[LAYER.network] = upperOf(link, n) ?? null;
    }
  }

  private fromMeta(key: string, n: number): void {
    const link = this.desc[LAYER.link];
    switch (key) {
      case 'iiftype':
        if (this.family !== 'bridge') this.desc[LAYER.link] = n === 1 ? protocol('ether') : null;
        return;
      case 'nfproto':
        this.desc[LAYER.network] = upperOf(protocol('inet'), n) ?? null;
        return;
      case 'l4proto':
        this.desc[LAYER.transport] = upperOf(protocol('inet-service'), n) ?? null;
        return;
      case 'protocol':
        if (this.family === 'netdev' || this.family === 'bridge') this.desc[LAYER.network] = upperOf(link ?? protocol('netdev'), n);
        return;
      default:
        return;
    }
  }

  private fromPayload(e: ExprOf<'payload'>, n: number): void {
    const base = protocol(e.proto);
    if (!base || e.raw) return;
    if ((base.name === 'icmp' || base.name === 'icmpv6') && e.field === 'type') {
      this.icmpType = n;
      return;
    }
    if (base.key !== e.field) return;
    const next = upperOf(base, n);
    if (!next) {
      if (base.name === this.family) this.desc[LAYER.transport] = null;
      return;
    }
    if (next.base === base.base && next.base === 'link') this.#stacked.push(base);
    this.desc[LAYER[next.base]] = next;
  }

  /**
   * get_stacked_desc: the header in which a place lies, and the bits before it. Of stacked link headers the newest comes first:
   * whatever begins within its length is read as one of its fields.
   */
  place(e: ExprOf<'payload'>): { readonly desc: Proto | null | undefined; readonly skip: number } {
    if (e.base === 'tunnel') return { desc: e.inner === undefined ? undefined : protocol(e.inner), skip: 0 };
    const top = this.desc[LAYER[e.base]];
    if (e.base !== 'link' || e.offset < (HEADER_BITS[top?.name ?? ''] ?? 0)) return { desc: top, skip: 0 };
    let skip = 0;
    for (const desc of this.#stacked) {
      const bits = HEADER_BITS[desc.name] ?? 0;
      if (e.offset - skip < bits) return { desc, skip };
      skip += bits;
    }
    return { desc: top, skip };
  }
}

const ICMP: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  icmp: { echo: [8, 0], redirect: [5], pmtu: [3] },
  icmpv6: { echo: [128, 129], mtu: [2], param: [4], maxdelay: [130], taddr: [135, 136, 130, 131, 132, 137], address: [137] },
};

/** icmp_dep_type_match */
export const icmpMatches = (proto: string, field: Field, type: number | undefined): boolean =>
  field.icmp === undefined || type === undefined || (ICMP[proto]?.[field.icmp]?.includes(type) ?? true);
export const icmpTypes = (proto: string, field: Field): readonly number[] => (field.icmp === undefined ? [] : (ICMP[proto]?.[field.icmp] ?? []));

/** payload_dep_ctx: statements that are only there because a later one needs them. */
export class Dependencies {
  private readonly deps: (Stmt | undefined)[] = [];
  readonly killed = new Set<Stmt>();

  store(stmt: Stmt, base: number): void {
    this.deps[base + 1] = stmt;
  }

  /** Between two comparisons nothing else may stand: what comes then is no help for what was before. */
  reset(): void {
    this.deps.length = 0;
  }

  private at(base: number): number {
    if (this.deps[base]) return base;
    return base === LAYER.transport && this.deps[LAYER.inner] ? LAYER.inner : -1;
  }

  get(base: number): ExprOf<'relational'> | undefined {
    const s = this.deps[this.at(base)];
    return s?.kind === 'expression' && s.expr.kind === 'relational' ? s.expr : undefined;
  }

  release(base: number): void {
    const i = this.at(base);
    const s = this.deps[i];
    if (s) this.killed.add(s);
    this.deps[i] = undefined;
  }

  /** payload_dependency_kill */
  kill(e: ExprOf<'payload'>, family: Family, unknown: boolean, plain = false): void {
    const base = LAYER[e.base];
    const dep = this.get(base);
    if (dep && !unknown && !(plain && keepsLink(dep, e, family)) && mayKill(dep, e, family)) this.release(base);
  }

  /** exthdr_dependency_kill: extension headers and options imply the header that has them. */
  killExthdr(e: ExprOf<'exthdr'>): void {
    if (e.op === 'sctp' || e.op === 'dccp') return;
    const base = e.op === 'tcpopt' ? LAYER.transport : LAYER.network;
    const left = this.get(base)?.left;
    // What tests that header itself (`icmp type`) says more than that it is there.
    if (left && !(left.kind === 'payload' && LAYER[left.base] === base)) this.release(base);
  }
}

function mayKill(dep: ExprOf<'relational'>, e: ExprOf<'payload'>, family: Family): boolean {
  const left: Expr = dep.left;
  if (left.kind !== 'payload') return true;
  // One of several types implies none of them.
  if (left.base === 'link' && dep.right.kind === 'set_ref') return false;
  const wide = family === 'bridge' || family === 'netdev' || family === 'inet';
  if (wide && left.base === 'network' && (left.proto === 'ip' || left.proto === 'ip6') && e.base === 'transport') return false;
  if (left.base === 'transport' && e.base === 'transport') return killsIcmp(dep, left, e);
  if (wide && left.base === 'link' && e.base === 'link') return killsLink(dep, left);
  return true;
}

function killsIcmp(dep: ExprOf<'relational'>, left: ExprOf<'payload'>, e: ExprOf<'payload'>): boolean {
  const proto = protocol(left.proto);
  if (left.proto !== e.proto || e.raw) return false;
  if (proto?.name !== 'icmp' && proto?.name !== 'icmpv6') return true;
  const field = proto.fields.find((f) => f.name === e.field);
  const types = field ? icmpTypes(proto.name, field) : [];
  if (!types.length) return false;
  return dep.right.kind === 'value' && types.length === 1 && types[0] === Number(dep.right.value);
}

/** Where the family has several link layers, an `ether type` or `vlan type` compared with one value does not imply `ether type 8021q`. */
const keepsLink = (dep: ExprOf<'relational'>, e: ExprOf<'payload'>, family: Family): boolean =>
  (e.proto === 'vlan' || e.proto === 'ether') &&
  e.field === 'type' &&
  dep.left.kind === 'payload' &&
  dep.left.base === 'link' &&
  (family === 'inet' || family === 'netdev' || family === 'bridge');

const ETH_P_8021Q = 0x8100n;

function killsLink(dep: ExprOf<'relational'>, left: ExprOf<'payload'>): boolean {
  if (left.proto === 'vlan') return false;
  return left.proto !== 'ether' || dep.right.kind !== 'value' || dep.right.value === ETH_P_8021Q;
}
