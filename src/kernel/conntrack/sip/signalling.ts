import { sameBytes } from '../tuple.ts';
import { EXPECT } from '../expectation.ts';
import { expectation, expectPort } from '../helper/_expect.ts';
import { addressPortText, readNumber } from './address.ts';
import { getHeader, type HeaderWalk, headerUri, numberParameter, transport } from './header.ts';
import { CLASS } from './media.ts';
import type { SipMessage } from './message.ts';

type Verdict = 'accept' | 'drop';

/** flush_expectations: those of media streams, or the newest for signalling. */
export function flushExpectations(m: SipMessage, media: boolean): void {
  const table = m.net.conntrack.expect;
  for (const e of table.of(m.ct)) {
    if ((e.class !== CLASS.signalling) !== media) continue;
    table.unlink(e);
    if (!media) return;
  }
}

/** nf_nat_sip_expect: expects calls where the translated address is, and says so in the message. */
function expectTranslated(m: SipMessage, exp: ReturnType<typeof expectation>, off: number, len: number): Verdict {
  const said = exp.tuple;
  const addr = sameBytes(m.here.src, m.there.dst) ? said.dst : m.there.dst;
  const wanted = said.dport === (m.data.forcedDport || m.here.sport) ? m.there.dport : said.dport;
  const made = expectPort(m.net, { ...exp, tuple: { ...said, dst: addr }, savedAddr: said.dst, savedProto: said.dport, dir: m.dir === 0 ? 1 : 0, expectfn: 'sip' }, wanted);
  if (!made) return 'drop';
  if (sameBytes(addr, said.dst) && made.tuple.dport === said.dport) return 'accept';
  if (m.mangle(off, len, addressPortText(addr, made.tuple.dport))) return 'accept';
  m.net.conntrack.expect.unlink(made);
  return 'drop';
}

const headerNumber = (m: SipMessage): number => {
  const e = getHeader(m.ct, m.text, 0, m.length, 'expires');
  return e.kind === 'found' ? readNumber(m.text, e.off, 10).value : 0;
};

/** process_register_request: calls to the one that registers are expected, as soon as the registrar has agreed. */
export function registerRequest(m: SipMessage, cseq: number, expected: boolean): Verdict {
  const { ct } = m;
  if (expected) return 'accept';
  const contact = headerUri(ct, m.text, m.length, 'contact');
  if (!contact || !sameBytes(m.here.src, contact.addr)) return 'accept';
  const behind = contact.off + contact.len;
  const proto = transport(ct, m.text, behind, m.length);
  if (proto === null) return 'accept';
  const expires = numberParameter(m.text, behind, m.length, 'expires=')?.value ?? headerNumber(m);
  if (expires !== 0) {
    const exp = expectation(ct, { class: CLASS.signalling, protonum: proto, src: m.there.src, dst: contact.addr, sport: null, dport: contact.port });
    exp.helper = ct.helper;
    exp.flags = EXPECT.PERMANENT | EXPECT.INACTIVE;
    if (m.natted) {
      if (expectTranslated(m, exp, contact.off, contact.len) === 'drop') return 'drop';
    } else if (typeof m.net.conntrack.expect.related(exp) === 'string') return 'drop';
  }
  m.data.registerCseq = cseq;
  return 'accept';
}

/** process_register_response: the registrar's agreement makes the expectation work, for as long as it says. */
export function registerResponse(m: SipMessage, cseq: number, code: number): Verdict {
  const { ct } = m;
  if (m.data.registerCseq !== cseq || (code >= 100 && code <= 199)) return 'accept';
  if (code >= 200 && code <= 299) {
    const expires = headerNumber(m);
    // The kernel begins to look where the message begins in the packet, counted from the message.
    const w: HeaderWalk = { from: m.dataOff, inHeader: false };
    for (;;) {
      const contact = headerUri(ct, m.text, m.length, 'contact', w);
      if (!contact) break;
      if (!sameBytes(m.here.dst, contact.addr)) continue;
      const behind = contact.off + contact.len;
      const proto = transport(ct, m.text, behind, m.length);
      if (proto === null) continue;
      const mine = numberParameter(m.text, behind, m.length, 'expires=')?.value ?? expires;
      if (mine === 0) break;
      if (refresh(m, contact.addr, proto, contact.port, mine)) return 'accept';
    }
  }
  flushExpectations(m, false);
  return 'accept';
}

/** refresh_signalling_expectation */
function refresh(m: SipMessage, addr: Uint8Array, proto: number, port: number, seconds: number): boolean {
  const table = m.net.conntrack.expect;
  const e = table.of(m.ct).find((x) => x.class === CLASS.signalling && x.tuple.protonum === proto && x.tuple.dport === port && sameBytes(x.tuple.dst, addr));
  if (!e) return false;
  table.refresh(e, seconds);
  e.flags &= ~EXPECT.INACTIVE;
  return true;
}
