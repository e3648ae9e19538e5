import type { Conntrack } from './entry.ts';
import { recordFamily, recordHasAddress, recordMark, recordStatus } from './record.ts';
import { sameBytes } from './tuple.ts';

/** What connections are looked for: by what can be told without making them. */
export interface Selection {
  /** 0: either. */
  readonly family: number;
  readonly mark?: { readonly val: number; readonly mask: number };
  readonly status?: { readonly val: number; readonly mask: number };
  /** Addresses of the original direction. */
  readonly src?: Uint8Array;
  readonly dst?: Uint8Array;
}

export const EVERYTHING: Selection = { family: 0 };

export const selects = (s: Selection, ct: Conntrack): boolean =>
  (s.family === 0 || ct.l3num === s.family) &&
  (!s.mark || (ct.mark & s.mark.mask) >>> 0 === s.mark.val >>> 0) &&
  (!s.status || (ct.status & s.status.mask) === (s.status.val | 0)) &&
  (!s.src || sameBytes(ct.original.src, s.src)) &&
  (!s.dst || sameBytes(ct.original.dst, s.dst));

/** `selects` of a record. */
export const selectsRecord = (s: Selection, b: Uint8Array, o: number): boolean =>
  (s.family === 0 || recordFamily(b, o) === s.family) &&
  (!s.src || recordHasAddress(b, o, 0, s.src)) &&
  (!s.dst || recordHasAddress(b, o, 1, s.dst)) &&
  (!s.mark || (recordMark(b, o) & s.mark.mask) >>> 0 === s.mark.val >>> 0) &&
  (!s.status || (recordStatus(b, o) & s.status.mask) === (s.status.val | 0));
