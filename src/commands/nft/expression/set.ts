import type { Expr, ExprOf } from '../../../parsers/nft/ast.ts';
import { datatype } from '../datatype/index.ts';
import type { ExpressionDefinition } from '../definition.ts';
import type { Printer } from '../print/context.ts';
import { spanItem } from '../set/read.ts';

const NEWLINE = ',\n\t\t\t     ';

/** Elements a line by type of the key (calculate_delim). */
const PER_LINE: Readonly<Record<string, number>> = {
  nf_proto: 5,
  mptcp_subtype: 5,
  integer: 5,
  xinteger: 5,
  ip_frag: 5,
  arp_op: 5,
  tcp_flag: 5,
  dccp_pkttype: 5,
  mark: 5,
  iface_index: 5,
  classid: 5,
  uid: 5,
  gid: 5,
  ct_dir: 5,
  inet_proto: 5,
  inet_service: 5,
  ipv4_addr: 2,
  ct_state: 2,
  ct_status: 2,
  pkt_type: 2,
};

function print(e: ExprOf<'set'>, p: Printer): string {
  if (!e.items.length) return '{ }';
  const per = e.flags.includes('anonymous') ? Number.POSITIVE_INFINITY : perLine(e);
  let text = '';
  let count = 0;
  const put = (item: string): void => {
    text += text === '' ? item : count % per ? `, ${item}` : `${NEWLINE}${item}`;
    count++;
  };
  for (const i of e.items) {
    if (i.kind !== 'spans') put(p.expr(i));
    else for (let n = 0; n < i.low.length; n++) put(spanText(i, n, p));
  }
  return `{ ${text} }`;
}

const dotted = (v: number): string => `${v >>> 24}.${(v >>> 16) & 255}.${(v >>> 8) & 255}.${v & 255}`;

function spanText(e: ExprOf<'spans'>, n: number, p: Printer): string {
  const low = e.low[n],
    high = e.high[n],
    { options: o } = p;
  const isAddress = e.dtype === 'ipv4_addr';
  if (isAddress ? o.reverseDns : e.dtype !== 'inet_service' || o.service) return p.expr(spanItem(e, n));
  const number = isAddress ? dotted : String;
  if (low === high) return number(low);
  const size = high - low + 1,
    bits = Math.log2(size);
  return isAddress && Number.isInteger(bits) && low % size === 0 ? `${dotted(low)}/${32 - bits}` : `${number(low)}-${number(high)}`;
}

/** The elements of a set, each a tree. */
export const eachItem = (e: ExprOf<'set'>): readonly Expr[] => e.items.flatMap((i) => (i.kind === 'spans' ? Array.from(i.low, (_, n) => spanItem(i, n)) : [i]));

function perLine(e: ExprOf<'set'>): number {
  if (e.ownLines ?? e.items.some(isLong)) return 1;
  const type = datatype(e.dtype);
  return type.fields ? 1 : (PER_LINE[type.id] ?? 1);
}

const isLong = (i: Expr): boolean =>
  i.kind === 'mapping' || (i.kind === 'set_elem' && (i.stmts.length > 0 || i.timeout !== undefined || i.expires !== undefined || i.comment !== undefined));

export const expression: ExpressionDefinition<'set'> = {
  kind: 'set',
  print,
  json: (e, p) => ({ set: eachItem(e).map((i) => p.json(i)) }),
};
