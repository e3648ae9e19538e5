import type { Skb } from '../net/skb.ts';
import { put32, replace4, put16, u16, u32 } from '../net/wire/bytes.ts';
import { IPCT, IPS } from './entry.ts';
import type { Conntrack, Dir, SeqAdjust } from './entry.ts';
import type { Netns } from '../netns.ts';

const after = (a: number, b: number): boolean => ((b - a) | 0) < 0;
const before = (a: number, b: number): boolean => ((a - b) | 0) < 0;

const fresh = (): SeqAdjust => ({ correctionPos: 0, offsetBefore: 0, offsetAfter: 0 });

/** nf_ct_seq_offset: by how much sequence numbers of this direction were moved, at `seq`. */
export function seqOffset(ct: Conntrack, dir: Dir, seq: number): number {
  const adj = ct.seqadj?.[dir];
  if (!adj) return 0;
  return after(seq, adj.correctionPos) ? adj.offsetAfter : adj.offsetBefore;
}

/** nf_ct_seqadj_set: the payload at `seq` grew by `off` bytes. */
export function setSeqAdjust(net: Netns, ct: Conntrack, dir: Dir, seq: number, off: number): void {
  if (off === 0) return;
  ct.seqadj ??= [fresh(), fresh()];
  ct.status |= IPS.SEQ_ADJUST;
  const way = ct.seqadj[dir];
  if (way.offsetBefore === way.offsetAfter || before(way.correctionPos, seq)) {
    way.correctionPos = seq;
    way.offsetBefore = way.offsetAfter;
    way.offsetAfter += off;
  }
  net.conntrack.cache(ct, IPCT.SEQADJ);
}

/** nf_ct_seqadj_init: synproxy's fixed difference. */
export function initSeqAdjust(ct: Conntrack, dir: Dir, off: number): void {
  if (off === 0) return;
  ct.seqadj ??= [fresh(), fresh()];
  ct.status |= IPS.SEQ_ADJUST;
  ct.seqadj[dir].offsetAfter = off;
  ct.seqadj[dir].offsetBefore = off;
}

/** nf_ct_seq_adjust: rewrites sequence and acknowledgement of a TCP packet. */
export function adjustSequence(skb: Skb, ct: Conntrack, dir: Dir, at: number): boolean {
  if (!ct.seqadj || ct.protonum !== 6) return true;
  const b = skb.data;
  if (b.length < at + 20) return false;
  const mine = ct.seqadj[dir],
    other = ct.seqadj[dir === 0 ? 1 : 0];
  const seq = u32(b, at + 4),
    ack = u32(b, at + 8);
  const seqOff = after(seq, mine.correctionPos) ? mine.offsetAfter : mine.offsetBefore;
  change(b, at, 4, seq, (seq + seqOff) >>> 0);
  if (!(b[at + 13] & 16)) return true;
  const ackOff = after((ack - other.offsetBefore) >>> 0, other.correctionPos) ? other.offsetAfter : other.offsetBefore;
  change(b, at, 8, ack, (ack - ackOff) >>> 0);
  return sack(b, at, other);
}

function change(b: Uint8Array, at: number, field: number, from: number, to: number): void {
  put16(b, at + 16, replace4(u16(b, at + 16), from, to));
  put32(b, at + field, to);
}

/** nf_ct_sack_adjust */
function sack(b: Uint8Array, at: number, other: SeqAdjust): boolean {
  const end = at + (b[at + 12] >> 4) * 4;
  for (let i = at + 20; i < end; ) {
    const kind = b[i];
    if (kind === 0) return true;
    if (kind === 1) {
      i++;
      continue;
    }
    const len = b[i + 1];
    if (i + 1 === end || i + len > end || len < 2) return false;
    if (kind === 5 && len >= 10 && (len - 2) % 8 === 0) {
      for (let k = i + 2; k < i + len; k += 4) {
        const v = u32(b, k);
        const off = after((v - other.offsetBefore) >>> 0, other.correctionPos) ? other.offsetAfter : other.offsetBefore;
        put16(b, at + 16, replace4(u16(b, at + 16), v, (v - off) >>> 0));
        put32(b, k, (v - off) >>> 0);
      }
    }
    i += len;
  }
  return true;
}
