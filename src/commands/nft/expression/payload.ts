import type { ExprOf } from '../../../parsers/nft/ast.ts';
import type { Expression } from '../../../kernel/expr/expression.ts';
import type { Json } from '../datatype/index.ts';
import type { ExpressionDefinition } from '../definition.ts';
import type { Linearizer } from '../linearize/context.ts';
import { wireRegister } from '../linearize/context.ts';
import { mk } from '../node.ts';
import { PROTOCOLS, protocol } from '../proto.ts';

export const BASE_WORD = { link: 'll', network: 'nh', transport: 'th', inner: 'ih', tunnel: 'tunnel' } as const;

/** Wraps what looks into a tunnel (netlink_gen_inner). */
export function addInner(l: Linearizer, inner: string | undefined, e: Expression): void {
  const tunnel = inner === undefined ? undefined : protocol(inner)?.tunnel;
  l.add(tunnel ? { kind: 'inner', type: tunnel.type, hdrsize: tunnel.hdrsize, flags: tunnel.flags, expr: e } : e);
}

const known = (e: ExprOf<'payload'>): boolean => e.field !== '' && (!e.raw || e.proto === 'th');

export const expression: ExpressionDefinition<'payload'> = {
  kind: 'payload',
  linearize: (e, l, dreg) => {
    const tunnelHeader = e.inner !== undefined && e.proto === e.inner;
    addInner(l, e.inner, { kind: 'payload', base: tunnelHeader ? 'tunnel' : e.base, offset: Math.floor(e.offset / 8), len: Math.ceil(e.len / 8), dreg: wireRegister(dreg) });
  },
  delinearize: {
    /** netlink_parse_payload: what lies there is found out in postprocessing. */
    payload: (e, d) =>
      d.put(
        e.dreg,
        mk(
          { kind: 'payload', base: e.base, proto: '', field: '', offset: e.offset * 8, raw: true, ...(d.inner === undefined ? {} : { inner: d.inner }) },
          'integer',
          'big',
          e.len * 8,
        ),
      ),
    inner: (e, d) => {
      const tunnel = PROTOCOLS.find((p) => p.tunnel?.type === e.type);
      d.inner = tunnel?.name;
      d.read(e.expr);
      d.inner = undefined;
    },
  },
  print: (e) => {
    if (!known(e)) return `@${BASE_WORD[e.base]},${e.offset},${e.len}`;
    return `${e.inner !== undefined && e.inner !== e.proto ? `${e.inner} ` : ''}${e.proto} ${e.field}`;
  },
  json: (e): Json => {
    if (!known(e)) return { payload: { base: BASE_WORD[e.base], offset: e.offset, len: e.len } };
    return { payload: { ...(e.inner === undefined ? {} : { tunnel: e.inner }), protocol: e.proto, field: e.field } };
  },
};
