import type { ByteOrder, DatatypeName, Expr, ExprOf, Location, Stmt } from '../../parsers/nft/ast.ts';
import { bytesToValue, valueToBytes } from './datatype/bytes.ts';

/** Nodes that come from the kernel or from JSON have no place in a text. */
export const NOWHERE: Location = { source: { kind: 'netlink', name: 'netlink', text: '' }, line: 0, offset: 0, start: 0, end: 0 };

type Kinds<T> = T extends Expr ? Omit<T, 'loc' | 'dtype' | 'byteorder' | 'len'> : never;
type StmtKinds<T> = T extends Stmt ? Omit<T, 'loc'> : never;

export const mk = (e: Kinds<Expr>, dtype: DatatypeName, byteorder: ByteOrder, len: number): Expr => ({ loc: NOWHERE, dtype, byteorder, len, ...e }) as Expr;
export const mkStmt = (s: StmtKinds<Stmt>): Stmt => ({ loc: NOWHERE, ...s }) as Stmt;

export const valueExpr = (value: bigint, dtype: DatatypeName, byteorder: ByteOrder, len: number): ExprOf<'value'> =>
  mk({ kind: 'value', value }, dtype, byteorder, len) as ExprOf<'value'>;

/** Data whose type is not known yet: byte order 'invalid' keeps the bytes as a little endian number (netlink_alloc_value). */
export const rawValue = (bytes: Uint8Array): ExprOf<'value'> => valueExpr(bytesToValue(bytes, 'host'), 'invalid', 'invalid', bytes.length * 8);

/** Kinds without other nodes in them: what most registers hold. */
const FLAT: ReadonlySet<Expr['kind']> = new Set(['payload', 'meta', 'ct', 'value']);

export const clone = <T extends Expr>(e: T): T => (FLAT.has(e.kind) ? { ...e } : (structuredCloneWithoutLoc(e) as T));

function structuredCloneWithoutLoc(v: unknown): unknown {
  if (Array.isArray(v)) return v.map(structuredCloneWithoutLoc);
  if (v === null || typeof v !== 'object' || v instanceof Uint8Array) return v;
  const out: Record<string, unknown> = {};
  for (const [k, x] of Object.entries(v)) out[k] = k === 'loc' || k === 'anonymous' || k === 'elements' ? x : structuredCloneWithoutLoc(x);
  return out;
}

export const switchOrder = (value: bigint, len: number): bigint => bytesToValue(valueToBytes(value, Math.ceil(len / 8), 'host'), 'big');

/** expr_set_type: gives an untyped expression its type; numbers follow the byte order. */
export function setType(e: Expr, dtype: DatatypeName, byteorder: ByteOrder): void {
  switch (e.kind) {
    case 'value':
      if (byteorder === 'big' ? e.byteorder !== 'big' : e.byteorder === 'big' && byteorder === 'host') e.value = switchOrder(e.value, e.len);
      break;
    case 'range':
      setType(e.left, dtype, byteorder);
      setType(e.right, dtype, byteorder);
      break;
    case 'prefix':
      setType(e.prefix, dtype, byteorder);
      break;
    case 'list':
    case 'set':
      for (const i of e.items) setType(i, dtype, byteorder);
      break;
    case 'set_elem':
      setType(e.key, dtype, byteorder);
      break;
    case 'mapping':
      setType(e.left, dtype, byteorder);
      break;
    case 'concat': {
      const fields = dtype.split(' . ');
      if (fields.length === e.items.length) e.items.forEach((i, n) => setType(i, fields[n] as string, i.byteorder));
      break;
    }
    default:
      break;
  }
  e.dtype = dtype;
  if (byteorder !== 'invalid' || e.byteorder === 'invalid') e.byteorder = byteorder;
}
