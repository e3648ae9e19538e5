import type { CtObject, Side } from './object.ts';
import { PORT_PROTOCOLS } from './object.ts';

const bytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

/** __cmp with NFCT_CMP_MASK: what the first has set, the second must have, and equal. Without: only what both have counts. */
function field<T>(a: T | undefined, b: T | undefined, mask: boolean, equal: (a: T, b: T) => boolean = (x, y) => x === y): boolean {
  if (a !== undefined && b !== undefined) return equal(a, b);
  return !(mask && a !== undefined);
}

function side(a: CtObject, b: CtObject, which: 'orig' | 'repl', mask: boolean): boolean {
  const x: Side = a[which],
    y: Side = b[which];
  const l4 = (): boolean => {
    if (x.l4 !== y.l4) return false;
    if (x.l4 === 1 || x.l4 === 58) return field(a.icmp.id, b.icmp.id, mask) && field(a.icmp.code, b.icmp.code, mask) && field(a.icmp.type, b.icmp.type, mask);
    if (x.l4 !== undefined && PORT_PROTOCOLS.has(x.l4)) return field(x.sport, y.sport, mask) && field(x.dport, y.dport, mask);
    return true;
  };
  return (
    field(x.l3, y.l3, mask) &&
    field(x.l4, y.l4, mask, l4) &&
    field(x.src4, y.src4, mask, bytes) &&
    field(x.dst4, y.dst4, mask, bytes) &&
    field(x.src6, y.src6, mask, bytes) &&
    field(x.dst6, y.dst6, mask, bytes) &&
    (x.zone === undefined || x.zone === (y.zone ?? 0))
  );
}

/** nfct_cmp with NFCT_CMP_ORIG / NFCT_CMP_REPL. */
export const sameSide = (a: CtObject, b: CtObject, which: 'orig' | 'repl'): boolean => side(a, b, which, false);

/** nfct_cmp(NFCT_CMP_ALL | NFCT_CMP_MASK). Two timeouts never compare as equal without a relation (cmp_timeout). */
export const matches = (a: CtObject, b: CtObject): boolean =>
  field(a.id, b.id, true) &&
  field(a.mark, b.mark, true) &&
  field(a.timeout, b.timeout, true, () => false) &&
  field(a.status, b.status, true, (x, y) => (x & y) === x) &&
  field(a.tcpState, b.tcpState, true) &&
  field(a.sctpState, b.sctpState, true) &&
  field(a.dccpState, b.dccpState, true) &&
  (a.zone === undefined || a.zone === (b.zone ?? 0)) &&
  field(a.labels, b.labels, true, (x, y) => same(x, y)) &&
  field(a.labelsMask, b.labelsMask, true, (x, y) => same(x, y)) &&
  side(a, b, 'orig', true) &&
  side(a, b, 'repl', true);

const same = (a: Uint8Array, b: Uint8Array): boolean => bytes(a, b);
