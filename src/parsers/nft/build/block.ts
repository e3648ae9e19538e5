import type { ChainDecl, Expr, FlowtableDecl, Handle, Location, ObjDecl, PrioritySpec, RuleDecl, SetDecl, TableDecl } from '../ast.ts';
import { Refused } from '../automaton.ts';
import type { ParserState } from '../state.ts';
import { fromBytes } from '../error.ts';
import { NOWHERE } from '../error.ts';
import type { Values } from './expression.ts';

const DUPLICATED = 'You can only specify this once. This statement is duplicated.';
const HERE: Handle = { family: 'ip' };

export const newTable = (loc: Location): TableDecl => ({ loc, handle: { ...HERE }, flags: [], chains: [], sets: [], objs: [], flowtables: [] });
export const newChain = (loc: Location): ChainDecl => ({ loc, handle: { ...HERE }, flags: [], rules: [] as RuleDecl[] });
export const newSet = (loc: Location, isMap: boolean): SetDecl => ({ loc, handle: { ...HERE }, flags: [], isMap, keyTypeof: false, autoMerge: false, stmts: [] });
export const newFlowtable = (loc: Location): FlowtableDecl => ({ loc, handle: { ...HERE }, flags: [], counter: false });
export const newObj = (_: Values, loc: Location): ObjDecl => ({ loc, handle: { ...HERE }, type: '', value: {} });

/** `block part separator` where the part is a function on the block. What it refuses was refused before the separator: the block goes on. */
export function apply(d: Values, _l: Location, _a: readonly Location[], s: ParserState): unknown {
  try {
    d[1](d[0]);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    s.recovered();
  }
  return d[0];
}
export function applyObj(d: Values): unknown {
  d[1](d[0]);
  return d[0];
}
export function merge(d: Values): ObjDecl {
  const o = d[0] as ObjDecl;
  o.value = { ...o.value, ...d[1] };
  return o;
}
export function objComment(d: Values, _l: Location, a: readonly Location[], s: ParserState): ObjDecl {
  commentOnce(d[1], a[1] as Location, s)(d[0]);
  return d[0];
}
export const commentOnce =
  (comment: string, at: Location, s: ParserState) =>
  (decl: { comment?: string }): void => {
    if (decl.comment !== undefined) s.fail(at, DUPLICATED);
    decl.comment = comment;
  };

/** An object's block inside a table: takes the identifier's place and name. */
export const inTable =
  (list: 'chains' | 'sets' | 'flowtables', id: number, block: number) =>
  (d: Values, _l: Location, a: readonly Location[], s: ParserState): TableDecl => {
    const table = d[0] as TableDecl;
    const decl = d[block] as ChainDecl & SetDecl & FlowtableDecl;
    decl.loc = a[id] as Location;
    decl.handle = { ...decl.handle, ...d[id] };
    if (list === 'chains') s.closeScope();
    (table[list] as unknown[]).push(decl);
    return table;
  };
export const objInTable =
  (type: string, id: number, block: number) =>
  (d: Values, _l: Location, a: readonly Location[]): TableDecl => {
    const table = d[0] as TableDecl;
    const decl = d[block] as ObjDecl;
    decl.type = type;
    decl.loc = a[id] as Location;
    decl.handle = { ...decl.handle, ...d[id] };
    table.objs.push(decl);
    return table;
  };

export function setKey(set: SetDecl, key: { key: Expr; keyTypeof: boolean }, at: Location, s: ParserState): SetDecl {
  if (set.key) s.fail(at, DUPLICATED);
  set.key = key.key;
  set.keyTypeof = key.keyTypeof;
  return set;
}
export function setInit(set: SetDecl, init: Expr, at: Location, s: ParserState): SetDecl {
  if (set.init) s.fail(at, DUPLICATED);
  set.init = init;
  return set;
}
export function mapKey(set: SetDecl, key: Expr, isTypeof: boolean, data: Expr, at: Location, s: ParserState): SetDecl {
  if (set.key) s.fail(at, DUPLICATED);
  set.key = key;
  set.keyTypeof = isTypeof;
  if (isTypeof && data.kind === 'ct' && data.key === 'helper') return mapObj(set, key, isTypeof, 'ct helper', at, s, true);
  set.data = data;
  if (!set.flags.includes('map')) set.flags.push('map');
  return set;
}
export function mapObj(set: SetDecl, key: Expr, isTypeof: boolean, type: string, at: Location, s: ParserState, again = false): SetDecl {
  if (set.key && !isTypeof && !again) s.fail(at, DUPLICATED);
  set.key = key;
  set.keyTypeof = isTypeof;
  set.objType = type;
  if (!set.flags.includes('object')) set.flags.push('object');
  return set;
}

const CHAIN_TYPES = ['filter', 'nat', 'route'];
const HOOKS = ['ingress', 'prerouting', 'input', 'forward', 'postrouting', 'output', 'egress'];

export function hook(d: Values, l: Location, a: readonly Location[], s: ParserState): (c: ChainDecl) => void {
  const [, , type, , name, devices, priority] = d as [unknown, unknown, string, unknown, string, Expr | undefined, PrioritySpec];
  if (!CHAIN_TYPES.includes(type)) s.fail(a[2] as Location, 'unknown chain type');
  if (!HOOKS.includes(name)) s.fail(a[4] as Location, 'unknown chain hook');
  return (c) => {
    c.hook = { loc: l, type: { name: type, loc: a[2] as Location }, name: { name, loc: a[4] as Location }, priority, ...(devices ? { devices } : {}) };
  };
}
export function flowtableHook(d: Values, a: readonly Location[], s: ParserState): FlowtableDecl {
  const flowtable = d[0] as FlowtableDecl;
  if (!HOOKS.includes(d[2])) s.fail(a[2] as Location, 'unknown chain hook');
  flowtable.hook = { loc: a[2] as Location, name: { name: d[2], loc: a[2] as Location }, priority: d[3] };
  return flowtable;
}
export function chainDevices(d: Values): ChainDecl {
  const chain = d[0] as ChainDecl;
  const more = d[3] as Expr;
  if (chain.devices?.kind === 'list' && more.kind === 'list') chain.devices.items.push(...more.items);
  else chain.devices = more;
  return chain;
}
export const policy =
  (expr: Expr, l: Location, s: ParserState) =>
  (c: ChainDecl): void => {
    if (c.policy) s.fail(l, 'you cannot set chain policy twice');
    c.policy = { loc: l, expr };
  };

export const synproxy = (mss: bigint, wscale: bigint, flags: number): object => ({
  mss: Number(BigInt.asUintN(16, mss)),
  wscale: Number(BigInt.asUintN(8, wscale)),
  flags: 3 | flags,
});
export function secmark(context: string, at: Location, s: ParserState): object {
  if (context.length === 0 || context.length >= 256) s.fail(at, `invalid context '${context}', max length is 256\n`);
  return { context: fromBytes(context) };
}
export const ctHelper =
  (name: string, l4proto: number, at: Location, s: ParserState) =>
  (o: ObjDecl): void => {
    const v = o.value as Record<string, unknown>;
    if (v.l4proto) s.fail(at, `You can only specify this once. This statement is already set for ${String(v.helper)}.`);
    if (name.length === 0 || name.length >= 16) s.fail(at, `invalid name '${name}', max length is 16\n`);
    v.helper = fromBytes(name);
    v.l4proto = l4proto;
  };
export const l3proto = (d: Values): unknown =>
  Object.assign((o: ObjDecl): void => {
    (o.value as Record<string, unknown>).l3proto = d[1];
  }, {});
export { NOWHERE };
