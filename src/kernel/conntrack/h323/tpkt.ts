import { u16 } from '../../net/wire/bytes.ts';
import type { Signal } from './signal.ts';

/** Where a message lies in the packet. */
export interface Message {
  readonly from: number;
  readonly end: number;
}

/** get_tpkt_data: the messages of a segment, each behind a TPKT header (RFC 1006), which may have come in a segment before. */
export function* tpkts(s: Signal): Generator<Message> {
  const b = s.skb.data,
    { announced } = s.data;
  if (b.length < s.at + 20) return;
  const start = s.at + (b[s.at + 12] >> 4) * 4;
  for (let at = start; ; ) {
    const left = s.skb.data.length - at,
      first = at === start,
      headed = left >= 4 && u16(s.skb.data, at) === 0x0300;
    if (first && left > 0 && !headed) {
      if (announced[s.dir] === 0) return;
      const length = announced[s.dir];
      announced[s.dir] = 0;
      if (length > left) return;
      at += length;
      yield { from: start, end: at };
      continue;
    }
    const length = headed ? u16(s.skb.data, at + 2) : 0;
    if (first && left === 4 && length > left) {
      announced[s.dir] = length - 4;
      return;
    }
    announced[s.dir] = 0;
    if (!headed || length < 4 || length > left || (!first && left <= 4)) return;
    yield { from: at + 4, end: at + length };
    at += length;
  }
}
