import type { Json } from '../datatype/index.ts';
import type { ExpressionDefinition } from '../definition.ts';
import type { ExthdrOp, FoundExthdr } from '../keys/exthdr.ts';
import { EXTHDR, findExthdr } from '../keys/exthdr.ts';
import { wireRegister } from '../linearize/context.ts';
import type { Expr, ExprOf } from '../../../parsers/nft/ast.ts';
import { mk } from '../node.ts';

/** exthdr_init_raw and the like: names the header and, where one lies there, the field. */
export function rawExthdr(op: ExthdrOp, type: number, offset: number, len: number, present: boolean): ExprOf<'exthdr'> {
  const found: FoundExthdr | undefined = op === 'dccp' ? undefined : findExthdr(op, type, offset, len);
  const header = found?.header ?? (op === 'dccp' ? '' : (EXTHDR[op].find((h) => h.type === type)?.name ?? ''));
  if (present) return mk({ kind: 'exthdr', op, header, field: '', rawType: type, offset, present, raw: header === '' }, 'boolean', 'big', 8) as ExprOf<'exthdr'>;
  const byteorder = 'big';
  return mk(
    { kind: 'exthdr', op, header: found ? header : op === 'tcpopt' || header === '' ? '' : header, field: found?.field.name ?? '', rawType: type, offset, present, raw: !found },
    found?.field.dtype ?? 'integer',
    byteorder,
    len,
  ) as ExprOf<'exthdr'>;
}

const WORD = { tcpopt: 'tcp option', ipv4: 'ip option', sctp: 'sctp chunk', dccp: 'dccp option', ipv6: 'exthdr' } as const;

function print(e: ExprOf<'exthdr'>): string {
  switch (e.op) {
    case 'dccp':
      return `dccp option ${e.rawType}`;
    case 'tcpopt': {
      if (e.present) return `tcp option ${e.header === '' ? e.rawType : e.header}`;
      if (e.header === '' || e.field === '')
        return e.offset === 0 && e.len === 0 ? `tcp option ${e.header === '' ? e.rawType : e.header}` : `tcp option @${e.rawType},${e.offset},${e.len}`;
      return `tcp option ${e.header} ${e.field}`;
    }
    case 'ipv4':
    case 'sctp':
      return `${WORD[e.op]} ${e.header}${e.present || e.field === '' ? '' : ` ${e.field}`}`;
    case 'ipv6':
      return e.present ? `exthdr ${e.header}` : `${e.header === '' ? 'unknown-exthdr' : e.header} ${e.field === '' ? `unknown 0x${e.offset.toString(16)}` : e.field}`;
  }
}

export const expression: ExpressionDefinition<'exthdr'> = {
  kind: 'exthdr',
  linearize: (e, l, dreg) =>
    l.add({
      kind: 'exthdr',
      op: e.op,
      type: e.rawType,
      offset: Math.floor(e.offset / 8),
      len: Math.ceil(e.len / 8),
      present: e.present || (e.op === 'ipv4' && e.field === 'type'),
      dreg: wireRegister(dreg),
    }),
  delinearize: {
    exthdr: (e, d) => d.put(e.dreg, rawExthdr(e.op, e.type, e.offset * 8, e.len * 8, e.present)),
  },
  print,
  json: (e): Json => {
    if (e.op === 'dccp') return { 'dccp option': { type: e.rawType } };
    if (e.op === 'tcpopt' && (e.header === '' || (e.field === '' && !e.present && e.len > 0))) return { 'tcp option': { base: e.rawType, offset: e.offset, len: e.len } };
    return { [WORD[e.op]]: { name: e.header, ...(e.present || e.field === '' ? {} : { field: e.field }) } };
  },
};

export type { Expr };
