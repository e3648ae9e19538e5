import type { Expr, ExprOf } from '../../../parsers/nft/ast.ts';
import { datatype } from '../datatype/index.ts';
import type { ExpressionDefinition } from '../definition.ts';
import type { Printer } from '../print/context.ts';

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
  const items = e.items.map((i) => p.expr(i));
  if (e.flags.includes('anonymous')) return `{ ${items.join(', ')} }`;
  const per = perLine(e);
  let text = '';
  let count = 0;
  items.forEach((item, n) => {
    text += item;
    if (n === items.length - 1) return;
    count++;
    if (count >= per) {
      text += NEWLINE;
      count = 0;
    } else text += ', ';
  });
  return `{ ${text} }`;
}

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
  json: (e, p) => ({ set: e.items.map((i) => p.json(i)) }),
};
