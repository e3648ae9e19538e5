/**
 * The nf_tables bytecode: what a rule is made of in the kernel, and the form in which drywall stores every rule, whoever
 * wrote it. One member a kernel expression, its attributes under the names of linux/netfilter/nf_tables.h (lower case,
 * without the NFTA_ prefix). Registers are numbered as on the wire: 0 verdict, 1-4 of 16 bytes, 8-23 of 4 bytes.
 * Data is bytes as the kernel would hold it (network order for packet fields, little endian for host-order values).
 */
export type Register = number;

export type CmpOp = 'eq' | 'neq' | 'lt' | 'lte' | 'gt' | 'gte';

export type Verdict =
  | { readonly code: 'accept' | 'drop' | 'continue' | 'return' | 'break' }
  | { readonly code: 'queue'; readonly num: number; readonly bypass: boolean }
  | { readonly code: 'jump' | 'goto'; readonly chain: string /** A chain of the same batch (NFTA_VERDICT_CHAIN_ID); the commit fills in its name. */; readonly chainId?: number };

export type ImmediateData = { readonly value: Uint8Array } | { readonly verdict: Verdict };

export type PayloadBase = 'link' | 'network' | 'transport' | 'inner' | 'tunnel';
export type CtDir = 'original' | 'reply';

export type LimitUnit = 1 | 60 | 3600 | 86400 | 604800;

export type StatefulExpression =
  | { readonly kind: 'counter'; readonly packets: bigint; readonly bytes: bigint }
  | { readonly kind: 'limit'; readonly type: 'pkts' | 'pkt-bytes'; readonly rate: bigint; readonly unit: bigint; readonly burst: number; readonly inv: boolean }
  | { readonly kind: 'quota'; readonly bytes: bigint; readonly consumed: bigint; readonly inv: boolean }
  | { readonly kind: 'connlimit'; readonly count: number; readonly inv: boolean }
  | { readonly kind: 'last'; readonly set: boolean; readonly msecs: bigint };

export type Expression =
  | StatefulExpression
  | { readonly kind: 'payload'; readonly base: PayloadBase; readonly offset: number; readonly len: number; readonly dreg: Register }
  | {
      readonly kind: 'payload_set';
      readonly base: PayloadBase;
      readonly offset: number;
      readonly len: number;
      readonly sreg: Register;
      readonly csumType: 'none' | 'inet' | 'sctp';
      readonly csumOffset: number;
      readonly csumFlags: number;
    }
  | { readonly kind: 'cmp'; readonly sreg: Register; readonly op: CmpOp; readonly data: Uint8Array }
  | { readonly kind: 'range'; readonly sreg: Register; readonly op: 'eq' | 'neq'; readonly from: Uint8Array; readonly to: Uint8Array }
  | {
      readonly kind: 'bitwise';
      readonly sreg: Register;
      readonly sreg2?: Register;
      readonly dreg: Register;
      readonly len: number;
      readonly op: 'mask_xor';
      readonly mask: Uint8Array;
      readonly xor: Uint8Array;
    }
  | {
      readonly kind: 'bitwise';
      readonly sreg: Register;
      readonly sreg2?: Register;
      readonly dreg: Register;
      readonly len: number;
      readonly op: 'lshift' | 'rshift' | 'and' | 'or' | 'xor';
      readonly data?: Uint8Array;
    }
  | { readonly kind: 'byteorder'; readonly sreg: Register; readonly dreg: Register; readonly op: 'ntoh' | 'hton'; readonly len: number; readonly size: number }
  | { readonly kind: 'meta'; readonly key: string; readonly dreg: Register }
  | { readonly kind: 'meta_set'; readonly key: string; readonly sreg: Register }
  | { readonly kind: 'ct'; readonly key: string; readonly dir?: CtDir; readonly dreg: Register }
  | { readonly kind: 'ct_set'; readonly key: string; readonly dir?: CtDir; readonly sreg: Register }
  | { readonly kind: 'rt'; readonly key: 'classid' | 'nexthop4' | 'nexthop6' | 'tcpmss' | 'xfrm'; readonly dreg: Register }
  | { readonly kind: 'socket'; readonly key: 'transparent' | 'mark' | 'wildcard' | 'cgroupv2'; readonly level?: number; readonly dreg: Register }
  | {
      readonly kind: 'exthdr';
      readonly op: 'ipv6' | 'tcpopt' | 'ipv4' | 'sctp' | 'dccp';
      readonly type: number;
      readonly offset: number;
      readonly len: number;
      readonly present: boolean;
      readonly dreg: Register;
    }
  | {
      readonly kind: 'exthdr_set';
      readonly op: 'ipv6' | 'tcpopt' | 'ipv4' | 'sctp' | 'dccp';
      readonly type: number;
      readonly offset: number;
      readonly len: number;
      readonly sreg: Register;
    }
  | { readonly kind: 'exthdr_reset'; readonly op: 'tcpopt'; readonly type: number }
  | { readonly kind: 'fib'; readonly result: 'oif' | 'oifname' | 'type'; readonly flags: number; readonly dreg: Register }
  | { readonly kind: 'osf'; readonly ttl: number; readonly flags: number; readonly dreg: Register }
  | { readonly kind: 'numgen'; readonly type: 'incremental' | 'random'; readonly modulus: number; readonly offset: number; readonly dreg: Register }
  | {
      readonly kind: 'hash';
      readonly type: 'jenkins';
      readonly sreg: Register;
      readonly len: number;
      readonly dreg: Register;
      readonly modulus: number;
      readonly seed?: number;
      readonly offset: number;
    }
  | { readonly kind: 'hash'; readonly type: 'symmetric'; readonly dreg: Register; readonly modulus: number; readonly offset: number }
  | { readonly kind: 'xfrm'; readonly key: string; readonly dir: 'in' | 'out'; readonly spnum: number; readonly dreg: Register }
  | { readonly kind: 'tunnel'; readonly key: 'path' | 'id'; readonly dreg: Register }
  | { readonly kind: 'inner'; readonly type: number; readonly hdrsize: number; readonly flags: number; readonly expr: Expression }
  | { readonly kind: 'lookup'; readonly set: string; readonly setId: number; readonly sreg: Register; readonly dreg?: Register; readonly inv: boolean }
  | {
      readonly kind: 'dynset';
      readonly op: 'add' | 'update' | 'delete';
      readonly set: string;
      readonly setId: number;
      readonly sregKey: Register;
      readonly sregData?: Register;
      readonly timeout: bigint;
      readonly inv: boolean;
      readonly exprs: readonly StatefulExpression[];
    }
  | { readonly kind: 'immediate'; readonly dreg: Register; readonly data: ImmediateData }
  | {
      readonly kind: 'log';
      readonly prefix?: string;
      readonly group?: number;
      readonly snaplen?: number;
      readonly qthreshold?: number;
      readonly level?: number;
      readonly flags?: number;
    }
  | { readonly kind: 'reject'; readonly type: 'icmp_unreach' | 'tcp_rst' | 'icmpx_unreach'; readonly icmpCode: number }
  | {
      readonly kind: 'nat';
      readonly type: 'snat' | 'dnat';
      readonly family: number;
      readonly sregAddrMin?: Register;
      readonly sregAddrMax?: Register;
      readonly sregProtoMin?: Register;
      readonly sregProtoMax?: Register;
      readonly flags: number;
    }
  | { readonly kind: 'masq'; readonly flags: number; readonly sregProtoMin?: Register; readonly sregProtoMax?: Register }
  | { readonly kind: 'redir'; readonly flags: number; readonly sregProtoMin?: Register; readonly sregProtoMax?: Register }
  | { readonly kind: 'tproxy'; readonly family: number; readonly sregAddr?: Register; readonly sregPort?: Register }
  | { readonly kind: 'dup'; readonly sregAddr?: Register; readonly sregDev?: Register }
  | { readonly kind: 'fwd'; readonly sregDev: Register; readonly sregAddr?: Register; readonly nfproto?: number }
  | { readonly kind: 'queue'; readonly num: number; readonly total: number; readonly flags: number; readonly sregQnum?: Register }
  | { readonly kind: 'notrack' }
  | { readonly kind: 'synproxy'; readonly mss: number; readonly wscale: number; readonly flags: number }
  | { readonly kind: 'objref'; readonly type: ObjectKind; readonly name: string }
  | { readonly kind: 'objref_map'; readonly sreg: Register; readonly set: string; readonly setId: number }
  | { readonly kind: 'flow_offload'; readonly table: string }
  /** xt compat expressions: `info` is the extension's own typed value, made and read only by its definition in ../xt. */
  | { readonly kind: 'match'; readonly name: string; readonly rev: number; readonly info: XtInfo }
  | { readonly kind: 'target'; readonly name: string; readonly rev: number; readonly info: XtInfo };

/** NFT_OBJECT_*, by the words of libnftables-json(5). */
export type ObjectKind = 'counter' | 'quota' | 'ct helper' | 'limit' | 'ct timeout' | 'ct expectation' | 'secmark' | 'synproxy' | 'tunnel';

/** Plain data, comparable with `sameInfo`; its shape is known to the extension's definition only. */
export type XtInfo = { readonly [field: string]: XtValue };
export type XtValue = string | number | bigint | boolean | null | Uint8Array | readonly XtValue[] | { readonly [field: string]: XtValue };

/** The chain flags of objects kept per packet live beside the rule, never in it: see nf_tables/state.ts. */
export type ExpressionKind = Expression['kind'];
