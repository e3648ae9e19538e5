import type { XtInfo } from '../../kernel/expr/expression.ts';
import type { XtExtension, XtFamily } from '../../kernel/xt/definition.ts';

/** What one rule of the xtables tools says (struct iptables_command_state): the form between a command line and bytecode. */
export interface XtUse {
  readonly extension: XtExtension;
  /** Name as used or as the kernel knows it: an alias keeps its own. */
  readonly name: string;
  readonly info: XtInfo;
  /** ebtables keeps watchers apart from matches, in one list in order. */
  readonly watcher?: boolean;
}

export type Jump =
  | { readonly kind: 'none' }
  | { readonly kind: 'verdict'; readonly name: string }
  | { readonly kind: 'chain'; readonly name: string; readonly goto: boolean }
  | { readonly kind: 'target'; readonly use: XtUse };

export interface Masked {
  readonly value: Uint8Array;
  readonly mask: Uint8Array;
  readonly inverted: boolean;
}

export interface Name {
  readonly name: string;
  readonly inverted: boolean;
}

/** A 16- or 8-bit field of an ARP header. */
export interface Field {
  readonly value: number;
  readonly mask: number;
  readonly inverted: boolean;
}

export interface XtRule {
  readonly family: XtFamily;
  readonly src: Masked | null;
  readonly dst: Masked | null;
  readonly iif: Name | null;
  readonly oif: Name | null;
  /** -p of ip and ip6; the ethertype of bridge. 0 of ip and ip6: any. */
  readonly proto: { readonly number: number; readonly inverted: boolean } | null;
  readonly fragment: { readonly inverted: boolean } | null;
  readonly matches: readonly XtUse[];
  readonly jump: Jump;
  readonly packets: bigint;
  readonly bytes: bigint;
  /** Rules made by nft may not count. */
  readonly counted: boolean;
  readonly arp: ArpFields | null;
  readonly bridge: BridgeFields | null;
}

export interface ArpFields {
  readonly srcMac: Masked | null;
  readonly dstMac: Masked | null;
  readonly hlen: Field | null;
  readonly htype: Field | null;
  readonly ptype: Field | null;
  readonly opcode: Field | null;
}

export interface BridgeFields {
  readonly srcMac: Masked | null;
  readonly dstMac: Masked | null;
  readonly logicalIn: Name | null;
  readonly logicalOut: Name | null;
  /** `-p LENGTH`: 802.3 frames. */
  readonly length: boolean;
  readonly lengthInverted: boolean;
}

export const emptyRule = (family: XtFamily): XtRule => ({
  family,
  src: null,
  dst: null,
  iif: null,
  oif: null,
  proto: null,
  fragment: null,
  matches: [],
  jump: { kind: 'none' },
  packets: 0n,
  bytes: 0n,
  counted: true,
  arp: null,
  bridge: null,
});
