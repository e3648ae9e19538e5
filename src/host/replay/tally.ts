import type { Chain, Rule } from '../../kernel/nf_tables/objects.ts';
import { ntop } from '../../kernel/xt/address.ts';
import { u16 } from '../../kernel/net/wire/bytes.ts';
import { ETH, IPPROTO } from '../../kernel/net/wire/ip.ts';
import { dissect } from '../packet/describe.ts';
import type { Decision, Verdict } from '../packet/fate.ts';
import type { PacketWatch } from './watch.ts';

export interface Count {
  packets: number;
  bytes: number;
}

export interface RuleCount extends Count {
  readonly decision: Decision;
}

/** Packets of one conversation, both directions. */
export interface Flow extends Count {
  /** `tcp 192.0.2.1:40000 > 192.0.2.10:22`, as the first packet went. */
  readonly name: string;
  readonly verdicts: Map<Verdict, number>;
  /** What decided about the first packet. */
  readonly decision: Decision | null;
  readonly verdict: Verdict;
}

/** How many flows are kept apart: beyond, they are counted together, so that memory stays the same. */
const MAX_FLOWS = 50_000;

/** Counts what became of packets, by verdict, by rule, by flow. */
export class Tally {
  readonly total: Count = { packets: 0, bytes: 0 };
  readonly verdicts = new Map<Verdict, Count>();
  readonly rules = new Map<Rule | Chain, RuleCount>();
  readonly flows = new Map<string, Flow>();
  /** Packets of flows beyond those that are kept apart. */
  readonly rest: Count = { packets: 0, bytes: 0 };
  /** Packets that no rule and no policy decided. */
  readonly undecided: Count = { packets: 0, bytes: 0 };

  add(w: PacketWatch, packet: Uint8Array, etherType: number): Flow | null {
    const bytes = packet.length;
    count(this.total, bytes);
    let v = this.verdicts.get(w.verdict);
    if (!v) this.verdicts.set(w.verdict, (v = { packets: 0, bytes: 0 }));
    count(v, bytes);
    const by = w.rule ?? w.base;
    if (by) {
      let r = this.rules.get(by);
      if (!r) this.rules.set(by, (r = { packets: 0, bytes: 0, decision: w.decision as Decision }));
      count(r, bytes);
    } else count(this.undecided, bytes);
    return this.#flow(w, packet, etherType, bytes);
  }

  #flow(w: PacketWatch, packet: Uint8Array, etherType: number, bytes: number): Flow | null {
    const key = flowKey(packet, etherType);
    let f = this.flows.get(key);
    if (!f) {
      if (this.flows.size >= MAX_FLOWS) {
        count(this.rest, bytes);
        return null;
      }
      f = { name: flowName(packet, etherType), packets: 0, bytes: 0, verdicts: new Map(), decision: w.decision, verdict: w.verdict };
      this.flows.set(key, f);
    }
    count(f, bytes);
    f.verdicts.set(w.verdict, (f.verdicts.get(w.verdict) ?? 0) + 1);
    return f;
  }
}

function count(c: Count, bytes: number): void {
  c.packets++;
  c.bytes += bytes;
}

const PORTS = new Set<number>([IPPROTO.TCP, IPPROTO.UDP, IPPROTO.UDPLITE, IPPROTO.SCTP, IPPROTO.DCCP]);

/** The same text for both directions of a conversation. */
function flowKey(b: Uint8Array, etherType: number): string {
  if (etherType === ETH.IP && b.length >= 20 && b[0] === 0x45) {
    const ports = PORTS.has(b[9]) && b.length >= 24 && (u16(b, 6) & 0x1fff) === 0;
    const sport = ports ? u16(b, 20) : 0,
      dport = ports ? u16(b, 22) : 0;
    const [s1, s2, d1, d2] = [u16(b, 12), u16(b, 14), u16(b, 16), u16(b, 18)];
    const turn = s1 - d1 || s2 - d2 || sport - dport;
    return turn <= 0 ? String.fromCharCode(b[9], s1, s2, sport, d1, d2, dport) : String.fromCharCode(b[9], d1, d2, dport, s1, s2, sport);
  }
  if (etherType !== ETH.IP && etherType !== ETH.IPV6) return `\0${etherType}`;
  const d = dissect(b, false);
  const ports = d.l4 >= 0 && PORTS.has(d.proto) && b.length >= d.l4 + 4;
  const a = `${String.fromCharCode(...d.src)}${ports ? u16(b, d.l4) : ''}`,
    z = `${String.fromCharCode(...d.dst)}${ports ? u16(b, d.l4 + 2) : ''}`;
  return a <= z ? `${d.proto} ${a} ${z}` : `${d.proto} ${z} ${a}`;
}

const NAMES: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 47: 'gre', 58: 'icmpv6', 132: 'sctp', 136: 'udplite' };

function flowName(b: Uint8Array, etherType: number): string {
  if (etherType === ETH.ARP) return 'arp';
  const d = dissect(b, false);
  if ((etherType !== ETH.IP && etherType !== ETH.IPV6) || d.family === null) return `ethertype 0x${etherType.toString(16).padStart(4, '0')}`;
  const ports = d.l4 >= 0 && PORTS.has(d.proto) && b.length >= d.l4 + 4;
  const end = (a: Uint8Array, at: number): string => (ports ? (a.length === 4 ? `${ntop(a)}:${u16(b, at)}` : `[${ntop(a)}]:${u16(b, at)}`) : ntop(a));
  return `${NAMES[d.proto] ?? `protocol ${d.proto}`} ${end(d.src, d.l4)} > ${end(d.dst, d.l4 + 2)}`;
}
