import type { Cell } from '../nf_tables/kept.ts';
import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import type { NfTables } from '../nf_tables/nf-tables.ts';
import type { NftObject, NftSet } from '../nf_tables/objects.ts';
import { NFPROTO, type Family } from '../net/hook.ts';
import type { ObjectKind, Register } from './expression.ts';
import type { StatefulState } from './stateful.ts';

/** Verdicts: NF_* of packets, NFT_* inside a chain. */
export const NF = { DROP: 0, ACCEPT: 1, STOLEN: 2, QUEUE: 3, REPEAT: 4, CONTINUE: -1, BREAK: -2, JUMP: -3, GOTO: -4, RETURN: -5 } as const;

/** The registers of one run (20 of 32 bits, as in struct nft_regs), and what is known of the packet (struct nft_pktinfo). */
export class Regs {
  readonly bytes = new Uint8Array(80);
  readonly words = new Int32Array(this.bytes.buffer);
  verdict: number = NF.CONTINUE;
  /** Target of a jump or goto. */
  chain = '';
  queue = 0;
  bypass = false;
  /** NFT_PKTINFO_L4PROTO */
  l4 = false;
  tprot = 0;
  thoff = 0;
  fragoff = 0;
  /** NFPROTO_* of the packet's path. */
  nfproto = 0;
  /** Offset of the tunnel's own header while an expression looks inside; -1: outside. */
  tunnel = -1;
  /** Chain and table at work, for expressions that ask. */
  family: Family = 'ip';

  /** For another run. What the registers hold stays, as on the kernel's stack: rules load what they read. */
  fresh(family: Family): this {
    this.chain = '';
    this.queue = 0;
    this.bypass = false;
    this.tunnel = -1;
    this.family = family;
    return this;
  }
}

/** One prepared expression. `run` leaves `regs.verdict` at CONTINUE, or sets it. */
export interface Op {
  run(regs: Regs, skb: Skb, state: HookState): void;
}

/** What an expression may hold on to while its rule lives. */
export interface OpEnvironment {
  readonly nft: NfTables;
  readonly family: Family;
  readonly table: string;
  /** Where the rule stands, for extensions that ask. */
  readonly chain: string;
  /** Live state of this expression, where it is stateful. */
  readonly state: StatefulState | undefined;
  /** What this expression keeps between packets beside that. */
  cell(): Cell;
  /** NFTA_RULE_COMPAT. */
  readonly compat?: { readonly proto: number; readonly inv: boolean };
  set(name: string): NftSet | undefined;
  object(kind: ObjectKind, name: string): NftObject | undefined;
}

/** Index of a register's first 32-bit word: 1-4 are of 16 bytes, 8 and more of 4. */
export const wordOf = (reg: Register): number => (reg <= 4 ? reg * 4 : reg - 4);
export const byteOf = (reg: Register): number => wordOf(reg) * 4;

const _drop = (regs: Regs): void => {
  regs.verdict = NF.BREAK;
};

/** nft_set_pktinfo_*: where the transport header is. */
export function setPacketInfo(regs: Regs, skb: Skb, pf: HookState['pf']): void {
  regs.l4 = false;
  regs.tprot = 0;
  regs.thoff = 0;
  regs.fragoff = 0;
  regs.nfproto = NFPROTO[pf];
  const proto = pf === 'ip' ? 0x0800 : pf === 'ip6' ? 0x86dd : pf === 'bridge' || pf === 'netdev' ? skb.protocol : 0;
  const d = skb.data,
    n = skb.network;
  if (proto === 0x0800) {
    if (n + 20 > d.length || d[n] >> 4 !== 4) return;
    const len = (d[n] & 15) * 4;
    if (len < 20 || n + len > d.length) return;
    // Below the network layer nobody has checked the lengths yet (__nft_set_pktinfo_ipv4_validate).
    if (pf === 'bridge' || pf === 'netdev') {
      const total = (d[n + 2] << 8) | d[n + 3];
      if (n + total > d.length || total < len) return;
    }
    regs.l4 = true;
    regs.tprot = d[n + 9];
    regs.thoff = n + len;
    regs.fragoff = ((d[n + 6] << 8) | d[n + 7]) & 0x1fff;
  } else if (proto === 0x86dd) {
    if (n + 40 > d.length || d[n] >> 4 !== 6) return;
    if ((pf === 'bridge' || pf === 'netdev') && n + 40 + ((d[n + 4] << 8) | d[n + 5]) > d.length) return;
    findTransport6(regs, d, n);
  }
}

/** ipv6_find_hdr without a target and with IP6_FH_F_AUTH: past the extension headers, up to an AH or the first that is none. */
function findTransport6(regs: Regs, d: Uint8Array, n: number): void {
  let next = d[n + 6],
    at = n + 40,
    frag = 0;
  while (next === 0 || next === 43 || next === 44 || next === 60) {
    if (at + 8 > d.length) return;
    if (next === 44) {
      frag = ((d[at + 2] << 8) | d[at + 3]) & 0xfff8;
      if (frag) {
        regs.l4 = true;
        regs.tprot = d[at];
        regs.thoff = at;
        regs.fragoff = frag;
        return;
      }
    }
    const len = next === 44 ? 8 : (d[at + 1] + 1) << 3;
    next = d[at];
    at += len;
  }
  regs.l4 = true;
  regs.tprot = next;
  regs.thoff = at;
}
