import { RANGE } from '../../expr/nat-range.ts';
import { mangleUdp } from '../../nat/mangle.ts';
import { put16 } from '../../net/wire/bytes.ts';
import type { Netns } from '../../netns.ts';
import type { Conntrack } from '../entry.ts';
import type { Expectation } from '../expectation.ts';
import { sameBytes } from '../tuple.ts';
import { addressPortText, addressText } from './address.ts';
import { addressParameter, type HeaderName, type HeaderWalk, headerUri, numberParameter, requestUri, sameWord, type Uri } from './header.ts';
import { CLASS } from './media.ts';
import type { SipMessage } from './message.ts';

/** Addresses in the headers of a message whose connection is translated (net/netfilter/nf_nat_sip.c). False: it is dropped. */

/** map_addr */
function mapAddress(m: SipMessage, u: Uri): boolean {
  const { here, there } = m;
  let addr: Uint8Array, port: number;
  if (sameBytes(here.src, u.addr) && here.sport === u.port) {
    addr = there.dst;
    port = there.dport;
  } else if (sameBytes(here.dst, u.addr) && here.dport === u.port) {
    addr = there.src;
    port = m.data.forcedDport || there.sport;
  } else return true;
  if (sameBytes(addr, u.addr) && port === u.port) return true;
  return m.mangle(u.off, u.len, addressPortText(addr, port));
}

/** map_sip_addr */
function mapHeader(m: SipMessage, name: HeaderName): boolean {
  const u = headerUri(m.ct, m.text, m.length, name);
  return !u || mapAddress(m, u);
}

/** The topmost Via header and what its parameters say: where to answer, and whence it came. */
function mapVia(m: SipMessage, request: boolean): boolean {
  const { ct, here, there } = m;
  const via = headerUri(ct, m.text, m.length, ct.protonum === 6 ? 'viaTcp' : 'viaUdp');
  if (!via) return true;
  if (!(request ? sameBytes(via.addr, here.src) && via.port === here.sport : sameBytes(via.addr, here.dst) && via.port === here.dport)) return true;
  const before = m.length;
  if (!mapAddress(m, via)) return false;
  const end = via.off + via.len + m.length - before;
  const maddr = addressParameter(ct, m.text, end, m.length, 'maddr=', true);
  if (maddr && sameBytes(maddr.addr, here.src) && !sameBytes(maddr.addr, there.dst) && !m.mangle(maddr.off, maddr.len, addressText(there.dst, true))) return false;
  const received = addressParameter(ct, m.text, end, m.length, 'received=', false);
  if (received && sameBytes(received.addr, here.dst) && !sameBytes(received.addr, there.src) && !m.mangle(received.off, received.len, addressText(there.src, false))) return false;
  const rport = numberParameter(m.text, end, m.length, 'rport=');
  const n = rport && rport.value & 0xffff;
  return !rport || n !== here.dport || n === there.sport || m.mangle(rport.off, rport.len, String(there.sport));
}

function mapContacts(m: SipMessage): boolean {
  const w: HeaderWalk = { from: 0, inHeader: false };
  for (;;) {
    const u = headerUri(m.ct, m.text, m.length, 'contact', w);
    if (!u) return true;
    if (!mapAddress(m, u)) return false;
  }
}

/** nf_nat_sip */
export function natMessage(m: SipMessage): boolean {
  const request = !sameWord(m.text, 0, 'SIP/2.0');
  if (request) {
    const u = requestUri(m.ct, m.text, m.length);
    if (u && !mapAddress(m, u)) return false;
  }
  if (!mapVia(m, request) || !mapContacts(m) || !mapHeader(m, 'from') || !mapHeader(m, 'to')) return false;
  if (m.dir === 1 && m.data.forcedDport) {
    put16(m.skb.data, m.at + 2, m.data.forcedDport);
    return mangleUdp(m.skb, m.at, 0, 0, new Uint8Array(0));
  }
  return true;
}

/** nf_nat_sip_expected: an expected call or stream goes to where it is really wanted, and comes from where its pair goes. */
export function expectedConnection(net: Netns, ct: Conntrack, exp: Expectation): void {
  const { nat } = net.stack,
    { master } = exp;
  const at = (addr: Uint8Array, port: number | null): Parameters<typeof nat.setup>[1] => ({
    flags: RANGE.MAP_IPS | (port === null ? 0 : RANGE.PROTO_SPECIFIED),
    min: addr,
    max: addr,
    minPort: port ?? 0,
    maxPort: port ?? 0,
    basePort: 0,
  });
  const from = ct.original;
  nat.setup(ct, at(exp.savedAddr ?? new Uint8Array(from.src.length), exp.savedProto), 'dst');
  const pair =
    exp.class === CLASS.signalling
      ? undefined
      : net.conntrack.expect
          .of(master)
          .find((e) => e.tuple.l3num === ct.l3num && e.tuple.protonum === ct.protonum && e.savedAddr && sameBytes(from.src, e.savedAddr) && e.savedProto === from.sport);
  if (pair) nat.setup(ct, at(pair.tuple.dst, pair.tuple.dport), 'src');
  else if (sameBytes(from.src, master.tuple(exp.dir).src)) nat.setup(ct, at(master.tuple(exp.dir === 0 ? 1 : 0).dst, null), 'src');
}
