import type { Errno } from '../errno.ts';
import type { Keys } from './element-row.ts';
import type { Expression, ObjectKind, StatefulExpression } from '../expr/expression.ts';
import type { Family } from '../net/hook.ts';
import type { BaseHook, Chain, Flowtable, NftObject, NftSet, ObjectValue, Rule, SetElement, Table } from './objects.ts';

/**
 * One message of a netlink batch, NFT_MSG_*. What a tool asks of nf_tables; `Netns.nft.commit` applies a list of them
 * whole or not at all. Fields carry the meaning of the NFTA_* attributes; an absent one was not sent.
 * `destroy` is `delete` that forgives what is not there.
 */
export type NftMessage =
  | { readonly op: 'newtable'; readonly family: Family; readonly table: string; readonly excl: boolean; readonly flags?: number; readonly comment?: string }
  | {
      readonly op: 'deltable' | 'destroytable';
      readonly family: Family | 'unspec';
      readonly table?: string;
      readonly handle?: bigint /** NLM_F_NONREC: only when empty. */;
      readonly nonrec?: boolean;
    }
  | {
      readonly op: 'newchain';
      readonly family: Family;
      readonly table: string;
      readonly chain?: string;
      readonly handle?: bigint;
      readonly excl: boolean;
      readonly hook?: BaseHook;
      readonly policy?: 'accept' | 'drop';
      readonly counters?: { readonly packets: bigint; readonly bytes: bigint };
      readonly flags?: number;
      readonly id?: number;
      readonly comment?: string /** With `handle`: rename. */;
      readonly rename?: string;
    }
  | {
      readonly op: 'delchain' | 'destroychain';
      readonly family: Family;
      readonly table: string;
      readonly chain?: string;
      readonly handle?: bigint /** Only these devices of a netdev chain. */;
      readonly devices?: readonly string[];
      readonly nonrec?: boolean;
    }
  | {
      readonly op: 'newrule';
      readonly family: Family;
      readonly table: string;
      readonly chain?: string;
      readonly chainId?: number;
      readonly excl: boolean;
      readonly mode: 'append' | 'insert' | 'replace' /** NFTA_RULE_POSITION; of replace: NFTA_RULE_HANDLE. */;
      readonly position?: bigint /** NFTA_RULE_POSITION_ID: a rule of the same batch. */;
      readonly positionId?: number;
      readonly id?: number;
      readonly exprs: readonly Expression[];
      readonly comment?: string;
      readonly userdata?: Uint8Array;
      readonly compat?: { readonly proto: number; readonly inv: boolean };
    }
  | { readonly op: 'delrule' | 'destroyrule'; readonly family: Family; readonly table: string; readonly chain?: string; readonly handle?: bigint; readonly id?: number }
  | {
      readonly op: 'newset';
      readonly family: Family;
      readonly table: string;
      readonly excl: boolean;
      readonly set: Omit<NftSet, 'handle' | 'elements' | 'id'> /** Batch-local number by which rules name an anonymous set. */;
      readonly id: number;
    }
  | { readonly op: 'delset' | 'destroyset'; readonly family: Family; readonly table: string; readonly set?: string; readonly handle?: bigint; readonly nonrec?: boolean }
  | {
      readonly op: 'newsetelem';
      readonly family: Family;
      readonly table: string;
      readonly set: string;
      readonly setId?: number;
      readonly excl: boolean;
      readonly elements: readonly NewElement[] /** Instead: elements that are but keys, of intervals in order. */;
      readonly keys?: Keys;
    }
  /** Absent elements: flush. */
  | { readonly op: 'delsetelem' | 'destroysetelem'; readonly family: Family; readonly table: string; readonly set: string; readonly elements?: readonly NewElement[] }
  | {
      readonly op: 'newobj';
      readonly family: Family;
      readonly table: string;
      readonly name: string;
      readonly excl: boolean;
      readonly value: ObjectValue;
      readonly comment?: string;
    }
  | { readonly op: 'delobj' | 'destroyobj'; readonly family: Family; readonly table: string; readonly kind: ObjectKind; readonly name?: string; readonly handle?: bigint }
  | {
      readonly op: 'newflowtable';
      readonly family: Family;
      readonly table: string;
      readonly name: string;
      readonly excl: boolean;
      readonly hook?: { readonly name: 'ingress'; readonly hooknum: number; readonly priority: number };
      readonly devices: readonly string[];
      readonly flags?: number;
    }
  | {
      readonly op: 'delflowtable' | 'destroyflowtable';
      readonly family: Family;
      readonly table: string;
      readonly name?: string;
      readonly handle?: bigint;
      readonly devices?: readonly string[];
    };

export type NewElement = Omit<SetElement, 'id' | 'expiresAt' | 'exprs'> & { readonly exprs?: readonly StatefulExpression[]; readonly expiration?: bigint };

/** Which attribute of a message an error names in its extended ack; tools map it to a place in their input. */
export type MessageAttribute =
  | 'table'
  | 'chain'
  | 'handle'
  | 'position'
  | 'name'
  | 'hook'
  | 'devices'
  | 'dev'
  | 'type'
  | 'policy'
  | 'set'
  | 'element'
  | 'expressions'
  | 'object'
  | 'flags'
  | 'objtype'
  | 'key'
  | 'data';

/** What the kernel answers to one message of a batch. */
export interface MessageError {
  readonly index: number;
  readonly errno: Errno;
  readonly attribute?: MessageAttribute;
  /** For `element`/`expressions`: which one. */
  readonly at?: number;
}

/** What `nft monitor` and `-e` hear after a commit, in the kernel's order of notification. Payloads are as listed at that time. */
export type NftEvent = {
  /** Which message of the batch it comes from. */
  readonly message?: number;
  /** NLM_F_EXCL of that message: monitors say `create`. */
  readonly excl?: boolean;
} & (
  | { readonly event: 'newtable' | 'deltable'; readonly family: Family; readonly table: string; readonly payload: Omit<Table, 'chains' | 'sets' | 'objects' | 'flowtables'> }
  | {
      readonly event: 'newchain' | 'delchain';
      readonly family: Family;
      readonly table: string;
      readonly payload: { readonly chain: Omit<Chain, 'rules'> /** Only these devices came or went. */; readonly devices?: readonly string[] };
    }
  | {
      readonly event: 'newrule' | 'delrule';
      readonly family: Family;
      readonly table: string;
      readonly payload: {
        readonly chain: string;
        readonly rule: Rule;
        readonly mode: 'append' | 'insert' | 'replace' /** Handle of the rule before it. */;
        readonly position?: bigint;
      };
    }
  | { readonly event: 'newset' | 'delset'; readonly family: Family; readonly table: string; readonly payload: NftSet }
  | { readonly event: 'newsetelem' | 'delsetelem'; readonly family: Family; readonly table: string; readonly payload: { readonly set: NftSet; readonly element: SetElement } }
  | { readonly event: 'newobj' | 'delobj'; readonly family: Family; readonly table: string; readonly payload: NftObject }
  | { readonly event: 'newflowtable' | 'delflowtable'; readonly family: Family; readonly table: string; readonly payload: Flowtable }
  | { readonly event: 'newgen'; readonly generation: number; readonly pid: number; readonly name: string }
);

/** Elements that came many at once: listeners are told of each. */
export interface ManyElements {
  readonly event: 'newsetelems';
  readonly message: number;
  readonly excl?: true;
  readonly family: Family;
  readonly table: string;
  readonly payload: { readonly set: NftSet; elements(): readonly SetElement[] };
}

export function eachEvent(events: readonly (NftEvent | ManyElements)[]): readonly NftEvent[] {
  return events.flatMap((e): NftEvent | NftEvent[] => {
    if (e.event !== 'newsetelems') return e;
    const { payload, ...rest } = e;
    return payload.elements().map((element) => ({ ...rest, event: 'newsetelem', payload: { set: payload.set, element } }));
  });
}
