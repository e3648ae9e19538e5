import { FIELD, type FieldTest } from '../expr/field.ts';
import { u32 } from './packet.ts';

/** What the matches that only look at fields say of themselves (`tests` in definition.ts). */
export interface SaidTests {
  readonly tests: readonly FieldTest[];
  readonly exact: boolean;
}
type Range = readonly [number, number];

export const saidTests = (...tests: (FieldTest | null)[]): SaidTests => {
  const list = tests.filter((t) => t !== null);
  return { tests: list, exact: list.every((t) => t.ranges.length < 2) };
};
export const always: SaidTests = saidTests();
/** Nothing that can be asked ahead. */
export const nothing: SaidTests = { tests: [], exact: false };

/** Bytes of the transport header; the match itself says what becomes of packets that lack `need` bytes of it. */
export const transportTest = (offset: number, len: 1 | 2, need: number, mask: number, ranges: readonly Range[], not: boolean): FieldTest => ({
  field: { kind: FIELD.transport, offset, len, need },
  mask,
  ranges,
  not,
  absent: 'unknown',
});

/** Ports of a header of at least `need` bytes; null where every port will do. */
export const portTest = (offset: 0 | 2, need: number, [lo, hi]: Range, not: boolean): FieldTest | null =>
  lo === 0 && hi === 0xffff && !not ? null : transportTest(offset, 2, need, 0xffff, lo > hi ? [] : [[lo, hi]], not);

/** Bytes of the network header, which every packet in a chain of its family has. */
export const networkTest = (offset: number, len: 1 | 2 | 4, mask: number, ranges: readonly Range[], not: boolean): FieldTest => ({
  field: { kind: FIELD.network, offset, len },
  mask,
  ranges,
  not,
  absent: 'fails',
});

/** An IPv4 address between two others. */
export function addressTest(offset: 12 | 16, min: Uint8Array, max: Uint8Array, not: boolean): FieldTest {
  const word = (a: Uint8Array): number => u32({ data: a }, 0),
    lo = word(min),
    hi = word(max);
  return networkTest(offset, 4, 0xffffffff, lo > hi ? [] : [[lo, hi]], not);
}

/** A value beside the packet under a mask: a mark, the bits of a state. */
export const besideTest = (kind: FieldTest['field']['kind'], mask: number, value: number, not: boolean, absent: FieldTest['absent'] = 'fails'): FieldTest => ({
  field: { kind, offset: 0, len: 4 },
  mask: mask >>> 0,
  ranges: [[value >>> 0, value >>> 0]],
  not,
  absent,
});
