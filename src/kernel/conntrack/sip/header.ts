import type { Conntrack } from '../entry.ts';
import { parseSipAddress, readNumber } from './address.ts';

/**
 * Headers of SIP messages (net/netfilter/nf_conntrack_sip.c): each begins a line, may go on over lines that begin with a
 * blank, and has a short name perhaps. Lines end with CR, LF or both.
 */

/** Where something stands in a message; 'bad': it is there, but cannot be read, and looking goes on from `off`. */
export type Found = { readonly kind: 'found'; readonly off: number; readonly len: number } | { readonly kind: 'bad'; readonly off: number } | { readonly kind: 'absent' };
export const ABSENT: Found = { kind: 'absent' };

export type HeaderName = 'cseq' | 'from' | 'to' | 'contact' | 'viaUdp' | 'viaTcp' | 'expires' | 'contentLength';

/** Length of a value at a place, and how far behind that place it begins. */
type Measure = (l3num: 2 | 10, text: string, at: number, limit: number) => { readonly len: number; readonly shift: number };

interface Header {
  readonly name: string;
  readonly short: string | null;
  /** What stands before the value. */
  readonly search: string | null;
  readonly measure: Measure;
}

/** isalpha, which knows Latin-1's letters too. */
const LETTER = /[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]/;

function run(text: string, at: number, limit: number, class_: RegExp): number {
  let n = 0;
  while (at + n < limit && class_.test(text[at + n])) n++;
  return n;
}
export const lettersLength = (text: string, at: number, limit: number): number => run(text, at, limit, LETTER);
export const digitsLength = (text: string, at: number, limit: number): number => run(text, at, limit, /[0-9]/);

const digits: Measure = (_, text, at, limit) => ({ len: digitsLength(text, at, limit), shift: 0 });

/** epaddr_len: an address and perhaps a port. */
const endpoint: Measure = (l3num, text, at, limit) => {
  const a = parseSipAddress(l3num, text, at, limit, true);
  if (!a) return { len: 0, shift: 0 };
  const end = text[a.end] === ':' ? a.end + 1 + digitsLength(text, a.end + 1, limit) : a.end;
  return { len: end - at, shift: 0 };
};

/** skp_epaddr_len: the same behind a user's name. */
export const userEndpoint: Measure = (l3num, text, at, limit) => {
  let i = at;
  while (i < limit && text[i] !== '@' && text[i] !== '\r' && text[i] !== '\n') i++;
  const shift = i < limit && text[i] === '@' ? i + 1 - at : 0;
  return { len: endpoint(l3num, text, at + shift, limit).len, shift };
};

const HEADERS: Readonly<Record<HeaderName, Header>> = {
  cseq: { name: 'CSeq', short: null, search: null, measure: digits },
  from: { name: 'From', short: 'f', search: 'sip:', measure: userEndpoint },
  to: { name: 'To', short: 't', search: 'sip:', measure: userEndpoint },
  contact: { name: 'Contact', short: 'm', search: 'sip:', measure: userEndpoint },
  viaUdp: { name: 'Via', short: 'v', search: 'UDP ', measure: endpoint },
  viaTcp: { name: 'Via', short: 'v', search: 'TCP ', measure: endpoint },
  expires: { name: 'Expires', short: null, search: null, measure: digits },
  contentLength: { name: 'Content-Length', short: 'l', search: null, measure: digits },
};

export const sameWord = (text: string, at: number, word: string): boolean => text.slice(at, at + word.length).toLowerCase() === word.toLowerCase();
const newline = (ch: string | undefined): boolean => ch === '\r' || ch === '\n';
const blank = (ch: string | undefined): boolean => ch === ' ' || ch === '\t';

/** sip_follow_continuation: from a line's end to where its continuation begins; -1: it has none. */
function followContinuation(text: string, at: number, limit: number): number {
  let i = at + 1;
  if (i >= limit) return -1;
  if (text[i - 1] === '\r' && text[i] === '\n' && ++i >= limit) return -1;
  if (!blank(text[i])) return -1;
  while (i < limit && blank(text[i])) i++;
  return i;
}

/** sip_skip_whitespace: blanks, and at most one line's end with its continuation; -1: the header ends. */
function skipWhitespace(text: string, at: number, limit: number): number {
  let i = at;
  while (i < limit && blank(text[i])) i++;
  return i < limit && newline(text[i]) ? followContinuation(text, i, limit) : i;
}

/** ct_sip_header_search: within a header's value, over its continuation lines; -1: not there. */
export function searchHeader(text: string, at: number, limit: number, needle: string): number {
  const end = limit - needle.length;
  for (let i = at; i < end; i++) {
    if (newline(text[i])) {
      i = followContinuation(text, i, end);
      if (i < 0) return -1;
    } else if (sameWord(text, i, needle)) return i;
  }
  return -1;
}

/** Where the next line begins that `at` or what follows it ends; -1: none. */
export function nextLine(text: string, at: number, limit: number): number {
  let i = at;
  while (i < limit && !newline(text[i])) i++;
  if (++i >= limit) return -1;
  if (text[i - 1] === '\r' && text[i] === '\n' && ++i >= limit) return -1;
  return i;
}

const found = (at: number, m: ReturnType<Measure>): Found => (m.len === 0 ? { kind: 'bad', off: at } : { kind: 'found', off: at + m.shift, len: m.len });

/** ct_sip_get_header */
export function getHeader(ct: Conntrack, text: string, from: number, limit: number, name: HeaderName): Found {
  const h = HEADERS[name];
  for (let line = nextLine(text, from, limit); line >= 0; line = nextLine(text, line + 1, limit)) {
    if (blank(text[line])) continue;
    let i = line;
    if (limit - i >= h.name.length && sameWord(text, i, h.name)) i += h.name.length;
    else if (h.short && limit - i >= 2 && sameWord(text, i, h.short) && !LETTER.test(text[i + 1])) i += 1;
    else continue;
    i = skipWhitespace(text, i, limit);
    if (i < 0 || text[i] !== ':' || ++i >= limit) return ABSENT;
    i = skipWhitespace(text, i, limit);
    if (i < 0) return ABSENT;
    if (!h.search) return valueAt(i, h.measure(ct.l3num, text, i, limit), i);
    const at = searchHeader(text, i, limit, h.search);
    if (at < 0) return { kind: 'bad', off: i };
    const value = at + h.search.length;
    return valueAt(value, h.measure(ct.l3num, text, value, limit), i);
  }
  return ABSENT;
}

const valueAt = (at: number, m: ReturnType<Measure>, head: number): Found => (m.len === 0 ? { kind: 'bad', off: head } : found(at, m));

/** ct_sip_next_header: the next of the values that commas part. */
function nextValue(ct: Conntrack, text: string, from: number, limit: number, name: HeaderName): Found {
  const h = HEADERS[name];
  const comma = searchHeader(text, from, limit, ',');
  const at = comma < 0 || !h.search ? -1 : searchHeader(text, comma, limit, h.search);
  if (at < 0 || !h.search) return ABSENT;
  const value = at + h.search.length;
  return found(value, h.measure(ct.l3num, text, value, limit));
}

/** Walks through all values of a header. */
export interface HeaderWalk {
  from: number;
  inHeader: boolean;
}

/** ct_sip_walk_headers: to the next that can be read. */
function walk(ct: Conntrack, text: string, limit: number, name: HeaderName, w: HeaderWalk): { readonly off: number; readonly len: number } | null {
  let { from } = w;
  if (w.inHeader) {
    for (;;) {
      const r = nextValue(ct, text, from, limit, name);
      if (r.kind === 'found') return r;
      if (r.kind === 'absent') break;
      from = r.off;
    }
    w.inHeader = false;
  }
  for (;;) {
    const r = getHeader(ct, text, from, limit, name);
    if (r.kind === 'found') {
      w.inHeader = true;
      return r;
    }
    if (r.kind === 'absent') return null;
    from = r.off;
  }
}

export interface Uri {
  readonly off: number;
  readonly len: number;
  readonly addr: Uint8Array;
  readonly port: number;
}
const SIP_PORT = 5060;

/** A port that may follow an address; null: not one that is let through. */
function portAfter(text: string, end: number): { readonly port: number; readonly end: number } | null {
  if (text[end] !== ':') return { port: SIP_PORT, end };
  const n = readNumber(text, end + 1, 10);
  return n.value < 1024 || n.value > 65535 ? null : { port: n.value, end: n.end };
}

/** ct_sip_parse_header_uri: the next address in headers of a name; null: there is none, or its port is not let through. */
export function headerUri(ct: Conntrack, text: string, limit: number, name: HeaderName, w: HeaderWalk = { from: 0, inHeader: false }): Uri | null {
  const r = walk(ct, text, limit, name, w);
  if (!r) return null;
  const a = parseSipAddress(ct.l3num, text, r.off, limit, true);
  const p = a && portAfter(text, a.end);
  if (!a || !p) return null;
  w.from = p.end;
  return { off: r.off, len: r.len, addr: a.addr, port: p.port };
}

/** ct_sip_parse_request: the address in the first line; null: none that can be used. */
export function requestUri(ct: Conntrack, text: string, limit: number): Uri | null {
  const method = lettersLength(text, 0, limit);
  if (method === 0 || method + 1 >= limit) return null;
  let i = method + 1;
  for (; i < limit - 4; i++) {
    if (newline(text[i])) return null;
    if (sameWord(text, i, 'sip:')) {
      i += 4;
      break;
    }
  }
  const m = userEndpoint(ct.l3num, text, i, limit);
  if (m.len === 0) return null;
  const off = i + m.shift,
    a = parseSipAddress(ct.l3num, text, off, limit, true);
  const p = a && (a.end < limit ? portAfter(text, a.end) : { port: SIP_PORT, end: a.end });
  return a && p ? { off, len: p.end - off, addr: a.addr, port: p.port } : null;
}

/** Where the value of a header's parameter begins; -1: not there before the next comma. */
function parameter(text: string, from: number, limit: number, name: string): { readonly at: number; readonly limit: number } {
  const comma = searchHeader(text, from, limit, ',');
  const end = comma < 0 ? limit : comma;
  const at = searchHeader(text, from, end, name);
  return { at: at < 0 ? -1 : at + name.length, limit: end };
}

/** ct_sip_parse_address_param */
export function addressParameter(ct: Conntrack, text: string, from: number, limit: number, name: string, delim: boolean): { off: number; len: number; addr: Uint8Array } | null {
  const p = parameter(text, from, limit, name);
  const a = p.at < 0 ? null : parseSipAddress(ct.l3num, text, p.at, p.limit, delim);
  return a && { off: p.at, len: a.end - p.at, addr: a.addr };
}

/** ct_sip_parse_numerical_param */
export function numberParameter(text: string, from: number, limit: number, name: string): { off: number; len: number; value: number } | null {
  const { at } = parameter(text, from, limit, name);
  if (at < 0) return null;
  const n = readNumber(text, at, 0);
  return n.end === at ? null : { off: at, len: n.end - at, value: n.value };
}

/** ct_sip_parse_transport: the protocol that a URI asks for; null: not the connection's own. */
export function transport(ct: Conntrack, text: string, from: number, limit: number): number | null {
  const { at } = parameter(text, from, limit, 'transport=');
  if (at < 0) return ct.protonum;
  const proto = sameWord(text, at, 'TCP') ? 6 : sameWord(text, at, 'UDP') ? 17 : null;
  return proto === ct.protonum ? proto : null;
}
