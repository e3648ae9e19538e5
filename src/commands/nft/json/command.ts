import type { ChainDecl, Cmd, CmdObject, CmdOp, Expr, FlowtableDecl, Handle, ObjDecl, RuleDecl, SetDecl, SetFlag, TableDecl } from '../../../parsers/nft/ast.ts';
import { type NftError, nftError } from '../../../parsers/nft/error.ts';
import type { Family } from '../../../kernel/net/hook.ts';
import { datatypeByName, type NameContext } from '../datatype/index.ts';
import { bytesToValue, cString } from '../datatype/bytes.ts';
import { inContext } from './context.ts';
import { node, readExpr, setItems } from './expression.ts';
import { OBJECT } from './objects.ts';
import { JsonReader, NOWHERE, Refused } from './reader.ts';
import { stmtList } from './statement.ts';
import { isObject, type JsonIn, type JsonObject, readJson, typeName } from './text.ts';

const FAMILIES = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'];
const cmd = (op: CmdOp, object: CmdObject, handle: Handle): Cmd => ({ loc: NOWHERE, op, handle, object });
const removes = (op: CmdOp): boolean => op === 'delete' || op === 'destroy';

function family(v: JsonIn, r: JsonReader): Family {
  const word = r.need(v, 'family', 's');
  return FAMILIES.includes(word) ? (word as Family) : r.fail(`Unknown family '${word}'.`);
}

const words = (v: JsonIn | undefined): JsonIn[] => (v === undefined ? [] : Array.isArray(v) ? v : [v]);
const handleOf = (v: JsonIn, r: JsonReader): Partial<Handle> => {
  const id = r.maybe(v, 'handle', 'I');
  return id === undefined ? {} : { handle: { loc: NOWHERE, id } };
};

/** The object's name, or in removals its handle. */
function nameOrHandle(part: 'table' | 'chain' | 'set' | 'obj' | 'flowtable', what: string, v: JsonIn, op: CmdOp, r: JsonReader): Partial<Handle> {
  if (!removes(op)) return { [part]: r.named(r.need(v, 'name', 's')) };
  const name = r.maybe(v, 'name', 's');
  if (name !== undefined) return { [part]: r.named(name) };
  const handle = handleOf(v, r);
  return handle.handle ? handle : r.fail(`Either name or handle required to delete a ${what}.`);
}

function table(v: JsonIn, op: CmdOp, r: JsonReader): Cmd {
  r.need(v, 'family', 's');
  const named = nameOrHandle('table', 'table', v, op, r);
  const handle: Handle = { family: family(v, r), ...named };
  if (removes(op)) return cmd(op, { kind: 'table' }, handle);
  const comment = r.maybe(v, 'comment', 's');
  const flags = words(r.maybe(v, 'flags', 'o')).filter((x) => typeof x === 'string');
  flags.forEach((f, i) => {
    if (!['dormant', 'owner', 'persist'].includes(f)) r.fail(`Invalid table flag at index ${i}.`);
  });
  if (comment === undefined && !flags.length) return cmd(op, { kind: 'table' }, handle);
  const decl: TableDecl = { loc: NOWHERE, handle, flags, chains: [], sets: [], objs: [], flowtables: [], ...(comment === undefined ? {} : { comment }) };
  return cmd(op, { kind: 'table', decl }, handle);
}

const inTable = (v: JsonIn, r: JsonReader): Handle => {
  r.need(v, 'family', 's');
  const t = r.need(v, 'table', 's', 1);
  return { family: family(v, r), table: r.named(t) };
};

const device = (name: string): Expr => {
  const bytes = cString(name);
  return node({ kind: 'value', value: bytesToValue(bytes, 'host') }, 'ifname', bytes.length * 8, 'host');
};

function devices(v: JsonIn | undefined, r: JsonReader): Expr | undefined {
  const list = words(v);
  if (!list.length) return undefined;
  return node({ kind: 'list', items: list.map((d) => (typeof d === 'string' ? device(d) : r.fail('Device must be a string.'))) });
}

const int32 = (n: bigint): Expr => node({ kind: 'value', value: BigInt.asUintN(32, n) }, 'integer', 32, 'host');
const HOOKS = ['ingress', 'prerouting', 'input', 'forward', 'postrouting', 'output', 'egress'];

function chain(v: JsonIn, op: CmdOp, r: JsonReader): Cmd {
  const base = inTable(v, r);
  const handle: Handle = { ...base, ...nameOrHandle('chain', 'chain', v, op, r) };
  if (removes(op)) return cmd(op, { kind: 'chain' }, handle);
  const comment = r.maybe(v, 'comment', 's');
  const type = r.maybe(v, 'type', 's');
  const hook = r.maybe(v, 'hook', 's');
  const prio = r.maybe(v, 'prio', 'i');
  const decl: ChainDecl = { loc: NOWHERE, handle, flags: [], rules: [], ...(comment === undefined ? {} : { comment }) };
  if (type === undefined || hook === undefined || prio === undefined) return cmd(op, { kind: 'chain', ...(comment === undefined ? {} : { decl }) }, handle);
  if (!HOOKS.includes(hook)) r.fail(`Invalid chain hook '${hook}'.`);
  const dev = devices(r.maybe(v, 'dev', 'o'), r);
  decl.hook = { loc: NOWHERE, type: r.named(type), name: r.named(hook), priority: { loc: NOWHERE, expr: int32(prio) }, ...(dev ? { devices: dev } : {}) };
  const policy = r.maybe(v, 'policy', 's');
  if (policy !== undefined) {
    if (policy !== 'accept' && policy !== 'drop') r.fail(`Unknown policy '${policy}'.`);
    decl.policy = { loc: NOWHERE, expr: int32(policy === 'accept' ? 1n : 0n) };
  }
  return cmd(op, { kind: 'chain', decl }, handle);
}

function rule(v: JsonIn, op: CmdOp, r: JsonReader, implicit: boolean): Cmd {
  r.need(v, 'family', 's');
  const t = r.need(v, 'table', 's', 1);
  const c = r.need(v, 'chain', 's', 2);
  const handle: Handle = { family: 'ip', table: r.named(t), chain: r.named(c) };
  const exprs = removes(op) ? undefined : r.need(v, 'expr', 'o');
  handle.family = family(v, r);
  const id = r.maybe(v, 'handle', 'I');
  if (removes(op)) return cmd(op, { kind: 'rule' }, { ...handle, handle: { loc: NOWHERE, id: id ?? r.need(v, 'handle', 'I') } });
  if (!Array.isArray(exprs)) return r.fail('Value of property "expr" must be an array.');
  const index = r.maybe(v, 'index', 'i');
  if (index !== undefined) handle.index = { loc: NOWHERE, id: index + 1n };
  if (id !== undefined && op === 'replace') handle.handle = { loc: NOWHERE, id };
  else if (id !== undefined && !implicit) handle.position = { loc: NOWHERE, id };
  const comment = r.maybe(v, 'comment', 's');
  const decl: RuleDecl = { loc: NOWHERE, handle, stmts: stmtList(exprs, r), ...(comment === undefined ? {} : { comment }) };
  return cmd(op, { kind: 'rule', decl }, handle);
}

/** json_parse_dtype_expr */
function dtype(v: JsonIn, r: JsonReader): { key: Expr; isTypeof: boolean } {
  if (typeof v === 'string') {
    const d = datatypeByName(v);
    if (!d) return r.fail(`Invalid datatype '${v}'.`);
    return { key: node({ kind: 'value', value: 0n }, d.id, d.size, d.byteorder), isTypeof: false };
  }
  if (Array.isArray(v)) {
    const items = v.map((x, i) => r.within(`Invalid datatype at index ${i}.`, () => dtype(x, r)));
    return { key: node({ kind: 'concat', items: items.map((i) => i.key) }), isTypeof: items.some((i) => i.isTypeof) };
  }
  if (isObject(v) && 'typeof' in v) {
    const of = v.typeof as JsonIn;
    if (Array.isArray(of)) return { key: node({ kind: 'concat', items: of.map((x) => inContext(0, () => readExpr(x, r))) }), isTypeof: true };
    return { key: inContext(0, () => readExpr(of, r)), isTypeof: true };
  }
  return r.fail('Invalid set datatype.');
}

const OBJECT_TYPES = ['counter', 'quota', 'ct helper', 'limit', 'ct timeout', 'secmark', 'ct expectation', 'synproxy'];

function mapData(decl: SetDecl, v: JsonIn, r: JsonReader): void {
  if (typeof v === 'string' && OBJECT_TYPES.includes(v)) {
    decl.objType = v;
    decl.flags.push('object');
    return;
  }
  const d = r.within("Invalid map type '(null)'.", () => dtype(v, r));
  decl.data = d.key;
  decl.flags.push('map');
  if (d.key.kind === 'ct' && d.key.key === 'helper' && d.isTypeof) {
    delete decl.data;
    decl.objType = 'ct helper';
    decl.flags = [...decl.flags.filter((f) => f !== 'map'), 'object'];
  }
}

const SET_FLAGS: Readonly<Record<string, SetFlag>> = { constant: 'constant', interval: 'interval', timeout: 'timeout', dynamic: 'eval' };

function set(v: JsonIn, op: CmdOp, r: JsonReader): Cmd {
  const base = inTable(v, r);
  const handle: Handle = { ...base, ...nameOrHandle('set', 'set', v, op, r) };
  const isMap = isObject(v) && 'map' in v;
  if (removes(op)) return cmd(op, { kind: 'set' }, handle);
  const decl: SetDecl = { loc: NOWHERE, handle, flags: [], isMap, keyTypeof: false, autoMerge: false, stmts: [] };
  const given0 = r.maybe(v, 'type', 'o');
  if (given0 === undefined) return r.fail('Invalid set type.');
  const type = r.within('Invalid set type.', () => dtype(given0, r));
  decl.key = type.key;
  decl.keyTypeof = type.isTypeof;
  const data = r.maybe(v, 'map', 'o');
  if (data !== undefined) mapData(decl, data, r);
  const policy = r.maybe(v, 'policy', 's');
  if (policy !== undefined) decl.policy = policy === 'performance' || policy === 'memory' ? policy : r.fail(`Unknown set policy '${policy}'.`);
  // json_parse_set_flags reads lists only: a single word is not seen
  const flags = r.maybe(v, 'flags', 'o');
  for (const [index, word] of (Array.isArray(flags) ? flags : []).entries()) {
    const flag = typeof word === 'string' ? SET_FLAGS[word] : undefined;
    if (!flag) return r.fail(`Invalid set flag at index ${index}.`);
    if (!decl.flags.includes(flag)) decl.flags.push(flag);
  }
  options(decl, v, r);
  return cmd(op, { kind: isMap ? 'map' : 'set', decl }, handle);
}

function options(decl: SetDecl, v: JsonIn, r: JsonReader): void {
  const elem = r.maybe(v, 'elem', 'o');
  if (elem !== undefined) decl.init = r.within('Invalid set elem expression.', () => setItems(elem, r));
  const timeout = r.maybe(v, 'timeout', 'i');
  const gc = r.maybe(v, 'gc-interval', 'i');
  const size = r.maybe(v, 'size', 'i');
  if (timeout !== undefined) decl.timeout = timeout * 1000n;
  if (gc !== undefined) decl.gcInterval = gc * 1000n;
  if (size !== undefined) decl.size = Number(size);
  // json_parse_cmd_add_set does not look for a comment
  decl.autoMerge = r.maybe(v, 'auto-merge', 'b') ?? false;
  const stmts = r.maybe(v, 'stmt', 'o');
  if (Array.isArray(stmts)) decl.stmts = stmtList(stmts, r);
}

function element(v: JsonIn, op: CmdOp, r: JsonReader): Cmd {
  r.need(v, 'family', 's');
  const t = r.need(v, 'table', 's', 1);
  const name = r.need(v, 'name', 's', 2);
  const elem = r.need(v, 'elem', 'o', 3);
  const handle: Handle = { family: family(v, r), table: r.named(t), set: r.named(name) };
  return cmd(op, { kind: 'element', expr: r.within('Invalid set.', () => setItems(elem, r)) }, handle);
}

function flowtable(v: JsonIn, op: CmdOp, r: JsonReader): Cmd {
  const base = inTable(v, r);
  const handle: Handle = { ...base, ...nameOrHandle('flowtable', 'flowtable', v, op, r) };
  if (removes(op)) return cmd(op, { kind: 'flowtable' }, handle);
  const hook = r.maybe(v, 'hook', 's');
  const prio = r.maybe(v, 'prio', 'i');
  const decl: FlowtableDecl = { loc: NOWHERE, handle, flags: [], counter: false };
  if (hook !== undefined && prio !== undefined) {
    if (!HOOKS.includes(hook)) r.fail(`Invalid flowtable hook '${hook}'.`);
    decl.hook = { loc: NOWHERE, name: r.named(hook), priority: { loc: NOWHERE, expr: int32(prio) } };
  }
  const dev = devices(r.maybe(v, 'dev', 'o'), r);
  if (dev) decl.devices = dev;
  return cmd(op, { kind: 'flowtable', decl }, handle);
}

const object =
  (type: string) =>
  (v: JsonIn, op: CmdOp, r: JsonReader): Cmd => {
    const base = inTable(v, r);
    const handle: Handle = { ...base, ...nameOrHandle('obj', type, v, op, r) };
    if (removes(op)) return cmd(op, { kind: 'object', type }, handle);
    const comment = r.maybe(v, 'comment', 's');
    const decl: ObjDecl = { loc: NOWHERE, handle, type, value: OBJECT[type]?.(v, r) ?? {}, ...(comment === undefined ? {} : { comment }) };
    return cmd(op, { kind: 'object', type, decl }, handle);
  };

type Read = (v: JsonIn, op: CmdOp, r: JsonReader, implicit: boolean) => Cmd;
const ADD: Readonly<Record<string, Read>> = { table, chain, rule, set, map: set, element, flowtable, ...Object.fromEntries(Object.keys(OBJECT).map((t) => [t, object(t)])) };

function add(v: JsonIn, op: CmdOp, r: JsonReader, implicit = false): Cmd {
  if (!isObject(v)) return r.fail(`Value of ${op} command must be object (got ${typeName(v)} instead).`);
  for (const [kind, read] of Object.entries(ADD)) {
    if (!Object.hasOwn(v, kind)) continue;
    if (op === 'create' && kind === 'rule') return r.fail('Create command not available for rules.');
    return read(v[kind] as JsonIn, op, r, implicit);
  }
  return r.fail(`Unknown object passed to ${op} command.`);
}

const PLURALS: Readonly<Record<string, CmdObject>> = {
  ruleset: { kind: 'ruleset' },
  tables: { kind: 'tables' },
  chains: { kind: 'chains' },
  sets: { kind: 'sets' },
  maps: { kind: 'maps' },
  meters: { kind: 'meters' },
  flowtables: { kind: 'flowtables' },
  rules: { kind: 'rules' },
  counters: { kind: 'objects', type: 'counter' },
  quotas: { kind: 'objects', type: 'quota' },
  limits: { kind: 'objects', type: 'limit' },
  'ct helpers': { kind: 'objects', type: 'ct helper' },
  secmarks: { kind: 'objects', type: 'secmark' },
  synproxys: { kind: 'objects', type: 'synproxy' },
};

/** Commands that name what is there: list, flush, reset. */
function name(v: JsonIn, op: CmdOp, r: JsonReader): Cmd {
  if (!isObject(v)) return r.fail(`Value of ${op} command must be object (got ${typeName(v)} instead).`);
  for (const [kind, item] of Object.entries(v)) {
    const f = (): Handle['family'] => {
      const word = r.maybe(item, 'family', 's');
      return word === undefined ? 'unspec' : FAMILIES.includes(word) ? (word as Family) : r.fail(`Unknown family '${word}'.`);
    };
    const plural = PLURALS[kind];
    if (plural) {
      const t = r.maybe(item, 'table', 's');
      const c = r.maybe(item, 'chain', 's');
      return cmd(op, { ...plural } as CmdObject, { family: f(), ...(t === undefined ? {} : { table: r.named(t) }), ...(c === undefined ? {} : { chain: r.named(c) }) });
    }
    if (kind === 'table') {
      r.need(item, 'family', 's');
      return cmd(op, { kind }, { table: r.named(r.need(item, 'name', 's')), family: f() });
    }
    const part =
      kind === 'chain'
        ? 'chain'
        : kind === 'set' || kind === 'map' || kind === 'meter' || kind === 'element'
          ? 'set'
          : kind === 'flowtable'
            ? 'flowtable'
            : Object.hasOwn(OBJECT, kind)
              ? 'obj'
              : kind === 'rule'
                ? 'chain'
                : undefined;
    if (!part) continue;
    const base = inTable(item, r);
    if (kind === 'rule') return cmd(op, { kind }, { ...base, chain: r.named(r.need(item, 'chain', 's')), ...handleOf(item, r) });
    const handle: Handle = { ...base, [part]: r.named(r.need(item, 'name', 's')) };
    if (kind === 'element') return cmd(op, { kind, expr: setItems(r.need(item, 'elem', 'o'), r) }, handle);
    if (part === 'obj') return cmd(op, { kind: 'object', type: kind }, handle);
    return cmd(op, { kind } as CmdObject, handle);
  }
  return r.fail(`Unknown object passed to ${op} command.`);
}

function rename(v: JsonIn, r: JsonReader): Cmd {
  const item = r.need(v, 'chain', 'o');
  const base = inTable(item, r);
  const from = r.need(item, 'name', 's', 2.6);
  return { ...cmd('rename', { kind: 'chain' }, { ...base, chain: r.named(from) }), arg: r.named(r.need(item, 'newname', 's', 3.6)) };
}

function replace(v: JsonIn, r: JsonReader): Cmd {
  const item = r.need(v, 'rule', 'o');
  if (r.maybe(item, 'handle', 'I') === undefined && isObject(item) && 'expr' in item) return r.fail('Handle is required when replacing a rule.');
  return rule(item, 'replace', r, false);
}

const VERBS: Readonly<Record<string, (v: JsonIn, r: JsonReader) => Cmd>> = {
  add: (v, r) => add(v, 'add', r),
  replace,
  create: (v, r) => add(v, 'create', r),
  insert: (v, r) => add(v, 'insert', r),
  delete: (v, r) => add(v, 'delete', r),
  destroy: (v, r) => add(v, 'destroy', r),
  list: (v, r) => name(v, 'list', r),
  reset: (v, r) => name(v, 'reset', r),
  flush: (v, r) => name(v, 'flush', r),
  rename,
  get: (v, r) => name(v, 'get', r),
};

function command(v: JsonObject, r: JsonReader): Cmd {
  for (const [verb, read] of Object.entries(VERBS)) if (Object.hasOwn(v, verb)) return read(v[verb] as JsonIn, r);
  return add(v, 'add', r, true);
}

/** `failed`: reading stopped; other errors are told only. */
export interface ParsedJson {
  readonly cmds: Cmd[];
  readonly errors: NftError[];
  readonly failed: boolean;
}

/** nft_parse_json_buffer: the commands of a document; null: not JSON, so it is to be read as text. */
export function parseJson(text: string, names: NameContext): ParsedJson | null {
  const root = readJson(text);
  if (root === undefined) return null;
  const r = new JsonReader(text, names);
  const cmds: Cmd[] = [];
  let failed = false;
  try {
    const list = r.need(root, 'nftables', 'o');
    if (!Array.isArray(list)) r.fail('Value of property "nftables" must be an array.');
    else
      list.forEach((v, i) => {
        if (!isObject(v)) r.fail(`Unexpected command array element of type ${typeName(v)}, expected object.`);
        else if (isObject(v.metainfo)) metainfo(v.metainfo, r);
        else cmds.push(r.within(`Parsing command array at index ${i} failed.`, () => command(v, r)));
      });
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    failed = true;
  }
  return { cmds, errors: r.errors, failed };
}

function metainfo(v: JsonObject, r: JsonReader): void {
  const version = r.maybe(v, 'json_schema_version', 'i');
  if (version !== undefined && version > 1n) {
    r.errors.push(nftError(`Schema version ${version} not supported, maximum supported version is 1\n`));
    r.fail('Metainfo verification failed.');
  }
}
