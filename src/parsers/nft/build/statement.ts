import type { Expr, Location, Stmt, StmtOf } from '../ast.ts';
import type { ParserState } from '../state.ts';
import type { Values } from './expression.ts';

export const list1 = (d: Values): unknown[] => [d[0]];
export function push(d: Values): unknown[] {
  d[0].push(d[1]);
  return d[0];
}
export function push2(d: Values): unknown[] {
  d[0].push(d[2]);
  return d[0];
}
export const both = (d: Values): object => ({ ...d[0], ...d[1] });
/** A statement and what its arguments set. */
export const assign = (d: Values): Stmt => Object.assign(d[0] as Stmt, d[1]);

type ObjType = StmtOf<'objref'>['type'];
export const objref =
  (type: ObjType, at: number) =>
  (d: Values, l: Location): Stmt => ({ kind: 'objref', loc: l, type, expr: d[at] });

export function logArgs(d: Values): Stmt {
  const log = d[0] as StmtOf<'log'>;
  for (const { flags = 0, ...rest } of d[1] as Partial<StmtOf<'log'>>[]) Object.assign(log, rest, { flags: log.flags | flags });
  return log;
}
const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug', 'audit'];
export function logLevel(word: string, at: Location, s: ParserState): number {
  const level = LEVELS.indexOf(word);
  return level < 0 ? s.fail(at, 'invalid log level') : level;
}

export const rejectWith =
  (type: 'icmp' | 'icmpv6' | 'icmpx', at: number) =>
  (d: Values): object => {
    const expr = d[at] as Expr;
    expr.dtype = `reject_${type}_code`;
    return { type, expr };
  };

export const natAlloc =
  (type: StmtOf<'nat'>['type']) =>
  (_: Values, l: Location): Stmt => ({ kind: 'nat', loc: l, type, flags: 0, typeFlags: { interval: false, prefix: false, concat: false } });
interface NatShape {
  family?: number;
  addr?: number;
  proto?: number;
  flags?: number;
  concat?: boolean;
  prefix?: boolean;
}
const NETMAP = 64;
export const nat =
  (shape: NatShape) =>
  (d: Values): object => ({
    ...(shape.family !== undefined ? { family: d[shape.family] } : {}),
    ...(shape.addr !== undefined ? { addr: d[shape.addr] } : {}),
    ...(shape.proto !== undefined ? { proto: d[shape.proto] } : {}),
    ...(shape.flags !== undefined ? { flags: d[shape.flags] } : {}),
    ...(shape.concat || shape.prefix ? { typeFlags: { interval: false, prefix: shape.prefix === true, concat: shape.concat === true } } : {}),
    ...(shape.prefix ? { flags: NETMAP } : {}),
  });
export const natArgs = (d: Values): Stmt => Object.assign(d[0] as Stmt, d[1]);

export const tproxy =
  (shape: { family?: number; addr?: number; port?: number }) =>
  (d: Values, l: Location): Stmt => ({
    kind: 'tproxy',
    loc: l,
    ...(shape.family !== undefined ? { family: d[shape.family] } : {}),
    ...(shape.addr !== undefined ? { addr: d[shape.addr] } : {}),
    ...(shape.port !== undefined ? { port: d[shape.port] } : {}),
  });

export function synproxyArgs(d: Values): Stmt {
  const stmt = d[0] as StmtOf<'synproxy'>;
  for (const { flags = 0, ...rest } of d[1] as Partial<StmtOf<'synproxy'>>[]) Object.assign(stmt, rest, { flags: stmt.flags | flags });
  return stmt;
}

export function queueArgs(d: Values): Stmt {
  const stmt = d[0] as StmtOf<'queue'>;
  for (const { flags = 0, ...rest } of d[1] as Partial<StmtOf<'queue'>>[]) Object.assign(stmt, rest, { flags: stmt.flags | flags });
  return stmt;
}

export const metaStmt =
  (key: number, at: number) =>
  (d: Values, l: Location): Stmt => {
    const expr = d[at] as Expr;
    if (d[key] === 'secmark' && expr.kind !== 'ct') return { kind: 'objref', loc: l, type: 'secmark', expr };
    return { kind: 'meta', loc: l, key: d[key], value: expr };
  };
export function ctStmt(d: Values, l: Location): Stmt {
  if (d[1] === 'helper') return { kind: 'objref', loc: l, type: 'ct helper', expr: d[3] };
  return { kind: 'ct', loc: l, key: d[1], value: d[3] };
}
