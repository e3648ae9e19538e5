import type { Netns } from '../../netns.ts';
import { u16 } from '../../net/wire/bytes.ts';
import { expect, expectPort } from '../helper/_expect.ts';
import { sameBytes } from '../tuple.ts';
import { h245Message, hidden, openChannel, translatedTo } from './channels.ts';
import { USER_INFORMATION } from './h225.ts';
import { decode, type Found } from './per.ts';
import type { Signal } from './signal.ts';

/** Calls: the messages of Q.931 with what H.225.0 puts into them. False: the packet is to be dropped. */

const USER_USER = 0x7e;

/** DecodeQ931 */
export function decodeQ931(b: Uint8Array, from: number, end: number): Found | null {
  if (end - from < 2 || b[from] !== 8) return null;
  let at = from + 2 + b[from + 1];
  if (end - at < 2) return null;
  at += b[at + 1] & 0x80 ? 2 : 1;
  while (at < end) {
    if (b[at] === USER_USER) {
      if (end - at < 3) return null;
      const length = u16(b, at + 1);
      return length < 2 || end - at - 3 < length ? null : decode(b, at + 4, at + 3 + length, USER_INFORMATION);
    }
    if (end - at < 2) return null;
    at += 2 + b[at + 1];
  }
  return null;
}

/** expect_h245 */
function control(s: Signal, f: Found | undefined): boolean {
  const a = s.h225(f);
  if (!a || a.port === 0 || !sameBytes(a.addr, s.here.src)) return true;
  const e = s.expected(6, s.there.dst, a.port, { helper: 'H.245' });
  if (!hidden(s)) return expect(s.net, e) !== null;
  const { sigPort } = s.data;
  const made = expectPort(s.net, translatedTo(s, e), sigPort[s.dir] === a.port ? sigPort[s.other] : a.port);
  if (!made) return true;
  if (!s.write(a, s.there.dst, made.tuple.dport)) {
    s.net.conntrack.expect.unlink(made);
    return false;
  }
  sigPort[s.dir] = a.port;
  sigPort[s.other] = made.tuple.dport;
  return true;
}

/** callforward_do_filter: both are reached the same way, so that the call does not come by here. */
function sameWay(net: Netns, a: Uint8Array, b: Uint8Array): boolean {
  const way = (daddr: Uint8Array): { dev: number; via: Uint8Array } | null => {
    const hit = net.stack.fib.lookup(daddr.length === 4 ? 4 : 6, { daddr, saddr: null, mark: 0, iif: 0, oif: 0, tos: 0 });
    if ('error' in hit) return null;
    return { dev: hit.route.type === 'local' ? 0 : hit.hop.dev, via: hit.hop.via ?? daddr };
  };
  const first = way(a),
    second = first && way(b);
  return !!second && first.dev === second.dev && sameBytes(first.via, second.via);
}

/** expect_callforwarding */
function forwarded(s: Signal, f: Found | undefined): boolean {
  const a = s.h225(f);
  if (!a || a.port === 0 || sameWay(s.net, a.addr, s.there.src)) return true;
  const e = s.expected(6, a.addr, a.port, { helper: 'Q.931' });
  if (!hidden(s)) return expect(s.net, e) !== null;
  const made = expectPort(s.net, { ...translatedTo(s, e), tuple: { ...e.tuple, dst: s.there.dst }, savedAddr: a.addr, expectfn: 'callforwarding' }, a.port);
  if (!made || s.write(a, s.there.dst, made.tuple.dport)) return true;
  s.net.conntrack.expect.unlink(made);
  return false;
}

/** An address of signalling in SETUP is what the other side must see there. */
function replace(s: Signal, f: Found | undefined, addr: Uint8Array, port: number): boolean {
  const a = s.translated ? s.h225(f) : null;
  return !a || sameBytes(a.addr, addr) || s.write(a, addr, port);
}

/** process_setup, process_callproceeding, process_connect … */
function body(s: Signal, f: Found): boolean {
  const [kind, message] = [...f.parts][0] ?? [];
  if (!message) return true;
  if (kind === 'facility' && message.get('reason', 'callForwarded')) return forwarded(s, message.get('alternativeAddress'));
  if (!control(s, message.get('h245Address'))) return false;
  const { there } = s;
  if (kind === 'setup') {
    if (!replace(s, message.get('destCallSignalAddress'), there.src, there.sport)) return false;
    if (!replace(s, message.get('sourceCallSignalAddress'), there.dst, there.dport)) return false;
  }
  return (message.get('fastStart')?.items ?? []).every((channel) => openChannel(s, channel));
}

/** process_q931 */
export function q931Message(s: Signal, f: Found): boolean {
  const pdu = f.get('pdu'),
    what = pdu?.get('body');
  if (what && !body(s, what)) return false;
  return (pdu?.get('h245Control')?.items ?? []).every((m) => h245Message(s, m));
}
