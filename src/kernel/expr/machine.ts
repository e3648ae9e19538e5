import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import type { NfTables } from '../nf_tables/nf-tables.ts';
import type { NftObject, NftSet, Table } from '../nf_tables/objects.ts';
import type { ObjectKind } from './expression.ts';
import type { StatefulState } from './stateful.ts';

/** The registers of one run, and the packet they are filled from. Verdict numbers are NF_* and NFT_* of ../net/hook.ts. */
export interface Regs {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  verdict: number;
  /** Target of a jump or goto. */
  chain: string;
  /** Queue number and bypass flag of NF_QUEUE. */
  queue: number;
  bypass: boolean;
}

/** One prepared expression. `run` leaves `regs.verdict` at CONTINUE, or sets it. */
export interface Op {
  run(regs: Regs, skb: Skb, state: HookState): void;
}

/** What an expression may hold on to while its rule lives. */
export interface OpEnvironment {
  readonly nft: NfTables;
  readonly table: Table;
  /** Live state of this expression, where it is stateful. */
  readonly state: StatefulState | undefined;
  set(name: string): NftSet | undefined;
  object(kind: ObjectKind, name: string): NftObject | undefined;
}
