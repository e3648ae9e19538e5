import type { Conntrack, Dir } from './entry.ts';

const after = (a: number, b: number): boolean => ((b - a) | 0) < 0;

/** nf_ct_seq_offset: by how much sequence numbers of this direction were moved, at `seq`. */
export function seqOffset(ct: Conntrack, dir: Dir, seq: number): number {
  const adj = ct.seqadj?.[dir];
  if (!adj) return 0;
  return after(seq, adj.correctionPos) ? adj.offsetAfter : adj.offsetBefore;
}
