import type { Expr, StmtOf } from '../../../parsers/nft/ast.ts';
import type { Json } from '../datatype/index.ts';
import type { StatementDefinition } from '../definition.ts';
import { mkStmt, valueExpr } from '../node.ts';

const KERNEL = { icmp: 'icmp_unreach', icmpv6: 'icmp_unreach', icmpx: 'icmpx_unreach', 'tcp reset': 'tcp_rst', default: 'icmpx_unreach' } as const;
const DEFAULT: Readonly<Record<string, bigint>> = { icmp: 3n, icmpv6: 4n, icmpx: 1n, default: 1n };

const code = (e: Expr | undefined): bigint | undefined => (e?.kind === 'value' ? e.value : undefined);

/** The default code is not written; `verbose` where it must be (reject_stmt_print). */
const plain = (s: StmtOf<'reject'>): boolean => s.type !== 'tcp reset' && (s.expr === undefined || code(s.expr) === DEFAULT[s.type]) && !('verbose' in s && s.verbose);

export const statement: StatementDefinition<'reject'> = {
  kind: 'reject',
  linearize: (s, l) => l.add({ kind: 'reject', type: KERNEL[s.type], icmpCode: s.type === 'tcp reset' ? 0 : Number(code(s.expr) ?? DEFAULT[s.type] ?? 0n) }),
  delinearize: {
    reject: (e, d) => {
      const type = e.type === 'tcp_rst' ? 'tcp reset' : e.type === 'icmpx_unreach' ? 'icmpx' : d.context.family === 'ip6' ? 'icmpv6' : 'icmp';
      const dtype = type === 'icmpx' ? 'reject_icmpx_code' : type === 'icmpv6' ? 'reject_icmpv6_code' : 'reject_icmp_code';
      d.add(mkStmt({ kind: 'reject', type, ...(type === 'tcp reset' ? {} : { expr: valueExpr(BigInt(e.icmpCode), dtype, 'big', 8) }) }));
    },
  },
  print: (s, p) => {
    if (s.type === 'tcp reset') return 'reject with tcp reset';
    return plain(s) || !s.expr ? 'reject' : `reject with ${s.type} ${p.expr(s.expr)}`;
  },
  json: (s, p): Json => {
    if (s.type === 'tcp reset') return { reject: { type: 'tcp reset' } };
    return s.expr ? { reject: { type: s.type, expr: p.json(s.expr) } } : { reject: null };
  },
};
