import type { Expr, ExprOf } from '../../../parsers/nft/ast.ts';
import { parseTime } from '../datatype/time.ts';
import { EXTHDR, IPV6_EXTHDR, TCPOPT } from '../keys/exthdr.ts';
import { CT } from '../keys/ct.ts';
import { META } from '../keys/meta.ts';
import { FIB_FLAGS } from '../keys/other.ts';
import { protocolField } from '../proto.ts';
import { contextWords, CTX, inContext, inMore, mayStand, stands } from './context.ts';
import { type JsonReader, NOWHERE, type ReadExpr, Refused } from './reader.ts';
import { stmtList } from './statement.ts';
import { isObject, type JsonIn, type JsonObject, typeName } from './text.ts';

type Bare<T> = T extends Expr ? Omit<T, 'loc' | 'dtype' | 'byteorder' | 'len'> : never;
const node = (e: Bare<Expr>, dtype = 'invalid', len = 0, byteorder: Expr['byteorder'] = 'invalid'): Expr => ({ loc: NOWHERE, dtype, byteorder, len, ...e }) as Expr;

export const symbol = (identifier: string): ExprOf<'symbol'> =>
  node(
    identifier.startsWith('@') ? { kind: 'symbol', symbolType: 'set', identifier: identifier.slice(1) } : { kind: 'symbol', symbolType: 'value', identifier },
  ) as ExprOf<'symbol'>;

/** json_parse_constant: words of the language that name protocols and truth. */
const PROTOCOL_WORDS: Readonly<Record<string, bigint>> = { comp: 108n, icmpv6: 58n };
function constant(word: string): Expr | null {
  if (word === 'exists' || word === 'missing') return node({ kind: 'value', value: word === 'exists' ? 1n : 0n }, 'boolean', 8, 'host');
  if (word === 'redirect') return node({ kind: 'value', value: 5n }, 'icmp_type', 8, 'big');
  const n = PROTOCOL_WORDS[word];
  return n === undefined ? null : node({ kind: 'value', value: n }, 'inet_proto', 8, 'big');
}

function dump(v: JsonIn): string {
  if (Array.isArray(v)) return `[${v.map(dump).join(', ')}]`;
  if (isObject(v))
    return `{${Object.entries(v)
      .map(([k, x]) => `${JSON.stringify(k)}: ${dump(x)}`)
      .join(', ')}}`;
  return typeof v === 'string' ? JSON.stringify(v) : String(v);
}

/** json_parse_expr */
export function readExpr(v: JsonIn, r: JsonReader): Expr {
  switch (typeof v) {
    case 'string':
      return v === '*' ? node({ kind: 'catchall' }) : (stands(CTX.rhs) && !stands(CTX.setRhs) && constant(v)) || symbol(v);
    case 'bigint':
      return symbol(String(v));
    case 'boolean':
      return node({ kind: 'value', value: v ? 1n : 0n }, 'boolean', 8, 'host');
    default:
      break;
  }
  if (Array.isArray(v) && !stands(CTX.rhs | CTX.stmt)) return r.fail('List expression only allowed on RHS or in statement expression.');
  if (Array.isArray(v)) return node({ kind: 'list', items: v.map((x, i) => r.within(`Parsing list expression item at index ${i} failed.`, () => readExpr(x, r))) });
  const entry = isObject(v) ? r.single(v) : null;
  if (!entry) return r.fail(`Malformed object (too many properties): '${isObject(v) ? dump(v) : '(null)'}'.`);
  const [type, value] = entry;
  const read = TABLE[type];
  if (!read) return r.fail(`Unknown expression type '${type}'.`);
  if (!mayStand(type)) return r.fail(`Expression type ${type} not allowed in context (${contextWords()}).`);
  return read(value, r);
}

export const readRhs = (v: JsonIn, r: JsonReader): Expr => inContext(CTX.rhs, () => readExpr(v, r));
export const readStmtExpr = (v: JsonIn, r: JsonReader): Expr => inContext(CTX.stmt, () => readExpr(v, r));

const BASES: Readonly<Record<string, ExprOf<'payload'>['base']>> = { ll: 'link', nh: 'network', th: 'transport', ih: 'inner' };

function payload(v: JsonIn, r: JsonReader): Expr {
  const base = r.maybe(v, 'base', 's');
  const offset = r.maybe(v, 'offset', 'i');
  const len = r.maybe(v, 'len', 'i');
  if (base !== undefined && offset !== undefined && len !== undefined) {
    const b = BASES[base];
    if (!b) return r.fail(`Invalid payload base '${base}'.`);
    if (len <= 0n || len > 512n) return r.fail(`Payload length must be between 0 and 512, got ${len}`);
    return node({ kind: 'payload', base: b, proto: '', field: '', offset: Number(offset), raw: true }, 'integer', Number(len), 'big');
  }
  const tunnel = r.maybe(v, 'tunnel', 's');
  const proto = r.need(v, 'protocol', 's');
  const field = r.need(v, 'field', 's', 1);
  if (proto === 'arp' && field === undefined) return r.fail('');
  const name = proto === 'vlan' && field === 'cfi' ? 'dei' : field;
  if (!protocolField(proto, name))
    return r.fail(protocolField(proto, '') === undefined && !KNOWN(proto) ? `Unknown payload protocol '${proto}'.` : `Unknown ${proto} field '${field}'.`);
  return node({ kind: 'payload', base: 'transport', proto, field: name, offset: 0, raw: proto === 'th', ...(tunnel === undefined ? {} : { inner: tunnel }) });
}

const KNOWN = (proto: string): boolean =>
  ['ether', 'vlan', 'arp', 'ip', 'icmp', 'igmp', 'ip6', 'icmpv6', 'ah', 'esp', 'comp', 'udp', 'udplite', 'tcp', 'dccp', 'sctp', 'th', 'gre', 'gretap', 'vxlan', 'geneve'].includes(
    proto,
  );

const ext = (op: ExprOf<'exthdr'>['op'], header: string, field: string | undefined, first: string, more: Partial<ExprOf<'exthdr'>> = {}): Expr =>
  ({ ...node({ kind: 'exthdr', op, header, field: field ?? first, rawType: 0, offset: 0, present: field === undefined, raw: false }), ...more }) as Expr;

const exthdr: ReadExpr = (v, r) => {
  const name = r.need(v, 'name', 's');
  const field = r.maybe(v, 'field', 's');
  const offset = r.maybe(v, 'offset', 'i') ?? 0n;
  const known = IPV6_EXTHDR.filter((h) => h.name === name || (name === 'rt' && h.name.startsWith('rt')));
  if (!known.length) return r.fail(`Invalid exthdr protocol '${name}'.`);
  if (field !== undefined && !known.some((h) => h.fields.some((f) => f.name === field))) return r.fail(`Unknown ${name} field ${field}.`);
  return ext('ipv6', name === 'rt' && field !== undefined && offset ? `rt${offset}` : name, field, 'nexthdr');
};

const tcpOption: ReadExpr = (v, r) => {
  const base = r.maybe(v, 'base', 'i');
  if (base !== undefined) {
    if (base < 0n || base > 255n) return r.fail('Wrong length for tcp option base.');
    const offset = Number(r.maybe(v, 'offset', 'i') ?? 0n);
    const len = Number(r.maybe(v, 'len', 'i') ?? 0n);
    if (offset === 0 && len === 8) return ext('tcpopt', '', undefined, 'kind', { rawType: Number(base) });
    return offset === 0 && len === 0
      ? ext('tcpopt', '', undefined, 'kind', { rawType: Number(base), present: false, field: 'kind' })
      : ext('tcpopt', '', '', '', { rawType: Number(base), offset, raw: true, dtype: 'integer', byteorder: 'big', len });
  }
  const name = r.need(v, 'name', 's');
  const field = r.maybe(v, 'field', 's');
  const known = name === 'sack0' ? 'sack' : name === 'sack-permitted' ? 'sack-perm' : name;
  const option = TCPOPT.find((o) => o.name === known);
  if (!option) return r.fail(`Unknown tcp option name '${name}'.`);
  if (field !== undefined && !option.fields.some((f) => f.name === field)) return r.fail(`Unknown tcp option field '${field}'.`);
  return ext('tcpopt', known, field, 'kind');
};

/** Options and chunks: a name of the table, and one of its fields. */
const named =
  (op: 'ipv4' | 'sctp', what: string): ReadExpr =>
  (v, r) => {
    const name = r.need(v, 'name', 's');
    const field = r.maybe(v, 'field', 's');
    const found = EXTHDR[op].find((h) => h.name === name);
    if (!found) return r.fail(`Unknown ${what} name '${name}'.`);
    if (field !== undefined && !found.fields.some((f) => f.name === field)) return r.fail(`Unknown ${what} field '${field}'.`);
    return ext(op, name, field, 'type');
  };
const ipOption = named('ipv4', 'ip option');
const sctpChunk = named('sctp', 'sctp chunk');
const dccpOption: ReadExpr = (v, r) => ext('dccp', '', undefined, 'type', { rawType: Number(r.need(v, 'type', 'i')) });

/** Older words for keys. */
const META_ALIAS: Readonly<Record<string, string>> = { secpath: 'ipsec', ibriport: 'ibrname', obriport: 'obrname' };

const meta: ReadExpr = (v, r) => {
  const word = typeof v === 'string' ? v : r.need(v, 'key', 's');
  const key = META_ALIAS[word] ?? word;
  return Object.hasOwn(META, key) ? node({ kind: 'meta', key }) : r.fail(`syntax error, unexpected ${key}, known keys are ${Object.keys(META).join(', ')}`);
};

const ct: ReadExpr = (v, r) => {
  const word = r.need(v, 'key', 's');
  const family = r.maybe(v, 'family', 's') as 'ip' | 'ip6' | undefined;
  const dir = r.maybe(v, 'dir', 's');
  if (!Object.hasOwn(CT, word)) return r.fail(`Unknown ct key '${word}'.`);
  if (dir !== undefined && dir !== 'original' && dir !== 'reply') return r.fail(`Invalid direction '${dir}'.`);
  const m = /^(ip6?) (.*)$/.exec(word);
  const nfproto = (m?.[1] as 'ip' | 'ip6' | undefined) ?? family;
  return node({ kind: 'ct', key: m?.[2] ?? word, ...(dir === undefined ? {} : { dir }), ...(nfproto === undefined ? {} : { nfproto }) } as Bare<Expr>);
};

const rt: ReadExpr = (v, r) => {
  const key = r.need(v, 'key', 's');
  const family = r.maybe(v, 'family', 's');
  if (family !== undefined && family !== 'ip' && family !== 'ip6') return r.fail(`Unknown rt family '${family}'.`);
  const keys = ['classid', 'nexthop', 'mtu', 'ipsec'];
  if (!keys.includes(key)) return r.fail(`Unknown rt key '${key}'.`);
  return node({ kind: 'rt', key: key === 'nexthop' && family ? (family === 'ip' ? 'nexthop4' : 'nexthop6') : key } as Bare<Expr>);
};

const socket: ReadExpr = (v, r) => {
  const key = r.need(v, 'key', 's');
  if (!['transparent', 'mark', 'wildcard'].includes(key)) return r.fail(`Invalid socket key value.`);
  return node({ kind: 'socket', key, level: 0 } as Bare<Expr>);
};

const osf: ReadExpr = (v, r) => {
  const ttl = r.maybe(v, 'ttl', 's');
  const n = ttl === undefined ? 0 : ttl === 'loose' ? 1 : ttl === 'skip' ? 2 : r.fail(`Invalid osf ttl option '${ttl}'.`);
  const key = r.need(v, 'key', 's');
  return key === 'name' || key === 'version' ? node({ kind: 'osf', ttl: n, key }) : r.fail('Invalid osf key value.');
};

const u32 = (v: bigint | undefined): number => Number(BigInt.asUintN(32, v ?? 0n));

const numgen: ReadExpr = (v, r) => {
  const mode = r.need(v, 'mode', 's');
  const mod = r.need(v, 'mod', 'i', 1);
  if (mode !== 'inc' && mode !== 'random') return r.fail(`Unknown numgen mode '${mode}'.`);
  return node({ kind: 'numgen', type: mode, mod: u32(mod), offset: u32(r.maybe(v, 'offset', 'i')) });
};

const hash =
  (type: 'jenkins' | 'symmetric'): ReadExpr =>
  (v, r) => {
    const mod = r.need(v, 'mod', 'i');
    const offset = u32(r.maybe(v, 'offset', 'i'));
    if (type === 'symmetric') return node({ kind: 'hash', type, mod: u32(mod), offset });
    const expr = r.within('Invalid jhash expression.', () => readExpr(r.need(v, 'expr', 'o'), r));
    const seed = r.maybe(v, 'seed', 'i');
    return node({ kind: 'hash', type, mod: u32(mod), offset, expr, ...(seed === undefined ? {} : { seed: u32(seed) }) });
  };

const fib: ReadExpr = (v, r) => {
  const result = r.need(v, 'result', 's');
  if (result !== 'oif' && result !== 'oifname' && result !== 'type') return r.fail(`Invalid fib result '${result}'.`);
  const given = r.maybe(v, 'flags', 'o');
  let flags = 0;
  for (const word of given === undefined ? [] : Array.isArray(given) ? given : [given]) {
    if (typeof word !== 'string') return r.fail(`Unexpected object type in fib tuple array at index 0.`);
    const bit = FIB_FLAGS.find(([, w]) => w === word)?.[0];
    if (bit === undefined) return r.fail(`Invalid fib flag '${word}'.`);
    flags |= bit;
  }
  if ((flags & 3) === 0) return r.fail('fib: need either saddr or daddr');
  if ((flags & 3) === 3) return r.fail('fib: saddr and daddr are mutually exclusive');
  if ((flags & 24) === 24) return r.fail('fib: iif and oif are mutually exclusive');
  return node({ kind: 'fib', flags, result });
};

const xfrm: ReadExpr = (v, r) => {
  const key = r.need(v, 'key', 's');
  const dir = r.need(v, 'dir', 's', 1);
  const family = r.maybe(v, 'family', 's');
  if (dir !== 'in' && dir !== 'out') return r.fail(`Invalid direction '${dir}'.`);
  if (!['saddr', 'daddr', 'reqid', 'spi'].includes(key)) return r.fail(`Unknown xfrm key '${key}'.`);
  return node({ kind: 'xfrm', dir, spnum: Number(r.maybe(v, 'spnum', 'i') ?? 0n), key: family === undefined ? key : `${family} ${key}` });
};

const concat: ReadExpr = (v, r) => {
  if (!Array.isArray(v)) return r.fail(`Unexpected concat type '${typeName(v)}'.`);
  const items = v.map((x, i) => r.within(`Parsing expr at index ${i} failed.`, () => inMore(CTX.concat, () => readExpr(x, r))));
  if (!items.length) throw new Refused('');
  return node({ kind: 'concat', items });
};

const prefix: ReadExpr = (v, r) => {
  const addr = r.need(v, 'addr', 'o');
  const len = r.need(v, 'len', 'i', 1);
  return node({ kind: 'prefix', prefix: r.within('Invalid prefix in prefix expr.', () => readExpr(addr, r)), prefixLen: Number(len) });
};

const range: ReadExpr = (v, r) => {
  if (!Array.isArray(v)) return r.lib(`Expected array, got ${typeName(v)}`, 0);
  if (v.length < 2) return r.lib(`Array index ${v.length} out of range`, 1 + 3 * v.length);
  const left = r.within('Invalid low value in range expression.', () => readExpr(v[0] as JsonIn, r));
  const right = r.within('Invalid high value in range expression.', () => readExpr(v[1] as JsonIn, r));
  return node({ kind: 'range', left, right });
};

/** json_parse_set_expr */
export const setItems = (v: JsonIn, r: JsonReader): Expr => {
  if (!Array.isArray(v)) {
    if (isObject(v) || v === null || typeof v === 'number') return r.fail(`Unexpected JSON type ${typeName(v)} for immediate value.`);
    const one = readExpr(v, r);
    return one.kind === 'symbol' && one.symbolType === 'set' ? one : node({ kind: 'set', items: [elem(one)], flags: [] });
  }
  const items = v.map((x, i) => {
    if (Array.isArray(x)) {
      const left = elem(readRhs(x[0] ?? null, r));
      const right = inContext(CTX.rhs | CTX.setRhs, () => readExpr(x[1] ?? null, r));
      return node({ kind: 'mapping', left, right });
    }
    return elem(r.within(`Invalid set elem at index ${i}.`, () => readRhs(x, r)));
  });
  return node({ kind: 'set', items, flags: [] });
};

const elem = (e: Expr): Expr => (e.kind === 'set_elem' ? e : node({ kind: 'set_elem', key: e, stmts: [] }));

const map: ReadExpr = (v, r) => {
  const key = r.need(v, 'key', 'o');
  const data = r.need(v, 'data', 'o', 1);
  const m = r.within('Illegal map expression key.', () => inMore(CTX.map, () => readExpr(key, r)));
  const mappings = r.within('Illegal map expression data.', () => inMore(CTX.rhs, () => readExpr(data, r)));
  return node({ kind: 'map', map: m, mappings });
};

const setElem: ReadExpr = (v, r) => {
  const key = readExpr(r.need(v, 'val', 'o'), r);
  const out = node({ kind: 'set_elem', key, stmts: [] }) as ExprOf<'set_elem'>;
  const ms = (item: JsonIn | undefined): bigint | undefined => {
    if (typeof item === 'bigint') return item * 1000n;
    if (typeof item !== 'string') return undefined;
    const t = parseTime(item);
    return typeof t === 'string' ? undefined : t;
  };
  const timeout = ms(isObject(v) ? v.timeout : undefined);
  const expires = ms(isObject(v) ? v.expires : undefined);
  if (timeout !== undefined) out.timeout = timeout;
  if (expires !== undefined) out.expires = expires;
  const comment = r.maybe(v, 'comment', 's');
  if (comment !== undefined) out.comment = comment;
  if (isObject(v)) {
    const rest = Object.entries(v).filter(([k]) => ['counter', 'limit', 'quota', 'ct count', 'last'].includes(k));
    // read, and then forgotten by json_parse_set_elem_expr
    stmtList(
      rest.map(([k, x]) => ({ [k]: x })),
      r,
    );
  }
  return out;
};

const binop =
  (op: ExprOf<'binop'>['op']): ReadExpr =>
  (v, r) => {
    if (!Array.isArray(v)) return r.lib(`Expected array, got ${typeName(v)}`, 0);
    if (v.length < 2) return r.lib(`Array index ${v.length} out of range`, 1 + 3 * v.length);
    const read = (x: JsonIn, side: string): Expr =>
      r.within(`Failed to parse ${side} of binop expression.`, () => inContext(side === 'LHS' ? CTX.primary : stands(CTX.stmt) ? CTX.stmt : CTX.rhs, () => readExpr(x, r)));
    return v.slice(1).reduce<Expr>((left, x) => node({ kind: 'binop', op, left, right: read(x, 'RHS') }), read(v[0] as JsonIn, 'LHS'));
  };

const verdict =
  (word: ExprOf<'verdict'>['verdict']): ReadExpr =>
  (v, r) => {
    if (word !== 'jump' && word !== 'goto') return node({ kind: 'verdict', verdict: word }, 'verdict');
    return node({ kind: 'verdict', verdict: word, chain: symbol(r.need(v, 'target', 's')) }, 'verdict');
  };

const TABLE: Readonly<Record<string, ReadExpr>> = {
  concat,
  set: setItems,
  map,
  prefix,
  range,
  payload,
  exthdr,
  'tcp option': tcpOption,
  'ip option': ipOption,
  'sctp chunk': sctpChunk,
  'dccp option': dccpOption,
  meta,
  osf,
  ipsec: xfrm,
  socket,
  rt,
  ct,
  numgen,
  jhash: hash('jenkins'),
  symhash: hash('symmetric'),
  fib,
  '|': binop('or'),
  '^': binop('xor'),
  '&': binop('and'),
  '>>': binop('rshift'),
  '<<': binop('lshift'),
  accept: verdict('accept'),
  drop: verdict('drop'),
  continue: verdict('continue'),
  jump: verdict('jump'),
  goto: verdict('goto'),
  return: verdict('return'),
  elem: setElem,
};

export { node, Refused };
export type { JsonObject };
