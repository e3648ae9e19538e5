import type { Expr, ExprOf, Stmt, StmtOf } from '../../../parsers/nft/ast.ts';
import { LEVELS, LOG_FLAGS } from '../statement/log.ts';
import { stringExpr } from '../statement/objref.ts';
import { CTX, inContext } from './context.ts';
import { node, readExpr, readRhs, readStmtExpr, symbol } from './expression.ts';
import { type JsonReader, NOWHERE, type ReadStmt } from './reader.ts';
import { isObject, type JsonIn, typeName } from './text.ts';

type Bare<T> = T extends Stmt ? Omit<T, 'loc'> : never;
const stmt = (s: Bare<Stmt>): Stmt => ({ loc: NOWHERE, ...s }) as Stmt;

const OPS: Readonly<Record<string, ExprOf<'relational'>['op']>> = { '==': 'eq', '!=': 'neq', '<': 'lt', '>': 'gt', '<=': 'lte', '>=': 'gte', in: 'implicit', '!': 'neg' };

const match: ReadStmt = (v, r) => {
  const left = r.need(v, 'left', 'o');
  const right = r.need(v, 'right', 'o', 1);
  const word = r.need(v, 'op', 's', 2);
  const op = OPS[word];
  if (!op) return r.fail(`Invalid relational op '${word}'.`);
  const l = r.within('Invalid LHS of relational.', () => inContext(0, () => readExpr(left, r)));
  const rhs = r.within('Invalid RHS of relational.', () => readRhs(right, r));
  return stmt({ kind: 'expression', expr: node({ kind: 'relational', op, left: l, right: rhs }) });
};

const verdict: ReadStmt = (v, r, key) => stmt({ kind: 'verdict', expr: inContext(0, () => readExpr({ [key]: v }, r)) });

const vmap: ReadStmt = (v, r) => {
  return stmt({ kind: 'verdict', expr: r.within('Illegal vmap statement.', () => inContext(0, () => readExpr({ map: v }, r))) });
};

type RefType = StmtOf<'objref'>['type'];
const isRef = (v: JsonIn): boolean => typeof v === 'string' || (isObject(v) && Object.keys(v).length === 1 && ('map' in v || 'concat' in v));

/** A name, or a map to names. */
const objref = (type: RefType, v: JsonIn, r: JsonReader): Stmt =>
  stmt({
    kind: 'objref',
    type,
    expr: typeof v === 'string' && !v.startsWith('@') ? symbol(v) : type === 'counter' ? r.within('Invalid counter reference.', () => readStmtExpr(v, r)) : readStmtExpr(v, r),
  });

const counter: ReadStmt = (v, r) => {
  if (v === null) return stmt({ kind: 'counter', packets: 0n, bytes: 0n });
  // what does not tell both is a reference
  if (!isObject(v) || typeof v.packets !== 'bigint' || typeof v.bytes !== 'bigint') return objref('counter', v, r);
  return stmt({ kind: 'counter', packets: v.packets, bytes: v.bytes });
};

const last: ReadStmt = (v, r) => {
  const used = r.maybe(v, 'used', 'i');
  return stmt({ kind: 'last', set: used !== undefined, used: used ?? 0n });
};

const UNIT: Readonly<Record<string, bigint>> = { bytes: 1n, kbytes: 1024n, mbytes: 1048576n };
const PER: Readonly<Record<string, bigint>> = { second: 1n, minute: 60n, hour: 3600n, day: 86400n, week: 604800n };

/** data_unit_parse */
export function unit(word: string | undefined, r: JsonReader): bigint {
  // an unknown word is one nobody minds
  void r;
  return word === undefined ? 1n : (UNIT[word] ?? 1n);
}

export function limitValue(v: JsonIn, r: JsonReader): { type: 'pkts' | 'bytes'; rate: bigint; unit: bigint; burst: bigint; inv: boolean } {
  const rate = r.need(v, 'rate', 'I');
  const per = r.need(v, 'per', 's', 1);
  const rateUnit = r.maybe(v, 'rate_unit', 's') ?? 'packets';
  const burstUnit = r.maybe(v, 'burst_unit', 's') ?? 'bytes';
  const given = r.maybe(v, 'burst', 'i');
  const inv = r.maybe(v, 'inv', 'b') ?? false;
  const seconds = PER[per] ?? 1n;
  if (rateUnit === 'packets') return { type: 'pkts', rate, unit: seconds, burst: given ?? 5n, inv };
  return { type: 'bytes', rate: rate * unit(rateUnit, r), unit: seconds, burst: (given ?? 0n) * unit(burstUnit, r), inv };
}

/** What does not look like the statement is taken for a reference to an object. */
const reference = (type: RefType, v: JsonIn, r: JsonReader): Stmt => r.within(`Invalid ${type} reference.`, () => objref(type, v, r));

const limit: ReadStmt = (v, r) =>
  r.maybe(v, 'rate', 'I') === undefined || r.maybe(v, 'per', 's') === undefined ? reference('limit', v, r) : stmt({ kind: 'limit', ...limitValue(v, r) });

const quota: ReadStmt = (v, r) => {
  if (r.maybe(v, 'val', 'I') === undefined) return reference('quota', v, r);
  const val = r.need(v, 'val', 'I');
  const bytes = val * unit(r.maybe(v, 'val_unit', 's'), r);
  const used = (r.maybe(v, 'used', 'I') ?? 0n) * unit(r.maybe(v, 'used_unit', 's'), r);
  return stmt({ kind: 'quota', bytes, used, inv: r.maybe(v, 'inv', 'b') ?? false });
};

const mangle: ReadStmt = (v, r) => {
  const left = r.need(v, 'key', 'o');
  const given = r.need(v, 'value', 'o', 1);
  const key = r.within('Invalid mangle statement key', () => inContext(CTX.mangle, () => readExpr(left, r)));
  const value = r.within('Invalid mangle statement value', () => readStmtExpr(given, r));
  switch (key.kind) {
    case 'exthdr':
      return stmt({ kind: 'exthdr', expr: key, value });
    case 'payload':
      return stmt({ kind: 'payload', expr: key, value });
    case 'meta':
      return stmt({ kind: 'meta', key: key.key, value });
    case 'ct':
      if (key.key === 'helper') return stmt({ kind: 'objref', type: 'ct helper', expr: value });
      return stmt({ kind: 'ct', key: key.key, ...(key.dir ? { dir: key.dir } : {}), value });
    default:
      return r.fail('Invalid mangle statement key expression type.');
  }
};

const flow: ReadStmt = (v, r) => {
  const op = r.need(v, 'op', 's');
  const table = r.need(v, 'flowtable', 's', 1);
  if (op !== 'add') return r.fail(`Unknown flow offload statement op '${op}'.`);
  return table.startsWith('@') ? stmt({ kind: 'flow', op: 'add', table: table.slice(1) }) : r.fail('Illegal flowtable reference in flow offload statement.');
};

const familyOf = (v: JsonIn, r: JsonReader): { family?: 'ip' | 'ip6' } => {
  const f = r.maybe(v, 'family', 's');
  if (f === undefined) return {};
  return f === 'ip' || f === 'ip6' ? { family: f } : r.fail(`Invalid family '${f}'.`);
};

const optional = (v: JsonIn, key: string, r: JsonReader, message = ''): Expr | undefined => {
  const x = r.maybe(v, key, 'o');
  return x === undefined ? undefined : message === '' ? readStmtExpr(x, r) : r.within(message, () => readStmtExpr(x, r));
};

const fwd: ReadStmt = (v, r) => {
  const dev = readStmtExpr(r.need(v, 'dev', 'o'), r);
  const addr = optional(v, 'addr', r);
  return stmt({ kind: 'fwd', dev, ...familyOf(v, r), ...(addr ? { addr } : {}) });
};

const dup: ReadStmt = (v, r) => {
  const given = r.need(v, 'addr', 'o');
  const to = r.within('Illegal dup addr arg.', () => readStmtExpr(given, r));
  const dev = optional(v, 'dev', r);
  return stmt({ kind: 'dup', to, ...(dev ? { dev } : {}) });
};

/** One flag or a list of them. */
function flagsOf(v: JsonIn | undefined, table: Readonly<Record<string, number>>, what: string, r: JsonReader): number {
  if (v === undefined) return 0;
  let out = 0;
  for (const word of Array.isArray(v) ? v : [v]) {
    if (typeof word !== 'string') return r.fail(`Invalid ${what} flag type '${typeName(word)}', expected string.`);
    const bit = table[word];
    if (bit === undefined && what === 'queue') return r.fail(`Invalid queue flag '${word}'.`);
    // told, but the statement stays
    if (bit === undefined) r.note(`Unknown ${what} flag '${word}'.`);
    if (bit === undefined && what === 'synproxy') r.note('Parsing synproxy flag at index 0 failed.');
    out |= bit ?? 0;
  }
  return out;
}

const NAT_FLAGS = { random: 4, 'fully-random': 16, persistent: 8, netmap: 64 };

const nat =
  (type: StmtOf<'nat'>['type']): ReadStmt =>
  (v, r) => {
    const addr = optional(v, 'addr', r, 'Invalid nat addr.');
    const proto = optional(v, 'port', r, 'Invalid nat port.');
    const flags = flagsOf(r.maybe(v, 'flags', 'o'), NAT_FLAGS, 'nat', r);
    const types = flagsOf(r.maybe(v, 'type_flags', 'o'), { interval: 1, prefix: 2, concat: 4 }, 'nat type', r);
    return stmt({
      kind: 'nat',
      type,
      ...familyOf(v, r),
      ...(addr ? { addr } : {}),
      ...(proto ? { proto } : {}),
      flags,
      typeFlags: { interval: (types & 1) !== 0, prefix: (types & 2) !== 0, concat: (types & 4) !== 0 },
    });
  };

const tproxy: ReadStmt = (v, r) => {
  const addr = optional(v, 'addr', r, 'Invalid addr.');
  const port = optional(v, 'port', r, 'Invalid port.');
  return stmt({ kind: 'tproxy', ...familyOf(v, r), ...(addr ? { addr } : {}), ...(port ? { port } : {}) });
};

const reject: ReadStmt = (v, r) => {
  const type = r.maybe(v, 'type', 's');
  if (type === 'tcp reset') return stmt({ kind: 'reject', type });
  const given = r.maybe(v, 'expr', 'o');
  if (type !== 'icmp' && type !== 'icmpv6' && type !== 'icmpx') return stmt({ kind: 'reject', type: 'default' });
  const expr = given === undefined ? undefined : r.within('Illegal reject expr.', () => readExpr(given, r));
  if (expr) expr.dtype = `reject_${type}_code`;
  return stmt({ kind: 'reject', type, ...(expr ? { expr } : {}) });
};

const withStmts = (v: JsonIn, r: JsonReader): Stmt[] => {
  const list = r.maybe(v, 'stmt', 'o');
  return Array.isArray(list) ? stmtList(list, r) : [];
};

const asElem = (e: Expr): Expr => (e.kind === 'set_elem' ? e : node({ kind: 'set_elem', key: e, stmts: [] }));

const SET_OPS = ['add', 'update', 'delete'];
function setOp(v: JsonIn, r: JsonReader): 'add' | 'update' | 'delete' {
  const op = r.need(v, 'op', 's');
  return SET_OPS.includes(op) ? (op as 'add') : r.fail(`Unknown set statement op '${op}'.`);
}

const set: ReadStmt = (v, r) => {
  const op = setOp(v, r);
  const key = r.within('Illegal set statement element.', () => inContext(CTX.ses, () => readExpr(r.need(v, 'elem', 'o'), r)));
  const name = r.need(v, 'set', 's');
  if (!name.startsWith('@')) return r.fail('Illegal set reference in set statement.');
  return stmt({ kind: 'set', op, key: asElem(key), set: symbol(name), stmts: withStmts(v, r) });
};

const map: ReadStmt = (v, r) => {
  const op = setOp(v, r);
  const key = r.within('Illegal map statement element.', () => inContext(CTX.ses, () => readExpr(r.need(v, 'elem', 'o'), r)));
  const data = r.within('Illegal map expression data.', () => inContext(CTX.ses, () => readExpr(r.need(v, 'data', 'o'), r)));
  const name = r.need(v, 'map', 's');
  if (!name.startsWith('@')) return r.fail('Illegal map reference in map statement.');
  return stmt({ kind: 'map', op, key: asElem(key), data: asElem(data), set: symbol(name), stmts: withStmts(v, r) });
};

const meter: ReadStmt = (v, r) => {
  const name = r.need(v, 'name', 's');
  const key = r.need(v, 'key', 'o', 1);
  const inner = r.need(v, 'stmt', 'o', 2);
  const size = r.maybe(v, 'size', 'i');
  return stmt({
    kind: 'meter',
    name,
    size: Number(size ?? 0n),
    key: asElem(r.within('Invalid meter key.', () => inContext(CTX.ses, () => readExpr(key, r)))),
    stmt: readStmt(inner, r),
  });
};

const LOG_BITS: Readonly<Record<string, number>> = { ...Object.fromEntries(LOG_FLAGS.map(([bit, word]) => [word, bit])), all: 0x2f };

const log: ReadStmt = (v, r) => {
  const prefix = r.maybe(v, 'prefix', 's');
  const group = r.maybe(v, 'group', 'i');
  const snaplen = r.maybe(v, 'snaplen', 'i');
  const threshold = r.maybe(v, 'queue-threshold', 'i');
  const word = r.maybe(v, 'level', 's');
  const level = word === undefined ? undefined : LEVELS.indexOf(word);
  if (level === -1) return r.fail(`Invalid log level '${word}'.`);
  return stmt({
    kind: 'log',
    flags: flagsOf(r.maybe(v, 'flags', 'o'), LOG_BITS, 'log', r),
    ...(prefix === undefined ? {} : { prefix: stringExpr(prefix) }),
    ...(group === undefined ? {} : { group: Number(BigInt.asUintN(16, group)) }),
    ...(snaplen === undefined ? {} : { snaplen: Number(snaplen) }),
    ...(threshold === undefined ? {} : { qthreshold: Number(threshold) }),
    ...(level === undefined ? {} : { level, ...(level === 8 ? { audit: true } : {}) }),
  });
};

const synproxy: ReadStmt = (v, r) => {
  if (isRef(v)) return objref('synproxy', v, r);
  const mss = r.maybe(v, 'mss', 'i');
  const wscale = r.maybe(v, 'wscale', 'i');
  const flags = flagsOf(r.maybe(v, 'flags', 'o'), { timestamp: 8, 'sack-perm': 4 }, 'synproxy', r);
  return stmt({ kind: 'synproxy', mss: Number(mss ?? 0n), wscale: Number(wscale ?? 0n), flags: flags | (mss === undefined ? 0 : 1) | (wscale === undefined ? 0 : 2) });
};

const queue: ReadStmt = (v, r) => {
  const num = optional(v, 'num', r, 'Invalid queue num.');
  return stmt({ kind: 'queue', ...(num ? { queue: num } : {}), flags: flagsOf(r.maybe(v, 'flags', 'o'), { bypass: 1, fanout: 2 }, 'queue', r) });
};

const connlimit: ReadStmt = (v, r) => stmt({ kind: 'connlimit', count: Number(r.need(v, 'val', 'i')), inv: r.maybe(v, 'inv', 'b') ?? false });

const optstrip: ReadStmt = (v, r) => {
  const expr = r.within('Illegal TCP optstrip argument', () => readExpr(v, r));
  return expr.kind === 'exthdr' && expr.op === 'tcpopt' ? stmt({ kind: 'optstrip', expr: { ...expr, present: false } as Expr }) : r.fail('Illegal TCP optstrip argument');
};

const xt: ReadStmt = (_v, r) => r.fail('unsupported xtables compat expression, use iptables-nft with this ruleset');

const TABLE: Readonly<Record<string, ReadStmt>> = {
  accept: verdict,
  drop: verdict,
  continue: verdict,
  jump: verdict,
  goto: verdict,
  return: verdict,
  vmap,
  match,
  counter,
  mangle,
  quota,
  limit,
  flow,
  fwd,
  notrack: () => stmt({ kind: 'notrack' }),
  dup,
  snat: nat('snat'),
  dnat: nat('dnat'),
  masquerade: nat('masquerade'),
  redirect: nat('redirect'),
  reject,
  set,
  map,
  log,
  'ct helper': (v, r) => objref('ct helper', v, r),
  'ct timeout': (v, r) => objref('ct timeout', v, r),
  'ct expectation': (v, r) => objref('ct expectation', v, r),
  secmark: (v, r) => objref('secmark', v, r),
  meter,
  queue,
  'ct count': connlimit,
  tproxy,
  synproxy,
  reset: optstrip,
  last,
  xt,
};

/** json_parse_stmt */
export function readStmt(v: JsonIn, r: JsonReader): Stmt {
  if (!isObject(v)) return r.fail(`Unexpected expr array element of type ${typeName(v)}, expected object.`);
  const entry = r.single(v);
  const read = entry && TABLE[entry[0]];
  if (!entry || !read) return r.fail(entry ? `Unknown statement object '${entry[0]}'.` : 'Unknown statement object.');
  return read(entry[1], r, entry[0]);
}

export function stmtList(list: readonly JsonIn[], r: JsonReader): Stmt[] {
  return list.map((x, i) => {
    if (!isObject(x)) return r.fail(`Unexpected expr array element of type ${typeName(x)}, expected object.`);
    return r.within(`Parsing expr array at index ${i} failed.`, () => readStmt(x, r));
  });
}
