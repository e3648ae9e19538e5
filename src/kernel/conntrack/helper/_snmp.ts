import type { CtInfo, Skb } from '../../net/skb.ts';
import { fold, partial, put16, sameBytes, u16 } from '../../net/wire/bytes.ts';
import { IPS_NAT_MASK } from '../entry.ts';
import type { Conntrack } from '../entry.ts';
import { dirOf } from '../protocol.ts';

/** net/ipv4/netfilter/nf_nat_snmp_basic_main.c: addresses in SNMP messages of translated connections. */

const SNMP = 161,
  TRAP = 162;
const TAG = { integer: 0x02, octets: 0x04, null: 0x05, oid: 0x06, sequence: 0x30, address: 0x40 } as const;
/** Requests, answers, informs, traps of version 2 and reports. The trap of version 1 is not among them. */
const PDUS: readonly number[] = [0xa0, 0xa1, 0xa2, 0xa3, 0xa5, 0xa6, 0xa7, 0xa8];
/** What a variable may be besides an address: INTEGER, OCTET STRING, OBJECT IDENTIFIER, counters, ticks, opaque, NULL and what says that there is none. */
const VALUES: readonly number[] = [TAG.integer, TAG.octets, TAG.oid, 0x41, 0x42, 0x43, 0x44, 0x46, TAG.null, 0x80, 0x81, 0x82];

class Malformed extends Error {}

interface Element {
  readonly tag: number;
  readonly from: number;
  readonly to: number;
}

/** Basic encoding rules as lib/asn1_decoder.c takes them: short tags, lengths of any form but none longer than the data. */
class Reader {
  readonly #b: Uint8Array;
  constructor(b: Uint8Array) {
    this.#b = b;
  }

  element(at: number, end: number): Element {
    const b = this.#b;
    if (at + 2 > end || (b[at] & 31) === 31) throw new Malformed();
    let from = at + 2,
      length = b[at + 1];
    if (length === 0x80) throw new Malformed();
    if (length > 0x80) {
      const bytes = length - 0x80;
      if (bytes > 2 || from + bytes > end) throw new Malformed();
      length = 0;
      for (let i = 0; i < bytes; i++) length = length * 256 + b[from++];
    }
    if (from + length > end) throw new Malformed();
    return { tag: b[at], from, to: from + length };
  }

  expect(at: number, end: number, ...tags: readonly number[]): Element {
    const e = this.element(at, end);
    if (!tags.includes(e.tag)) throw new Malformed();
    return e;
  }
}

/** Gives every address in the message; throws Malformed where it is none. */
function addresses(b: Uint8Array, at: number, end: number, found: (at: number) => void): void {
  const r = new Reader(b);
  const message = r.expect(at, end, TAG.sequence);
  const version = r.expect(message.from, message.to, TAG.integer);
  if (version.to - version.from !== 1 || b[version.from] > 1) throw new Malformed();
  const community = r.expect(version.to, message.to, TAG.octets);
  const pdu = r.expect(community.to, message.to, ...PDUS);
  let next = pdu.from;
  for (let i = 0; i < 3; i++) next = r.expect(next, pdu.to, TAG.integer).to;
  const list = r.expect(next, pdu.to, TAG.sequence);
  // The decoder wants one variable at least.
  for (let i = list.from; i < list.to || i === list.from; ) {
    const bind = r.expect(i, list.to, TAG.sequence);
    const name = r.expect(bind.from, bind.to, TAG.oid);
    const value = r.expect(name.to, bind.to, TAG.address, ...VALUES);
    if (value.tag === TAG.address) {
      if (value.to - value.from !== 4) throw new Malformed();
      found(value.from);
    }
    if (value.to !== bind.to) throw new Malformed();
    i = bind.to;
  }
  if (list.to !== pdu.to || pdu.to !== message.to) throw new Malformed();
}

/** fast_csum: a checksum after an address changed, at an even or an odd place of what it covers. */
function changed(check: number, from: Uint8Array, to: Uint8Array, odd: boolean): number {
  const s = odd ? Uint8Array.of(255, ...from.map((x) => ~x & 255), 255, 0, ...to, 0) : Uint8Array.of(...from.map((x) => ~x & 255), ...to);
  return fold(partial(s, 0, s.length, ~check >>> 0));
}

/** help of nf_nat_snmp_basic: of answers and of traps sent. */
export function translateSnmp(skb: Skb, at: number, ct: Conntrack, ctinfo: CtInfo): 'accept' | 'drop' {
  const dir = dirOf(ctinfo),
    b = skb.data;
  if (u16(b, at) === SNMP && dir !== 1) return 'accept';
  if (u16(b, at + 2) === TRAP && dir !== 0) return 'accept';
  if (!(ct.status & IPS_NAT_MASK)) return 'accept';
  if (u16(b, at + 4) !== b.length - at) return 'drop';
  const from = ct.original.src,
    to = ct.reply.dst;
  if (sameBytes(from, to)) return 'accept';
  try {
    addresses(b, at + 8, b.length, (i) => {
      if (!sameBytes(b.subarray(i, i + 4), from)) return;
      const check = u16(b, at + 6);
      if (check !== 0) put16(b, at + 6, changed(check, from, to, ((i - at) & 1) === 1));
      b.set(to, i);
    });
  } catch (e) {
    if (e instanceof Malformed) return 'drop';
    throw e;
  }
  return 'accept';
}
