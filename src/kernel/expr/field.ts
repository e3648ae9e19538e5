import type { HookState } from '../net/hook-state.ts';
import { NFPROTO } from '../net/hook.ts';
import { CTINFO, type Skb } from '../net/skb.ts';
import type { Regs } from './machine.ts';

/**
 * What a plain test may ask of a packet, as a number of up to 32 bits: bytes of a header in network order, or a value
 * that the kernel keeps beside it. Names of devices are asked in words of four bytes (`offset` 0, 4, 8, 12).
 */
export const FIELD = {
  network: 0,
  transport: 1,
  link: 2,
  l4proto: 3,
  nfproto: 4,
  mark: 5,
  iif: 6,
  oif: 7,
  iifname: 8,
  oifname: 9,
  length: 10,
  protocol: 11,
  priority: 12,
  ctState: 13,
  ctMark: 14,
  ctStatus: 15,
} as const;

export interface Field {
  readonly kind: (typeof FIELD)[keyof typeof FIELD];
  /** Headers and names: first byte. */
  readonly offset: number;
  /** Bytes, 1 to 4. */
  readonly len: number;
  /** Bytes of the header that have to be there, where these alone are not enough. */
  readonly need?: number;
  /** Transport header: read of later fragments too, which have none. */
  readonly fragments?: boolean;
}

/** Fields beside the packet's bytes. */
export const plainField = (kind: Field['kind'], len: number): Field => ({ kind, offset: 0, len });

/** `(field & mask)` lies in one of `ranges` (both ends included, unsigned) - or in none of them. */
export interface FieldTest {
  readonly field: Field;
  readonly mask: number;
  readonly ranges: readonly (readonly [number, number])[];
  readonly not: boolean;
  /** A packet that lacks the field: the rule does not match, or only its own code knows. */
  readonly absent: 'fails' | 'unknown';
}

/** Whether a packet has a field: `UNKNOWN` when only the expression itself can tell what it reads. */
export const ABSENT = 0,
  PRESENT = 1,
  UNKNOWN = 2;

/** NF_CT_STATE_BIT: invalid 1, established 2, related 4, new 8, untracked 64. */
export function stateBits(skb: Skb): number {
  if (!skb.ct && !skb.template) return skb.ctinfo === CTINFO.untracked ? 64 : 1;
  return 1 << ((skb.ctinfo % 3) + 1);
}

function nameWord(name: string, offset: number): number {
  let v = 0;
  for (let i = offset; i < offset + 4; i++) v = (v << 8) | (i < name.length && i < 15 ? name.charCodeAt(i) & 255 : 0);
  return v;
}

/** The value of a field in `into[slot]`; one of ABSENT, PRESENT, UNKNOWN. */
export function readField(f: Field, into: Int32Array, slot: number, regs: Regs, skb: Skb, state: HookState): number {
  switch (f.kind) {
    case FIELD.network:
      return readBytes(f, skb.network, into, slot, skb.data);
    case FIELD.transport:
      if (f.need !== undefined && regs.thoff + f.need > skb.data.length) return ABSENT;
      return regs.l4 && (regs.fragoff === 0 || f.fragments === true) ? readBytes(f, regs.thoff, into, slot, skb.data) : ABSENT;
    case FIELD.link:
      if (skb.mac < 0 || skb.macLen === 0) return ABSENT;
      // A tag beside the packet reads as if it were in the frame.
      return skb.vlanTci >= 0 && f.offset + f.len > 12 ? UNKNOWN : readBytes(f, skb.mac, into, slot, skb.data);
    case FIELD.l4proto:
      into[slot] = regs.tprot;
      return regs.l4 ? PRESENT : ABSENT;
    case FIELD.nfproto:
      into[slot] = NFPROTO[state.pf];
      return PRESENT;
    case FIELD.mark:
      into[slot] = skb.mark;
      return PRESENT;
    case FIELD.iif:
      into[slot] = state.in === null ? 0 : state.in.index;
      return PRESENT;
    case FIELD.oif:
      into[slot] = state.out === null ? 0 : state.out.index;
      return PRESENT;
    case FIELD.iifname:
      into[slot] = state.in === null ? 0 : nameWord(state.in.name, f.offset);
      return PRESENT;
    case FIELD.oifname:
      into[slot] = state.out === null ? 0 : nameWord(state.out.name, f.offset);
      return PRESENT;
    case FIELD.length:
      into[slot] = skb.data.length - skb.head;
      return PRESENT;
    case FIELD.protocol:
      into[slot] = skb.protocol;
      return PRESENT;
    case FIELD.priority:
      into[slot] = skb.priority;
      return PRESENT;
    case FIELD.ctState:
      into[slot] = stateBits(skb);
      return PRESENT;
    case FIELD.ctMark: {
      const ct = skb.ct ?? skb.template;
      if (!ct) return ABSENT;
      into[slot] = ct.mark;
      return PRESENT;
    }
    case FIELD.ctStatus: {
      const ct = skb.ct ?? skb.template;
      if (!ct) return ABSENT;
      into[slot] = ct.status;
      return PRESENT;
    }
  }
}

function readBytes(f: Field, base: number, into: Int32Array, slot: number, d: Uint8Array): number {
  const at = base + f.offset;
  if (at + f.len > d.length) return ABSENT;
  let v = 0;
  for (let i = 0; i < f.len; i++) v = (v << 8) | d[at + i];
  into[slot] = v;
  return PRESENT;
}
