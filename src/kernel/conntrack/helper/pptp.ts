import { CTINFO } from '../../net/skb.ts';
import type { Skb } from '../../net/skb.ts';
import { u16, u32 } from '../../net/wire/bytes.ts';
import { mangleTcp } from '../../nat/mangle.ts';
import { RANGE } from '../../expr/nat-range.ts';
import type { Netns } from '../../netns.ts';
import { IPS, IPS_NAT_MASK } from '../entry.ts';
import type { Conntrack, Dir, Tuple } from '../entry.ts';
import { addExpectFunction } from '../expect-functions.ts';
import type { Expectation } from '../expectation.ts';
import { addGreKey, dropGreKeys } from '../gre-keys.ts';
import type { Helper } from '../helper-definition.ts';
import { invertTuple } from '../l4.ts';
import { dirOf } from '../protocol.ts';
import { expect, expectation } from './_expect.ts';

const IPPROTO_GRE = 47,
  MAGIC = 0x1a2b3c4d;
/** PPTP_START_SESSION_REQUEST … PPTP_SET_LINK_INFO */
const M = {
  START: 1,
  START_REPLY: 2,
  STOP: 3,
  STOP_REPLY: 4,
  OUT_CALL: 7,
  OUT_REPLY: 8,
  IN_CALL: 9,
  IN_REPLY: 10,
  IN_CONNECT: 11,
  CLEAR: 12,
  DISCONNECT: 13,
  WAN_ERROR: 14,
  LINK_INFO: 15,
} as const;

type Session = 'none' | 'error' | 'stopreq' | 'requested' | 'confirmed';
type Call = 'none' | 'error' | 'out-req' | 'out-conf' | 'in-req' | 'in-rep' | 'in-conf' | 'clear-req';

/** struct nf_ct_pptp_master and struct nf_nat_pptp: call ids as the other side sees them, and as the sender wrote them. */
interface PptpData {
  session: Session;
  call: Call;
  pns: number;
  pac: number;
  natPns: number;
  natPac: number;
}

const dataOf = (ct: Conntrack): PptpData => (ct.helperData ??= { session: 'none', call: 'none', pns: 0, pac: 0, natPns: 0, natPac: 0 }) as PptpData;

/** exp_gre: the data channel in both directions. */
function expectGre(net: Netns, ct: Conntrack, info: PptpData, callid: number, peer: number): void {
  const make = (dir: Dir, sport: number, dport: number): ReturnType<typeof expectation> => {
    const t = ct.tuple(dir);
    return { ...expectation(ct, { protonum: IPPROTO_GRE, src: t.src, dst: t.dst, sport, dport }), expectfn: 'pptp' };
  };
  let orig = make(0, peer, callid),
    reply = make(1, callid, peer);
  if (ct.status & IPS_NAT_MASK) {
    info.natPac = info.pac;
    orig = { ...orig, tuple: { ...orig.tuple, sport: info.natPns, dport: info.pac }, savedProto: info.pns, dir: 0 };
    reply = { ...reply, tuple: { ...reply.tuple, sport: info.natPac, dport: info.pns }, savedProto: info.natPns, dir: 1 };
  }
  const first = expect(net, orig);
  if (!first) return;
  if (!expect(net, reply)) {
    net.conntrack.expect.unlink(first);
    return;
  }
  addGreKey(net, ct, orig.tuple);
  addGreKey(net, ct, reply.tuple);
}

/** pptp_destroy_siblings */
function destroySiblings(net: Netns, ct: Conntrack): void {
  dropGreKeys(net, ct);
  for (const other of net.conntrack.entries()) if (other.master === ct && other.protonum === IPPROTO_GRE) net.conntrack.kill(other);
  net.conntrack.expect.removeFor(ct);
}

/** pptp_expectfn, pptp_nat_expected */
function expected(net: Netns, ct: Conntrack, exp: Expectation): void {
  const { master } = exp;
  const unexpect = (t: Tuple | null): void => {
    const other = t && net.conntrack.expect.find(ct.zone, t);
    if (other) net.conntrack.expect.unlink(other);
  };
  if (!(master.status & IPS_NAT_MASK)) {
    unexpect(invertTuple(exp.tuple));
    return;
  }
  const info = dataOf(master),
    other: Dir = exp.dir === 0 ? 1 : 0;
  const t = master.tuple(other);
  unexpect(
    exp.dir === 0
      ? { l3num: 2, protonum: IPPROTO_GRE, src: t.src, dst: t.dst, sport: info.natPac, dport: info.pns }
      : { l3num: 2, protonum: IPPROTO_GRE, src: t.src, dst: t.dst, sport: info.natPns, dport: info.pac },
  );
  const range = (addr: Uint8Array, port: boolean): Parameters<typeof net.stack.nat.setup>[1] => ({
    flags: RANGE.MAP_IPS | (port ? RANGE.PROTO_SPECIFIED : 0),
    min: addr,
    max: addr,
    minPort: exp.savedProto,
    maxPort: exp.savedProto,
    basePort: 0,
  });
  net.stack.nat.setup(ct, range(t.dst, exp.dir === 0), 'src');
  net.stack.nat.setup(ct, range(t.src, exp.dir === 1), 'dst');
}
addExpectFunction('pptp', expected);

interface Message {
  readonly type: number;
  readonly body: number;
  readonly skb: Skb;
  readonly at: number;
  readonly payload: number;
}

/** Writes a call id into the message. */
function rewrite(net: Netns, ct: Conntrack, m: Message, field: number, id: number): void {
  mangleTcp(net, m.skb, ct, m.at, m.body + field - m.payload, 2, Uint8Array.of(id >> 8, id & 255));
}

/** pptp_inbound_pkt and its NAT: from the server. */
function inbound(net: Netns, ct: Conntrack, info: PptpData, m: Message): void {
  const b = m.skb.data,
    nat = (ct.status & IPS_NAT_MASK) !== 0;
  switch (m.type) {
    case M.START_REPLY:
      if (info.session === 'requested' || info.session === 'confirmed') info.session = b[m.body + 2] === 1 ? 'confirmed' : 'error';
      return;
    case M.STOP_REPLY:
      if (info.session !== 'requested' && info.session !== 'confirmed') info.session = b[m.body] === 1 ? 'none' : 'error';
      return;
    case M.OUT_REPLY: {
      const cid = u16(b, m.body),
        pcid = u16(b, m.body + 2);
      if (info.session !== 'confirmed' || (info.call !== 'out-req' && info.call !== 'out-conf') || info.pns !== pcid) return;
      if (b[m.body + 4] === 1) {
        info.call = 'out-conf';
        info.pac = cid;
        expectGre(net, ct, info, cid, pcid);
      } else info.call = 'none';
      if (nat) rewrite(net, ct, m, 2, info.natPns);
      return;
    }
    case M.IN_CALL:
      if (info.session === 'confirmed') {
        info.call = 'in-req';
        info.pac = u16(b, m.body);
      }
      return;
    case M.IN_CONNECT: {
      const pcid = u16(b, m.body);
      if (info.session !== 'confirmed' || (info.call !== 'in-rep' && info.call !== 'in-conf') || info.pns !== pcid) return;
      info.call = 'in-conf';
      expectGre(net, ct, info, info.pac, pcid);
      if (nat) rewrite(net, ct, m, 0, info.natPns);
      return;
    }
    case M.DISCONNECT:
      info.call = 'none';
      destroySiblings(net, ct);
      return;
    case M.WAN_ERROR:
    case M.LINK_INFO:
      if (nat) rewrite(net, ct, m, 0, info.natPns);
      return;
    default:
  }
}

/** pptp_outbound_pkt and its NAT: from the client. */
function outbound(net: Netns, ct: Conntrack, info: PptpData, m: Message): void {
  const b = m.skb.data,
    nat = (ct.status & IPS_NAT_MASK) !== 0;
  switch (m.type) {
    case M.START:
      if (info.session === 'none') info.session = 'requested';
      return;
    case M.STOP:
      info.session = 'stopreq';
      return;
    case M.OUT_CALL:
      if (info.session !== 'confirmed') return;
      info.call = 'out-req';
      info.pns = u16(b, m.body);
      if (nat) {
        info.natPns = info.pns;
        info.pns = ct.reply.dport;
        rewrite(net, ct, m, 0, info.pns);
      }
      return;
    case M.IN_REPLY: {
      const cid = u16(b, m.body),
        pcid = u16(b, m.body + 2);
      if ((info.call !== 'in-req' && info.call !== 'in-rep') || info.pac !== pcid) return;
      if (b[m.body + 4] === 1) {
        info.call = 'in-rep';
        info.pns = cid;
      } else info.call = 'none';
      if (nat) {
        info.natPns = info.pns;
        info.pns = ct.reply.dport;
        rewrite(net, ct, m, 0, info.pns);
      }
      return;
    }
    case M.CLEAR:
      info.call = 'clear-req';
      if (nat) rewrite(net, ct, m, 0, info.pns);
      return;
    default:
  }
}

/** net/netfilter/nf_conntrack_pptp.c, net/ipv4/netfilter/nf_nat_pptp.c */
export const helper: Helper = {
  name: 'pptp',
  l3num: 2,
  l4proto: 6,
  ports: [1723],
  policies: [{ name: 'pptp', maxExpected: 2, timeout: 300 }],
  help(net, skb, at, ct, ctinfo) {
    if (ctinfo !== CTINFO.established && ctinfo !== CTINFO.establishedReply) return 'accept';
    const b = skb.data;
    if (b.length < at + 20 || ct.status & IPS.DYING) return 'accept';
    const payload = at + (b[at + 12] >> 4) * 4;
    if (b.length < payload + 16 || u16(b, payload + 2) !== 1 || u32(b, payload + 4) !== MAGIC) return 'accept';
    const m: Message = { type: u16(b, payload + 8), body: payload + 12, skb, at, payload };
    if (dirOf(ctinfo) === 0) outbound(net, ct, dataOf(ct), m);
    else inbound(net, ct, dataOf(ct), m);
    return 'accept';
  },
};
