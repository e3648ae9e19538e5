import type { ByteOrder, Expr, ExprOf, SetDecl } from '../../../parsers/nft/ast.ts';
import { baseType, concatType, datatype, parseSymbol } from '../datatype/index.ts';
import { valueToBytes } from '../datatype/bytes.ts';
import type { Context } from './context.ts';
import { bytesOf, clone, constant, isConstant, isInteger, isSingleton, isString, nameOf, ones, OPERATOR, paddedBits, sameType, unary } from './nature.ts';
import { evaluatePayload, evaluateExthdr, evaluateCt, evaluateRt } from './headers.ts';
import { evaluateMap, evaluateMapping, evaluateSet, evaluateSetElem } from './sets.ts';
import { evaluateRelational } from './relational.ts';
import { closest } from '../../../parsers/nft/index.ts';
import { giveType } from './types.ts';
import type { CachedTable } from './cache.ts';

export const NOT_FOUND = 'No such file or directory';

/** expr_evaluate: types an expression and brings it to its normal form; what comes back takes its place. */
export function evaluate(c: Context, e: Expr): Expr {
  giveType(e);
  switch (e.kind) {
    case 'symbol':
      return symbol(c, e);
    case 'variable':
      return evaluate(c, clone(e.symbol.expr));
    case 'set_ref':
      if (e.decl) setRefContext(c, e.decl);
      return e;
    case 'value':
      return value(c, e);
    case 'exthdr':
      return evaluateExthdr(c, e);
    case 'verdict':
      return verdict(c, e);
    case 'meta':
      return meta(c, e);
    case 'socket':
      c.expect(e.dtype, e.byteorder, e.len, e.key === 'transparent' || e.key === 'wildcard' ? 1 : 0);
      return e;
    case 'osf':
    case 'tunnel':
      return primary(c, e);
    case 'fib':
      return primary(c, e);
    case 'payload':
      return evaluatePayload(c, e);
    case 'rt':
      return evaluateRt(c, e);
    case 'ct':
      return evaluateCt(c, e);
    case 'prefix':
      return prefix(c, e);
    case 'range':
      return range(c, e);
    case 'unary':
      return evaluateUnary(e);
    case 'binop':
      return evaluateBinop(c, e);
    case 'concat':
      return evaluateConcat(c, e);
    case 'list':
      return list(c, e);
    case 'set':
      return evaluateSet(c, e);
    case 'set_elem':
      return evaluateSetElem(c, e);
    case 'map':
      return evaluateMap(c, e);
    case 'mapping':
      return evaluateMapping(c, e);
    case 'relational':
      return evaluateRelational(c, e);
    case 'flagcmp':
      return e;
    case 'numgen':
      integerCompatible(c, e);
      c.expect(e.dtype, e.byteorder, e.len, e.mod + e.offset - 1);
      return e;
    case 'hash':
      return hash(c, e);
    case 'xfrm':
      return xfrm(c, e);
    case 'plain_elements':
    case 'spans':
      throw new Error(`${e.kind} outside of a set`);
    case 'catchall':
      if (c.set?.key) e.len = c.set.key.len;
      return e;
    default:
      return e satisfies never;
  }
}

/** expr_evaluate_primary: such an expression says what is expected beside it. */
export function primary<T extends Expr>(c: Context, e: T): T {
  c.expect(e.dtype, e.byteorder, e.len);
  return e;
}
export function setRefContext(c: Context, set: SetDecl): void {
  if (!set.key) return;
  c.expectType(set.key.dtype, set.key.len);
  c.ectx.key = set.key;
}

export function tableNotFound(c: Context): never {
  const { handle } = c.cmd;
  const name = handle.table?.name ?? '';
  const at = handle.table?.loc ?? c.cmd.loc;
  const best = closest(
    name,
    c.cache.tables.map((x) => x.name),
  );
  const near = c.cache.tables.find((t) => t.name === best);
  return near ? c.fail(`${NOT_FOUND}; did you mean table '${near.name}' in family ${near.family}?`, at) : c.fail(NOT_FOUND, at);
}

export function setNotFound(c: Context, at: Expr['loc'], name: string): never {
  const found = nearestIn(c.cache.tables, name, (t) => [...t.sets.keys()].filter((n) => !n.startsWith('__')));
  if (!found) return c.fail(NOT_FOUND, at);
  const set = found.table.sets.get(found.name) as SetDecl;
  const kind = set.flags.includes('map') || set.flags.includes('object') ? 'map' : 'set';
  return c.fail(`${NOT_FOUND}; did you mean ${kind} '${found.name}' in table ${found.table.family} '${found.table.name}'?`, at);
}

/** The *_lookup_fuzzy functions: the nearest name, be it the very name in another table; names of one letter have no neighbours. */
export function nearestIn(tables: readonly CachedTable[], name: string, names: (t: CachedTable) => readonly string[]): { table: CachedTable; name: string } | undefined {
  const all = tables.flatMap((table) => names(table).map((n) => ({ table, name: n })));
  const best = closest(
    name,
    all.map((x) => x.name),
  );
  return best === undefined ? undefined : all.find((x) => x.name === best);
}

/** expr_evaluate_symbol */
function symbol(c: Context, e: ExprOf<'symbol'>): Expr {
  if (e.symbolType === 'set') {
    const table = c.table ?? tableNotFound(c);
    const set = table.sets.get(e.identifier);
    if (!set?.key) return setNotFound(c, e.loc, e.identifier);
    return evaluate(c, { kind: 'set_ref', set: e.identifier, decl: set, loc: e.loc, dtype: 'invalid', byteorder: 'invalid', len: 0 });
  }
  const dtype = c.ectx.dtype;
  if (dtype === null) return c.fail('No symbol type information', e.loc);
  e.dtype = dtype;
  if (datatype(dtype).fields) return c.fail(`invalid data type, expected ${describe(dtype)}`, e.loc); // concat_type_parse
  const parsed = parseSymbol(dtype, e.identifier, c.names);
  if (parsed.kind === 'error') return c.fail(parsed.message, e.loc);
  const make = (k: { value: bigint; byteorder: ByteOrder; len: number }): Expr => constant(e.loc, k.value, parsed.dtype, k.byteorder, k.len);
  if (parsed.kind === 'value') return evaluate(c, make(parsed.constant));
  const items: Expr[] = parsed.constants.map((k) => ({ kind: 'set_elem', key: make(k), stmts: [], loc: e.loc, dtype: 'invalid', byteorder: 'invalid', len: 0 }));
  return evaluate(c, { kind: 'set', items, flags: [], loc: e.loc, dtype: 'invalid', byteorder: 'invalid', len: 0 });
}

function value(c: Context, e: ExprOf<'value'>): Expr {
  const base = baseType(e.dtype);
  if (base.id === 'integer' || base.id === 'xinteger') return integer(c, e);
  if (base.id === 'string') return string(c, e);
  return c.fail(`Unexpected datatype ${datatype(e.dtype).name}`, e.loc);
}

/** expr_evaluate_integer */
function integer(c: Context, e: ExprOf<'value'>): Expr {
  const { maxval, byteorder } = c.ectx;
  if (maxval > 0 && e.value > BigInt(maxval)) c.fail(`Value ${e.value} exceeds valid range 0-${maxval}`, e.loc);
  const len = Math.max(c.stmtLen, c.ectx.len);
  const mask = ones(len);
  if (e.value > mask) c.fail(`Value ${e.value} exceeds valid range 0-${mask}`, e.loc);
  e.byteorder = byteorder;
  e.len = len;
  return e;
}

const fromText = (bytes: Uint8Array): bigint => {
  let v = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) v = (v << 8n) | BigInt(bytes[i] as number);
  return v;
};

/** expr_evaluate_string: a trailing asterisk makes a prefix. */
function string(c: Context, e: ExprOf<'value'>): Expr {
  const bytes = valueToBytes(e.value, bytesOf(e.len), 'host');
  const dtype = c.ectx.dtype ?? e.dtype;
  if (c.ectx.len > 0) {
    if (e.len > c.ectx.len) c.fail(`String exceeds maximum length of ${c.ectx.len / 8}`, e.loc);
    e.len = c.ectx.len;
  }
  const zero = bytes.indexOf(0);
  const text = zero < 0 ? bytes : bytes.subarray(0, zero);
  if (text.length === 0) c.fail('Empty string is not allowed', e.loc);
  const last = text.length - 1;
  if (text[last] !== 42) return constant(e.loc, fromText(text), dtype, 'host', e.len);
  if (last === 0) c.fail('All-wildcard strings are not supported', e.loc);
  if (text[last - 1] === 92) return constant(e.loc, fromText(text.filter((b, i) => !(b === 92 && text[i + 1] === 42))), dtype, 'host', e.len);
  const inner = constant(e.loc, fromText(text.subarray(0, last)), dtype, 'host', e.len);
  return { kind: 'prefix', prefix: inner, prefixLen: last * 8, loc: e.loc, dtype, byteorder: 'host', len: e.len };
}

const CHAIN_NAME_MAX = 256;
export function checkChainName(c: Context, e: Expr): void {
  const len = e.len / 8;
  if (len > CHAIN_NAME_MAX) c.fail(`chain name too long (${len}, max ${CHAIN_NAME_MAX})`, e.loc);
  if (!len) c.fail('chain name length 0 not allowed', e.loc);
  if (len >= CHAIN_NAME_MAX) c.fail(`chain name must be smaller than ${CHAIN_NAME_MAX}`, e.loc);
}
function verdict(c: Context, e: ExprOf<'verdict'>): Expr {
  if (e.dtype === 'invalid') e.dtype = 'verdict';
  if ((e.verdict === 'jump' || e.verdict === 'goto') && e.chain?.kind === 'variable') e.chain = clone(e.chain.symbol.expr);
  if (e.chain?.kind === 'value') checkChainName(c, e.chain);
  return primary(c, e);
}

function meta(c: Context, e: ExprOf<'meta'>): Expr {
  if (e.key === 'nfproto' && c.pctx.family !== 'inet') c.fail('meta nfproto is only useful in the inet family', e.loc);
  if (e.key === 'day') {
    c.expect(e.dtype, e.byteorder, e.len, 6);
    return e;
  }
  return primary(c, e);
}

function xfrm(c: Context, e: ExprOf<'xfrm'>): Expr {
  if (!['ip', 'ip6', 'inet'].includes(c.pctx.family)) c.fail('ipsec expression is only valid in ip/ip6/inet tables', e.loc);
  return primary(c, e);
}

/** expr_dtype_integer_compatible: a number for a statement takes the statement's type. */
function integerCompatible(c: Context, e: Expr): void {
  const { dtype, len } = c.ectx;
  if (dtype !== null && datatype(dtype).base?.id === 'integer' && len === 32) {
    e.dtype = dtype;
    e.len = len;
  }
}

function hash(c: Context, e: ExprOf<'hash'>): Expr {
  integerCompatible(c, e);
  c.expectType(null, 0);
  if (e.expr) e.expr = evaluate(c, e.expr);
  c.expect(e.dtype, e.byteorder, e.len, e.mod + e.offset - 1);
  return e;
}

/** expr_evaluate_prefix */
function prefix(c: Context, e: ExprOf<'prefix'>): Expr {
  e.prefix = evaluate(c, e.prefix);
  const base = e.prefix;
  if (!isConstant(base)) c.fail('Prefix expression is undefined for non-constant expressions', e.loc);
  if (!isInteger(base) && !isString(base)) c.fail(`Prefix expression is undefined for ${datatype(base.dtype).desc} types`, e.loc);
  if (e.prefixLen > base.len) c.fail(`Prefix length ${e.prefixLen} is invalid for type of ${base.len} bits width`, e.loc);
  const mask = isString(base) ? ones(e.prefixLen) : ones(base.len) ^ ones(base.len - e.prefixLen);
  if (base.kind === 'value') e.prefix = constant(base.loc, base.value & mask, base.dtype, base.byteorder, base.len);
  e.dtype = base.dtype;
  e.byteorder = base.byteorder;
  e.len = base.len;
  return e;
}

/** __expr_evaluate_range */
export function rangeEnds(c: Context, e: ExprOf<'range'>): void {
  const end = (x: Expr): Expr => {
    const v = evaluate(c, x);
    if (!isInteger(v)) c.fail(`Range expression is undefined for ${datatype(v.dtype).desc} types`, v.loc, e.loc);
    if (!isConstant(v)) c.fail('Range is not constant', v.loc, e.loc);
    return v;
  };
  e.left = end(e.left);
  e.right = end(e.right);
}
function range(c: Context, e: ExprOf<'range'>): Expr {
  rangeEnds(c, e);
  const { left, right } = e;
  if (left.kind !== 'value' || right.kind !== 'value') return e;
  if (left.value > right.value) c.fail('Range negative size', e.loc);
  if (left.value === right.value) return left;
  e.dtype = left.dtype;
  e.byteorder = left.byteorder;
  e.len = left.len;
  return e;
}

function evaluateUnary(e: ExprOf<'unary'>): Expr {
  e.dtype = e.arg.dtype;
  e.byteorder = e.op === 'hton' ? 'big' : 'host';
  e.len = e.arg.len;
  return e;
}

const conversion = (e: Expr, to: ByteOrder): 'hton' | 'ntoh' => {
  if (e.byteorder === 'invalid') throw new Error(`invalid byte order conversion to ${to}`);
  return to === 'big' ? 'hton' : 'ntoh';
};

/** byteorder_conversion */
export function toByteorder(c: Context, e: Expr, order: ByteOrder): Expr {
  if (e.byteorder === order) return e;
  if (e.kind === 'concat') {
    e.items = e.items.map((i) => {
      if (i.byteorder === 'big' || baseType(i.dtype).id === 'string') return i;
      if (i.kind === 'value') return i;
      return bytesOf(i.len) >= 2 ? evaluateUnary(unary(i.loc, conversion(i, order), i)) : i;
    });
    return e;
  }
  if (isString(e)) return e;
  const names = { invalid: 'invalid', host: 'host endian', big: 'big endian' };
  if (!isInteger(e))
    c.fail(`Byteorder mismatch: ${names[order]} expected ${nameOf(e)}, ${names[e.byteorder]} got %s`.replace(', ', ', ').replace(' got %s', ` got ${names[e.byteorder]}`), e.loc);
  if (isConstant(e) || bytesOf(e.len) < 2) {
    e.byteorder = order;
    return e;
  }
  return evaluateUnary(unary(e.loc, conversion(e, order), e));
}

function simplify(c: Context, e: ExprOf<'binop'>): Expr {
  const { left, right } = e;
  if (left.kind !== 'value' || right.kind !== 'value') return e;
  const mask = ones(e.len);
  const [a, b] = [left.value, right.value];
  let v: bigint;
  switch (e.op) {
    case 'and':
      v = a & b & mask;
      break;
    case 'xor':
      v = (a ^ b) & mask;
      break;
    case 'or':
      v = (a | b) & mask;
      break;
    case 'lshift':
      v = (a << b) & mask;
      break;
    case 'rshift':
      v = (a & mask) >> b;
      break;
  }
  return evaluate(c, constant(e.loc, v, e.dtype, e.byteorder, e.len));
}

function shift(c: Context, e: ExprOf<'binop'>): Expr {
  const { left, right } = e;
  const by = right.kind === 'value' ? right.value : 0n;
  if (by > 0xffffffffn) c.fail('shifts exceeding 4294967295 bits are not supported', right.loc, left.loc);
  const max = Math.max(c.stmtLen, left.len);
  if (by >= BigInt(max)) c.fail(`${e.op === 'lshift' ? 'Left' : 'Right'} shift of ${by} bits is undefined for type of ${max} bits width`, right.loc, left.loc);
  e.left = toByteorder(c, e.left, 'host');
  e.right = toByteorder(c, e.right, 'host');
  e.dtype = 'integer';
  e.byteorder = 'host';
  e.len = max;
  return isConstant(e.left) ? simplify(c, e) : e;
}

function bitwise(c: Context, e: ExprOf<'binop'>): Expr {
  if (c.stmtLen > e.left.len) {
    e.left = toByteorder(c, e.left, 'host');
    e.len = c.stmtLen;
    e.byteorder = 'host';
    e.dtype = 'integer';
  } else {
    e.len = e.left.len;
    e.byteorder = e.left.byteorder;
    e.dtype = e.left.dtype;
  }
  e.right = toByteorder(c, e.right, e.byteorder);
  return isConstant(e.left) && isConstant(e.right) ? simplify(c, e) : e;
}

/** expr_evaluate_binop */
function evaluateBinop(c: Context, e: ExprOf<'binop'>): Expr {
  const sym = OPERATOR[e.op];
  const room = c.ectx.len;
  e.left = evaluate(c, e.left);
  const shifts = e.op === 'lshift' || e.op === 'rshift';
  if (shifts) c.expect('integer', e.left.byteorder, Math.max(room, e.left.len));
  e.right = evaluate(c, e.right);
  if (isConstant(e.left) && !isConstant(e.right)) [e.left, e.right] = [e.right, e.left];
  const { left, right } = e;
  if (!isInteger(left) && !isString(left)) c.fail(`Binary operation (${sym}) is undefined for ${datatype(left.dtype).desc} types`, left.loc, e.loc);
  if (isConstant(left) && !isSingleton(left)) c.fail(`Binary operation (${sym}) is undefined for ${nameOf(left)} expressions`, left.loc, e.loc);
  if (!sameType(baseType(left.dtype).id, baseType(right.dtype).id))
    c.fail(`Binary operation (${sym}) with different base types (${baseType(left.dtype).name} vs ${baseType(right.dtype).name}) is not supported`, left.loc, e.loc);
  if (shifts) {
    if (!isConstant(right)) c.fail(`Right hand side of binary operation (${sym}) must be constant`, right.loc, e.loc);
    if (!isSingleton(right)) c.fail(`Binary operation (${sym}) is undefined for ${nameOf(right)} expressions`, left.loc, e.loc);
    return shift(c, e);
  }
  if (isConstant(left) && !isConstant(right)) c.fail(`Right hand side of binary operation (${sym}) must be constant`, right.loc, e.loc);
  if (isConstant(right) && !isSingleton(right)) c.fail(`Binary operation (${sym}) is undefined for ${nameOf(right)} expressions`, left.loc, e.loc);
  return bitwise(c, e);
}

const NO_PARTS = new Set<Expr['kind']>(['verdict', 'symbol', 'variable', 'list', 'set', 'set_ref', 'mapping', 'catchall']);
export const MAX_BITS = 512;

/** Width of a part: the expression's, which may be less than the type's (`ct expiration`). */
const partBits = (i: Expr): number => i.len || datatype(i.dtype).size;

/** expr_evaluate_concat */
function evaluateConcat(c: Context, e: ExprOf<'concat'>): Expr {
  const dtype = c.ectx.dtype;
  const wanted = dtype === null ? [] : (datatype(dtype).fields ?? []).map((f) => f.id);
  let off = dtype === null ? 0 : wanted.length;
  const keyContext = c.ectx.key?.kind === 'concat' ? c.ectx.key : null;
  const keys = keyContext?.items ?? [];
  let at = 0;
  let size = 0;
  let runaway = false;
  const fields: string[] = [];
  for (let n = 0; n < e.items.length; n++) {
    let i = e.items[n] as Expr;
    const key = keys[at];
    if (runaway) c.fail('too many concatenation components', ...(keyContext ? [e.loc, keyContext.loc] : [e.loc]));
    if (i.kind === 'ct' && !i.nfproto && (i.key === 'saddr' || i.key === 'daddr')) c.fail('specify either ip or ip6 for address matching', i.loc);
    let bits = 0;
    let order: ByteOrder = 'invalid';
    let part: string;
    if (key) {
      part = key.dtype;
      bits = key.len;
      order = key.byteorder;
      off--;
    } else if (dtype === null || off <= 0) {
      part = 'invalid';
      if (dtype !== null) off = 0;
    } else {
      part = wanted[wanted.length - off] as string;
      off--;
      const t = datatype(part);
      bits = t.size;
      order = t.byteorder;
    }
    c.expect(part, order, bits);
    c.ectx.key = i;
    c.lists++;
    try {
      i = evaluate(c, i);
    } finally {
      c.lists--;
    }
    e.items[n] = i;
    if (NO_PARTS.has(i.kind)) c.fail(`cannot use ${nameOf(i)} in concatenation`, i.loc);
    if ((i.kind === 'range' || i.kind === 'prefix') && c.lists === 0) c.fail(`cannot use ${nameOf(i)} in concatenation`, i.loc);
    const t = datatype(i.dtype);
    if (t.id === 'invalid' && i.len === 0 && i.kind === 'exthdr') c.fail(`cannot use ${nameOf(i)} in concatenation, lacks datatype`, i.loc);
    if (dtype === null && t.size === 0 && !(t.number === 4 && !key)) c.fail(`can not use variable sized data types (${t.name}) in concat expressions`, i.loc, e.loc);
    if (bits === 0) bits = partBits(i);
    fields.push(i.dtype);
    size += paddedBits(bits);
    if (key) {
      if (at === keys.length - 1) runaway = true;
      else at++;
    }
    c.inner = null;
    if (size > MAX_BITS) c.fail(`Concatenation of size ${size} exceeds maximum size of ${MAX_BITS}`, i.loc);
  }
  e.dtype = concatType(fields.map(datatype)).id;
  e.len = size;
  if (off > 0 && dtype !== null) c.fail(`datatype mismatch, expected ${describe(dtype)}, expression has type ${describe(e.dtype)}`, e.loc);
  c.expectType(e.dtype, e.len);
  c.ectx.key = keyContext ?? e;
  return e;
}

/** dtype->desc; of concatenations `concatenation of (…)`. */
export const describe = (id: string): string => {
  const d = datatype(id);
  return d.fields ? `concatenation of (${d.fields.map((f) => f.desc).join(', ')})` : d.desc;
};

/** expr_evaluate_list: flags are ORed. */
function list(c: Context, e: ExprOf<'list'>): Expr {
  let v = 0n;
  for (const item of e.items) {
    c.lists++;
    let i: Expr;
    try {
      i = evaluate(c, item);
    } finally {
      c.lists--;
    }
    if (i.kind !== 'value') return c.fail('List member must be a constant value', i.loc);
    if (datatype(i.dtype).base?.id !== 'bitmask') return c.fail(`Basetype of type ${describe(i.dtype)} is not bitmask`, i.loc);
    v |= i.value;
  }
  return constant(e.loc, v, c.ectx.dtype ?? 'invalid', 'host', c.ectx.len);
}
