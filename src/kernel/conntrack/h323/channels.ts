import { EXPECT, type NewExpectation } from '../expectation.ts';
import { expect, expectPort } from '../helper/_expect.ts';
import { sameBytes } from '../tuple.ts';
import type { Found } from './per.ts';
import type { Address, Signal } from './signal.ts';

/** The channels that H.245 opens (nf_conntrack_h323_main.c, nf_nat_h323.c). False: the packet is to be dropped. */

const UDP = 17,
  TCP = 6;

/** What is announced is the sender's own, and there. */
const own = (s: Signal, a: Address | null): a is Address => a !== null && a.port !== 0 && sameBytes(a.addr, s.here.src);
/** The other side knows the sender by another address. */
export const hidden = (s: Signal): boolean => s.translated && !sameBytes(s.here.src, s.there.dst);

export const translatedTo = (s: Signal, e: NewExpectation): NewExpectation => ({ ...e, savedProto: e.tuple.dport, expectfn: 'nat-follow-master', dir: s.other });
export const atPort = (e: NewExpectation, dport: number): NewExpectation => ({ ...e, tuple: { ...e.tuple, dport } });

/** nat_rtp_rtcp: a free pair of ports stands for the sender's; without one the message stays as it is. */
function hideMedia(s: Signal, a: Address, rtp: NewExpectation, rtcp: NewExpectation): boolean {
  const table = s.net.conntrack.expect,
    wanted = rtp.tuple.dport;
  const channel = s.data.rtpPorts.find((c) => c[s.dir] === wanted || c[s.dir] === 0);
  if (!channel) return true;
  for (let port = wanted; port !== 0; port = (port + 2) & 0xffff) {
    const first = table.related(atPort(rtp, port));
    if (first === 'EBUSY') continue;
    if (typeof first === 'string') return true;
    const second = table.related(atPort(rtcp, port + 1));
    if (typeof second === 'string') {
      table.unlink(first);
      if (second === 'EBUSY') continue;
      return true;
    }
    if (!s.write(a, s.there.dst, port | (a.port & 1))) {
      table.unlink(first);
      table.unlink(second);
      return false;
    }
    channel[s.dir] = wanted;
    channel[s.other] = port;
    return true;
  }
  return true;
}

/** expect_rtp_rtcp: whichever of the two is named, both ports of the pair are expected. */
function media(s: Signal, f: Found | undefined): boolean {
  const a = s.h245(f);
  if (!own(s, a)) return true;
  const rtp = s.expected(UDP, s.there.dst, a.port & 0xfffe),
    rtcp = s.expected(UDP, s.there.dst, a.port | 1);
  if (hidden(s)) return hideMedia(s, a, translatedTo(s, rtp), translatedTo(s, rtcp));
  const first = expect(s.net, rtp);
  if (!first) return false;
  if (expect(s.net, rtcp)) return true;
  s.net.conntrack.expect.unlink(first);
  return false;
}

/** expect_t120: several connections may come. */
function data(s: Signal, f: Found | undefined): boolean {
  const a = s.h245(f);
  if (!own(s, a)) return true;
  const e = s.expected(TCP, s.there.dst, a.port, { flags: EXPECT.PERMANENT });
  if (!hidden(s)) return expect(s.net, e) !== null;
  const made = expectPort(s.net, translatedTo(s, e), a.port);
  if (!made || s.write(a, s.there.dst, made.tuple.dport)) return true;
  s.net.conntrack.expect.unlink(made);
  return false;
}

/** process_h245_channel */
const channel = (s: Signal, f: Found | undefined): boolean => media(s, f?.get('mediaChannel')) && media(s, f?.get('mediaControlChannel'));
const stackAddress = (f: Found): Found | undefined => f.get('separateStack', 'networkAddress', 'localAreaAddress');

/** process_olc */
export function openChannel(s: Signal, f: Found): boolean {
  if (!channel(s, f.get('forward', 'multiplex', 'h2250')) || !channel(s, f.get('reverse', 'multiplex', 'h2250'))) return false;
  return !f.get('forward', 'dataType', 'data', 'application', 't120', 'separateLANStack') || data(s, stackAddress(f));
}

/** process_olca */
const openChannelAck = (s: Signal, f: Found): boolean => channel(s, f.get('reverse', 'multiplex', 'h2250')) && channel(s, f.get('forwardAck', 'h2250')) && data(s, stackAddress(f));

/** process_h245 */
export function h245Message(s: Signal, f: Found): boolean {
  const open = f.get('request', 'openLogicalChannel'),
    ack = f.get('response', 'openLogicalChannelAck');
  return open ? openChannel(s, open) : !ack || openChannelAck(s, ack);
}
