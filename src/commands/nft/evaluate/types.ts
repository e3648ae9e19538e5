import type { Expr, ExprOf } from '../../../parsers/nft/ast.ts';
import { CT } from '../keys/ct.ts';
import { EXTHDR, TCPOPT, exthdrField } from '../keys/exthdr.ts';
import { META } from '../keys/meta.ts';
import { FIB, RT, SOCKET, XFRM } from '../keys/other.ts';
import type { Key } from '../keys/meta.ts';
import { protocol, protocolField } from '../proto.ts';

const give = (e: Expr, k: Key | undefined): void => {
  if (k) {
    e.dtype = k.dtype;
    e.byteorder = k.byteorder;
    e.len = k.len;
  }
};

/** ct_key_type: `original ip saddr` names the family in the key. */
export const ctKey = (e: { key: string; nfproto?: 'ip' | 'ip6' }): Key | undefined => CT[e.nfproto && (e.key === 'saddr' || e.key === 'daddr') ? `${e.nfproto} ${e.key}` : e.key];

/** What the alloc functions of nft's expressions fill in from their templates; the parser knows only words. */
export function giveType(e: Expr): void {
  if (e.dtype !== 'invalid') return;
  switch (e.kind) {
    case 'payload':
      return payloadType(e);
    case 'exthdr':
      return exthdrType(e);
    case 'meta':
      return give(e, META[e.key]);
    case 'ct':
      return give(e, ctKey(e));
    case 'rt':
      return give(e, RT[e.key]);
    case 'socket':
      return give(e, SOCKET[e.key]);
    case 'fib':
      return give(e, FIB[e.flags & 32 ? 'check' : e.result]);
    case 'osf':
      e.dtype = 'string';
      e.byteorder = 'host';
      e.len = 128;
      return;
    case 'numgen':
    case 'hash':
      e.dtype = 'integer';
      e.byteorder = 'host';
      e.len = 32;
      return;
    case 'xfrm':
      return give(e, XFRM[e.key]);
    default:
      return;
  }
}

function payloadType(e: ExprOf<'payload'>): void {
  if (e.proto === '') return;
  if (e.proto === 'vlan' && e.field === 'cfi') e.field = 'dei';
  const p = protocol(e.proto);
  const f = protocolField(e.proto, e.field);
  if (!p || !f) return;
  e.base = p.base;
  e.offset = f.offset;
  e.dtype = f.dtype;
  e.byteorder = f.byteorder;
  e.len = f.len;
}

/** payload_init_raw: `@th,0,16` and `@th,16,16` are ports. */
export function rawPayload(e: ExprOf<'payload'>): void {
  if (e.proto !== '' || !e.raw || e.dtype !== 'integer') return;
  e.dtype = 'xinteger';
  if (e.base !== 'transport' || e.len !== 16 || (e.offset !== 0 && e.offset !== 16)) return;
  e.proto = 'th';
  e.field = e.offset === 0 ? 'sport' : 'dport';
  e.dtype = 'inet_service';
}

function exthdrType(e: ExprOf<'exthdr'>): void {
  if (e.op === 'dccp') {
    e.dtype = 'integer';
    e.byteorder = 'big';
    e.len = 8;
    return;
  }
  if (e.op === 'tcpopt' && e.header === '') {
    const known = TCPOPT.find((h) => h.type === e.rawType);
    if (known) e.header = known.name;
    else {
      e.dtype = 'integer';
      e.byteorder = 'big';
      e.len = 8;
      e.offset = e.field === 'length' ? 8 : 0;
      return;
    }
  }
  const found = exthdrField(e.op, e.header, e.field);
  if (!found) {
    const h = EXTHDR[e.op].find((x) => x.name === e.header);
    if (h) e.rawType = h.type;
    return;
  }
  e.header = found.header;
  e.rawType = found.type;
  e.offset = found.field.offset;
  e.dtype = found.field.dtype;
  e.byteorder = 'big';
  e.len = found.field.len;
}
