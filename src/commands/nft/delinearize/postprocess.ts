import type { Family } from '../../../kernel/net/hook.ts';
import type { Expr, ExprOf, Stmt, StmtOf } from '../../../parsers/nft/ast.ts';
import { bitLength, cString, lowBit, ones } from '../datatype/bytes.ts';
import { datatype, fieldsOf, hasBase } from '../datatype/index.ts';
import { CT } from '../keys/ct.ts';
import { EXTHDR, findExthdr } from '../keys/exthdr.ts';
import { mk, mkStmt, setType, switchOrder, valueExpr } from '../node.ts';
import { valueToBytes } from '../datatype/bytes.ts';
import { numberOf, protocol, protocolField, upperOf } from '../proto.ts';
import type { RuleContext } from './context.ts';
import { complete, expand, fieldAround, trim, trimForce } from './payload.ts';
import { Dependencies, LAYER, ProtocolContext } from './protocols.ts';

const isBitmask = (dtype: string): boolean => !dtype.includes(' . ') && dtype !== 'bitmask' && hasBase(dtype, 'bitmask');
const isString = (dtype: string): boolean => !dtype.includes(' . ') && hasBase(dtype, 'string');

interface Layered {
  readonly protocols: ProtocolContext;
  readonly deps: Dependencies;
}

/** rule_pp_ctx: turns what the bytecode says into what the user would have written (rule_parse_postprocess). */
export class Postprocessor {
  private readonly outer: Layered;
  private readonly tunnel: Layered;
  private readonly context: RuleContext;
  private out: Stmt[] = [];
  private stmt!: Stmt;

  constructor(context: RuleContext) {
    this.context = context;
    const deps = new Dependencies();
    this.outer = { protocols: new ProtocolContext(context.family), deps };
    this.tunnel = { protocols: new ProtocolContext('bridge'), deps: new Dependencies() };
  }

  run(stmts: readonly Stmt[]): Stmt[] {
    for (const s of stmts) {
      this.stmt = s;
      const before = this.out.length;
      this.one(s);
      if (s.kind !== 'expression') {
        this.outer.deps.reset();
        this.tunnel.deps.reset();
      }
      if (this.out.length === before && !this.replaced) {
        const range = joined(this.out.at(-1), s);
        if (range) this.out[before - 1] = range;
        else this.out.push(s);
      }
      this.replaced = false;
    }
    const dead = (s: Stmt): boolean => this.outer.deps.killed.has(s) || this.tunnel.deps.killed.has(s);
    return this.out.filter((s) => !dead(s));
  }

  private replaced = false;

  private layered(e: { readonly inner?: string }): Layered {
    return e.inner === undefined ? this.outer : this.tunnel;
  }

  private one(s: Stmt): void {
    switch (s.kind) {
      case 'expression':
        s.expr = this.expr(s.expr);
        return;
      case 'payload':
        return this.payloadStmt(s);
      case 'meta':
      case 'ct':
      case 'exthdr': {
        s.value = this.value(s.value);
        if (s.kind === 'ct') s.value = toList(s.value);
        return;
      }
      case 'nat':
        if (s.addr) s.addr = rangeToPrefix(this.value(s.addr));
        if (s.proto) s.proto = this.value(s.proto);
        return;
      case 'tproxy':
        if (s.addr) s.addr = this.value(s.addr);
        if (s.port) s.port = this.value(s.port);
        return;
      case 'dup':
        if (s.to) s.to = this.value(s.to);
        if (s.dev) s.dev = this.value(s.dev);
        return;
      case 'fwd':
        s.dev = this.value(s.dev);
        if (s.addr) s.addr = this.value(s.addr);
        return;
      case 'set':
        this.keyTypes(s.key, s.set);
        s.key = this.value(s.key);
        return;
      case 'map': {
        this.keyTypes(s.key, s.set);
        s.key = this.value(s.key);
        this.keyTypes(s.data, s.set, 'data');
        s.data = this.value(s.data);
        return;
      }
      case 'objref':
        if (s.expr.kind === 'map') s.expr = this.value(s.expr);
        return;
      case 'queue':
        if (s.queue && s.queue.kind !== 'value' && s.queue.kind !== 'range') s.queue = this.value(s.queue);
        return;
      case 'reject':
        return this.reject(s);
      default:
        return;
    }
  }

  /** Constants in a key have the types of the set's fields. */
  private keyTypes(elem: Expr, ref: Expr, part: 'key' | 'data' = 'key'): void {
    const key = elem.kind === 'set_elem' ? elem.key : elem;
    const set = ref.kind === 'set_ref' ? this.context.set(ref.set) : undefined;
    const like = set?.[part];
    if (!like) return;
    if (key.kind === 'value' && key.dtype === 'invalid') setType(key, like.dtype, like.byteorder);
    if (key.kind !== 'concat') return;
    const fields = like.kind === 'concat' ? like.items : fieldsOf(like.dtype).map((f) => ({ dtype: f.id, byteorder: f.byteorder }));
    key.items.forEach((i, n) => {
      const f = fields[n];
      if (f && i.kind === 'value' && i.dtype === 'invalid')
        setType(i, f.dtype, ('kind' in f && (f.kind === 'payload' || f.kind === 'exthdr' || f.kind === 'binop')) || f.byteorder === 'invalid' ? 'big' : f.byteorder);
    });
  }

  private value(e: Expr): Expr {
    return this.expr(e);
  }

  private expr(e: Expr): Expr {
    switch (e.kind) {
      case 'relational':
        return this.relational(e);
      case 'payload':
        return this.payload(e);
      case 'exthdr':
        this.outer.deps.killExthdr(e);
        return e;
      case 'ct':
        return this.ct(e);
      case 'map':
        return this.map(e);
      case 'concat':
        e.items = e.items.map((i) => this.inConcat(i));
        e.dtype = e.items.map((i) => i.dtype).join(' . ');
        return e;
      case 'unary': {
        const arg = this.expr(e.arg);
        return arg;
      }
      case 'binop':
        return this.binop(e);
      case 'hash':
        if (e.expr) e.expr = this.expr(e.expr);
        return e;
      case 'set_elem':
        e.key = this.inConcat(e.key);
        return e;
      case 'range':
        e.left = this.expr(e.left);
        e.right = this.expr(e.right);
        return e;
      case 'prefix':
        e.prefix = this.expr(e.prefix);
        return e;
      case 'value':
        return finish(e);
      default:
        return e;
    }
  }

  /** ct_expr_update_type: addresses are those of the network layer. */
  private ct(e: ExprOf<'ct'>): Expr {
    if (e.key !== 'saddr' && e.key !== 'daddr') return e;
    const l3 = this.outer.protocols.desc[LAYER.network]?.name;
    const k = l3 === 'ip' || l3 === 'ip6' ? CT[`${l3} ${e.key}`] : undefined;
    return k && (l3 === 'ip' || l3 === 'ip6') ? { ...e, l3, dtype: k.dtype, byteorder: k.byteorder, len: k.len } : e;
  }

  private payload(e: ExprOf<'payload'>): Expr {
    const l = this.layered(e);
    if (e.raw || e.proto === 'th') complete(e, l.protocols);
    this.kill(e);
    return e;
  }

  /** `below`: what leads to the tunnel goes too; not where a field is compared with a range or a set (payload_match_postprocess). */
  private kill(e: ExprOf<'payload'>, plain = false, below = true): void {
    const l = this.layered(e);
    l.deps.kill(e, l.protocols.family, l.protocols.place(e).desc === null || e.raw, plain);
    if (below && (e.inner === 'gre' || e.inner === 'gretap')) {
      const dep = this.outer.deps.get(LAYER.transport);
      if (dep?.left.kind === 'meta') this.outer.deps.release(LAYER.transport);
    }
  }

  /** In concatenations and sets there is no comparison that would take the mask away. */
  private inConcat(e: Expr): Expr {
    const out = this.expr(e);
    const field = out.kind === 'binop' ? this.field(out) : null;
    return field ? field.expr : out;
  }

  private binop(e: ExprOf<'binop'>): Expr {
    e.left = this.expr(e.left);
    if (e.op === 'lshift' || e.op === 'rshift') {
      if (e.op === 'rshift' && e.left.kind === 'binop' && e.left.op === 'and' && e.right.kind === 'value') {
        const field = this.field(e.left);
        if (field && field.shift === Number(e.right.value)) return field.expr;
      }
      e.dtype = 'xinteger';
      e.byteorder = 'host';
      return e;
    }
    if (e.right.kind === 'value' && e.right.dtype === 'invalid') setType(e.right, e.left.dtype, e.left.kind === 'payload' && e.left.len < 8 ? 'host' : e.left.byteorder);
    e.right = this.expr(e.right);
    e.dtype = e.left.dtype;
    e.byteorder = e.left.byteorder;
    e.len = e.left.len;
    return e;
  }

  /** The header field that a mask cuts out of whole bytes. */
  private field(e: ExprOf<'binop'>, compared = false): { expr: Expr; shift: number } | null {
    const mask = e.right;
    if (e.op !== 'and') return null;
    const value = constantOf(mask);
    if (value === null) return null;
    if (e.left.kind === 'payload') {
      if (!compared && !e.left.raw && e.left.proto !== 'th') return null;
      const copy = { ...e.left };
      const shift = trim(copy, value, this.layered(e.left).protocols);
      if (shift === null) return null;
      this.kill(copy);
      return { expr: copy, shift };
    }
    return e.left.kind === 'exthdr' ? trimExthdr(e.left, value) : null;
  }

  private map(e: ExprOf<'map'>): Expr {
    if (e.map.kind === 'concat') this.keyTypes(e.map, e.mappings);
    e.map = this.expr(e.map);
    if (e.map.kind === 'binop') {
      const f = this.field(e.map);
      if (f) {
        e.map = f.expr;
        shiftSet(e.mappings, f.shift, f.expr);
      }
    }
    return e;
  }

  private relational(e: ExprOf<'relational'>): Expr {
    if (e.left.kind === 'payload') return this.payloadMatch(e, e.left);
    if (e.left.kind === 'concat' && e.right.kind === 'set_ref') this.keyTypes(e.left, e.right);
    if (e.left.kind === 'unary') return this.converted(e, e.left);
    e.left = this.expr(e.left);
    if (e.left.kind === 'binop' && e.right.kind === 'value') setType(e.right, e.left.dtype, e.left.byteorder);
    else if (e.right.kind !== 'set_ref') this.typeRight(e);
    else typeElements(e.right, e.left);
    if (e.right.kind !== 'set_ref') e.right = this.expr(e.right);
    if (e.left.kind === 'meta' || e.left.kind === 'ct') this.metaMatch(e);
    if (e.left.kind === 'binop') return this.relationalBinop(e, e.left);
    return e;
  }

  /** Host-order values are compared in network order where order matters; what is written are the numbers. */
  private converted(e: ExprOf<'relational'>, left: ExprOf<'unary'>): Expr {
    const order = left.byteorder;
    const arg = this.expr(left.arg);
    // a converted operation is written without the equality that another one needs
    e.left = arg.kind === 'binop' ? { ...left, arg, dtype: arg.dtype } : arg;
    if (e.right.kind === 'set_ref') return e;
    setType(e.right, e.left.dtype, order);
    e.right = this.expr(e.right);
    // Outside of some hours are those that begin where they end
    if (e.op === 'neq' && e.right.kind === 'range' && e.left.kind === 'meta' && e.left.key === 'hour') {
      e.op = 'implicit';
      e.right = { ...e.right, left: e.right.right, right: e.right.left };
    }
    return e;
  }

  private typeRight(e: ExprOf<'relational'>): void {
    if (e.right.kind === 'concat' && e.left.kind === 'concat') {
      const items = e.left.items;
      e.right.items.forEach((i, n) => {
        const l = items[n];
        if (l) setType(i, l.dtype, l.byteorder);
      });
      e.right.dtype = e.left.dtype;
    } else setType(e.right, e.left.dtype, e.left.byteorder);
  }

  /** ct_meta_common_postprocess */
  private metaMatch(e: ExprOf<'relational'>): void {
    if (e.op !== 'eq' || e.right.kind === 'range' || e.right.kind === 'set_ref' || e.right.kind === 'prefix') return;
    const left = e.left as ExprOf<'meta'> | ExprOf<'ct'>;
    const l = this.layered(left.kind === 'meta' ? left : {});
    l.protocols.update(e);
    const base = META_BASE[`${left.kind} ${left.key}`];
    if (base === undefined) return;
    const dep = l.deps.get(base);
    if (dep && metaMayKill(l.deps, e, l.protocols.family)) l.deps.release(base);
    l.deps.store(this.stmt, base);
  }

  private payloadMatch(e: ExprOf<'relational'>, left: ExprOf<'payload'>): Expr {
    const l = this.layered(left);
    if ((e.op === 'eq' || e.op === 'neq') && e.right.kind === 'value') {
      this.expandMatch(e, left, e.right);
      return e;
    }
    complete(left, l.protocols);
    if (e.right.kind !== 'set_ref') {
      setType(e.right, left.dtype, left.byteorder);
      // payload_match_postprocess: where order matters flags stay a number
      if (!isBitmask(left.dtype)) e.right = this.expr(e.right);
    } else if (e.right.anonymous?.decl.init) setType(e.right.anonymous.decl.init, left.dtype, left.byteorder);
    this.kill(left, false, false);
    if (e.op === 'eq' && e.right.kind === 'set_ref' && isKey(left)) l.deps.store(this.stmt, LAYER[left.base]);
    return e;
  }

  /** payload_match_expand: one statement for each field that the comparison covers. */
  private expandMatch(e: ExprOf<'relational'>, left: ExprOf<'payload'>, right: ExprOf<'value'>): void {
    const l = this.layered(left);
    const fields = expand({ ...left }, l.protocols);
    const bytes = valueToBytes(right.value, Math.ceil(right.len / 8), right.byteorder === 'big' ? 'big' : 'host');
    let bits = left.len;
    let number = bytes.reduce((acc, b) => (acc << 8n) | BigInt(b), 0n);
    for (const f of fields) {
      bits -= f.len;
      const raw = number >> BigInt(Math.max(bits, 0));
      number &= ones(Math.max(bits, 0));
      const field = f.raw ? undefined : protocolField(f.proto, f.field);
      let tmp: Expr = valueExpr(raw, f.dtype, 'big', f.len);
      if (field && field.len > f.len) {
        tmp = mk({ kind: 'prefix', prefix: valueExpr(raw << BigInt(field.len - f.len), f.dtype, 'big', field.len), prefixLen: f.len }, f.dtype, 'big', field.len);
        f.len = field.len;
      }
      const next = mk({ kind: 'relational', op: e.op, left: f, right: tmp }, 'verdict', 'invalid', 0) as ExprOf<'relational'>;
      const stacked = e.op === 'eq' && isStacked(f, raw);
      if (e.op === 'eq' && tmp.kind === 'value') l.protocols.update(next);
      const stmt = mkStmt({ kind: 'expression', expr: next });
      this.kill(f, true);
      if (e.op === 'eq' && isKey(f)) l.deps.store(stmt, LAYER[f.base] - (stacked ? 1 : 0));
      this.out.push(stmt);
    }
    this.replaced = true;
  }

  /** relational_binop_postprocess */
  private relationalBinop(e: ExprOf<'relational'>, binop: ExprOf<'binop'>): Expr {
    const right = e.right;
    if (binop.op !== 'and') return e;
    if ((e.op === 'eq' || e.op === 'neq') && isBitmask(right.dtype)) {
      if (right.kind === 'value' && right.value === 0n) return { ...e, op: e.op === 'neq' ? 'implicit' : 'neg', left: binop.left, right: toList(binop.right) } as Expr;
      return e;
    }
    const mask = binop.right;
    if (mask.kind === 'value' && right.kind === 'value' && !binop.left.dtype.includes(' . ') && datatype(binop.left.dtype).prefixable && isPrefixMask(mask.value, binop.left.len)) {
      const bits = mask.value === 0n ? 0 : binop.left.len - lowBit(mask.value);
      return { ...e, left: binop.left, right: mk({ kind: 'prefix', prefix: right, prefixLen: bits }, right.dtype, right.byteorder, right.len) } as Expr;
    }
    const f = this.field(binop, true);
    if (f) return this.cutField(e, f.expr, f.shift);
    // exthdr_find_template: what no field is cut out of has lost its own
    if (binop.left.kind === 'exthdr' && binop.left.op === 'ipv6') {
      const { rawType } = binop.left;
      const header = EXTHDR.ipv6.find((h) => h.type === rawType)?.name ?? binop.left.header;
      e.left = { ...binop, left: { ...binop.left, header, present: false, field: 'unknown' } };
      return e;
    }
    return this.rawBits(e, binop) ?? e;
  }

  private cutField(e: ExprOf<'relational'>, field: Expr, shift: number): Expr {
    adjust(e.right, shift, field);
    e.left = field;
    if (field.kind === 'payload' && field.raw) return this.payloadMatch(e, field);
    if (e.right.kind === 'value') e.right = finish(e.right);
    if (field.kind === 'payload' && e.op === 'eq') {
      const l = this.layered(field);
      if (e.right.kind === 'value') l.protocols.update(e);
      if (isKey(field)) l.deps.store(this.stmt, LAYER[field.base]);
    }
    if (field.kind === 'exthdr') this.outer.deps.killExthdr(field);
    return e;
  }

  /** Raw bits that are no whole bytes, compared with one value. */
  private rawBits(e: ExprOf<'relational'>, binop: ExprOf<'binop'>): Expr | null {
    const left = binop.left;
    if (left.kind !== 'payload' || !left.raw || binop.right.kind !== 'value' || e.right.kind !== 'value') return null;
    const copy = { ...left };
    const shift = trimForce(copy, binop.right.value);
    if (shift === null) return null;
    e.left = copy;
    const { value } = e.right;
    adjust(e.right, shift, copy);
    // payload_expr_trim_force moves the value, and leaves what the mask would cut off
    e.right.value = value >> BigInt(shift);
    return e;
  }

  /** stmt_payload_postprocess */
  private payloadStmt(s: StmtOf<'payload'>): void {
    if (s.expr.kind !== 'payload') return;
    const place = { ...s.expr };
    s.expr = this.payload(s.expr) as ExprOf<'payload'>;
    if (s.expr.kind === 'payload' && s.expr.raw && this.mangled(s, place)) return;
    if (s.value.kind === 'value') setType(s.value, s.expr.dtype, s.expr.byteorder);
    s.value = this.value(s.value);
  }

  /** stmt_payload_binop_postprocess: bits written within bytes that also hold others, back to `field set value`. */
  private mangled(s: StmtOf<'payload'>, place: ExprOf<'payload'>): boolean {
    const bits = Math.ceil(place.len / 8) * 8;
    const parts = maskedWrite(s.value);
    if (!parts) return false;
    const value = inNetworkOrder(parts.value, bits);
    const touched = (inNetworkOrder(parts.mask, bits) ^ ones(bits)) | value;
    const { protocols } = this.layered(place);
    const copy = { ...place };
    const exact = parts.op === 'xor' ? null : trim(copy, touched, protocols);
    if (exact !== null && !copy.raw) return this.written(s, copy, value >> BigInt(exact));
    // whole words, as fields with a checksum are written, name the field around
    const around = parts.op !== 'set' && bits === 16 && place.base !== 'link' ? fieldAround(place, touched, protocols) : null;
    if (around) {
      const { field, shift } = around;
      this.kill(field);
      s.expr = field;
      const v = parts.op === 'and' ? inNetworkOrder(parts.mask, bits) : value;
      const right = finish(valueExpr((v >> BigInt(shift)) & ones(field.len), field.dtype, field.byteorder, field.len));
      s.value = mk({ kind: 'binop', op: parts.op as 'and' | 'or' | 'xor', left: { ...field }, right }, field.dtype, field.byteorder, field.len);
      return true;
    }
    if (parts.op === 'or' || parts.op === 'xor') return false;
    const raw = { ...place };
    const shift = trimForce(raw, touched);
    return shift !== null && this.written(s, raw, value >> BigInt(shift));
  }

  private written(s: StmtOf<'payload'>, field: ExprOf<'payload'>, value: bigint): true {
    if (field.raw) field.dtype = 'xinteger';
    this.kill(field);
    s.expr = field;
    s.value = finish(valueExpr(value & ones(field.len), field.dtype, field.byteorder, field.len));
    return true;
  }

  /** stmt_reject_postprocess */
  private reject(s: StmtOf<'reject'>): void {
    const { family } = this.context;
    const { desc } = this.outer.protocols;
    if (family === 'ip' || family === 'ip6') {
      if (s.type === 'tcp reset') this.release(LAYER.transport);
      return;
    }
    if (s.type === 'icmpx') return;
    this.release(LAYER.network);
    if (s.type === 'tcp reset') return;
    const below = desc[LAYER.link],
      above = desc[LAYER.network];
    const known = above && below && numberOf(below, above) >= 0 ? above.name : undefined;
    if (known !== 'ip' && known !== 'ip6') {
      // no family: the real one prints the bare word
      s.type = 'default';
      delete s.expr;
      return;
    }
    s.type = known === 'ip6' ? 'icmpv6' : 'icmp';
    if (s.expr) s.expr.dtype = known === 'ip6' ? 'reject_icmpv6_code' : 'reject_icmp_code';
    Object.assign(s, { verbose: true });
  }

  private release(base: number): void {
    if (this.outer.deps.get(base)) this.outer.deps.release(base);
  }
}

/**
 * expr_postprocess_range: `>=` and `<=` next to each other are one range, `<` and `>` what lies outside of one. Only the kind
 * of what is compared is looked at, so that two different fields become a range of the second.
 */
function joined(before: Stmt | undefined, s: Stmt): Stmt | null {
  if (before?.kind !== 'expression' || s.kind !== 'expression' || before.expr.kind !== 'relational' || s.expr.kind !== 'relational') return null;
  const low = before.expr;
  const high = s.expr;
  const op = low.op === 'gte' && high.op === 'lte' ? 'eq' : low.op === 'lt' && high.op === 'gt' ? 'neq' : null;
  if (!op || low.left.kind !== high.left.kind) return null;
  const { dtype, byteorder, len } = high.right;
  setType(low.right, dtype, byteorder);
  return { ...s, expr: { ...high, op, right: mk({ kind: 'range', left: low.right, right: high.right }, dtype, byteorder, len) } };
}

const META_BASE: Readonly<Record<string, number>> = {
  'meta iiftype': LAYER.none,
  'meta nfproto': LAYER.link,
  'meta protocol': LAYER.link,
  'meta l4proto': LAYER.network,
  'ct l3proto': LAYER.link,
  'ct protocol': LAYER.network,
};

/**
 * meta_may_dependency_kill: a test of the network protocol says something where the family sees several, and in one that sees
 * only one where it is another; ICMP and ICMPv6 imply their own.
 */
function metaMayKill(deps: Dependencies, e: ExprOf<'relational'>, family: Family): boolean {
  const dep = deps.get(LAYER.network);
  if (dep?.right.kind !== 'value') return true;
  const told = networkTold(dep, Number(dep.right.value));
  if (told === undefined) return true;
  if (family === 'ip' || family === 'ip6') return told === family;
  if (family === 'arp' || (e.left.kind === 'meta' && e.left.key !== 'l4proto')) return true;
  if (e.left.kind === 'ct') return false;
  const l4 = e.right.kind === 'value' ? Number(e.right.value) : -1;
  return (l4 === 1 && told === 'ip') || (l4 === 58 && told === 'ip6');
}

/** __meta_dependency_may_kill; null: some other protocol, undefined: not told at all. */
function networkTold(dep: ExprOf<'relational'>, n: number): 'ip' | 'ip6' | null | undefined {
  const { left } = dep;
  if (left.kind === 'meta' && left.key === 'nfproto') return n === 2 ? 'ip' : n === 10 ? 'ip6' : null;
  if ((left.kind === 'meta' && left.key === 'protocol') || (left.kind === 'payload' && left.base === 'link')) return n === 0x0800 ? 'ip' : n === 0x86dd ? 'ip6' : null;
  return undefined;
}

/** set_ref_expr_set_type: elements whose set only says that they are numbers are written as what they are compared with. */
function typeElements(ref: ExprOf<'set_ref'>, left: Expr): void {
  const set = ref.anonymous?.decl;
  if (set?.init && set.key && datatype(set.key.dtype).number === TYPE_INTEGER) setType(set.init, left.dtype, left.byteorder);
}
const TYPE_INTEGER = 4;

const isKey = (e: ExprOf<'payload'>): boolean => !e.raw && (protocol(e.proto)?.key === e.field || ((e.proto === 'icmp' || e.proto === 'icmpv6') && e.field === 'type'));

function isStacked(e: ExprOf<'payload'>, n: bigint): boolean {
  const desc = e.raw ? undefined : protocol(e.proto);
  return desc?.key === e.field && upperOf(desc, Number(n))?.base === desc.base;
}

const constantOf = (e: Expr): bigint | null => (e.kind === 'value' ? e.value : e.kind === 'binop' && e.op === 'or' ? orOf(e) : null);
function orOf(e: Expr): bigint {
  if (e.kind === 'value') return e.value;
  return e.kind === 'binop' ? orOf(e.left) | orOf(e.right) : 0n;
}

function isPrefixMask(mask: bigint, bits: number): boolean {
  if (mask === 0n) return true;
  const low = lowBit(mask);
  return low > 0 && low < bits && mask === ones(bits - low) << BigInt(low) && bitLength(mask) === bits;
}

/** exthdr_find_template */
function trimExthdr(e: ExprOf<'exthdr'>, mask: bigint): { expr: Expr; shift: number } | null {
  if (e.op === 'dccp') return null;
  const shift = lowBit(mask);
  const top = bitLength(mask);
  const found = findExthdr(e.op, e.rawType, e.offset + Math.ceil(e.len / 8) * 8 - top, top - shift);
  if (!found || mask !== ones(top - shift) << BigInt(shift)) return null;
  return { expr: { ...e, header: found.header, field: found.field.name, raw: false, offset: found.field.offset, len: found.field.len, dtype: found.field.dtype } as Expr, shift };
}

/** binop_adjust: values compared with masked bytes become values of the field. */
function adjust(e: Expr, shift: number, field: Expr): void {
  switch (e.kind) {
    case 'value':
      e.value = (e.value >> BigInt(shift)) & ones(field.len);
      e.len = field.len;
      e.dtype = field.dtype;
      e.byteorder = field.byteorder;
      return;
    case 'range':
      adjust(e.left, shift, field);
      adjust(e.right, shift, field);
      e.dtype = field.dtype;
      return;
    case 'prefix':
      adjust(e.prefix, shift, field);
      e.dtype = field.dtype;
      return;
    case 'set_elem':
      return adjust(e.key, shift, field);
    case 'mapping':
      return adjust(e.left, shift, field);
    case 'binop':
      adjust(e.left, shift, field);
      adjust(e.right, shift, field);
      e.dtype = field.dtype;
      return;
    case 'set_ref':
      return shiftSet(e, shift, field);
    default:
      return;
  }
}

function shiftSet(e: Expr, shift: number, field: Expr): void {
  const init = e.kind === 'set_ref' ? e.anonymous?.decl.init : undefined;
  if (init?.kind !== 'set') return;
  for (const i of init.items) adjust(i, shift, field);
}

/** Strings end at their zero; those without one are wildcards. Flags become their sum. */
function finish(e: ExprOf<'value'>): Expr {
  if (isString(e.dtype)) return finishString(e);
  return isBitmask(e.dtype) && e.dtype !== 'ct_label' ? flagSum(e) : e.dtype === 'ct_label' ? flagSum(e) : e;
}

export function finishString(e: ExprOf<'value'>): Expr {
  const bytes = valueToBytes(e.value, Math.ceil(e.len / 8), 'host');
  const end = bytes.indexOf(0);
  if (end >= 0 || e.len >= 128) return escapeStar(e, bytes, end < 0 ? bytes.length : end);
  const text = [...bytes, ...cString('*')];
  return { ...e, value: text.reduceRight((acc, b) => (acc << 8n) | BigInt(b), 0n), len: text.length * 8 };
}

/** A name that itself ends with an asterisk. */
function escapeStar(e: ExprOf<'value'>, bytes: Uint8Array, end: number): Expr {
  if (end < 1 || bytes[end - 1] !== STAR) return e;
  const text = [...bytes.subarray(0, end - 1), BACKSLASH, STAR];
  return { ...e, value: text.reduceRight((acc, b) => (acc << 8n) | BigInt(b), 0n), len: text.length * 8 };
}
const STAR = 42;
const BACKSLASH = 92;

/** bitmask_expr_to_binops */
export function flagSum(e: ExprOf<'value'>): Expr {
  const bits: Expr[] = [];
  for (let i = 0, v = e.value; v; i++, v >>= 1n) if (v & 1n) bits.push({ ...e, value: 1n << BigInt(i) });
  if (bits.length <= 1) return e;
  return bits.reduce((left, right) => mk({ kind: 'binop', op: 'or', left, right }, e.dtype, e.byteorder, e.len));
}

/** binop_tree_to_list */
export function toList(e: Expr): Expr {
  if (e.kind !== 'binop' || e.op !== 'or' || !isBitmask(e.dtype)) return e;
  const items: Expr[] = [];
  const walk = (x: Expr): void => {
    if (x.kind === 'binop' && x.op === 'or') {
      walk(x.left);
      walk(x.right);
    } else items.push(x);
  };
  walk(e);
  if (!items.every((i) => i.kind === 'value')) return e;
  return mk({ kind: 'list', items }, e.dtype, e.byteorder, e.len);
}

/** The parts of `payload & mask | value`, of which either may be all there is. */
function maskedWrite(e: Expr): { readonly op: 'set' | 'and' | 'or' | 'xor'; readonly mask: bigint; readonly value: bigint } | null {
  if (e.kind !== 'binop' || e.right.kind !== 'value') return null;
  const { value, len } = e.right;
  if (e.left.kind === 'payload') {
    if (e.op === 'and') return { op: 'and', mask: value, value: 0n };
    return e.op === 'or' || e.op === 'xor' ? { op: e.op, mask: ones(len) ^ value, value } : null;
  }
  const inner = (e.op === 'or' || e.op === 'xor') && e.left.kind === 'binop' && e.left.op === 'and' ? maskedWrite(e.left) : null;
  return inner && { op: 'set', mask: inner.mask, value };
}

/** Raw data is kept as a little endian number until typed. */
const inNetworkOrder = (v: bigint, bits: number): bigint => switchOrder(v, bits);

/** range_expr_to_prefix */
export function rangeToPrefix(e: Expr): Expr {
  if (e.kind !== 'range' || e.left.kind !== 'value' || e.right.kind !== 'value') return e;
  const span = e.left.value ^ e.right.value;
  const bits = bitLength(span);
  if (span !== ones(bits) || (e.left.value & span) !== 0n || !datatype(e.left.dtype).prefixable || bits === 0) return e;
  return mk({ kind: 'prefix', prefix: e.left, prefixLen: e.left.len - bits }, e.dtype, e.byteorder, e.left.len);
}
