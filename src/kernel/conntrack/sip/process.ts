import { IPS } from '../entry.ts';
import { sameBytes } from '../tuple.ts';
import { readNumber } from './address.ts';
import { getHeader, headerUri, sameWord } from './header.ts';
import { processSdp } from './media.ts';
import type { SipMessage } from './message.ts';
import { natMessage } from './nat.ts';
import { flushExpectations, registerRequest, registerResponse } from './signalling.ts';

type Verdict = 'accept' | 'drop';

/** An answer to INVITE, UPDATE or PRACK may describe a session; a refusal of the last INVITE ends what it expected. */
function sessionResponse(m: SipMessage, cseq: number, code: number): Verdict {
  if (code >= 100 && code <= 299) return processSdp(m);
  if (m.data.inviteCseq === cseq) flushExpectations(m, true);
  return 'accept';
}

interface Method {
  readonly name: string;
  readonly request: (m: SipMessage, cseq: number) => Verdict;
  readonly response: ((m: SipMessage, cseq: number, code: number) => Verdict) | null;
}

const METHODS: readonly Method[] = [
  {
    name: 'INVITE',
    request: (m, cseq) => {
      flushExpectations(m, true);
      const verdict = processSdp(m);
      if (verdict === 'accept') m.data.inviteCseq = cseq;
      return verdict;
    },
    response: sessionResponse,
  },
  { name: 'UPDATE', request: processSdp, response: sessionResponse },
  { name: 'ACK', request: processSdp, response: null },
  { name: 'PRACK', request: processSdp, response: sessionResponse },
  {
    name: 'BYE',
    request: (m) => {
      flushExpectations(m, true);
      return 'accept';
    },
    response: null,
  },
  { name: 'REGISTER', request: (m, cseq) => registerRequest(m, cseq, (m.ct.status & IPS.EXPECTED) !== 0), response: registerResponse },
];

/** Where the CSeq header's number is, and what it is; null: there is none. */
function sequence(m: SipMessage): { readonly end: number; readonly cseq: number } | null {
  const r = getHeader(m.ct, m.text, 0, m.length, 'cseq');
  return r.kind === 'found' ? { end: r.off + r.len, cseq: readNumber(m.text, r.off, 10).value } : null;
}

/** process_sip_response */
function response(m: SipMessage): Verdict {
  if (m.length < 11) return 'accept';
  const code = readNumber(m.text, 8, 10).value;
  const seq = code === 0 ? null : sequence(m);
  if (!seq) return 'drop';
  const method = METHODS.find((x) => x.response && m.length >= seq.end + 1 + x.name.length && sameWord(m.text, seq.end + 1, x.name));
  return method?.response ? method.response(m, seq.cseq, code) : 'accept';
}

/** process_sip_request */
function request(m: SipMessage): Verdict {
  const via = headerUri(m.ct, m.text, m.length, 'viaUdp');
  if (via && via.port !== m.here.sport && sameBytes(via.addr, m.here.src)) m.data.forcedDport = via.port;
  const method = METHODS.find(
    ({ name }) => m.length >= name.length + 2 && sameWord(m.text, 0, name) && m.text[name.length] === ' ' && /[A-Za-z\u00c0-\u00ff]/.test(m.text[name.length + 1]),
  );
  if (!method) return 'accept';
  const seq = sequence(m);
  return seq ? method.request(m, seq.cseq) : 'drop';
}

/** process_sip_msg */
export function processMessage(m: SipMessage): Verdict {
  const verdict = sameWord(m.text, 0, 'SIP/2.0 ') ? response(m) : request(m);
  return verdict === 'accept' && m.natted && !natMessage(m) ? 'drop' : verdict;
}
