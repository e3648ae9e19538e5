import type { Conntrack } from '../entry.ts';
import { parseAddress } from './address.ts';
import { ABSENT, digitsLength, type Found, lettersLength, nextLine, sameWord } from './header.ts';

/** Lines of a session description (RFC 4566) as the helper looks at them. */
export type SdpLine = 'version' | 'owner' | 'connection' | 'media';
const LETTERS: Readonly<Record<SdpLine, string>> = { version: 'v=', owner: 'o=', connection: 'c=', media: 'm=' };

/** Length of the value; 0: it is none. */
function valueLength(ct: Conntrack, text: string, at: number, limit: number, type: SdpLine): number {
  switch (type) {
    case 'version':
      return digitsLength(text, at, limit);
    case 'media': {
      const word = lettersLength(text, at, limit);
      return at + word >= limit || text[at + word] !== ' ' ? 0 : word + 1 + digitsLength(text, at + word + 1, limit);
    }
    case 'owner':
    case 'connection': {
      const a = parseAddress(ct.l3num, text, at, limit);
      return a ? a.end - at : 0;
    }
  }
}

/** ct_sdp_header_search: within the line. */
function searchLine(text: string, at: number, limit: number, needle: string): number {
  for (let i = at; i < limit - needle.length && text[i] !== '\r' && text[i] !== '\n'; i++) if (text.startsWith(needle, i)) return i;
  return -1;
}

/** ct_sip_get_sdp_header: the next line of a kind, before the next one of kind `until`. */
export function getSdp(ct: Conntrack, text: string, from: number, limit: number, type: SdpLine, until: SdpLine | null): Found {
  for (let line = nextLine(text, from, limit); line >= 0; line = nextLine(text, line + 1, limit)) {
    if (until && limit - line >= 2 && sameWord(text, line, LETTERS[until])) return ABSENT;
    if (limit - line < 2 || !sameWord(text, line, LETTERS[type])) continue;
    const head = line + 2;
    let at = head;
    if (type === 'owner' || type === 'connection') {
      const needle = ct.l3num === 2 ? 'IN IP4 ' : 'IN IP6 ';
      at = searchLine(text, head, limit, needle);
      if (at < 0) return { kind: 'bad', off: head };
      at += needle.length;
    }
    const len = valueLength(ct, text, at, limit, type);
    return len === 0 ? { kind: 'bad', off: head } : { kind: 'found', off: at, len };
  }
  return ABSENT;
}

/** ct_sip_parse_sdp_addr */
export function sdpAddress(ct: Conntrack, text: string, from: number, limit: number, type: SdpLine, until: SdpLine | null): Uint8Array | null {
  const r = getSdp(ct, text, from, limit, type, until);
  return r.kind === 'found' ? (parseAddress(ct.l3num, text, r.off, r.off + r.len)?.addr ?? null) : null;
}
