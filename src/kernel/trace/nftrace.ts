import { Regs, setPacketInfo } from '../expr/machine.ts';
import { NFPROTO } from '../net/hook.ts';
import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import { put16 } from '../net/wire/bytes.ts';
import { ETH } from '../net/wire/ip.ts';
import type { Netns } from '../netns.ts';
import type { Rule } from '../nf_tables/objects.ts';
import type { NetDevice } from '../stack/device.ts';
import { xtTracePrefix } from './xt-trace.ts';
import type { RulePlace, RuleVerdict, TraceEvent, Tracer } from './event.ts';
import { logPacket } from '../log/packet-log.ts';
import { identify } from './tell.ts';

/** trace_loginfo of ip_tables.c: KERN_WARNING, NF_LOG_DEFAULT_MASK. */
const XT_LOG = { level: 4, flags: 0x0f } as const;

/** How much of each header a message carries (net/netfilter/nf_tables_trace.c: NFT_TRACETYPE_*_HSIZE). */
const LINK_SIZE = 20,
  NETWORK_SIZE = 40,
  TRANSPORT_SIZE = 20;

/** What a message says of the packet; only the first of each base chain's run does. */
export interface TracedPacket {
  /** NFPROTO_* of the hook. */
  readonly nfproto: number;
  readonly iif: NetDevice | null;
  readonly oif: NetDevice | null;
  /** Null where there is none; empty where the kernel sends an empty one. */
  readonly link: Uint8Array | null;
  readonly network: Uint8Array | null;
  readonly transport: Uint8Array | null;
}

/** NFT_MSG_TRACE: a rule that matched, or the policy of a base chain. */
export interface NftTraceMessage {
  readonly id: number;
  readonly place: RulePlace;
  readonly packet: TracedPacket | null;
  readonly mark: number;
  readonly what: { readonly kind: 'rule'; readonly rule: Rule; readonly verdict: RuleVerdict } | { readonly kind: 'policy'; readonly verdict: 'accept' | 'drop' };
}

/** net/netfilter/nf_tables_trace.c: what `meta nftrace set 1` tells to those who listen. */
export class NftTraces implements Tracer {
  readonly #net: Netns;
  readonly #listeners = new Set<(m: NftTraceMessage) => void>();
  #wanted = false;
  #legacy = false;
  #forced = false;
  /** Of each run: is its first message out, and was the packet traced after the last rule? */
  readonly #runs = new WeakMap<object, { shown: boolean; trace: boolean }>();
  readonly #regs = new Regs();

  constructor(net: Netns) {
    this.#net = net;
  }

  /** nft_trace_enabled: is there a rule that turns tracing on, in nf_tables or in the legacy tables? */
  want(wanted: { readonly nft: boolean; readonly legacy: boolean }): void {
    this.#wanted = wanted.nft;
    this.#legacy = wanted.legacy;
    this.#switch();
  }

  /** Packets are traced whatever the rules say: whoever asks for it marks them himself. */
  force(): void {
    this.#forced = true;
    this.#switch();
  }

  listen(f: (m: NftTraceMessage) => void): () => void {
    this.#listeners.add(f);
    this.#switch();
    return () => {
      this.#listeners.delete(f);
      this.#switch();
    };
  }

  #switch(): void {
    this.#net.nftrace = this.#legacy || ((this.#wanted || this.#forced) && this.#listeners.size > 0) ? this : null;
  }

  event(e: TraceEvent): void {
    if (e.kind !== 'chain' && e.kind !== 'rule' && e.kind !== 'policy' && e.kind !== 'chain-end') return;
    let run = this.#runs.get(e.place.run);
    if (!run) this.#runs.set(e.place.run, (run = { shown: false, trace: e.skb.nftrace }));
    if (e.place.legacy) {
      // ipt_do_table tells of a rule before its target acts: not of the one that turns tracing on.
      const prefix = (e.kind === 'rule' ? run.trace : e.skb.nftrace) ? xtTracePrefix(e) : null;
      if (prefix !== null) logPacket(e.skb, e.state, { prefix, ...XT_LOG });
      run.trace = e.skb.nftrace;
      return;
    }
    if (e.kind === 'chain-end' || this.#listeners.size === 0) return;
    // A stolen packet is no longer looked at: what it said of tracing after the rule before counts.
    const stolen = e.kind === 'rule' && e.verdict.code === 'stolen';
    if (!stolen) run.trace = e.skb.nftrace;
    if (e.kind === 'chain' || !run.trace || (e.kind === 'rule' && e.failed)) return;
    const packet = stolen || run.shown ? null : this.#packet(e.skb, e.state);
    run.shown = true;
    const what: NftTraceMessage['what'] = e.kind === 'rule' ? { kind: 'rule', rule: e.rule, verdict: e.verdict } : { kind: 'policy', verdict: e.verdict };
    const m: NftTraceMessage = { id: this.#id(e.skb), place: e.place, packet, mark: stolen ? 0 : e.skb.mark, what };
    for (const f of this.#listeners) f(m);
  }

  /** nft_trace_id: a hash of what stays as it is while a packet is with netfilter; a device it arrives on is part of it. */
  #id(skb: Skb): number {
    let h = identify(this.#net, skb) ^ 0x9e3779b9;
    for (const n of [skb.skbIif, Math.floor(this.#net.clock.wall()) | 0]) h = Math.imul(h ^ n ^ (h >>> 15), 0x85ebca6b);
    return (h ^ (h >>> 13)) >>> 0;
  }

  /** nf_trace_fill_pkt_info */
  #packet(skb: Skb, state: HookState): TracedPacket {
    const r = this.#regs,
      b = skb.data;
    setPacketInfo(r, skb, state.pf);
    // ipv6_find_hdr leaves no offset behind for a later fragment: the headers are counted from the packet's start.
    const lost = r.l4 && r.fragoff !== 0 && b[skb.network] >> 4 === 6;
    const transportAt = lost ? skb.head : r.thoff;
    const end = r.l4 ? Math.max(transportAt, skb.network) : skb.head + skb.len;
    return {
      nfproto: NFPROTO[state.pf],
      iif: state.in,
      oif: state.out,
      link: linkHeader(skb),
      network: lost ? new Uint8Array() : b.slice(skb.network, Math.min(end, skb.network + NETWORK_SIZE)),
      transport: r.l4 ? b.slice(transportAt, transportAt + TRANSPORT_SIZE) : null,
    };
  }
}

/** nf_trace_fill_ll_header: with the tag back in place. */
function linkHeader(skb: Skb): Uint8Array | null {
  if (skb.mac < 0) return null;
  const b = skb.data;
  if (skb.vlanTci >= 0) {
    const out = new Uint8Array(18);
    out.set(b.subarray(skb.mac, skb.mac + 12));
    put16(out, 12, skb.vlanProto || ETH.VLAN);
    put16(out, 14, skb.vlanTci);
    put16(out, 16, skb.protocol);
    return out;
  }
  return b.slice(skb.mac, Math.min(Math.max(skb.head, skb.mac), skb.mac + LINK_SIZE));
}
