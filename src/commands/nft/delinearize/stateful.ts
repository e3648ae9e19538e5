import type { StatefulExpression } from '../../../kernel/expr/expression.ts';
import type { Stmt } from '../../../parsers/nft/ast.ts';
import { mkStmt } from '../node.ts';

/** Statements that a set or an element carries. */
export function readStateful(e: StatefulExpression): Stmt {
  switch (e.kind) {
    case 'counter':
      return mkStmt({ kind: 'counter', packets: e.packets, bytes: e.bytes });
    case 'limit':
      return mkStmt({ kind: 'limit', type: e.type === 'pkts' ? 'pkts' : 'bytes', rate: e.rate, unit: BigInt(e.unit), burst: BigInt(e.burst), inv: e.inv });
    case 'quota':
      return mkStmt({ kind: 'quota', bytes: e.bytes, used: e.consumed, inv: e.inv });
    case 'connlimit':
      return mkStmt({ kind: 'connlimit', count: e.count, inv: e.inv });
    case 'last':
      return mkStmt({ kind: 'last', set: e.set, used: e.msecs });
  }
}
