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
import { addGreKey, dropGreKeys, type GreKeys } from '../gre-keys.ts';
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

/** Bytes that a message has behind its header at least (struct PptpStartSessionRequest …). */
const SIZE: Readonly<Record<number, number>> = { 1: 144, 2: 144, 3: 4, 4: 4, 7: 156, 8: 20, 9: 208, 10: 12, 11: 16, 12: 4, 13: 136, 14: 28, 15: 12 };

type Session = 'none' | 'error' | 'stopreq' | 'requested' | 'confirmed';
type Call = 'none' | 'error' | 'out-req' | 'out-conf' | 'in-req' | 'in-rep' | 'in-conf' | 'clear-req';

/** struct nf_ct_pptp_master and struct nf_nat_pptp: call ids as the other side sees them, and as the sender wrote them. */
interface PptpData extends GreKeys {
  session: Session;
  call: Call;
  pns: number;
  pac: number;
  natPns: number;
  natPac: number;
}

const dataOf = (ct: Conntrack): PptpData => (ct.helperData ??= { session: 'none', call: 'none', pns: 0, pac: 0, natPns: 0, natPac: 0, keys: [null, null] }) as PptpData;

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
  const table = net.conntrack.expect;
  const first = expect(net, orig),
    second = first && expect(net, reply);
  if (first && second && addGreKey(net, ct, 0, orig.tuple)) {
    if (addGreKey(net, ct, 1, reply.tuple)) return;
    dropGreKeys(net, ct);
  }
  for (const e of [first, second]) if (e) table.unlink(e);
}

/** pptp_destroy_siblings: each direction's tunnel, or that it is expected. */
function destroySiblings(net: Netns, ct: Conntrack): void {
  dropGreKeys(net, ct);
  const { pns, pac } = dataOf(ct),
    table = net.conntrack;
  for (const dir of [0, 1] as const) {
    const { l3num, src, dst } = ct.tuple(dir);
    const t: Tuple = { l3num, protonum: IPPROTO_GRE, src, dst, sport: dir === 0 ? pns : pac, dport: dir === 0 ? pac : pns };
    const sibling = table.find(ct.zone, t)?.ct,
      waiting = sibling ? null : table.expect.find(ct.zone, t);
    if (sibling) table.kill(sibling);
    else if (waiting) table.expect.unlink(waiting);
  }
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

/** Where the call id is that NAT replaces: the server's messages name the client's, the client's its own (nf_nat_pptp.c). */
const INBOUND_ID: Readonly<Record<number, number>> = { [M.OUT_REPLY]: 2, [M.IN_CONNECT]: 0, [M.WAN_ERROR]: 0, [M.DISCONNECT]: 0, [M.LINK_INFO]: 0 };
const OUTBOUND_ID: Readonly<Record<number, number>> = { [M.OUT_CALL]: 0, [M.IN_REPLY]: 0, [M.CLEAR]: 0 };

/** pptp_inbound_pkt: from the server. False: it does not fit the session, and is left as it is. */
function inbound(net: Netns, ct: Conntrack, info: PptpData, m: Message): boolean {
  const b = m.skb.data,
    known = info.session === 'requested' || info.session === 'confirmed';
  switch (m.type) {
    case M.START_REPLY:
      if (known) info.session = b[m.body + 2] === 1 ? 'confirmed' : 'error';
      return known;
    case M.STOP_REPLY:
      if (!known) info.session = b[m.body] === 1 ? 'none' : 'error';
      return !known;
    case M.OUT_REPLY: {
      const cid = u16(b, m.body),
        pcid = u16(b, m.body + 2);
      if (info.session !== 'confirmed' || (info.call !== 'out-req' && info.call !== 'out-conf') || info.pns !== pcid) return false;
      if (b[m.body + 4] === 1) {
        info.call = 'out-conf';
        info.pac = cid;
        expectGre(net, ct, info, cid, pcid);
      } else info.call = 'none';
      return true;
    }
    case M.IN_CALL:
      if (info.session !== 'confirmed') return false;
      info.call = 'in-req';
      info.pac = u16(b, m.body);
      return true;
    case M.IN_CONNECT: {
      const pcid = u16(b, m.body);
      if (info.session !== 'confirmed' || (info.call !== 'in-rep' && info.call !== 'in-conf') || info.pns !== pcid) return false;
      info.call = 'in-conf';
      expectGre(net, ct, info, info.pac, pcid);
      return true;
    }
    case M.DISCONNECT:
      info.call = 'none';
      destroySiblings(net, ct);
      return true;
    default:
      return m.type === M.WAN_ERROR || m.type === M.LINK_INFO;
  }
}

/** pptp_outbound_pkt: from the client. */
function outbound(info: PptpData, m: Message): boolean {
  const b = m.skb.data;
  switch (m.type) {
    case M.START:
      if (info.session !== 'none') return false;
      info.session = 'requested';
      return true;
    case M.STOP:
      info.session = 'stopreq';
      return true;
    case M.OUT_CALL:
      if (info.session !== 'confirmed') return false;
      info.call = 'out-req';
      info.pns = u16(b, m.body);
      return true;
    case M.IN_REPLY:
      if ((info.call !== 'in-req' && info.call !== 'in-rep') || info.pac !== u16(b, m.body + 2)) return false;
      if (b[m.body + 4] === 1) {
        info.call = 'in-rep';
        info.pns = u16(b, m.body);
      } else info.call = 'none';
      return true;
    case M.CLEAR:
      if (info.session !== 'confirmed') return false;
      info.call = 'clear-req';
      return true;
    default:
      return false;
  }
}

/** pptp_inbound_pkt, pptp_outbound_pkt of nf_nat_pptp.c: the client's call id is the port that the server sees. */
function translate(net: Netns, ct: Conntrack, info: PptpData, m: Message, dir: Dir): void {
  const field = (dir === 0 ? OUTBOUND_ID : INBOUND_ID)[m.type];
  if (field === undefined) return;
  if (dir === 0 && m.type === M.OUT_CALL) {
    info.natPns = info.pns;
    info.pns = ct.reply.dport;
  }
  const id = dir === 0 ? info.pns : info.natPns;
  mangleTcp(net, m.skb, ct, m.at, m.body + field - m.payload, 2, Uint8Array.of(id >> 8, id & 255));
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
    const m: Message = { type: u16(b, payload + 8), body: payload + 12, skb, at, payload },
      dir = dirOf(ctinfo);
    if (b.length < m.body + (SIZE[m.type] ?? 0)) return 'accept';
    const info = dataOf(ct);
    const fits = dir === 0 ? outbound(info, m) : inbound(net, ct, info, m);
    if (fits && ct.status & IPS_NAT_MASK) translate(net, ct, info, m, dir);
    return 'accept';
  },
  destroy: destroySiblings,
};
