import { sameBytes } from '../tuple.ts';
import type { Expectation } from '../expectation.ts';
import { expectation } from '../helper/_expect.ts';
import { addressText, readNumber } from './address.ts';
import { getHeader } from './header.ts';
import type { SipMessage } from './message.ts';
import { getSdp, sdpAddress, type SdpLine } from './sdp.ts';

/** Classes of SIP's expectations, by number. */
export const CLASS = { signalling: 0, audio: 1, video: 2, image: 3 } as const;

const MEDIA: readonly (readonly [word: string, class_: number])[] = [
  ['audio ', CLASS.audio],
  ['video ', CLASS.video],
  ['image ', CLASS.image],
];

type Wanted = ReturnType<typeof expectation>;
type Verdict = 'accept' | 'drop';

/** mangle_content_len: says how long the description is now. */
function mangleContentLength(m: SipMessage): boolean {
  const version = getSdp(m.ct, m.text, 0, m.length, 'version', null);
  if (version.kind !== 'found') return false;
  const length = getHeader(m.ct, m.text, 0, m.length, 'contentLength');
  return length.kind === 'found' && m.mangle(length.off, length.len, String(m.length - version.off + 2));
}

/** mangle_sdp_packet */
function mangleLine(m: SipMessage, from: number, type: SdpLine, text: string): 'done' | 'absent' | 'failed' {
  const r = getSdp(m.ct, m.text, from, m.length, type, 'media');
  if (r.kind !== 'found') return 'absent';
  return m.mangle(r.off, r.len, text) ? 'done' : 'failed';
}

/** nf_nat_sdp_addr */
const manglePlace = (m: SipMessage, from: number, addr: Uint8Array): boolean => mangleLine(m, from, 'connection', addressText(addr, false)) === 'done' && mangleContentLength(m);

/** nf_nat_sdp_port */
const manglePort = (m: SipMessage, off: number, len: number, port: number): boolean => m.mangle(off, len, String(port)) && mangleContentLength(m);

/** nf_nat_sdp_session: whose session it is and where it is. */
function mangleSession(m: SipMessage, from: number, addr: Uint8Array): boolean {
  const text = addressText(addr, false);
  return mangleLine(m, from, 'owner', text) === 'done' && mangleLine(m, from, 'connection', text) !== 'failed' && mangleContentLength(m);
}

/** Both expectations of a media stream. 'busy': another pair of ports may do. `known`: one that is there already is as good. */
function expectPair(m: SipMessage, rtp: Wanted, rtcp: Wanted, known: boolean): readonly Expectation[] | 'busy' | 'failed' {
  const table = m.net.conntrack.expect,
    made: Expectation[] = [];
  for (const exp of [rtp, rtcp]) {
    const r = table.related(exp, { skipMaster: true });
    if (typeof r !== 'string') made.push(r);
    else if (!known || r !== 'EALREADY') {
      for (const e of made) table.unlink(e);
      return r === 'EBUSY' ? 'busy' : 'failed';
    }
  }
  return made;
}

/** nf_nat_sdp_media: expects the stream where the translated address is; null: dropped. Gives that address. */
function expectTranslated(m: SipMessage, rtp: Wanted, rtcp: Wanted, off: number, len: number): Uint8Array | null {
  const addr = sameBytes(m.here.src, m.there.dst) ? rtp.tuple.dst : m.there.dst;
  const place = (e: Wanted, port: number): Wanted => ({
    ...e,
    savedAddr: e.tuple.dst,
    savedProto: e.tuple.dport,
    tuple: { ...e.tuple, dst: addr, dport: port },
    dir: m.dir === 0 ? 1 : 0,
    expectfn: 'sip',
  });
  const wanted = rtp.tuple.dport;
  for (let port = wanted; port !== 0; port = (port + 2) & 0xffff) {
    const made = expectPair(m, place(rtp, port), place(rtcp, (port + 1) & 0xffff), false);
    if (made === 'busy') continue;
    if (made === 'failed') return null;
    if (port === wanted || manglePort(m, off, len, port)) return addr;
    for (const e of made) m.net.conntrack.expect.unlink(e);
    return null;
  }
  return null;
}

/**
 * set_expected_rtp_rtcp. Another phone's expectation for the same place may exist: then the stream is expected there only,
 * or, where both are translated, directly where that one really is. Gives the address that the description shall name.
 */
function expectMedia(m: SipMessage, said: Uint8Array, port: number, class_: number, off: number, len: number): { readonly verdict: Verdict; readonly addr: Uint8Array } {
  const { ct } = m;
  let addr = said,
    wanted = port,
    direct = false,
    skip = false;
  if (!sameBytes(addr, m.here.src)) return { verdict: 'accept', addr };
  const src = m.there.src;
  for (;;) {
    const other: Expectation | null = m.net.conntrack.expect.find(ct.zone, { l3num: ct.l3num, protonum: 17, src, dst: addr, sport: 0, dport: wanted });
    if (!other || other.master === ct || other.helper !== ct.helper || other.class !== class_) break;
    const saved = other.savedAddr ?? new Uint8Array(addr.length);
    if (direct || (sameBytes(saved, other.tuple.dst) && other.savedProto === other.tuple.dport) || !m.natted) {
      skip = true;
      break;
    }
    addr = saved;
    wanted = other.savedProto;
    direct = true;
  }
  const base = wanted & ~1;
  if (direct && !manglePort(m, off, len, base)) return { verdict: 'drop', addr };
  if (skip) return { verdict: 'accept', addr };
  const rtp = expectation(ct, { class: class_, protonum: 17, src, dst: addr, sport: null, dport: base });
  const rtcp = expectation(ct, { class: class_, protonum: 17, src, dst: addr, sport: null, dport: base + 1 });
  if (m.natted && !direct) {
    const at = expectTranslated(m, rtp, rtcp, off, len);
    return at ? { verdict: 'accept', addr: at } : { verdict: 'drop', addr };
  }
  return { verdict: typeof expectPair(m, rtp, rtcp, true) === 'string' ? 'drop' : 'accept', addr };
}

/** process_sdp */
export function processSdp(m: SipMessage): Verdict {
  const { ct } = m;
  const version = getSdp(ct, m.text, 0, m.length, 'version', null);
  if (version.kind !== 'found') return 'accept';
  const session = sdpAddress(ct, m.text, version.off, m.length, 'connection', 'media');
  let at = version.off,
    addr: Uint8Array | null = session;
  for (let streams = 0; streams < MEDIA.length; ) {
    const line = getSdp(ct, m.text, at, m.length, 'media', null);
    if (line.kind !== 'found') break;
    const media = MEDIA.find(([word]) => line.len >= word.length && m.text.startsWith(word, line.off));
    if (!media) {
      at = line.off + line.len;
      continue;
    }
    at = line.off + media[0].length;
    const port = readNumber(m.text, at, 10).value;
    if (port === 0) continue;
    if (port < 1024 || port > 65535) return 'drop';
    const own = sdpAddress(ct, m.text, at, m.length, 'connection', 'media');
    const said: Uint8Array | null = own ?? session;
    if (!said) return 'drop';
    const r = expectMedia(m, said, port, media[1], at, line.len - media[0].length);
    addr = r.addr;
    if (r.verdict !== 'accept') return r.verdict;
    if (own && m.natted && !manglePlace(m, at, addr)) return 'drop';
    streams++;
  }
  return !m.natted || !addr || mangleSession(m, version.off, addr) ? 'accept' : 'drop';
}
