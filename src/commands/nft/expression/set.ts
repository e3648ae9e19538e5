import type { ExprOf } from '../../../parsers/nft/ast.ts';
import { baseType, datatype } from '../datatype/index.ts';
import type { ExpressionDefinition } from '../definition.ts';
import type { Printer } from '../print/context.ts';

const NEWLINE = ',\n\t\t\t     ';

/** Elements a line by type of the key (calculate_delim). */
const PER_LINE: Readonly<Record<string, number>> = {
  nf_proto: 5, integer: 5, iface_type: 5, time: 5, mark: 5, iface_index: 5, uid: 5, gid: 5, classid: 5,
  realm: 5, devgroup: 5, ct_state: 5, ct_dir: 5, ct_status: 5, inet_service: 5, inet_proto: 5, ether_type: 5, tcp_flag: 5,
  ct_label: 5, pkt_type: 5, icmp_type: 5, icmpv6_type: 5, icmp_code: 5, icmpv6_code: 5, icmpx_code: 5, dscp: 5, ecn: 5, mh_type: 5,
  dccp_pkttype: 5, arp_op: 5, boolean: 5, fib_addrtype: 5, ct_event: 5, igmp_type: 5, bitmask: 5, xinteger: 5,
  ether_addr: 3, ll_addr: 3, ipv4_addr: 3, ifname: 3, string: 3,
};

function print(e: ExprOf<'set'>, p: Printer): string {
  if (!e.items.length) return '{ }';
  const items = e.items.map((i) => p.expr(i));
  if (e.flags.includes('anonymous')) return `{ ${items.join(', ')} }`;
  const per = perLine(e);
  let text = ''; let count = 0;
  items.forEach((item, n) => {
    text += item;
    if (n === items.length - 1) return;
    count++;
    if (count >= per) { text += NEWLINE; count = 0; } else text += ', ';
  });
  return `{ ${text} }`;
}

function perLine(e: ExprOf<'set'>): number {
  if (e.items.some((i) => i.kind === 'mapping' || (i.kind === 'set_elem' && i.stmts.length))) return 1;
  const type = datatype(e.dtype);
  return type.fields ? 1 : PER_LINE[type.id] ?? PER_LINE[baseType(type.id).id === 'integer' && type.id === 'integer' ? 'integer' : ''] ?? 1;
}

export const expression: ExpressionDefinition<'set'> = {
  kind: 'set',
  print,
  json: (e, p) => ({ set: e.items.map((i) => p.json(i)) }),
};
