import type { XtInfo } from '../../kernel/expr/expression.ts';
import type { Family } from '../../kernel/net/hook.ts';
import type { PlainElements } from './plain-elements.ts';

/**
 * The language of nft as a tree: what the parser makes, evaluation types and checks, linearization turns into bytecode,
 * delinearization makes again, and the printers (text, JSON) write. Node kinds follow nftables' own (include/expression.h,
 * include/statement.h), so that its behaviour can be followed step by step.
 */

/** A stretch of input: 1-based line, 0-based half-open columns within lines; `offset`: where the (first) line starts in the text. */
export interface Location {
  readonly source: Source;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

export interface Source {
  readonly kind: 'command line' | 'file' | 'stdin' | 'internal' | 'netlink';
  readonly name: string;
  readonly text: string;
  /** Where this file was included. */
  readonly from?: Location;
}

/** Name of an nft datatype (`nft describe`): 'ipv4_addr', 'inet_service' …; the registry is src/commands/nft/datatype. */
export type DatatypeName = string;
export type ByteOrder = 'invalid' | 'host' | 'big';

interface Node {
  loc: Location;
  /** Name of the datatype; concatenations: 'concat' with `fields`. 'invalid' until known. */
  dtype: DatatypeName;
  byteorder: ByteOrder;
  /** Bits; 0 until known. */
  len: number;
  /** Data of a map whose values are ranges (EXPR_F_INTERVAL). */
  intervalData?: boolean;
}

export type BinOp = 'lshift' | 'rshift' | 'and' | 'or' | 'xor';
export type RelOp = 'implicit' | 'eq' | 'neq' | 'lt' | 'gt' | 'lte' | 'gte' | 'neg';

export type Expr = Node & ExprKind;
export type ExprOf<K extends Expr['kind']> = Extract<Expr, { kind: K }>;

type ExprKind =
  | { kind: 'verdict'; verdict: 'accept' | 'drop' | 'continue' | 'return' | 'break' | 'jump' | 'goto'; chain?: Expr }
  /** A word whose meaning depends on the datatype beside it. */
  | { kind: 'symbol'; symbolType: 'value' | 'set'; identifier: string; quoted?: boolean }
  | { kind: 'variable'; name: string; symbol: SymbolEntry }
  | { kind: 'value'; value: bigint }
  | { kind: 'prefix'; prefix: Expr; prefixLen: number }
  | { kind: 'range'; left: Expr; right: Expr }
  /** `base` of raw payload `@base,offset,len`; offsets and lengths in bits. `proto`+`field` empty when raw. */
  | {
      kind: 'payload';
      base: 'link' | 'network' | 'transport' | 'inner' | 'tunnel';
      proto: string;
      field: string;
      offset: number;
      raw: boolean;
      inner?: string /** Masked and shifted already. */;
      evaluated?: boolean /** The field that a write of whole words is meant for. */;
      written?: string;
    }
  | {
      kind: 'exthdr';
      op: 'ipv6' | 'tcpopt' | 'ipv4' | 'sctp' | 'dccp';
      header: string;
      field: string;
      rawType: number;
      offset: number;
      present: boolean;
      raw: boolean;
      inner?: string;
    }
  | { kind: 'meta'; key: string; inner?: string }
  | { kind: 'ct'; key: string; dir?: 'original' | 'reply'; nfproto?: 'ip' | 'ip6' /** Family of a plain `saddr` from the context. */; l3?: 'ip' | 'ip6' }
  | { kind: 'rt'; key: 'classid' | 'nexthop' | 'nexthop4' | 'nexthop6' | 'mtu' | 'ipsec' }
  | { kind: 'socket'; key: 'transparent' | 'mark' | 'wildcard' | 'cgroupv2'; level: number }
  | { kind: 'fib'; flags: number; result: 'oif' | 'oifname' | 'type' | 'check' }
  | { kind: 'osf'; ttl: number; key: 'name' | 'version' }
  | { kind: 'numgen'; type: 'inc' | 'random'; mod: number; offset: number }
  | { kind: 'hash'; type: 'jenkins' | 'symmetric'; expr?: Expr; mod: number; seed?: number; offset: number }
  | { kind: 'xfrm'; dir: 'in' | 'out'; spnum: number; key: string }
  | { kind: 'tunnel'; key: 'path' | 'id' }
  | { kind: 'concat'; items: Expr[] }
  | { kind: 'list'; items: Expr[] }
  | { kind: 'set'; items: Expr[]; flags: SetFlag[] /** Listed with a line for each element. */; ownLines?: boolean }
  | { kind: 'set_ref'; set: string /** The set's declaration, once evaluated. */; decl?: SetDecl; anonymous?: AnonymousSet }
  /** Many elements of a set at once, as they stand in the text; only in sets that are not evaluated yet. */
  | { kind: 'plain_elements'; elements: PlainElements }
  /** Many elements of an evaluated set at once: numbers of up to four bytes from `low` to `high`, in order, each with its place. */
  | { kind: 'spans'; low: Uint32Array; high: Uint32Array; place(n: number): Location }
  | { kind: 'set_elem'; key: Expr; timeout?: bigint; expires?: bigint; comment?: string; stmts: Stmt[]; intervalEnd?: boolean; intervalOpen?: boolean }
  | { kind: 'catchall' }
  /** `key : data` in maps. */
  | { kind: 'mapping'; left: Expr; right: Expr }
  /** `key map { … }` / `key vmap @name`. */
  | { kind: 'map'; map: Expr; mappings: Expr }
  | { kind: 'unary'; op: 'not' | 'neg' | 'ntoh' | 'hton'; arg: Expr }
  | { kind: 'binop'; op: BinOp; left: Expr; right: Expr }
  | { kind: 'relational'; op: RelOp; left: Expr; right: Expr }
  /** `tcp flags syn / syn,ack` */
  | { kind: 'flagcmp'; op: 'eq' | 'neq'; expr: Expr; mask: Expr; value: Expr };

export type SetFlag = 'anonymous' | 'constant' | 'interval' | 'map' | 'timeout' | 'eval' | 'object' | 'concat';

/** What `define` binds: the tree is shared by all uses. */
export interface SymbolEntry {
  identifier: string;
  expr: Expr;
  refs: number;
}

/** An anonymous set, once evaluated, is declared like any other under a generated `__set%d` / `__map%d` name. */
export interface AnonymousSet {
  decl: SetDecl;
  id: number;
}

export type Stmt = { loc: Location } & StmtKind;
export type StmtOf<K extends Stmt['kind']> = Extract<Stmt, { kind: K }>;

type StmtKind =
  | { kind: 'expression'; expr: Expr }
  | { kind: 'verdict'; expr: Expr }
  | { kind: 'payload'; expr: Expr; value: Expr }
  | { kind: 'exthdr'; expr: Expr; value: Expr }
  | { kind: 'optstrip'; expr: Expr }
  | { kind: 'meta'; key: string; value: Expr }
  | { kind: 'ct'; key: string; dir?: 'original' | 'reply'; value: Expr }
  | { kind: 'notrack' }
  | { kind: 'counter'; packets: bigint; bytes: bigint }
  | { kind: 'limit'; type: 'pkts' | 'bytes'; rate: bigint; unit: bigint; burst: bigint; inv: boolean; burstGiven?: boolean }
  | { kind: 'quota'; bytes: bigint; used: bigint; inv: boolean }
  | { kind: 'connlimit'; count: number; inv: boolean }
  | { kind: 'last'; set: boolean; used: bigint }
  | { kind: 'log'; prefix?: string | Expr; group?: number; snaplen?: number; qthreshold?: number; level?: number; flags: number; audit?: boolean }
  | { kind: 'reject'; type: 'icmp' | 'icmpv6' | 'icmpx' | 'tcp reset' | 'default'; expr?: Expr; code?: number /** No code was written. */; implied?: boolean }
  | {
      kind: 'nat';
      type: 'snat' | 'dnat' | 'masquerade' | 'redirect';
      family?: 'ip' | 'ip6';
      addr?: Expr;
      proto?: Expr;
      flags: number;
      typeFlags: { interval: boolean; prefix: boolean; concat: boolean } /** Without address in the inet family. */;
      inet?: boolean;
    }
  | { kind: 'tproxy'; family?: 'ip' | 'ip6'; tableProto?: Family; addr?: Expr; port?: Expr }
  | { kind: 'dup'; to?: Expr; dev?: Expr }
  | { kind: 'fwd'; dev: Expr; addr?: Expr; family?: 'ip' | 'ip6' }
  | { kind: 'queue'; queue?: Expr; flags: number }
  | { kind: 'synproxy'; mss: number; wscale: number; flags: number; mssGiven?: boolean; wscaleGiven?: boolean }
  | { kind: 'objref'; type: 'counter' | 'quota' | 'limit' | 'ct helper' | 'ct timeout' | 'ct expectation' | 'secmark' | 'synproxy'; expr: Expr }
  | { kind: 'flow'; op: 'add'; table: string }
  /** `add @set { key … }` */
  | { kind: 'set'; op: 'add' | 'update' | 'delete'; key: Expr; set: Expr; stmts: Stmt[] }
  | { kind: 'map'; op: 'add' | 'update' | 'delete'; key: Expr; data: Expr; set: Expr; stmts: Stmt[] }
  | { kind: 'meter'; name: string; size?: number; key: Expr; stmt: Stmt; set?: Expr }
  | { kind: 'chain'; op: 'jump' | 'goto'; rules: RuleDecl[]; chain: string /** Number of the nameless chain in its batch. */; id?: number }
  | { kind: 'xt'; type: 'match' | 'target'; name: string; info: XtInfo; rev: number };

/** Where an object is meant to be: any part may be missing in a command. Locations are what errors point at. */
export interface Handle {
  family: Family | 'unspec';
  table?: Named;
  chain?: Named;
  set?: Named;
  obj?: Named;
  flowtable?: Named;
  handle?: { loc: Location; id: bigint };
  position?: { loc: Location; id: bigint };
  index?: { loc: Location; id: bigint };
  /** A nameless chain, and a rule, of the same batch. */
  chainId?: number;
  positionId?: number;
}

export interface Named {
  loc: Location;
  name: string;
}

export interface RuleDecl {
  loc: Location;
  handle: Handle;
  stmts: Stmt[];
  comment?: string /** Number in the batch, where another rule is placed beside it. */;
  id?: number;
}

export interface PrioritySpec {
  loc: Location;
  expr: Expr;
  offset?: number;
  name?: string;
}

export interface ChainDecl {
  loc: Location;
  handle: Handle;
  hook?: { loc: Location; type: Named; name: Named; priority: PrioritySpec; devices?: Expr };
  /** `devices = { … }` in a block without hook: devices to add to or take from a chain. */
  devices?: Expr;
  policy?: { loc: Location; expr: Expr };
  flags: string[];
  rules: RuleDecl[];
  comment?: string;
  /** Number of a nameless chain (flag `binding`) in its batch. */
  id?: number;
}

export interface SetDecl {
  loc: Location;
  handle: Handle;
  flags: SetFlag[];
  isMap: boolean;
  /** `type …` or `typeof …`, key and (maps) data. */
  key?: Expr;
  keyTypeof: boolean;
  data?: Expr;
  objType?: string;
  timeout?: bigint;
  gcInterval?: bigint;
  size?: number;
  policy?: 'performance' | 'memory';
  autoMerge: boolean;
  stmts: Stmt[];
  init?: Expr;
  comment?: string;
}

export interface ObjDecl {
  loc: Location;
  handle: Handle;
  type: string;
  value: Record<string, unknown>;
  comment?: string;
}

export interface FlowtableDecl {
  loc: Location;
  handle: Handle;
  hook?: { loc: Location; name: Named; priority: PrioritySpec };
  devices?: Expr;
  flags: string[];
  counter: boolean;
}

export interface TableDecl {
  loc: Location;
  handle: Handle;
  flags: string[];
  comment?: string;
  chains: ChainDecl[];
  sets: SetDecl[];
  objs: ObjDecl[];
  flowtables: FlowtableDecl[];
}

export type CmdObject =
  | { kind: 'table'; decl?: TableDecl }
  | { kind: 'chain'; decl?: ChainDecl }
  | { kind: 'rule'; decl?: RuleDecl }
  | { kind: 'set' | 'map'; decl?: SetDecl /** Number of an anonymous set in its batch. */; id?: number }
  | { kind: 'element'; expr: Expr /** Once evaluated. */; set?: SetDecl }
  /** Elements that a set is declared with: they follow the declaration. */
  | { kind: 'setelems'; decl: SetDecl }
  | { kind: 'flowtable'; decl?: FlowtableDecl }
  | { kind: 'object'; type: string; decl?: ObjDecl }
  | { kind: 'ruleset' | 'tables' | 'chains' | 'sets' | 'maps' | 'meters' | 'meter' | 'flowtables' | 'rules' | 'hooks' }
  | { kind: 'objects'; type: string }
  | { kind: 'expr'; expr: Expr }
  | { kind: 'monitor'; loc: Location; event?: string; object?: string; json: boolean; xml?: boolean }
  | { kind: 'markup'; format: string };

export type CmdOp = 'add' | 'create' | 'insert' | 'replace' | 'delete' | 'destroy' | 'get' | 'list' | 'reset' | 'flush' | 'rename' | 'import' | 'export' | 'monitor' | 'describe';

export interface Cmd {
  loc: Location;
  op: CmdOp;
  handle: Handle;
  object: CmdObject;
  /** rename's new name, list hooks' device … */
  arg?: Named;
}
