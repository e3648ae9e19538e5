import type { Expr, ExprOf, Location } from '../../../parsers/nft/ast.ts';
import { NOWHERE } from '../../../parsers/nft/index.ts';
import { protocol, upperOf, type Proto } from '../proto.ts';
import { isSingleton, saysProtocol } from './nature.ts';

export type Base = 'link' | 'network' | 'transport' | 'inner';
export const BASES: readonly Base[] = ['link', 'network', 'transport', 'inner'];
export const baseIndex = (b: string): number => (b === 'tunnel' ? 3 : BASES.indexOf(b as Base));
export const BASE_NAMES: Readonly<Record<Base, string>> = { link: 'link layer', network: 'network layer', transport: 'transport layer', inner: 'payload' };

export const UNKNOWN: Proto = { name: 'unknown', base: 'link', fields: [], upper: [] };
const need = (name: string): Proto => protocol(name) as Proto;

/** hook_proto_desc: where the headers begin that a family's hooks see. */
export function hookProtocol(family: string): { base: Base; desc: Proto } {
  switch (family) {
    case 'bridge':
      return { base: 'link', desc: need('ether') };
    case 'inet':
      return { base: 'link', desc: need('inet') };
    case 'netdev':
      return { base: 'link', desc: need('netdev') };
    case 'ip6':
      return { base: 'network', desc: need('ip6') };
    case 'arp':
      return { base: 'network', desc: need('arp') };
    default:
      return { base: 'network', desc: need('ip') };
  }
}

interface Layer {
  desc: Proto | null;
  loc: Location;
  protos: { desc: Proto; loc: Location }[];
}

/** proto_ctx: which protocol each layer is known to be. */
export class ProtoContext {
  readonly family: string;
  readonly inner: boolean;
  readonly layers: Record<Base, Layer>;
  readonly stacked: Proto[] = [];
  icmpType = 0;

  constructor(family: string, inner: boolean) {
    this.family = family;
    this.inner = inner;
    const none = (): Layer => ({ desc: null, loc: NOWHERE, protos: [] });
    this.layers = { link: none(), network: none(), transport: none(), inner: none() };
    const h = hookProtocol(family);
    this.layers[h.base].desc = h.desc;
  }

  at(base: string): Proto | null {
    return this.layers[base as Base]?.desc ?? null;
  }

  update(base: Base, loc: Location, desc: Proto): void {
    const layer = this.layers[base];
    if (base === 'transport' && layer.protos.length < 16 && !layer.protos.some((p) => p.desc.name === desc.name)) layer.protos.push({ desc, loc });
    layer.loc = loc;
    layer.desc = desc;
  }
  ambiguous(base: Base): boolean {
    return this.layers[base].protos.length > 1;
  }
  conflict(base: Base, desc: string): Proto | undefined {
    return this.layers[base].protos.find((p) => p.desc.name !== desc)?.desc;
  }

  /** relational_expr_pctx_update */
  learn(rel: ExprOf<'relational'>): void {
    const { left, right } = rel;
    if (!saysProtocol(left)) return;
    if (isSingleton(right) && right.kind === 'value') this.learnValue(rel.loc, left, right.value);
    else if (right.kind === 'set') for (const i of right.items) if (i.kind === 'set_elem' && i.key.kind === 'value') this.learnValue(rel.loc, left, i.key.value);
  }

  private learnValue(loc: Location, left: Expr, value: bigint): void {
    const n = Number(value);
    if (left.kind === 'payload') this.learnPayload(loc, left, n);
    else if (left.kind === 'meta') this.learnMeta(loc, left.key, n);
    else if (left.kind === 'ct') {
      const base: Base = left.key === 'protocol' ? 'network' : 'link';
      const desc = upperOf(this.at(base) ?? undefined, n);
      if (desc) this.update(BASES[baseIndex(base) + 1] as Base, loc, desc);
    }
  }

  private learnPayload(loc: Location, left: ExprOf<'payload'>, n: number): void {
    const base = this.at(left.base);
    const desc = upperOf(base ?? undefined, n);
    if (!desc) {
      if (base?.name === 'icmp') this.icmpType = n || 8;
      else if (base?.name === 'icmpv6') this.icmpType = n === 129 ? 128 : n;
      return;
    }
    if (base && desc.base === base.base && !left.raw && desc.base === 'link') this.stacked.push(base);
    this.update(desc.base as Base, loc, desc);
  }

  private learnMeta(loc: Location, key: string, n: number): void {
    const h = hookProtocol(this.family);
    switch (key) {
      case 'iiftype':
        if (h.base === 'link' && this.family !== 'inet' && this.family !== 'netdev') return;
        this.update('link', loc, n === 1 ? need('ether') : UNKNOWN);
        break;
      case 'nfproto': {
        const family = n === 2 ? 'ip' : n === 10 ? 'ip6' : n === 3 ? 'arp' : '';
        const desc = upperOf(h.desc, n) ?? (family === this.family && h.base === 'network' ? h.desc : UNKNOWN);
        this.update('network', loc, desc);
        break;
      }
      case 'l4proto':
        this.update('transport', loc, upperOf(need('inet-service'), n) ?? UNKNOWN);
        break;
      case 'protocol':
        if (h.base !== 'link' || (this.family !== 'netdev' && this.family !== 'bridge')) return;
        this.update('network', loc, upperOf(h.desc, n) ?? UNKNOWN);
        break;
      default:
        break;
    }
  }
}

/** Length of a link header, by which headers stacked on it are shifted. */
export const headerLength = (p: Proto): number => p.fields.reduce((end, f) => (f.meta ? end : Math.max(end, f.offset + f.len)), 0);
