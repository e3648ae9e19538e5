import type { Expr, ExprOf, SetDecl, SetFlag, Stmt } from '../../../parsers/nft/ast.ts';
import { concatType, datatype } from '../datatype/index.ts';
import type { Context } from './context.ts';
import { describe, evaluate, MAX_BITS, setNotFound, tableNotFound, toByteorder } from './expr.ts';
import { giveType, rawPayload } from './types.ts';
import { addFlag, clone, compatible, constant, has, isConstant, isMap, isSingleton, mapOrSet, nameOf, paddedBits } from './nature.ts';
import { eachElement } from '../../../parsers/nft/plain-elements.ts';
import { intervals } from './intervals.ts';
import { spansOf } from './spans.ts';
import { evaluateStmt, STATEFUL, stmtName } from './stmt.ts';
import { transfer } from './relational.ts';

const OBJ_NAME_BITS = 256 * 8;
const asSet = (e: Expr | undefined): ExprOf<'set'> | null => (e?.kind === 'set' ? e : null);

/** implicit_set_declaration: an anonymous set becomes a set of its own, named by the kernel. */
export function declareSet(c: Context, name: string, key: Expr, data: Expr | undefined, init: Expr, flags: SetFlag[]): ExprOf<'set_ref'> {
  const decl: SetDecl = {
    loc: init.loc,
    handle: { ...c.cmd.handle, set: { name, loc: init.loc } },
    flags: [...flags],
    isMap: flags.includes('map') || flags.includes('object'),
    key,
    keyTypeof: false,
    autoMerge: flags.includes('interval'),
    stmts: [],
    init,
    ...(data ? { data } : {}),
  };
  evaluateSetDecl(c, decl);
  const id = c.ids.next++;
  c.before.push({ loc: init.loc, op: 'add', handle: decl.handle, object: { kind: 'set', decl, id } });
  return {
    kind: 'set_ref',
    set: name,
    decl,
    ...(flags.includes('anonymous') ? { anonymous: { decl, id } } : {}),
    loc: init.loc,
    dtype: key.dtype,
    byteorder: key.byteorder,
    len: key.len,
  };
}

function setError(c: Context, set: SetDecl, message: string): never {
  return c.fail(message, set.loc);
}
function unqualified(c: Context, set: SetDecl, e: Expr): never {
  const d = datatype(e.dtype);
  return setError(c, set, `unqualified type ${d.name} specified in ${mapOrSet(set)} definition${d.size === 0 ? '. Try "typeof expression" instead of "type datatype".' : ''}`);
}

/** Types of `typeof` expressions and their parts. */
function typeKey(e: Expr): void {
  if (e.kind === 'concat') {
    e.items.forEach(typeKey);
    return;
  }
  giveType(e);
  if (e.kind === 'payload') rawPayload(e);
  if (e.kind === 'verdict') e.dtype = 'verdict';
}

/** set_expr_evaluate_concat */
function concatKey(c: Context, e: ExprOf<'concat'>): void {
  let size = 0;
  for (const i of e.items) {
    if (i.kind === 'ct' && !i.nfproto && (i.key === 'saddr' || i.key === 'daddr')) c.fail('specify either ip or ip6 for address matching', i.loc);
    if (datatype(i.dtype).size === 0 && i.len === 0) c.fail(`can not use variable sized data types (${datatype(i.dtype).name}) in concat expressions`, i.loc, e.loc);
    size += paddedBits(i.len);
    if (size > MAX_BITS) c.fail(`Concatenation of size ${size} exceeds maximum size of ${MAX_BITS}`, i.loc);
  }
  e.dtype = concatType(e.items.map((i) => datatype(i.dtype))).id;
  e.len = size;
  c.expectType(e.dtype, e.len);
  c.ectx.key = e;
}

/** set_evaluate */
export function evaluateSetDecl(c: Context, set: SetDecl): void {
  const type = mapOrSet(set);
  if (!set.key) return setError(c, set, `${type} definition does not specify key`);
  const anonymous = has(set, 'anonymous');
  const existing = anonymous ? undefined : register(c, set);
  typeKey(set.key);
  if (!has(set, 'interval') && set.autoMerge) setError(c, set, 'auto-merge only works with interval sets');
  if (set.key.len === 0) {
    if (set.key.kind === 'concat') concatKey(c, set.key);
    if (set.key.len === 0) unqualified(c, set, set.key);
  }
  if (has(set, 'interval') && set.key.kind === 'concat') {
    addFlag(set, 'concat');
    set.autoMerge = false;
  }
  if (anonymous && set.key.kind === 'concat') checkConcats(c, set);
  evaluateData(c, set);
  if (existing && has(set, 'interval') && !has(existing, 'interval')) setError(c, set, `existing ${type} lacks interval flag`);
  if (set.timeout) addFlag(set, 'timeout');
  for (const s of set.stmts) stateful(c, s, type);
  if (anonymous) {
    const init = asSet(set.init);
    if (init?.flags.includes('interval') && !init.flags.includes('concat')) intervals(c, set, init);
    return;
  }
}

/** The set is known from now on; what was there before is given back. */
function register(c: Context, set: SetDecl): SetDecl | undefined {
  const table = c.cache.find(set.handle.family, set.handle.table?.name) ?? tableNotFound(c);
  const name = set.handle.set?.name ?? '';
  const existing = table.sets.get(name);
  if (!existing) {
    table.sets.set(name, set);
    return undefined;
  }
  if (has(existing, 'eval')) {
    const rest = (s: SetDecl): string =>
      s.flags
        .filter((f) => f !== 'eval')
        .sort()
        .join();
    if (rest(existing) === rest(set)) addFlag(set, 'eval');
  }
  return existing === set ? undefined : existing;
}

function checkConcats(c: Context, set: SetDecl): void {
  for (const i of asSet(set.init)?.items ?? []) {
    const elem = i.kind === 'mapping' ? i.left : i;
    if (elem.kind === 'set_elem' && elem.key.kind !== 'concat' && elem.key.kind !== 'catchall') c.fail('expression is not a concatenation', i.loc);
  }
}

function evaluateData(c: Context, set: SetDecl): void {
  if (has(set, 'map')) {
    const { data } = set;
    if (!data) return setError(c, set, 'map definition does not specify mapping data type');
    typeKey(data);
    if (data.kind === 'concat') concatKey(c, data);
    if (data.len === 0 && data.dtype !== 'verdict') unqualified(c, set, data);
  } else if (has(set, 'object') && !set.data) set.data = constant(set.loc, 0n, 'string', 'host', OBJ_NAME_BITS);
}

export function stateful(c: Context, s: Stmt, name: string): void {
  evaluateStmt(c, s);
  if (!STATEFUL.has(s.kind)) c.fail(`${name} statement must be stateful`, s.loc);
}

/** elems_evaluate: the elements that a set is declared with. */
export function evaluateElements(c: Context, set: SetDecl): void {
  c.set = set;
  if (set.init) {
    if (!set.key) return setError(c, set, 'set definition does not specify key');
    c.expect(set.key.dtype, set.key.byteorder, set.key.len);
    const spans = spansOf(c, set, set.init);
    if (spans) {
      set.init = spans;
      c.set = null;
      return;
    }
    set.init = evaluate(c, set.init);
    if (set.init.kind !== 'set') c.fail(`Set ${set.handle.set?.name}: Unexpected initial type ${nameOf(set.init)}, missing { }?`, set.init.loc);
  }
  if (has(set, 'interval') && !has(set, 'concat') && set.init) intervals(c, set, set.init as ExprOf<'set'>);
  c.set = null;
}

/** setelem_evaluate: elements for a set that is there. */
export function evaluateElementCommand(c: Context): void {
  const { cmd } = c;
  if (cmd.object.kind !== 'element') return;
  const table = c.table ?? tableNotFound(c);
  const name = cmd.handle.set?.name ?? '';
  const set = table.sets.get(name) ?? setNotFound(c, cmd.handle.set?.loc ?? cmd.loc, name);
  if (!set.key) c.fail('', cmd.loc);
  c.set = set;
  c.expectType((set.key as Expr).dtype, (set.key as Expr).len);
  cmd.object.set = set;
  const spans = spansOf(c, set, cmd.object.expr);
  if (spans) {
    cmd.object.expr = spans;
    c.set = null;
    return;
  }
  cmd.object.expr = evaluate(c, cmd.object.expr);
  if (has(set, 'interval')) {
    const elements = cmd.object.expr as ExprOf<'set'>;
    if (!has(set, 'concat')) intervals(c, set, elements);
    if (!elements.flags.includes('interval')) elements.flags.push('interval');
  }
  c.set = null;
}

/** expr_evaluate_set */
export function evaluateSet(c: Context, e: ExprOf<'set'>): Expr {
  const out: Expr[] = [];
  const queue = eachElement(e.items);
  for (let n = 0; n < queue.length; n++) {
    c.lists++;
    let i: Expr;
    try {
      i = evaluate(c, queue[n] as Expr);
    } finally {
      c.lists--;
    }
    if (i.kind === 'mapping' && i.left.kind === 'set_elem' && i.left.key.kind === 'set') {
      for (const j of i.left.key.items) queue.push({ ...i, left: clone(j), right: clone(i.right) });
      continue;
    }
    const elem = i.kind === 'mapping' ? i.left : i;
    if (elem.kind === 'set_elem' && elem.key.kind === 'set_ref') c.fail('Set reference cannot be part of another set', i.loc);
    if (i.kind === 'set_elem' && i.key.kind === 'set') i = i.key;
    if (!isConstant(i)) c.fail('Set member is not constant', i.loc);
    if (i.kind === 'set') {
      out.push(...i.items);
      for (const f of i.flags) addFlag(e, f);
      continue;
    }
    if (!isSingleton(i)) {
      addFlag(e, 'interval');
      if (elem.kind === 'set_elem' && elem.key.kind === 'concat') addFlag(e, 'concat');
    }
    out.push(i);
  }
  e.items = out;
  if (c.set && has(c.set, 'concat')) addFlag(e, 'concat');
  addFlag(e, 'constant');
  if (c.ectx.dtype !== null) e.dtype = c.ectx.dtype;
  e.len = c.ectx.len;
  return e;
}

/** __expr_evaluate_set_elem: statements of elements are those of the set. */
function elementStatements(c: Context, set: SetDecl, e: ExprOf<'set_elem'>): void {
  if (e.stmts.length === 0) return;
  if (set.stmts.length > 0 && e.stmts.length !== set.stmts.length)
    c.fail(`number of statements mismatch, set expects ${set.stmts.length} but element has ${e.stmts.length}`, e.loc);
  if (set.stmts.length === 0) {
    if (!has(set, 'anonymous') && !has(set, 'eval')) c.fail(`missing statement in ${mapOrSet(set)} declaration`, (e.stmts[0] as Stmt).loc);
    return;
  }
  e.stmts.forEach((s, n) => {
    const expected = set.stmts[n] as Stmt;
    if (expected.kind !== s.kind) c.fail(`statement mismatch, element expects ${stmtName(s)}, but ${mapOrSet(set)} has type ${stmtName(expected)}`, s.loc);
  });
}

const isInterval = (e: Expr): boolean => e.kind === 'prefix' || e.kind === 'range';

/** expr_evaluate_set_elem */
export function evaluateSetElem(c: Context, e: ExprOf<'set_elem'>): Expr {
  const { set } = c;
  if (set?.key) {
    elementStatements(c, set, e);
    c.expect(set.key.dtype, set.key.byteorder, set.key.len);
    c.ectx.key = set.key;
  }
  e.key = evaluate(c, e.key);
  if (set && !has(set, 'anonymous') && !has(set, 'interval')) {
    const bad = isInterval(e.key) ? e.key : e.key.kind === 'concat' ? e.key.items.find(isInterval) : undefined;
    if (bad) c.fail(`You must add 'flags interval' to your ${mapOrSet(set)} declaration if you want to add ${nameOf(bad)} elements`, bad.loc);
  }
  e.dtype = e.key.dtype;
  e.len = e.key.len;
  return e;
}

const untypedAddress = (e: Expr): boolean => e.kind === 'ct' && !e.nfproto && (e.key === 'saddr' || e.key === 'daddr');

function needFamily(c: Context, map: Expr): void {
  const bad = untypedAddress(map) ? map : map.kind === 'concat' ? map.items.find(untypedAddress) : undefined;
  if (bad) c.fail('specify either ip or ip6 for address matching', bad.loc);
}

/** expr_evaluate_map */
export function evaluateMap(c: Context, e: ExprOf<'map'>): Expr {
  const wanted = { ...c.ectx };
  needFamily(c, e.map);
  c.expectType(null, 0);
  e.map = evaluate(c, e.map);
  if (isConstant(e.map)) c.fail('Map expression can not be constant', e.map.loc);
  c.stmtLen = 0;
  if (e.mappings.kind === 'variable') e.mappings = clone(e.mappings.symbol.expr);
  switch (e.mappings.kind) {
    case 'set': {
      if (wanted.dtype === null) c.fail('Implicit map expression without known datatype', e.loc);
      const key = c.ectx.key?.kind === 'concat' ? clone(c.ectx.key) : constant(e.loc, 0n, c.ectx.dtype ?? 'invalid', c.ectx.byteorder, c.ectx.len);
      const dtype = wanted.dtype as string;
      const data: Expr =
        dtype === 'verdict' ? { kind: 'verdict', verdict: 'accept', loc: e.loc, dtype, byteorder: 'invalid', len: 0 } : constant(e.loc, 0n, dtype, wanted.byteorder, wanted.len);
      inlineMap(c, e, '__map%d', key, data, ['map']);
      break;
    }
    case 'symbol':
      e.mappings = evaluate(c, e.mappings);
      if (e.mappings.kind !== 'set_ref' || !e.mappings.decl || !has(e.mappings.decl, 'map')) c.fail('Expression is not a map', e.mappings.loc);
      break;
    case 'set_ref':
      if (!e.mappings.decl || !isMap(e.mappings.decl)) c.fail('Expression is not a map', e.mappings.loc);
      break;
    default:
      c.fail(`invalid mapping expression ${nameOf(e.mappings)}`, e.mappings.loc, e.map.loc);
  }
  return finishMap(c, e);
}

/** The mappings written in place become a set of their own. */
export function inlineMap(c: Context, e: ExprOf<'map'>, name: string, key: Expr, data: Expr | undefined, flags: SetFlag[], objType?: string): void {
  const own = e.mappings as ExprOf<'set'>;
  const ref = declareSet(c, name, key, data, own, [...new Set<SetFlag>([...flags, ...own.flags, 'anonymous'])]);
  const set = ref.decl as SetDecl;
  if (objType !== undefined) set.objType = objType;
  e.mappings = ref;
  c.set = set;
  const before = { ...c.ectx };
  set.init = evaluate(c, set.init as Expr);
  void before;
  const init = asSet(set.init) ?? c.fail('Expression is not a map', set.init.loc);
  if (init.flags.includes('interval') && !init.flags.includes('concat')) intervals(c, set, init);
  if (objType === undefined && set.key) {
    c.expectType(set.key.dtype, set.key.len);
    const holder = { left: e.map, right: e.mappings as Expr };
    transfer(c, holder);
    e.map = holder.left;
    if (set.data?.intervalData) for (const i of init.items) expand(i);
    set.key.len = c.ectx.len;
  }
  c.set = null;
  // map_set_concat_info
  for (const f of init.flags) addFlag(set, f);
  if (has(set, 'interval') && e.map.kind === 'concat') addFlag(set, 'concat');
}

export function finishMap(c: Context, e: ExprOf<'map'>): Expr {
  const decl = (e.mappings as ExprOf<'set_ref'>).decl as SetDecl;
  const key = decl.key as Expr;
  if (!compatible(key.dtype, e.map.dtype))
    c.fail(`datatype mismatch, map expects ${describe(key.dtype)}, mapping expression has type ${describe(e.map.dtype)}`, e.mappings.loc, e.map.loc);
  if (decl.data) {
    e.dtype = decl.data.dtype;
    e.byteorder = decl.data.byteorder;
    e.len = decl.data.len;
  }
  if (has(decl, 'interval')) e.map = toByteorder(c, e.map, 'big');
  return e;
}

/** __mapping_expr_expand: in maps of ranges single values are ranges too. */
function expand(i: Expr): void {
  if (i.kind !== 'mapping') return;
  const whole = (v: Expr): Expr => (v.kind === 'value' ? { kind: 'range', left: v, right: { ...v }, loc: v.loc, dtype: v.dtype, byteorder: v.byteorder, len: v.len } : v);
  if (i.right.kind === 'value') i.right = whole(i.right);
  else if (i.right.kind === 'concat') i.right.items = i.right.items.map(whole);
}

const hasInterval = (e: Expr): boolean => isInterval(e) || (e.kind === 'concat' && e.items.some(isInterval));

/** expr_evaluate_mapping */
export function evaluateMapping(c: Context, e: ExprOf<'mapping'>): Expr {
  const { set } = c;
  if (!set) return c.fail('mapping outside of map context', e.loc);
  if (!isMap(set)) return setError(c, set, 'set is not a map');
  const key = set.key as Expr;
  c.expectType(key.dtype, key.len);
  e.left = evaluate(c, e.left);
  if (!isConstant(e.left)) c.fail('Key must be a constant', e.left.loc);
  if (!set.data && has(set, 'object')) set.data = constant(set.loc, 0n, 'string', 'host', OBJ_NAME_BITS);
  if (!set.data) return setError(c, set, 'map has no mapping data');
  c.expect(set.data.dtype, set.data.byteorder, set.data.len);
  e.right = evaluate(c, e.right);
  if (!isConstant(e.right)) c.fail('Value must be a constant', e.right.loc);
  const anonymous = has(set, 'anonymous');
  if (anonymous && hasInterval(e.right)) set.data.intervalData = true;
  if (!anonymous && set.data.intervalData) expand(e);
  if (!set.data.intervalData && !isSingleton(e.right)) c.fail('Value must be a singleton', e.right.loc);
  if (has(set, 'object') && e.right.kind !== 'value') c.fail(`Object mapping data should be a value, not ${nameOf(e.right)}`, e.right.loc);
  return e;
}
