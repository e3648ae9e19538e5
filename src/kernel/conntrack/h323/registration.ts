import { IPS } from '../entry.ts';
import { EXPECT } from '../expectation.ts';
import { expect, expectPort } from '../helper/_expect.ts';
import { sameBytes } from '../tuple.ts';
import { translatedTo } from './channels.ts';
import type { Found } from './per.ts';
import type { Address, Signal } from './signal.ts';

/** What endpoints and gatekeepers tell each other (RAS). False: the packet is to be dropped. */

/** Seconds that a registration is kept which names no time (module parameter default_rrq_ttl). */
const DEFAULT_TTL = 300;
/** Seconds for the answer to the end of a registration. */
const FAREWELL = 30;

const itemsOf = (f: Found | undefined): readonly Found[] => f?.items ?? [];

/** "Fix for Gnomemeeting": 127.0.0.1 at the head of a list stands for the sender. */
const loopback = (s: Signal, list: readonly Found[], i: number): Address | null => {
  const head = i > 0 ? s.h225(list[0]) : null;
  return head?.addr[0] === 127 ? head : null;
};

/** set_sig_addr */
function signalAddress(s: Signal, list: readonly Found[]): boolean {
  if (!s.translated) return true;
  const { sigPort } = s.data;
  for (const [i, f] of list.entries()) {
    const a = s.h225(f);
    if (!a || a.port !== sigPort[s.dir]) continue;
    if (sameBytes(a.addr, s.here.src)) return s.write(loopback(s, list, i) ?? a, s.there.dst, sigPort[s.other]);
    if (sameBytes(a.addr, s.here.dst)) return s.write(a, s.there.src, sigPort[s.other]);
  }
  return true;
}

/** set_ras_addr */
function rasAddress(s: Signal, list: readonly Found[]): boolean {
  if (!s.translated) return true;
  for (const f of list) {
    const a = s.h225(f);
    if (a && sameBytes(a.addr, s.here.src) && a.port === s.here.sport) return s.write(a, s.there.dst, s.there.dport);
  }
  return true;
}
const one = (f: Found | undefined): readonly Found[] => (f ? [f] : []);

/** expect_q931: calls from the gatekeeper to what the endpoint registers. */
function calls(s: Signal, list: readonly Found[]): boolean {
  const at = list.findIndex((f) => {
    const a = s.h225(f);
    return a !== null && a.port !== 0 && sameBytes(a.addr, s.here.src);
  });
  const a = s.h225(list.at(at));
  if (at < 0 || !a) return true;
  const e = s.expected(6, s.there.dst, a.port, { helper: 'Q.931', flags: EXPECT.PERMANENT }),
    { sigPort } = s.data;
  if (!s.translated) {
    if (!expect(s.net, e)) return false;
    sigPort[s.dir] = a.port;
    return true;
  }
  const made = expectPort(s.net, { ...translatedTo(s, e), expectfn: 'Q.931' }, sigPort[s.dir] === a.port ? sigPort[s.other] : a.port);
  if (!made) return true;
  const port = made.tuple.dport;
  if (s.write(a, s.there.dst, port)) {
    sigPort[s.dir] = a.port;
    sigPort[s.other] = port;
    const head = loopback(s, list, at);
    if (!head || s.write(head, s.there.dst, port)) return true;
  }
  s.net.conntrack.expect.unlink(made);
  return false;
}

/** process_rrq */
function registrationRequest(s: Signal, f: Found): boolean {
  if (!calls(s, itemsOf(f.get('callSignalAddress'))) || !rasAddress(s, itemsOf(f.get('rasAddress')))) return false;
  s.data.timeout = f.get('timeToLive')?.value ?? DEFAULT_TTL;
  return true;
}

/**
 * process_rcf. It would give the expected call the same time too, but looks for one from anywhere, while calls are
 * expected from the gatekeeper only.
 */
function registrationConfirm(s: Signal, f: Found): boolean {
  if (!signalAddress(s, itemsOf(f.get('callSignalAddress')))) return false;
  s.data.timeout = f.get('timeToLive')?.value ?? s.data.timeout;
  if (s.data.timeout > 0) s.net.conntrack.refresh(s.ct, s.data.timeout);
  return true;
}

/** process_urq */
function unregistrationRequest(s: Signal, f: Found): boolean {
  if (!signalAddress(s, itemsOf(f.get('callSignalAddress')))) return false;
  s.net.conntrack.expect.removeFor(s.ct);
  s.data.sigPort.fill(0);
  s.net.conntrack.refresh(s.ct, FAREWELL);
  return true;
}

/** process_gcf: a gatekeeper that wants to be spoken to elsewhere. */
function gatekeeperConfirm(s: Signal, f: Found): boolean {
  const a = s.h225(f.get('rasAddress'));
  if (!a || (sameBytes(a.addr, s.here.src) && a.port === s.here.sport) || s.ct.status & IPS.EXPECTED) return true;
  return expect(s.net, s.expected(17, a.addr, a.port, { helper: 'RAS' })) !== null;
}

/** process_arq: an endpoint that is called, or calls. */
function admissionRequest(s: Signal, f: Found): boolean {
  if (!s.translated) return true;
  const own = (a: Address | null): a is Address => a !== null && sameBytes(a.addr, s.here.src);
  const to = s.h225(f.get('destCallSignalAddress')),
    from = s.h225(f.get('srcCallSignalAddress')),
    { sigPort } = s.data;
  if (own(to) && to.port === sigPort[s.dir]) return s.write(to, s.there.dst, sigPort[s.other]);
  return !own(from) || s.write(from, s.there.dst, from.port);
}

/** Whom the endpoint may call now. */
const callTo = (s: Signal, a: Address): boolean => expect(s.net, s.expected(6, a.addr, a.port, { helper: 'Q.931', flags: EXPECT.PERMANENT })) !== null;

/** process_acf */
function admissionConfirm(s: Signal, f: Found): boolean {
  const to = f.get('destCallSignalAddress'),
    a = s.h225(to);
  if (!a) return true;
  return sameBytes(a.addr, s.here.dst) ? signalAddress(s, one(to)) : callTo(s, a);
}

/** process_lcf */
function locationConfirm(s: Signal, f: Found): boolean {
  const a = s.h225(f.get('callSignalAddress'));
  return !a || callTo(s, a);
}

const MESSAGES: Readonly<Record<string, (s: Signal, f: Found) => boolean>> = {
  gatekeeperRequest: (s, f) => rasAddress(s, one(f.get('rasAddress'))),
  gatekeeperConfirm,
  registrationRequest,
  registrationConfirm,
  unregistrationRequest,
  admissionRequest,
  admissionConfirm,
  locationRequest: (s, f) => rasAddress(s, one(f.get('replyAddress'))),
  locationConfirm,
  infoRequestResponse: (s, f) => rasAddress(s, one(f.get('rasAddress'))) && signalAddress(s, itemsOf(f.get('callSignalAddress'))),
};

/** process_ras */
export function rasMessage(s: Signal, f: Found): boolean {
  const [kind, message] = [...f.parts][0] ?? [];
  return !message || (MESSAGES[kind ?? '']?.(s, message) ?? true);
}
