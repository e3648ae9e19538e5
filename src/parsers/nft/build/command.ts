import type { ChainDecl, Cmd, CmdObject, CmdOp, Expr, ExprOf, FlowtableDecl, Handle, Location, Named, ObjDecl, RuleDecl, SetDecl, TableDecl } from '../ast.ts';
import { Stop } from '../automaton.ts';
import type { ParserState } from '../state.ts';
import type { Values } from './expression.ts';

export const UNSPEC: Handle = { family: 'unspec' };
export const nothing = (): null => null;
export const first = (d: Values): unknown => d[0];
export const second = (d: Values): unknown => d[1];
export const leave =
  (scope: string) =>
  (_d: Values, _l: Location, _a: readonly Location[], s: ParserState): void =>
    s.leave(scope);

/** A command before its verb is known. */
type Object1 = Omit<Cmd, 'op'> | null;
export const makeCmd = (object: CmdObject, handle: Handle, loc: Location): Omit<Cmd, 'op'> => ({ loc, handle, object });
export const op =
  (verb: CmdOp) =>
  (d: Values, l: Location): Cmd | null => {
    const object = (d.length > 1 ? d[1] : d[0]) as Object1;
    return object && { ...object, op: verb, loc: l };
  };

export function line(d: Values, _l: Location, a: readonly Location[], s: ParserState): null {
  const cmd = d[1] as Cmd | null;
  if (cmd) s.cmds.push({ ...cmd, loc: a[1] as Location });
  return null;
}
/** The text ends without a newline: bison's `base_cmd TOKEN_EOF`, which accepts at once. */
export function lastLine(d: Values, _l: Location, a: readonly Location[], s: ParserState): never {
  const cmd = d[0] as Cmd | null;
  if (cmd) s.cmds.push({ ...cmd, loc: a[0] as Location });
  throw new Stop(true);
}

type Plain = Extract<CmdObject, { decl?: unknown }>['kind'] | 'ruleset' | 'tables' | 'chains' | 'sets' | 'maps' | 'meters' | 'meter' | 'flowtables' | 'rules';
export const cmd =
  (kind: Exclude<Plain, 'object'>, at: number) =>
  (d: Values, l: Location): Object1 =>
    makeCmd({ kind } as CmdObject, d[at], l);
export const namedObj =
  (type: string, at: number) =>
  (d: Values, l: Location): Object1 =>
    makeCmd({ kind: 'object', type }, d[at], l);
export const objs =
  (type: string, at: number) =>
  (d: Values, l: Location): Object1 =>
    makeCmd({ kind: 'objects', type }, d[at], l);
export const ctObj = (d: Values, l: Location): Object1 => makeCmd({ kind: 'object', type: d[1] }, d[2], l);
export const listCt = ctObj;

export function tableCmd(d: Values, l: Location, _a: readonly Location[], s: ParserState): Object1 {
  const decl = d[4] as TableDecl;
  s.closeScope();
  decl.handle = d[1];
  return makeCmd({ kind: 'table', decl }, d[1], l);
}
export function chainCmd(d: Values, l: Location, a: readonly Location[], s: ParserState): Object1 {
  const decl = d[4] as ChainDecl;
  decl.loc = a[4] as Location;
  decl.handle = d[1];
  s.closeScope();
  return makeCmd({ kind: 'chain', decl }, d[1], l);
}
export const setCmd =
  (kind: 'set' | 'map') =>
  (d: Values, l: Location, a: readonly Location[]): Object1 => {
    const decl = d[4] as SetDecl;
    decl.loc = a[4] as Location;
    decl.handle = d[1];
    return makeCmd({ kind, decl }, d[1], l);
  };
export function flowtableCmd(d: Values, l: Location, a: readonly Location[]): Object1 {
  const decl = d[4] as FlowtableDecl;
  decl.loc = a[4] as Location;
  decl.handle = d[1];
  return makeCmd({ kind: 'flowtable', decl }, d[1], l);
}
export const ruleCmd =
  (handle: number, rule: number) =>
  (d: Values, l: Location): Object1 => {
    const decl = d[rule] as RuleDecl;
    decl.handle = d[handle];
    return makeCmd({ kind: 'rule', decl }, d[handle], l);
  };
/** `add counter t c packets 1 bytes 2` (a part of values) or `{ … }` (a whole declaration). */
export const objCmd =
  (type: string, handle: number, config?: number) =>
  (d: Values, l: Location, a: readonly Location[]): Object1 => {
    const part = config === undefined ? {} : (d[config] as ObjDecl | Record<string, unknown>);
    const block = 'loc' in part && 'value' in part;
    // the object is allocated by the empty rule before its configuration, there it is found by errors
    const decl: ObjDecl = block
      ? { ...(part as ObjDecl) }
      : { loc: config === undefined ? l : (a[config - 1] as Location), handle: d[handle], type, value: part as Record<string, unknown> };
    if (block && config !== undefined) decl.loc = a[config - 2] as Location;
    decl.type = type;
    decl.handle = d[handle];
    return makeCmd({ kind: 'object', type, decl }, d[handle], l);
  };

export const elements = (d: Values, l: Location): Object1 => makeCmd({ kind: 'element', expr: d[2] }, d[1], l);
/** nft_cmd_collapse_elems: successive commands on the same set become one. */
const collapsing =
  (verb: CmdOp) =>
  (d: Values, l: Location, _a: readonly Location[], s: ParserState): Object1 => {
    const last = s.cmds.at(-1);
    const handle = d[1] as Handle;
    const expr = d[2] as Expr;
    if (
      last &&
      last.op === verb &&
      last.object.kind === 'element' &&
      last.object.expr.kind === 'set' &&
      expr.kind === 'set' &&
      last.handle.family === handle.family &&
      last.handle.table?.name === handle.table?.name &&
      last.handle.set?.name === handle.set?.name
    ) {
      (last.object.expr as ExprOf<'set'>).items.push(...expr.items);
      return null;
    }
    return makeCmd({ kind: 'element', expr }, handle, l);
  };
export const addElements = collapsing('add');
export const createElements = collapsing('create');

export function hooksCmd(d: Values, l: Location): Object1 {
  const spec = d[1] as { handle: Handle; device?: Named };
  return { ...makeCmd({ kind: 'hooks' }, spec.handle, l), ...(spec.device ? { arg: spec.device } : {}) };
}
export function monitorCmd(d: Values, l: Location, a: readonly Location[]): Object1 {
  const [event, object, format] = d as [string | undefined, string | undefined, string | undefined];
  return makeCmd(
    { kind: 'monitor', json: format === 'json', loc: a[0] as Location, ...(event ? { event } : {}), ...(object ? { object } : {}), ...(format === 'xml' ? { xml: true } : {}) },
    UNSPEC,
    l,
  );
}

export const named =
  (part: 'chain' | 'set' | 'flowtable' | 'obj') =>
  (d: Values, _l: Location, a: readonly Location[]): Handle => ({ ...d[0], [part]: { name: d[1], loc: a[1] } });
export const handled = (d: Values, _l: Location, a: readonly Location[]): Handle => ({ ...d[0], handle: { id: d[2], loc: a[2] } });
export const only =
  (part: 'chain' | 'set' | 'flowtable' | 'obj') =>
  (d: Values, _l: Location, a: readonly Location[]): Partial<Handle> => ({ [part]: { name: d[0], loc: a[0] } });
