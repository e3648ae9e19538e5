import type { ChainDecl, Cmd, Expr, FlowtableDecl, Handle, ObjDecl, PrioritySpec, SetDecl, TableDecl } from '../../../parsers/nft/ast.ts';
import type { Family } from '../../../kernel/net/hook.ts';
import { text, textOf } from '../../../parsers/nft/index.ts';
import { objKey, type CachedTable } from './cache.ts';
import type { Context } from './context.ts';
import { evaluate, NOT_FOUND, setNotFound, tableNotFound } from './expr.ts';
import { clone, constant, has, isMap, nameOf } from './nature.ts';
import { chainNotFound, evaluateRule, notFound, placeRule } from './rules.ts';
import { evaluateElementCommand, evaluateElements, evaluateSetDecl } from './sets.ts';
import { forgetElements } from './intervals.ts';

const merged = (decl: { handle: Handle }, handle: Handle): void => {
  decl.handle = { ...decl.handle, ...handle };
};

/** nft_cmd_expand: a table's block becomes commands in the order in which the kernel wants them. */
export function expand(cmd: Cmd): Cmd[] {
  const out: Cmd[] = [cmd];
  const { object } = cmd;
  if (cmd.op !== 'add' && cmd.op !== 'create') return out;
  if (object.kind === 'table' && object.decl) out.push(...expandTable(object.decl, cmd));
  else if (object.kind === 'chain' && object.decl) out.push(...rulesOf(object.decl));
  else if ((object.kind === 'set' || object.kind === 'map') && object.decl) out.push(...elementsOf(object.decl, cmd.handle));
  return out;
}

function expandTable(table: TableDecl, cmd: Cmd): Cmd[] {
  const out: Cmd[] = [];
  const own: Handle = { family: cmd.handle.family, ...(cmd.handle.table ? { table: cmd.handle.table } : {}) };
  const add = (decl: { loc: Cmd['loc']; handle: Handle }, object: Cmd['object']): void => {
    merged(decl, own);
    out.push({ loc: decl.loc, op: 'add', handle: decl.handle, object });
  };
  for (const decl of table.chains) add(decl, { kind: 'chain', decl });
  for (const decl of table.objs) add(decl, { kind: 'object', type: decl.type, decl });
  for (const decl of table.sets) {
    add(decl, { kind: 'set', decl });
    out.push(...elementsOf(decl, decl.handle));
  }
  for (const decl of table.flowtables) add(decl, { kind: 'flowtable', decl });
  for (const decl of table.chains) out.push(...rulesOf(decl));
  return out;
}
function rulesOf(chain: ChainDecl): Cmd[] {
  return chain.rules.map((decl) => {
    const handle: Handle = {
      family: chain.handle.family,
      ...(chain.handle.table ? { table: chain.handle.table } : {}),
      ...(chain.handle.chain ? { chain: chain.handle.chain } : {}),
    };
    decl.handle = handle;
    return { loc: decl.loc, op: 'add' as const, handle, object: { kind: 'rule' as const, decl } };
  });
}
const elementsOf = (decl: SetDecl, handle: Handle): Cmd[] => (decl.init ? [{ loc: decl.loc, op: 'add', handle, object: { kind: 'setelems', decl } }] : []);

/** cmd_evaluate */
export function evaluateCommand(c: Context, cmd: Cmd, needPlaces: boolean): void {
  c.cmd = cmd;
  c.before = [];
  c.after = [];
  c.set = null;
  c.inner = null;
  c.forget();
  switch (cmd.op) {
    case 'add':
    case 'replace':
    case 'create':
    case 'insert':
      return add(c, cmd, needPlaces);
    case 'delete':
    case 'destroy':
      return remove(c, cmd);
    case 'get':
      if (cmd.object.kind === 'element') evaluateElementCommand(c);
      return;
    case 'list':
      return list(c, cmd);
    case 'reset':
      return reset(c, cmd);
    case 'flush':
      return flush(c, cmd);
    case 'rename': {
      const table = c.table ?? tableNotFound(c);
      if (!table.chains.has(cmd.handle.chain?.name ?? '')) chainNotFound(c);
      return;
    }
    case 'monitor': {
      const { object } = cmd;
      if (object.kind === 'monitor' && object.event !== undefined && object.event !== 'new' && object.event !== 'destroy') c.fail(`invalid event ${object.event}`, object.loc);
      return;
    }
    case 'export':
      if (cmd.object.kind !== 'markup') return;
      return c.fail(
        cmd.object.format === 'xml'
          ? 'this output type is not supported, use nft -j list ruleset for JSON support instead'
          : "JSON export is no longer supported, use 'nft -j list ruleset' instead",
        cmd.loc,
      );
    case 'import':
      if (cmd.object.kind === 'markup' && cmd.object.format === 'xml') c.fail('this output type not supported', cmd.loc);
      return;
    case 'describe':
      return;
    default:
      cmd.op satisfies never;
  }
}

function add(c: Context, cmd: Cmd, needPlaces: boolean): void {
  const { object } = cmd;
  switch (object.kind) {
    case 'element':
      return evaluateElementCommand(c);
    case 'set':
    case 'map':
      if (!object.decl) return;
      merged(object.decl, cmd.handle);
      return evaluateSetDecl(c, object.decl);
    case 'setelems':
      return evaluateElements(c, object.decl);
    case 'rule':
      if (!object.decl) return;
      merged(object.decl, cmd.handle);
      evaluateRule(c, object.decl);
      return placeRule(c, object.decl, cmd.op, needPlaces);
    case 'chain':
      return chain(c, cmd, object.decl);
    case 'table':
      if (!c.table) c.cache.add(cmd.handle.family as Family, cmd.handle.table?.name ?? '');
      return;
    case 'flowtable':
      if (object.decl) {
        merged(object.decl, cmd.handle);
        flowtable(c, object.decl);
      }
      return;
    case 'object':
      if (object.decl) {
        merged(object.decl, cmd.handle);
        obj(c, object.decl);
      }
      return;
    default:
      throw new Error(`invalid command object type ${object.kind}`);
  }
}

// chains ------------------------------------------------------------------------------------------------------------

const HOOKS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  inet: { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4, ingress: 5 },
  ip: { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 },
  arp: { input: 0, output: 1, forward: 2 },
  netdev: { ingress: 0, egress: 1 },
};
/** str2hooknum */
export const hookNumber = (family: string, name: string): number | undefined => HOOKS[family === 'ip6' || family === 'bridge' ? 'ip' : family]?.[name];

const INET_PRIORITY: Readonly<Record<string, number>> = { raw: -300, mangle: -150, dstnat: -100, filter: 0, security: 50, srcnat: 100 };
const BRIDGE_PRIORITY: Readonly<Record<string, number>> = { dstnat: -300, filter: -200, out: 100, srcnat: 300 };

/** std_prio_lookup: names of priorities that make sense at the hook. */
export function standardPriority(name: string, family: string, hook: number | undefined): number | null {
  switch (family) {
    case 'ip':
    case 'ip6':
    case 'inet':
      if (name === 'dstnat' && hook !== 0) return hook === 3 ? (INET_PRIORITY.dstnat as number) : null;
      if (name === 'srcnat' && hook !== 4 && hook !== 1) return null;
      return INET_PRIORITY[name] ?? null;
    case 'arp':
    case 'netdev':
      return name === 'filter' ? 0 : null;
    case 'bridge':
      if (name === 'dstnat' && hook !== 0) return null;
      if (name === 'out' && hook !== 3) return null;
      if (name === 'srcnat' && hook !== 4) return null;
      return BRIDGE_PRIORITY[name] ?? null;
    default:
      return null;
  }
}

/** evaluate_priority; false: the expression makes no sense here. */
function priority(c: Context, p: PrioritySpec, family: string, hook: number | undefined): boolean {
  const words = p.expr.kind === 'variable' ? clone(p.expr.symbol.expr) : p.expr;
  p.expr =
    words.kind === 'symbol'
      ? /^-?\d+$/.test(words.identifier)
        ? constant(words.loc, BigInt.asUintN(32, BigInt(words.identifier)), 'integer', 'host', 32)
        : text(words.identifier, words.loc)
      : words;
  if (p.expr.kind !== 'value') {
    c.error(`${nameOf(p.expr)} is not a valid priority expression`, p.expr.loc);
    return false;
  }
  if (p.expr.dtype === 'integer') return true;
  const word = textOf(p.expr);
  const m = /^\s*(\S+)\s+(\S)\s*(-?\d+)/.exec(word);
  const base = standardPriority(m ? (m[1] as string) : word, family, hook);
  if (base === null) return false;
  let n = base;
  if (m) {
    if (m[2] === '+') n += Number(m[3]);
    else if (m[2] === '-') n -= Number(m[3]);
    else return false;
  }
  p.name = word;
  p.expr = constant(p.expr.loc, BigInt.asUintN(32, BigInt(n)), 'integer', 'host', 32);
  return true;
}

function devices(c: Context, e: Expr): Expr {
  const flat = (x: Expr): Expr[] => {
    switch (x.kind) {
      case 'variable': {
        const v = clone(x.symbol.expr);
        if (v.kind === 'symbol') return device(v);
        return flat(v);
      }
      case 'list':
      case 'set':
        return x.items.flatMap(flat);
      case 'set_elem':
        return flat(x.key);
      case 'symbol':
        return device(x);
      default:
        return [x];
    }
  };
  const device = (x: Expr): Expr[] => {
    c.expectType('ifname', 128);
    return [evaluate(c, x)];
  };
  return { kind: 'list', items: flat(e), loc: e.loc, dtype: 'invalid', byteorder: 'invalid', len: 0 };
}

/** chain_evaluate */
function chain(c: Context, cmd: Cmd, decl: ChainDecl | undefined): void {
  const table = c.table ?? tableNotFound(c);
  const name = cmd.handle.chain?.name ?? '';
  if (decl) merged(decl, cmd.handle);
  if (!table.chains.has(name) && !decl?.flags.includes('binding')) table.chains.set(name, { name, rules: [], declared: true, ...(decl ? { decl } : {}) });
  if (!decl) return;
  const { family } = cmd.handle;
  const { hook } = decl;
  let number: number | undefined;
  if (hook) {
    number = hookNumber(family, hook.name.name);
    if (number === undefined) c.fail(`The ${family} family does not support this hook`, hook.name.loc);
    if (!priority(c, hook.priority, family, number)) c.fail(`invalid priority expression ${nameOf(hook.priority.expr)} in this context.`, hook.priority.loc);
  }
  if (decl.policy) policy(c, decl, decl.policy);
  const list = hook?.devices ?? decl.devices;
  if (!list) return;
  if (family === 'netdev' || (family === 'inet' && number === 5) || (family === 'inet' && !hook)) {
    const all = devices(c, hook?.devices && decl.devices ? ({ ...list, kind: 'list', items: [hook.devices, decl.devices] } as Expr) : list);
    if (hook) hook.devices = all;
    else decl.devices = all;
  } else c.fail('This chain type cannot be bound to device', list.loc);
}

function policy(c: Context, decl: ChainDecl, p: NonNullable<ChainDecl['policy']>): void {
  if (p.expr.kind !== 'variable') return;
  const v = clone(p.expr.symbol.expr);
  const word = v.kind === 'symbol' ? v.identifier : v.kind === 'verdict' ? v.verdict : textOf(v);
  if (word !== 'accept' && word !== 'drop') c.fail(`invalid policy expression ${nameOf(v)}`, decl.loc);
  p.expr = constant(p.loc, word === 'accept' ? 1n : 0n, 'integer', 'host', 32);
}

/** flowtable_evaluate */
function flowtable(c: Context, decl: FlowtableDecl): void {
  const table = c.table ?? tableNotFound(c);
  const name = decl.handle.flowtable?.name ?? '';
  if (!table.flowtables.has(name)) {
    if (!decl.hook && !decl.devices) c.fail('missing hook and priority in flowtable declaration', decl.loc);
    table.flowtables.set(name, decl);
  }
  if (decl.hook) {
    const number = hookNumber('netdev', decl.hook.name.name);
    if (number === undefined) c.fail(`invalid hook ${decl.hook.name.name}`, decl.loc);
    if (!priority(c, decl.hook.priority, 'netdev', number)) c.fail(`invalid priority expression ${nameOf(decl.hook.priority.expr)}.`, decl.hook.priority.loc);
  }
  if (decl.devices) decl.devices = devices(c, decl.devices);
}

// objects -----------------------------------------------------------------------------------------------------------

/** timeout_protocol: states and default timeouts (seconds) of the protocols. */
const TIMEOUTS: Readonly<Record<number, readonly (readonly [state: string, seconds: number])[]>> = {
  6: [
    ['syn_sent', 120],
    ['syn_sent', 120],
    ['syn_recv', 60],
    ['established', 432000],
    ['fin_wait', 120],
    ['close_wait', 60],
    ['last_ack', 30],
    ['time_wait', 120],
    ['close', 10],
    ['syn_sent2', 120],
    ['retrans', 300],
    ['unack', 300],
  ],
  17: [
    ['unreplied', 30],
    ['replied', 120],
  ],
};
const TCP_STATES = ['syn_sent', 'syn_recv', 'established', 'fin_wait', 'close_wait', 'last_ack', 'time_wait', 'close', 'syn_sent2', 'retrans', 'unack'];

/** obj_evaluate */
function obj(c: Context, decl: ObjDecl): void {
  const table = c.table ?? tableNotFound(c);
  const key = objKey(decl.type, decl.handle.obj?.name ?? '');
  if (!table.objs.has(key)) table.objs.set(key, decl);
  const v = decl.value;
  if (decl.type === 'ct timeout') timeoutPolicy(c, decl);
  else if (decl.type === 'ct expectation' && (!v.l4proto || !v.dport || !v.timeout || !v.size)) c.fail('missing options', decl.loc);
}

function timeoutPolicy(c: Context, decl: ObjDecl): void {
  const v = decl.value;
  const l4proto = Number(v.l4proto ?? 0);
  const states = l4proto === 6 ? TCP_STATES : l4proto === 17 ? ['unreplied', 'replied'] : [];
  const defaults = (TIMEOUTS[l4proto] ?? []).slice(l4proto === 6 ? 1 : 0).map(([, s]) => s);
  const values = [...defaults];
  for (const s of (v.policy ?? []) as { state: string; value: bigint; loc: Cmd['loc'] }[]) {
    const i = states.indexOf(s.state);
    if (i < 0) c.fail('invalid state for this protocol', s.loc);
    values[i] = Number(s.value);
  }
  v.timeouts = values;
}

// delete, list, reset, flush ----------------------------------------------------------------------------------------

function remove(c: Context, cmd: Cmd): void {
  const { object, handle } = cmd;
  const { table } = c;
  switch (object.kind) {
    case 'element':
      return evaluateElementCommand(c);
    case 'set':
    case 'map':
      if (handle.set) table?.sets.delete(handle.set.name);
      return;
    case 'chain':
      if (object.decl) {
        merged(object.decl, handle);
        if (object.decl.devices) object.decl.devices = devices(c, object.decl.devices);
        return;
      }
      if (handle.chain) table?.chains.delete(handle.chain.name);
      return;
    case 'table':
      if (table) c.cache.remove(table);
      return;
    case 'flowtable':
      if (object.decl) {
        merged(object.decl, handle);
        if (object.decl.devices) object.decl.devices = devices(c, object.decl.devices);
        return;
      }
      if (handle.flowtable) table?.flowtables.delete(handle.flowtable.name);
      return;
    case 'object':
      if (handle.obj) table?.objs.delete(objKey(object.type, handle.obj.name));
      return;
    default:
      return;
  }
}

const setOf = (c: Context, table: CachedTable): SetDecl => {
  const h = c.cmd.handle.set;
  return table.sets.get(h?.name ?? '') ?? setNotFound(c, h?.loc ?? c.cmd.loc, h?.name ?? '');
};
const isMeter = (s: SetDecl): boolean => !has(s, 'anonymous') && has(s, 'eval');
const isLiteral = (s: SetDecl): boolean => !has(s, 'anonymous') && !isMap(s);
const isLiteralMap = (s: SetDecl): boolean => !has(s, 'anonymous') && isMap(s);
function kindMatches(kind: string, s: SetDecl): boolean {
  return kind === 'set' ? isLiteral(s) : kind === 'map' ? isLiteralMap(s) : isMeter(s);
}

/** cmd_evaluate_list: what is named must be known; that is little where the listing restricts what is asked for. */
function list(c: Context, cmd: Cmd): void {
  const { object, handle } = cmd;
  switch (object.kind) {
    case 'table':
    case 'objects':
    case 'sets':
    case 'flowtables':
      if (handle.table && !c.table) tableNotFound(c);
      return;
    case 'set':
    case 'map':
    case 'meter': {
      const s = setOf(c, c.table ?? tableNotFound(c));
      if (!kindMatches(object.kind, s)) c.fail(NOT_FOUND, handle.set?.loc ?? cmd.loc);
      return;
    }
    case 'chain':
      if (!(c.table ?? tableNotFound(c)).chains.has(handle.chain?.name ?? '')) chainNotFound(c);
      return;
    case 'flowtable':
      if (!(c.table ?? tableNotFound(c)).flowtables.has(handle.flowtable?.name ?? '')) notFound(c, handle.flowtable, 'flowtable', (t) => [...t.flowtables.keys()]);
      return;
    case 'object':
      if (!(c.table ?? tableNotFound(c)).objs.has(objKey(object.type, handle.obj?.name ?? '')))
        notFound(c, handle.obj, 'obj', (t) => [...t.objs.keys()].map((k) => k.slice(k.indexOf('\0') + 1)));
      return;
    default:
      return;
  }
}

function reset(c: Context, cmd: Cmd): void {
  const { object, handle } = cmd;
  switch (object.kind) {
    case 'element':
      return evaluateElementCommand(c);
    case 'table':
    case 'chain':
    case 'set':
    case 'map':
      return list(c, cmd);
    default:
      if (handle.table && !c.table) tableNotFound(c);
      return;
  }
}

function flush(c: Context, cmd: Cmd): void {
  const { object } = cmd;
  if (object.kind !== 'set' && object.kind !== 'map' && object.kind !== 'meter') return;
  const table = c.table ?? tableNotFound(c);
  const s = setOf(c, table);
  if (!kindMatches(object.kind, s)) c.fail(NOT_FOUND, cmd.handle.set?.loc ?? cmd.loc);
  forgetElements(s);
}
