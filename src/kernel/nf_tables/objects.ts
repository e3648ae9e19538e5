import type { KeptRule } from './kept-rule.ts';
import type { Expression, ObjectKind, StatefulExpression, Verdict } from '../expr/expression.ts';
import type { Family, HookName } from '../net/hook.ts';

/** Frozen ruleset objects of nf_tables. Handles count up within a table (tables: within the namespace), as the kernel's do; the counters live in NfTables, for a refused batch uses up numbers too. */
export interface Ruleset {
  readonly tables: readonly Table[];
  /** Generation number, NFTA_GEN_ID: one more for each committed batch. */
  readonly generation: number;
}

export interface Table {
  readonly family: Family;
  readonly name: string;
  readonly handle: bigint;
  readonly flags: { readonly dormant: boolean; readonly owner: boolean; readonly persist: boolean };
  /** Netlink port of the owner, where `flags.owner`. */
  readonly ownerPort: number;
  readonly comment?: string;
  readonly chains: readonly Chain[];
  readonly sets: readonly NftSet[];
  readonly objects: readonly NftObject[];
  readonly flowtables: readonly Flowtable[];
}

export interface Chain {
  readonly name: string;
  readonly handle: bigint;
  /** Present in base chains. */
  readonly hook?: BaseHook;
  readonly policy: 'accept' | 'drop';
  /** Base chains made by iptables-nft count; nft's own do not. Live numbers are in PerCpuState. */
  readonly counters: boolean;
  readonly rules: readonly KeptRule[];
  /** Chains written inline in a rule (`jump { … }`): kernel-bound, unnamed. */
  readonly binding: boolean;
  readonly comment?: string;
  /** Identity across commits: the key of its live counters. */
  readonly id: number;
}

export interface BaseHook {
  readonly type: 'filter' | 'nat' | 'route';
  readonly name: HookName;
  readonly hooknum: number;
  readonly priority: number;
  readonly devices: readonly string[];
}

export interface Rule {
  readonly handle: bigint;
  readonly exprs: readonly Expression[];
  readonly comment?: string;
  /** Other user data (iptables' ebtables flags …). */
  readonly userdata?: Uint8Array;
  /** What the xtables tools put in NFTA_RULE_COMPAT: protocol and inversion, for the check of extensions. */
  readonly compat?: { readonly proto: number; readonly inv: boolean };
  /** Identity across commits and `replace`: the key of its live state. */
  readonly id: number;
}

/** The rule with other expressions. */
export const withExprs = ({ handle, id, comment, userdata, compat }: Rule, exprs: readonly Expression[]): Rule => ({
  handle,
  exprs,
  id,
  ...(comment !== undefined && { comment }),
  ...(userdata && { userdata }),
  ...(compat && { compat }),
});

export interface NftSet {
  readonly name: string;
  readonly handle: bigint;
  readonly flags: {
    readonly anonymous: boolean;
    readonly constant: boolean;
    readonly interval: boolean;
    readonly map: boolean;
    readonly timeout: boolean;
    readonly eval: boolean;
    readonly object: boolean;
    readonly concat: boolean;
  };
  /** nft datatype numbers (userspace's own), and lengths in bytes. */
  readonly keyType: number;
  readonly keyLen: number;
  readonly dataType: number;
  readonly dataLen: number;
  readonly objType?: ObjectKind;
  readonly timeout: bigint;
  readonly gcInterval: number;
  readonly policy: 'performance' | 'memory';
  /** Declared size; 0: none. */
  readonly size: number;
  /** nft_hash_estimate: a table of its declared size, which rules cannot add to (nft_hash_ops without `update`). */
  readonly fixed?: boolean;
  /** Length in bytes of each field of a concatenation, for interval sets. */
  readonly fieldLens: readonly number[];
  readonly exprs: readonly StatefulExpression[];
  /** What userspace keeps with it: byte orders, typeof expressions, auto-merge, comment. Opaque to the kernel. */
  readonly userdata: Readonly<Record<string, unknown>>;
  readonly elements: SetElements;
  readonly id: number;
}

export interface SetElement {
  readonly key: Uint8Array;
  readonly keyEnd?: Uint8Array;
  readonly flags: { readonly intervalEnd: boolean; readonly catchall: boolean };
  readonly data?: { readonly value: Uint8Array } | { readonly verdict: Verdict };
  readonly objref?: string;
  readonly timeout?: bigint;
  /** Host milliseconds at which it goes; absent: never. */
  readonly expiresAt?: number;
  readonly exprs: readonly StatefulExpression[];
  readonly comment?: string;
  readonly userdata?: Uint8Array;
  readonly id: number;
}

/** Elements of one set, by backend (hash, bitmap, rbtree, pipapo); iteration is in the order in which the kernel dumps. */
export interface SetElements {
  readonly size: number;
  [Symbol.iterator](): Iterator<SetElement>;
}

export interface NftObject {
  readonly kind: ObjectKind;
  readonly name: string;
  readonly handle: bigint;
  readonly comment?: string;
  readonly value: ObjectValue;
  readonly id: number;
}

export type ObjectValue =
  | { readonly kind: 'counter'; readonly packets: bigint; readonly bytes: bigint }
  | { readonly kind: 'quota'; readonly bytes: bigint; readonly consumed: bigint; readonly inv: boolean }
  | { readonly kind: 'limit'; readonly type: 'pkts' | 'pkt-bytes'; readonly rate: bigint; readonly unit: bigint; readonly burst: number; readonly inv: boolean }
  | { readonly kind: 'ct helper'; readonly helper: string; readonly l3proto: number; readonly l4proto: number }
  | { readonly kind: 'ct timeout'; readonly l3proto: number; readonly l4proto: number; readonly policy: readonly number[] }
  | { readonly kind: 'ct expectation'; readonly l3proto: number; readonly l4proto: number; readonly dport: number; readonly timeout: number; readonly size: number }
  | { readonly kind: 'secmark'; readonly context: string }
  | { readonly kind: 'synproxy'; readonly mss: number; readonly wscale: number; readonly flags: number }
  | { readonly kind: 'tunnel'; readonly attrs: Readonly<Record<string, unknown>> };

export interface Flowtable {
  readonly name: string;
  readonly handle: bigint;
  readonly hook: { readonly name: HookName; readonly hooknum: number; readonly priority: number; readonly devices: readonly string[] };
  readonly flags: number;
}
